//! The control API of a mock server, over HTTP: clock, faults, consent, journal.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{AdminToken, ContractKey, Environment, TargetError, Urls, innermost_cause};
use crate::format::{HumanDuration, Lifetimes, ServerSetup, Timeline};

/// The control API of one sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    http: reqwest::Client,
    origin: String,
    token: Option<AdminToken>,
    /// Its id; empty before one is made or found.
    sandbox: String,
}

/// Why the control API did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlError {
    #[error("the control API cannot be reached: {0}")]
    Unreachable(String),
    /// It wants a token, or another one.
    #[error("the control API refuses access: {0}")]
    Forbidden(String),
    /// It was asked for what it does not understand.
    #[error("the control API refused: {0}")]
    Refused(String),
    /// It answers as no mock server does.
    #[error("{origin} is no mock server with a control API: {why}")]
    NoMock { origin: String, why: String },
}

impl From<ControlError> for TargetError {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Refused(_) => Self::Lacks(error.to_string()),
            ControlError::Unreachable(_) => Self::ControlUnreachable(error.to_string()),
            ControlError::Forbidden(_) | ControlError::NoMock { .. } => Self::Options(error.to_string()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    sandbox: String,
    application_id: String,
    contracts: Vec<ContractKey>,
    urls: Urls,
}

impl Control {
    /// The control API at an origin, before a sandbox is chosen.
    pub(crate) fn at(http: reqwest::Client, origin: String, token: Option<AdminToken>) -> Self {
        Self { http, origin, token, sandbox: String::new() }
    }

    /// Asks whether it is there and lets us in.
    ///
    /// # Errors
    /// [`ControlError`].
    pub(super) async fn knock(&self) -> Result<(), ControlError> {
        // Health may be open to all, so it does not tell whether the token is right.
        let health = self.send(Method::GET, "health", None).await?;
        if health["status"] != "ok" {
            return Err(self.no_mock("its health is not told"));
        }
        self.send(Method::GET, "clock", None).await.map(drop)
    }

    /// Makes a sandbox that is as a scenario needs it.
    ///
    /// # Errors
    /// [`ControlError`].
    pub(super) async fn new_sandbox(&self, setup: &ServerSetup) -> Result<Environment, ControlError> {
        let made = self.send(Method::POST, "sandboxes", Some(&sandbox_settings(setup))).await?;
        self.environment(made)
    }

    /// The sandbox that a file has the state of.
    ///
    /// # Errors
    /// [`ControlError`].
    pub(super) async fn import(&self, path: &Path) -> Result<Environment, ControlError> {
        let file = std::fs::read(path)
            .map_err(|error| ControlError::Refused(format!("{} cannot be read: {error}", path.display())))?;
        let request = self.request(Method::POST, "state").header("Content-Type", "application/x-ndjson");
        let imported = self.answer(request.body(file), "state").await?;
        let sandbox = imported["sandbox"].as_str().unwrap_or_default().to_owned();
        let control = Self { sandbox, ..self.clone() };
        let credentials = control.send(Method::GET, "credentials", None).await?;
        control.environment(credentials)
    }

    /// A sandbox that exists: the one of this id, or the server's own.
    ///
    /// # Errors
    /// [`ControlError`].
    #[cfg(feature = "cli")]
    pub(crate) async fn of_sandbox(self, sandbox: Option<&str>) -> Result<Environment, ControlError> {
        let control = Self { sandbox: sandbox.unwrap_or_default().to_owned(), ..self };
        let found = control.send(Method::GET, "credentials", None).await?;
        control.environment(found)
    }

    fn environment(&self, credentials: Value) -> Result<Environment, ControlError> {
        let credentials: Credentials = serde_json::from_value(credentials)
            .map_err(|error| self.no_mock(&format!("its credentials are of another form: {error}")))?;
        Ok(Environment {
            urls: credentials.urls,
            application_id: credentials.application_id,
            contracts: credentials.contracts,
            ca: None,
            control: Some(Self { sandbox: credentials.sandbox, ..self.clone() }),
        })
    }

    fn no_mock(&self, why: &str) -> ControlError {
        ControlError::NoMock { origin: self.origin.clone(), why: why.to_owned() }
    }

    /// The sandbox's id.
    pub(crate) fn sandbox(&self) -> &str {
        &self.sandbox
    }

    /// Moves the sandbox's clock; zero only asks. Gives the sandbox's present in milliseconds.
    pub(crate) async fn advance(&self, by: Duration) -> Result<i64, ControlError> {
        let answer = match by.is_zero() {
            true => self.send(Method::GET, "clock", None).await?,
            false => {
                let body = json!({ "advance": HumanDuration(by).to_string() });
                self.send(Method::POST, "clock", Some(&body)).await?
            }
        };
        Ok(answer["nowMillis"].as_i64().unwrap_or_default())
    }

