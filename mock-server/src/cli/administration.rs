//! What commands ask of the administration of a server that is running.

use std::ffi::OsString;

use clap::Args;
use http::{Method, StatusCode};
use serde_json::Value;

use super::client::{Answer, Client};
use super::failure::Failure;

#[derive(Args, Debug)]
pub(super) struct ServerArgs {
    /// Where the server is reached [env: DIGIME_MOCK_URL] [default: http://127.0.0.1:8080]
    #[arg(long, value_name = "URL", alias = "url", global = true)]
    server: Option<OsString>,
    /// The server's admin token, if it has one, or a partner's token [env: DIGIME_MOCK_ADMIN_TOKEN]
    #[arg(long, value_name = "TOKEN", global = true)]
    admin_token: Option<OsString>,
    /// The CA to trust if the server speaks https (PEM) [env: DIGIME_MOCK_CA] [default: the development CA]
    #[arg(long, value_name = "FILE", global = true)]
    ca: Option<OsString>,
}

/// The administration of a server, of one of its sandboxes.
pub(super) struct Administration {
    client: Client,
    sandbox: Option<String>,
}

impl ServerArgs {
    /// The administration of the server that the arguments name.
    pub(super) fn administration(self, sandbox: Option<String>) -> Result<Administration, Failure> {
        let Self { server, admin_token, ca } = self;
        Ok(Administration { client: Client::from_args("server", server, admin_token, ca)?, sandbox })
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
