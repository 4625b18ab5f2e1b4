//! One request on its way through the server.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sync_wrapper::SyncWrapper;

use super::endpoint::Endpoint;
use crate::clock::Moment;
use crate::config::public_url::PublicUrl;
use crate::domain::contract::Contract;
use crate::domain::library::LibraryId;
use crate::domain::listing::LibraryState;
use crate::domain::nonce::NonceKey;
use crate::domain::refusal::Refusal;
use crate::domain::session::SessionAccess;
use crate::domain::token::TokenPair;
use crate::generations::{Dialect, RedirectUriClaim};
use crate::http::server::Server;
use crate::journal::check::Check;
use crate::journal::verdict::Verdict;
use crate::jwt::presented::Presented;
use crate::jwt::unverified::UnverifiedJwt;
use crate::operations::generation::Generation;
use crate::operations::route::Route;
use crate::sandbox::Sandbox;
use crate::sandbox::caller::Caller;
use crate::verify;
use crate::verify::request::{Sent, Verified};

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
    /// The page for people who open the server in a browser.
    FrontPage,
}

/// A contract as a body names it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NamedContract {
    pub(crate) app_id: String,
    pub(crate) contract_id: String,
}

impl NamedContract {
    /// What signed requests call it.
    pub(crate) fn client_id(&self) -> String {
        format!("{}_{}", self.app_id, self.contract_id)
    }
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
    /// What the answer warns its client library of.
    pub(crate) sdk_warning: Option<String>,
    /// The contract of the session or postbox that it names, where nobody signs.
    pub(crate) named: Option<Arc<Contract>>,
    /// The state of the list of files that it is answered, whether or not the list tells it.
    pub(crate) listed: Option<LibraryState>,
    /// The token pair that it is answered.
    pub(crate) issued: Option<TokenPair>,
    /// When it came, in real time.
    pub(crate) received: Moment,
    /// Who sent it: a client, or a proxy in front of it.
    pub(crate) peer: SocketAddr,
    /// Who asks, if it is administration.
    pub(crate) caller: Caller,
    /// The contract that signed it, once that is verified.
    pub(crate) contract: Option<Arc<Contract>>,
    /// The nonce that it took into use.
    pub(crate) nonce: Option<NonceKey>,
    /// The user whose token it showed or is given.
    pub(crate) user: Option<LibraryId>,
    pub(crate) verdict: Verdict,
    /// The JWT that it shows, once somebody looked.
    pub(crate) presented: OnceLock<Presented>,
}

impl Call {
    /// What it shows as its `Authorization`.
    pub(crate) fn presented(&self) -> &Presented {
        self.presented.get_or_init(|| Presented::of(&self.headers))
    }

    /// The JWT that it shows, not believed.
    pub(crate) fn jwt(&self) -> Option<&Arc<UnverifiedJwt>> {
        self.presented().jwt()
    }

    /// A parameter of the path; the route table guarantees that it is there.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The file that the request is for, by which faults may choose it.
    pub(crate) fn file_name(&self) -> Option<&str> {
        [self.param("fileName"), self.param("path")].into_iter().find(|name| !name.is_empty())
    }

    /// The contract that the request names: in its JWT, or, as older clients do, in its path or the
    /// header `contractId`, or by the postbox that it pushes to. Nothing of it is verified.
    pub(crate) async fn named_contract(&self) -> Option<Arc<Contract>> {
        if self.contract.is_some() {
            return self.contract.clone();
        }
        let by_jwt = || self.sandbox.contract(&self.jwt()?.claims.client_id()?);
        let by_path = || {
            let contract = Some(self.param("contractId")).filter(|id| !id.is_empty())?;
            self.sandbox.contract(&format!("{}_{contract}", self.param("appId")))
        };
        let by_header = || {
            let id = self.headers.get(CONTRACT_ID)?.to_str().ok()?;
            self.sandbox.contracts().iter().find(|contract| contract.is_called(id)).cloned()
        };
        let by_body = || self.sandbox.contract(&self.contract_of_body()?.client_id());
        let by_session = || self.named.clone();
        let by_names = || by_path().or_else(by_header).or_else(by_body);
        if let Some(contract) = by_jwt().or_else(by_session).or_else(by_names) {
            return Some(contract);
        }
        let postbox = Some(self.param("postboxId")).filter(|id| !id.is_empty())?;
        let by_postbox = self.sandbox.store.postbox_client(postbox).await.ok()??;
        self.sandbox.contract(&by_postbox)
    }

    /// The contract that the body names, as requests do that nobody signs.
    pub(crate) fn contract_of_body(&self) -> Option<NamedContract> {
        if self.body.is_empty() {
            return None;
        }
        serde_json::from_slice(&self.body).ok()
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
            Target::UnknownPath | Target::WrongMethod | Target::FrontPage => None,
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

    /// All that the client sent.
    pub(crate) fn sent(&self) -> Sent<'_> {
        Sent { method: &self.method, uri: &self.uri, headers: &self.headers, body: &self.body }
    }

    /// Verifies the request's JWT.
    pub(crate) async fn verify(&mut self) -> Result<Verified, Refusal> {
        let (method, uri, headers, body) = (&self.method, &self.uri, &self.headers, &self.body[..]);
        let sent = Sent { method, uri, headers, body };
        let presented = self.presented.get_or_init(|| Presented::of(headers));
        let (verdict, nonce) = (&mut self.verdict, &mut self.nonce);
        let verified = verify::request::request(sent, presented, &self.sandbox, verdict, nonce).await?;
        self.contract = Some(Arc::clone(&verified.contract));
        if self.dialect().redirect_uri == RedirectUriClaim::EveryRequest {
            let named = self.verdict.check(Check::RedirectUriClaim, verified.claims.text("redirect_uri"))?;
            if let Some(uri) = named {
                let registered = verified.contract.require_registered(uri);
                self.verdict.check(Check::RedirectUriRegistered, registered)?;
            }
        }
        Ok(verified)
    }