    /// Decides a consent page or a link to the digi.me app, and tells what that leads to: the `location` that
    /// is opened, or what is `shown`.
    pub(crate) async fn consent(&self, decision: &Value) -> Result<Value, ControlError> {
        self.send(Method::POST, "consent", Some(decision)).await
    }

    /// Injects a fault.
    pub(crate) async fn fault(&self, rule: &Value) -> Result<Value, ControlError> {
        self.send(Method::POST, "faults", Some(rule)).await
    }

    /// Removes all faults.
    pub(crate) async fn clear_faults(&self) -> Result<(), ControlError> {
        self.send(Method::DELETE, "faults", None).await.map(drop)
    }

    /// Forgets users, tokens, sessions, faults and the journal.
    pub(crate) async fn reset(&self) -> Result<(), ControlError> {
        self.send(Method::POST, "reset", None).await.map(drop)
    }

    /// The journal, oldest request first.
    pub(crate) async fn requests(&self) -> Result<Vec<Value>, ControlError> {
        let mut answer = self.send(Method::GET, "requests", None).await?;
        match answer["requests"].take() {
            Value::Array(entries) => Ok(entries),
            _ => Ok(Vec::new()),
        }
    }

    /// The names of the operations that the server has, and the one of requests that are none.
    pub(crate) async fn operations(&self) -> Result<BTreeSet<String>, ControlError> {
        let document = self.send(Method::GET, "openapi.json", None).await?;
        let paths = document["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(_, path)| path.as_object().into_iter().flatten());
        let named = operations.filter_map(|(_, operation)| operation["operationId"].as_str());
        Ok(named.map(str::to_owned).chain(["unknown".to_owned()]).collect())
    }

    /// Why a request was refused, for people.
    pub(crate) async fn explain(&self, reference: &str) -> Option<String> {
        let answer = self.send(Method::GET, &format!("explain/{reference}"), None).await.ok()?;
        answer["text"].as_str().map(str::to_owned)
    }

    /// Throws the sandbox away. The default one, which is there only if a state was imported into it, stays and
    /// is emptied.
    pub(crate) async fn remove(&self) -> Result<(), ControlError> {
        match self.send(Method::DELETE, "sandboxes", None).await {
            Err(ControlError::Refused(_)) => self.reset().await,
            removed => removed.map(drop),
        }
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ControlError> {
        let request = match body {
            Some(body) => {
                let request = self.request(method, path).header("Content-Type", "application/json");
                request.body(body.to_string())
            }
            None => self.request(method, path),
        };
        self.answer(request, path).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = format!("{}/__admin/{path}", self.origin);
        if !self.sandbox.is_empty() {
            url.push_str(&format!("?sandbox={}", self.sandbox));
        }
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.header("Authorization", token.bearer()),
            None => request,
        }
    }

    async fn answer(&self, request: RequestBuilder, path: &str) -> Result<Value, ControlError> {
        let unreachable =
            |error: reqwest::Error| ControlError::Unreachable(innermost_cause(&error.without_url()));
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(unreachable)?;
        let value: Option<Value> = serde_json::from_slice(&bytes).ok();
        match (status.is_success(), value) {
            (true, Some(value)) => Ok(value),
            (_, value) => Err(self.refusal(status.as_u16(), path, &value.unwrap_or_default())),
        }
    }

    fn refusal(&self, status: u16, path: &str, answer: &Value) -> ControlError {
        let message = answer["error"]["message"].as_str();
        match (status, answer["error"]["code"].as_str(), message) {
            (_, Some("AdminForbidden"), Some(message)) => ControlError::Forbidden(format!(
                "{message} ({})",
                match self.token {
                    Some(_) => "the token that was given is another one: --admin-token or DIGIME_ADMIN_TOKEN",
                    None => "no token was given: --admin-token or DIGIME_ADMIN_TOKEN",
                }
            )),
            (401 | 403, ..) => self.no_mock(&format!(
                "{path} is answered by {status}, and not as a mock server does; a proxy before it may ask for credentials"
            )),
            (_, Some(_), Some(message)) => ControlError::Refused(message.to_owned()),
            _ => self.no_mock(&format!("{path} is answered by {status}")),
        }
    }
}

fn sandbox_settings(setup: &ServerSetup) -> Value {
    let Lifetimes { code, access_token, refresh_token, refresh_grace, session } = setup.lifetimes;
    let named = [
        ("code", code),
        ("access_token", access_token),
        ("refresh_token", refresh_token),
        ("refresh_grace", refresh_grace),
        ("session", session),
    ];
    let lifetimes: serde_json::Map<_, _> = named
        .into_iter()
        .filter_map(|(name, span)| Some((name.to_owned(), Value::from(span?.to_string()))))
        .collect();
    let Timeline { pending, running } = setup.timeline;
    let timeline = json!({ "pending": HumanDuration(pending).to_string(), "running": HumanDuration(running).to_string() });
    json!({ "lifetimes": lifetimes, "timeline": timeline })
}
