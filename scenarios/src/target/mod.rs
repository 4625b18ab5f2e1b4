//! What is tested: a mock server in the process, a mock server somewhere, or any other server.

mod admin_token;
mod ca;
mod cause;
mod control;
#[cfg(feature = "embedded")]
mod embedded;
mod http;
mod key_file;
mod server;

use std::path::PathBuf;

use serde::Deserialize;

pub use admin_token::{AdminToken, AdminTokenError};
pub use ca::{CaCertificates, CaCertificatesError};
pub(crate) use cause::innermost_cause;
pub(crate) use control::{Control, ControlError};
#[cfg(feature = "embedded")]
pub(crate) use embedded::EmbeddedTarget;
pub(crate) use http::http_client;
pub(crate) use server::ServerTarget;

use crate::format::{ContractKind, ServerSetup};

/// What is tested.
#[derive(Debug)]
pub(crate) enum Target {
    /// A mock server in this process.
    #[cfg(feature = "embedded")]
    Embedded(EmbeddedTarget),
    /// A server at a URL.
    Server(ServerTarget),
}

/// How to reach a server that is not ours.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ServerOptions {
    /// API root, or the origin of a server with the platform's prefixes.
    pub base_url: String,
    /// Consent web client; by default `/apps/saas/` of the API's origin.
    pub onboard_url: Option<String>,
    /// Storage; by default `/v1/` of the API's origin.
    pub cloud_url: Option<String>,
    /// Application; a mock server that is given none makes a sandbox for each scenario.
    pub application_id: Option<String>,
    /// Contracts and their private keys.
    pub contracts: Vec<ContractOptions>,
    /// Token of a mock server's control API, if it wants one.
    pub admin_token: Option<AdminToken>,
    /// CAs to trust besides those of the system, if it speaks https.
    pub ca: Option<CaCertificates>,
}

impl ServerOptions {
    /// A server that is reached at a URL, its other URLs as usual.
    #[must_use]
    pub fn new(base_url: impl Into<String>) -> Self {
        Self { base_url: base_url.into(), ..Self::default() }
    }
}

/// A contract of the tested server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ContractOptions {
    /// Its kind.
    pub kind: ContractKind,
    /// Its id.
    pub id: String,
    /// The file of its private key, as PEM.
    pub key_file: PathBuf,
}

/// Why a target cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// The options contradict each other or the server.
    #[error("{0}")]
    Options(String),
    /// The server does not answer.
    #[error("{url} cannot be reached: {why}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// Why it failed.
        why: String,
    },
    /// The control API of a mock server stopped to answer.
    #[error("{0}")]
    ControlUnreachable(String),
    /// This machine gives no HTTP client.
    #[error("no HTTP client: {0}")]
    Client(String),
    /// The scenario needs what the target does not have.
    #[error("{0}")]
    Lacks(String),
}

/// The three base URLs, each with its final slash.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Urls {
    pub(crate) api: String,
    pub(crate) onboard: String,
    pub(crate) cloud: String,
}

impl Urls {
    /// The origin of the API.
    pub(crate) fn origin(&self) -> String {
        url::Url::parse(&self.api).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }
}

/// A contract and its key.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContractKey {
    pub(crate) contract_id: String,
    pub(crate) kind: String,
    /// PKCS#1 PEM.
    pub(crate) private_key: Option<String>,
}

impl std::fmt::Debug for ContractKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContractKey").field("contract_id", &self.contract_id).finish_non_exhaustive()
    }
}

/// Where a scenario runs: its own sandbox, or a server that it shares.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) urls: Urls,
    pub(crate) application_id: String,
    pub(crate) contracts: Vec<ContractKey>,
    /// CAs to trust besides those of the system.
    pub(crate) ca: Option<CaCertificates>,
    /// The mock's own interface; none for other servers.
    pub(crate) control: Option<Control>,
}

impl Target {
    /// What reports call it.
    pub(crate) fn name(&self) -> String {
        match self {
            #[cfg(feature = "embedded")]
            Self::Embedded(_) => "embedded".to_owned(),
            Self::Server(server) => server.urls().api.clone(),
        }
    }

    /// Ends what it started, and gives what was defective about it.
    pub(crate) fn close(self) -> Vec<String> {
        match self {
            #[cfg(feature = "embedded")]
            Self::Embedded(target) => target.close(),
            Self::Server(_) => Vec::new(),
        }
    }

    /// Prepares a place for a scenario.
    ///
    /// # Errors
    /// [`TargetError`].
    pub(crate) async fn prepare(&self, setup: &ServerSetup) -> Result<Environment, TargetError> {
        let environment = match self {
            #[cfg(feature = "embedded")]
            Self::Embedded(target) => target.prepare(setup).await?,
            Self::Server(target) => target.prepare(setup).await?,
        };
        for kind in &setup.contracts {
            if !environment.contracts.iter().any(|contract| contract.kind == kind.as_str()) {
                return Err(TargetError::Lacks(format!("the target has no contract of the kind {kind}")));
            }
        }
        Ok(environment)
    }
}
