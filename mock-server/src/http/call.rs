//! One request on its way through the server.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde::de::DeserializeOwned;
use sync_wrapper::SyncWrapper;

use super::endpoint::Endpoint;
use crate::clock::Moment;
use crate::config::public_url::PublicUrl;
use crate::domain::contract::Contract;
use crate::domain::library::LibraryId;
use crate::domain::refusal::Refusal;
use crate::generations::Dialect;
use crate::http::server::Server;
use crate::journal::check::Check;
use crate::journal::verdict::Verdict;
use crate::jwt::unverified::UnverifiedJwt;
use crate::operations::generation::Generation;
use crate::operations::route::Route;
use crate::sandbox::Sandbox;
use crate::verify;
use crate::verify::request::{NonceUse, Verified};

/// The header that names a contract.
pub(crate) const CONTRACT_ID: &str = "contractid";

/// What the router found for a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// An endpoint.
    Endpoint(&'static Endpoint),
    /// Nothing.
    UnknownPath,
    /// A path that does not answer this method.
    WrongMethod,
}

/// One request on its way through the server.
pub(crate) struct Call {
    pub(crate) server: Arc<Server>,
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) target: Target,
    /// The generation of the API that its path names; none outside the API.
    pub(crate) generation: Option<Generation>,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The body of an operation that takes it in piece by piece; `body` is empty then.
    pub(crate) stream: Option<SyncWrapper<Body>>,
    /// When it came, in real time.
    pub(crate) received: Moment,
    /// `None` only if a request did not come through a socket.
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) nonce_use: NonceUse,
    pub(crate) verdict: Verdict,
}

impl Call {
    /// A parameter of the path; the route table guarantees that it is there.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The file that the request is for, by which faults may choose it.
    pub(crate) fn file_name(&self) -> Option<&str> {
        [self.param("fileName"), self.param("path")].into_iter().find(|name| !name.is_empty())
    }

    /// The contract that the request names: in its JWT, or, as older clients do, in its path or the
    /// header `contractId`. Nothing of it is verified.
    pub(crate) fn named_contract(&self, jwt: Option<&UnverifiedJwt<'_>>) -> Option<Arc<Contract>> {
        let by_jwt = || self.sandbox.contract(&jwt?.claims.client_id()?);
        let by_path =
            || self.sandbox.contract(&format!("{}_{}", self.param("appId"), self.param("contractId")));
        let by_header = || {
            let id = self.headers.get(CONTRACT_ID)?.to_str().ok()?;
            self.sandbox.contracts().iter().find(|contract| contract.contract_id == id).cloned()
        };
        by_jwt().or_else(by_path).or_else(by_header)
    }

    /// The parameters of the query, decoded once.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
    }

    /// A parameter of the query, decoded; of several the first.
    pub(crate) fn query_value(&self, name: &str) -> Option<String> {
        let pairs = url::form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes());
        pairs.into_iter().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    /// A header that must be there and not be empty.
    pub(crate) fn required_header(&mut self, name: &'static str, check: Check) -> Result<String, Refusal> {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        let value = value.filter(|value| !value.is_empty()).map(str::to_owned);
        let missing = || Refusal::validation(format!("the header {name} is missing or empty"));
        self.verdict.check(check, value.ok_or_else(missing))
    }

    /// The route that it took; none if nothing is there.
    pub(crate) fn route(&self) -> Option<&'static Route> {
        match self.target {
            Target::Endpoint(endpoint) => Some(&endpoint.route),
            Target::UnknownPath | Target::WrongMethod => None,
        }
    }

    /// What its generation of the API does in its own way.
    pub(crate) fn dialect(&self) -> &'static Dialect {
        Dialect::of(self.generation.unwrap_or(Generation::CURRENT))
    }

    /// Whether the request is one to the cloud host, whose errors have a form of their own.
    pub(crate) fn is_for_cloud(&self) -> bool {
        self.uri.path().starts_with("/v1/clouds/")
    }

    /// Where the client reached the server: links of the answer begin with it, so that containers, phones
    /// and clients behind a proxy stay with their own name for it.
    pub(crate) fn reached(&self) -> PublicUrl {
        self.server.reached(&self.headers, self.peer)
    }

    /// The sandbox's present.
    pub(crate) fn now(&self) -> Moment {
        self.sandbox.now()
    }

    /// Verifies the request's JWT.
    pub(crate) async fn verify(&mut self) -> Result<Verified, Refusal> {
        verify::request::request(&self.headers, &self.sandbox, self.nonce_use, &mut self.verdict).await
    }

    /// Verifies the request's JWT and its access token.
    pub(crate) async fn verify_user(&mut self) -> Result<(Verified, LibraryId), Refusal> {
        let verified = self.verify().await?;
        let token = self.verdict.check(Check::AccessTokenClaim, verified.claims.required("access_token"))?;
        let opened = self.sandbox.store.access(&verified.contract, token, self.now()).await;
        let library = self.verdict.check(Check::AccessToken, opened)?;
        Ok((verified, library))
    }

    /// The JSON body; an empty one stands for an empty object, whatever its content type says,
    /// because official clients send just that.
    pub(crate) fn json<T: DeserializeOwned + Default>(&mut self) -> Result<T, Refusal> {
        let body = std::mem::take(&mut self.body);
        let read = read_json(&body);
        self.body = body;
        self.verdict.check(Check::Body, read)
    }
}

pub(crate) fn read_json<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(T::default());
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." { String::new() } else { format!("{path}: ") };
        Refusal::validation(format!("{place}{}", error.into_inner()))
    })?;
    deserializer.end().map_err(|error| Refusal::validation(error.to_string()))?;
    Ok(value)
}