    /// The contract of the session that the path names, and whose token the request shows where the
    /// generation of the API asks for one.
    pub(crate) async fn verify_reader(&mut self) -> Result<(Arc<Contract>, Option<LibraryId>), Refusal> {
        if self.dialect().access == SessionAccess::Token {
            let (Verified { contract, .. }, user) = self.verify_user().await?;
            return Ok((contract, Some(user)));
        }
        let client_id = self.sandbox.store.session_client(self.param("sessionKey")).await?;
        let contract = client_id.and_then(|client_id| self.sandbox.contract(&client_id));
        let known = contract.ok_or_else(|| Refusal::invalid_session("there is no such session"));
        let contract = self.verdict.check(Check::Session, known)?;
        self.named = Some(Arc::clone(&contract));
        Ok((contract, None))
    }

    /// Verifies the request's JWT and its access token.
    pub(crate) async fn verify_user(&mut self) -> Result<(Verified, LibraryId), Refusal> {
        let verified = self.verify().await?;
        let token = self.verdict.check(Check::AccessTokenClaim, verified.claims.required("access_token"))?;
        let opened = self.sandbox.store.access(&verified.contract, token, self.now()).await;
        let library = self.verdict.check(Check::AccessToken, opened)?;
        self.user = Some(library.clone());
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
    require_object(body)?;
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." { String::new() } else { format!("{path}: ") };
        Refusal::validation(format!("{place}{}", in_words_of_json(&error.into_inner().to_string())))
    })?;
    deserializer.end().map_err(|error| Refusal::validation(error.to_string()))?;
    Ok(value)
}

/// What every body of an operation is.
fn require_object(body: &[u8]) -> Result<(), Refusal> {
    let found = match body.trim_ascii_start() {
        [0xEF, 0xBB, 0xBF, ..] => "a byte order mark, which JSON must not begin with",
        [b'[', ..] => "an array",
        [b'"', ..] => "text",
        [b'n', ..] => "null",
        [b't' | b'f', ..] => "a truth value",
        [b'-' | b'0'..=b'9', ..] => "a number",
        // JSON's reader would overlook it in what it does not know.
        _ if std::str::from_utf8(body).is_err() => "text that is not UTF-8",
        _ => return Ok(()),
    };
    Err(Refusal::validation(format!("the body must be a JSON object; found {found}")))
}

/// A problem of the JSON reader's, without the names of types that only this program knows.
pub(crate) fn in_words_of_json(problem: &str) -> String {
    const KINDS: [(&str, &str); 10] = [
        ("a sequence", "an array"),
        ("a map", "an object"),
        ("struct", "an object"),
        ("tuple", "an array"),
        ("enum", "one of the known forms"),
        ("f64", "a number"),
        ("u", "a whole number from 0"),
        ("a nonzero u", "a whole number from 1"),
        ("i", "a whole number"),
        ("unit", "null"),
    ];
    let Some((found, rest)) = problem.split_once(", expected ") else { return problem.to_owned() };
    let (expected, place) = match rest.find(" at line ") {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let is = |kind: &str| match kind {
        "u" | "i" | "a nonzero u" => {
            expected.strip_prefix(kind).is_some_and(|bits| ["8", "16", "32", "64", "size"].contains(&bits))
        }
        _ => expected == kind || expected.strip_prefix(kind).is_some_and(|rest| rest.starts_with(' ')),
    };
    let expected = KINDS.iter().find(|(kind, _)| is(kind)).map_or(expected, |(_, words)| words);
    let found = found.replace("invalid type: sequence", "invalid type: array");
    let found = found.replace("invalid type: map", "invalid type: object");
    format!("{found}, expected {expected}{place}")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    struct Secret {
        #[serde(default)]
        inner: Option<Inner>,
        #[serde(default)]
        list: Vec<u32>,
        #[serde(default)]
        counts: Option<std::num::NonZeroU64>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        _n: f64,
    }

    #[test]
    fn a_body_that_is_not_understood_is_refused_in_words_of_json() {
        for (body, says) in [
            ("null", "found null"),
            ("[]", "found an array"),
            ("\"x\"", "found text"),
            ("\u{feff}{}", "byte order mark"),
            ("{\"inner\": 1}", "expected an object"),
            ("{\"inner\": {\"_n\": \"x\"}}", "expected a number"),
            ("{\"list\": {}}", "invalid type: object, expected an array"),
            ("{\"list\": [-1]}", "expected a whole number from 0"),
            ("{\"counts\": 0}", "expected a whole number from 1"),
            ("{\"counts\": true}", "expected a whole number from 1"),
            ("{", "EOF"),
        ] {
            let message = read_json::<Secret>(body.as_bytes()).unwrap_err().message;
            assert!(message.contains(says), "{body}: {message}");
            assert!(
                !["struct", "Secret", "Inner", "sequence", "u32", "u64", "f64"]
                    .iter()
                    .any(|word| message.contains(word)),
                "{message}"
            );
        }
        let message = read_json::<Secret>(b"{\"unknown\": \"\xa6\"}").unwrap_err().message;
        assert!(message.contains("not UTF-8"), "{message}");
        let read: Secret = read_json(b" \n").unwrap();
        assert!(read.inner.is_none() && read.list.is_empty() && read.counts.is_none());
    }
}
