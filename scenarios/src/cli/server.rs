//! What is tested.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::format::{ContractKind, UnknownContractKind};
use crate::run::TargetOptions;
use crate::target::{AdminToken, CaCertificates, ContractOptions, ServerOptions};

/// A server to test instead of one in this process
#[derive(Clone, Debug, Args)]
pub(super) struct ServerArgs {
    /// API root, or the origin of a mock server, instead of a server in this process
    #[arg(long, value_name = "URL", env = "DIGIME_BASE_URL")]
    pub(super) base_url: Option<String>,
    /// Consent web client [default: /apps/saas/ of the API's origin]
    #[arg(long, value_name = "URL", env = "DIGIME_ONBOARD_URL", requires = "base_url")]
    pub(super) onboard_url: Option<String>,
    /// Storage [default: /v1/ of the API's origin]
    #[arg(long, value_name = "URL", env = "DIGIME_CLOUD_URL", requires = "base_url")]
    pub(super) cloud_url: Option<String>,
    /// Application; without it a mock server makes a sandbox for each scenario
    #[arg(long, value_name = "ID", env = "DIGIME_APPLICATION_ID", requires_all = ["base_url", "contract", "key_file"])]
    pub(super) application_id: Option<String>,
    /// Contract, as [KIND=]ID; the kind is `read` if not given; may be repeated, or several with commas between them
    #[arg(
        long,
        value_name = "[KIND=]ID",
        env = "DIGIME_CONTRACT",
        value_delimiter = ',',
        requires = "application_id"
    )]
    pub(super) contract: Vec<String>,
    /// File of the contract's private key (PEM), one for each --contract, in the same order
    #[arg(
        long,
        value_name = "FILE",
        env = "DIGIME_KEY_FILE",
        value_delimiter = ',',
        requires = "application_id"
    )]
    pub(super) key_file: Vec<PathBuf>,
    /// Token of the mock server's control API, if it was started with one
    #[arg(long, value_name = "TOKEN", env = "DIGIME_ADMIN_TOKEN", hide_env_values = true)]
    pub(super) admin_token: Option<String>,
    /// CA to trust besides those of the system (PEM), if the server speaks https; `digime-mock ca` prints its own
    #[arg(long, value_name = "FILE", env = "DIGIME_CA", requires = "base_url")]
    pub(super) ca: Option<PathBuf>,
}

/// A token as the option or its variable gives it.
///
/// # Errors
/// What is wrong with it, for people; not the token itself.
pub(super) fn admin_token(option: &str, token: Option<&str>) -> Result<Option<AdminToken>, String> {
    let token = token.map(|token| AdminToken::new(token.trim())).transpose();
    token.map_err(|error| format!("{option}: {error}"))
}

/// CA certificates in the file that the option or its variable names.
///
/// # Errors
/// What is wrong with it, for people.
pub(super) fn ca(option: &str, file: Option<&Path>) -> Result<Option<CaCertificates>, String> {
    let Some(file) = file else { return Ok(None) };
    let shown: String = file.to_string_lossy().chars().take(80).collect();
    let wrong = |error: String| format!("{option} {shown:?}: {error}");
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    CaCertificates::from_pem(text).map(Some).map_err(|error| wrong(error.to_string()))
}

impl ServerArgs {
    /// What is tested.
    ///
    /// # Errors
    /// What is wrong with the options, for people.
    pub(super) fn target(&self) -> Result<TargetOptions, String> {
        let Some(base_url) = &self.base_url else { return embedded() };
        if self.contract.len() != self.key_file.len() {
            return Err("each --contract needs a --key-file, in the same order".to_owned());
        }
        let mut server = ServerOptions::new(base_url);
        server.onboard_url.clone_from(&self.onboard_url);
        server.cloud_url.clone_from(&self.cloud_url);
        server.application_id = self.application_id.as_deref().map(|id| id.trim().to_owned());
        server.admin_token = admin_token("--admin-token", self.admin_token.as_deref())?;
        server.ca = ca("--ca", self.ca.as_deref())?;
        for (contract, key_file) in self.contract.iter().zip(&self.key_file) {
            let (kind, id) = match contract.trim().split_once('=') {
                Some((kind, id)) => {
                    (kind.parse().map_err(|error: UnknownContractKind| format!("--contract: {error}"))?, id)
                }
                None => (ContractKind::Read, contract.trim()),
            };
            server.contracts.push(ContractOptions { kind, id: id.to_owned(), key_file: key_file.clone() });
        }
        Ok(TargetOptions::Server(server))
    }
}

#[cfg(feature = "embedded")]
fn embedded() -> Result<TargetOptions, String> {
    Ok(TargetOptions::Embedded)
}

#[cfg(not(feature = "embedded"))]
fn embedded() -> Result<TargetOptions, String> {
    Err("this program was built without a server of its own: name one by --base-url".to_owned())
}
