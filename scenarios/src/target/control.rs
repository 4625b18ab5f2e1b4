//! The control API of a mock server, over HTTP: clock, faults, consent, journal.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ContractKey, Stage, TargetError, Urls};
use crate::format::{Lifetimes, Needs, Span24, Timeline};

/// The control API of one sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    http: reqwest::Client,
    origin: String,
    sandbox: String,
}

/// Why the control API did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlError {
    #[error("the control API cannot be reached: {0}")]
    Unreachable(String),
    /// It was asked for what it does not understand.
    #[error("the control API refused: {0}")]
    Refused(String),
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
    /// Makes a sandbox that is as a scenario needs it.
    pub(super) async fn new_sandbox(
        http: &reqwest::Client,
        origin: &str,
        needs: &Needs,
    ) -> Result<Stage, TargetError> {
        let control = Self { http: http.clone(), origin: origin.to_owned(), sandbox: String::new() };
        let made = control.send(Method::POST, "sandboxes", Some(&sandbox_settings(needs))).await;
        let made = made.map_err(|error| match error {
            ControlError::Unreachable(why) => TargetError::Unreachable { url: origin.to_owned(), why },
            ControlError::Refused(_) => TargetError::Lacks(error.to_string()),
        })?;
        let credentials: Credentials = serde_json::from_value(made).map_err(|error| {
            TargetError::Lacks(format!("the control API answers as no mock server that we know: {error}"))
        })?;
        Ok(Stage {
            urls: credentials.urls,
            application_id: credentials.application_id,
            contracts: credentials.contracts,
            control: Some(Self { sandbox: credentials.sandbox, ..control }),
        })
    }

    /// A sandbox that exists: the one of this id, or the server's own.
    ///
    /// # Errors
    /// [`ControlError`].
    pub(crate) async fn of_sandbox(
        http: &reqwest::Client,
        origin: &str,
        sandbox: Option<&str>,
    ) -> Result<Stage, ControlError> {
        let sandbox = sandbox.unwrap_or_default().to_owned();
        let control = Self { http: http.clone(), origin: origin.to_owned(), sandbox };
        let found = control.send(Method::GET, "credentials", None).await?;
        let credentials: Credentials =
            serde_json::from_value(found).map_err(|error| ControlError::Refused(error.to_string()))?;
        Ok(Stage {
            urls: credentials.urls,
            application_id: credentials.application_id,
            contracts: credentials.contracts,
            control: Some(Self { sandbox: credentials.sandbox, ..control }),
        })
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
                let body = json!({ "advance": Span24(by).to_string() });
                self.send(Method::POST, "clock", Some(&body)).await?
            }
        };
        Ok(answer["nowMillis"].as_i64().unwrap_or_default())
    }

    /// Decides a consent page, and gives the callback that the browser is sent to.
    pub(crate) async fn consent(&self, decision: &Value) -> Result<String, ControlError> {
        let answer = self.send(Method::POST, "consent", Some(decision)).await?;
        Ok(answer["location"].as_str().unwrap_or_default().to_owned())
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

    /// Why a request was refused, for people.
    pub(crate) async fn explain(&self, reference: &str) -> Option<String> {
        let answer = self.send(Method::GET, &format!("explain/{reference}"), None).await.ok()?;
        answer["text"].as_str().map(str::to_owned)
    }

    /// Throws the sandbox away.
    pub(crate) async fn remove(&self) -> Result<(), ControlError> {
        self.send(Method::DELETE, "sandboxes", None).await.map(drop)
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ControlError> {
        let mut url = format!("{}/__admin/{path}", self.origin);
        if !self.sandbox.is_empty() {
            url.push_str(&format!("?sandbox={}", self.sandbox));
        }
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        let unreachable = |error: reqwest::Error| ControlError::Unreachable(error.without_url().to_string());
        let answer = request.send().await.map_err(unreachable)?;
        let succeeded = answer.status().is_success();
        let bytes = answer.bytes().await.map_err(unreachable)?;
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        match succeeded {
            true => Ok(value),
            false => {
                let message = value["error"]["message"].as_str().unwrap_or("no reason given");
                Err(ControlError::Refused(message.to_owned()))
            }
        }
    }
}

fn sandbox_settings(needs: &Needs) -> Value {
    let Lifetimes { code, access_token, refresh_token, refresh_grace, session } = needs.lifetimes;
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
    let Timeline { pending, running } = needs.timeline;
    let timeline = json!({ "pending": Span24(pending).to_string(), "running": Span24(running).to_string() });
    json!({ "lifetimes": lifetimes, "timeline": timeline })
}
