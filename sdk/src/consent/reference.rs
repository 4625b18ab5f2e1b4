//! References: codes and ids that the API gives for something the consent
//! pages shall know (protocol reference, http-api §2.2–2.3).

use http::Method;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::client::Client;
use crate::client::agent::Agent;
use crate::client::user::User;
use crate::consent::page_options::Parameters;
use crate::contract::Contract;
use crate::crypto::secret::Secret;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::http::endpoint;
use crate::http::json;
use crate::http::jwt::Claims;
use crate::http::request::Request;
use crate::http::transport::{Answer, UpTo};
use crate::read::session::{Session, SessionOptions};
use crate::tokens::token::MAX_TOKEN_ANSWER;

/// Body of every request that starts a browser flow.
#[derive(Serialize)]
struct Start<'a> {
    agent: &'a Agent,
    #[serde(skip_serializing_if = "Option::is_none")]
    actions: Option<Actions<'a>>,
}

#[derive(Serialize)]
struct Actions<'a> {
    pull: &'a SessionOptions,
}

#[derive(Deserialize)]
struct Started {
    token: Secret,
    session: Session,
}

#[derive(Deserialize)]
struct Codes {
    #[serde(alias = "reference_code")]
    preauthorization_code: Secret,
}

/// What the API has to say about something, for the consent pages.
#[derive(Serialize)]
struct NewReference<'a> {
    r#type: &'static str,
    value: &'a str,
}

#[derive(Deserialize)]
struct Reference {
    id: String,
}

/// A started flow: what the page needs, and the session it leads to.
pub(crate) struct StartedFlow {
    pub(crate) code: Secret,
    pub(crate) session: Session,
}

impl Client {
    /// The request that starts a flow, without its claims.
    pub(crate) fn start_request(
        &self,
        operation: Operation,
        path: (&[&str], &'static str),
        session: Option<&SessionOptions>,
    ) -> Result<Request> {
        let body = Start { agent: &self.shared().agent, actions: session.map(|pull| Actions { pull }) };
        Request::new(operation, Method::POST, self.api(path.0)?, path.1).json(&body)
    }

    /// Verifies the code that a flow was answered with.
    pub(crate) async fn started(&self, operation: Operation, answer: &Answer) -> Result<StartedFlow> {
        let Started { token, session } =
            json::parse(&answer.body).map_err(|error| error.with_operation(operation))?;
        let codes: Codes = self.verified(operation, token.expose(), &answer.headers).await?;
        let code = codes.preauthorization_code;
        if code.expose().is_empty() {
            return Err(
                Error::new(ErrorKind::Decode, "the server sent an empty code").with_operation(operation)
            );
        }
        Ok(StartedFlow { code, session })
    }

    /// A page of the consent client.
    pub(crate) fn page(&self, name: &str, code: &Secret, parameters: Parameters<'_>) -> Result<Url> {
        let mut url = endpoint::append(&self.shared().onboard, "onboard_url", &[name])?;
        url.query_pairs_mut().append_pair("code", code.expose()).extend_pairs(parameters);
        Ok(url)
    }

    /// Makes an id presentable to the consent pages (http-api §2.3).
    pub(crate) async fn reference(
        &self,
        contract: &Contract,
        r#type: &'static str,
        value: &str,
    ) -> Result<String> {
        let url = self.api(&["reference"])?;
        let request = Request::new(Operation::CreateReference, Method::POST, url, "reference")
            .json(&NewReference { r#type, value })?;
        let reference: Reference = self.json(contract, &request).await?;
        Ok(reference.id)
    }
}

impl User {
    /// Asks for a reference code, with a new token if the current one is refused.
    pub(crate) async fn reference_code(
        &self,
        operation: Operation,
        claims: &Claims<'_>,
        session: Option<&SessionOptions>,
    ) -> Result<StartedFlow> {
        let request = self.reference_code_request(operation, session)?;
        let answer = self.send_with(claims, &request, &UpTo(MAX_TOKEN_ANSWER)).await?;
        self.client().started(operation, &answer).await
    }

    pub(crate) fn reference_code_request(
        &self,
        operation: Operation,
        session: Option<&SessionOptions>,
    ) -> Result<Request> {
        let path = ["oauth", "token", "reference"];
        self.client().start_request(operation, (&path, "oauth/token/reference"), session)
    }
}
