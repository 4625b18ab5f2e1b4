//! What commands ask of the administration of a server that is running.

use http::{Method, StatusCode};
use serde_json::Value;

use super::client::{Answer, Client};
use super::failure::Failure;
use super::server_args::ServerArgs;

/// The administration of a server, of one of its sandboxes.
pub(super) struct Administration {
    client: Client,
    sandbox: Option<String>,
}

impl ServerArgs {
    /// The administration of the server that the arguments name.
    pub(super) fn administration(self) -> Result<Administration, Failure> {
        let sandbox = self.sandbox.clone();
        Ok(Administration { client: self.client()?, sandbox })
    }
}

impl Administration {
    /// What it answers at a path, if it does not refuse.
    pub(super) fn ask(&self, method: Method, path: &[&str], body: Option<&Value>) -> Result<Value, Failure> {
        let answer = self.try_ask(method, path, body)?;
        match answer.status {
            StatusCode::OK => Ok(answer.json),
            StatusCode::BAD_REQUEST => Err(Failure::usage(answer.problem())),
            _ => Err(Failure::new(answer.problem())),
        }
    }

    /// What it answers at a path.
    pub(super) fn try_ask(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let path: Vec<_> = path.iter().map(|part| encoded(part)).collect();
        let query = self.sandbox.as_deref().map(|id| format!("?sandbox={}", encoded(id))).unwrap_or_default();
        self.client.ask(method, &format!("{}{query}", path.join("/")), body)
    }
}
