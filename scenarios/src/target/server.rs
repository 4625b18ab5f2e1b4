//! A server at a URL: a mock server, or any other that speaks the protocol.

use std::time::Duration;

use super::control::{Control, ControlError};
use super::key_file;
use super::{CaCertificates, ContractKey, ContractOptions, Environment, ServerOptions, TargetError, Urls};
use crate::format::ServerSetup;

/// A server at a URL.
#[derive(Debug)]
pub(crate) struct ServerTarget {
    control: Control,
    urls: Urls,
    ca: Option<CaCertificates>,
    shared: Option<Shared>,
}

/// Application and contracts that all scenarios share, because the server has no sandboxes.
#[derive(Debug)]
struct Shared {
    application_id: String,
    contracts: Vec<ContractKey>,
}

/// How long a server may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(10);

impl ServerTarget {
    /// Asks the server whether it is there, and whether it is a mock server.
    ///
    /// # Errors
    /// [`TargetError`].
    pub(crate) async fn connect(http: reqwest::Client, options: ServerOptions) -> Result<Self, TargetError> {
        let urls = urls(&options)?;
        let origin = urls.origin();
        let shared = match options.application_id {
            Some(application_id) => {
                let contracts = keys(&application_id, options.contracts)?;
                Some(Shared { application_id, contracts })
            }
            None => None,
        };
        let control = Control::at(http, origin.clone(), options.admin_token);
        let knocked = tokio::time::timeout(PATIENCE, control.knock()).await;
        let knocked =
            knocked.unwrap_or_else(|_| Err(ControlError::Unreachable("it does not answer".to_owned())));
        match (knocked, &shared) {
            (Err(ControlError::Unreachable(why)), _) => Err(TargetError::Unreachable { url: origin, why }),
            // Whatever answers there: the scenarios do without a control API.
            (_, Some(_)) | (Ok(()), None) => Ok(Self { control, urls, ca: options.ca, shared }),
            (Err(error @ ControlError::Forbidden(_)), None) => Err(error.into()),
            (Err(error), None) => Err(TargetError::Options(format!(
                "{error}; for another server, name --application-id, --contract and --key-file"
            ))),
        }
    }

    pub(super) fn urls(&self) -> &Urls {
        &self.urls
    }

    pub(super) async fn prepare(&self, setup: &ServerSetup) -> Result<Environment, TargetError> {
        let lacks = |what: &str| Err(TargetError::Lacks(format!("the target has no {what}")));
        if setup.own_server() {
            return lacks("settings of the scenario's own (sample data, agents, service groups)");
        }
        match &self.shared {
            None => {
                let made = match &setup.state_path {
                    Some(path) => self.control.import(path).await?,
                    None => self.control.new_sandbox(setup).await?,
                };
                Ok(Environment { ca: self.ca.clone(), ..made })
            }
            Some(_) if setup.state.is_some() => lacks("state of the scenario's own"),
            Some(_) if setup.lifetimes != Default::default() => lacks("control over lifetimes"),
            Some(shared) => Ok(Environment {
                urls: self.urls.clone(),
                application_id: shared.application_id.clone(),
                contracts: shared.contracts.clone(),
                ca: self.ca.clone(),
                control: None,
            }),
        }
    }
}

fn urls(options: &ServerOptions) -> Result<Urls, TargetError> {
    let base = |option: &str, text: &str| {
        let text = text.trim();
        let slash = if text.ends_with('/') { "" } else { "/" };
        // The parser would drop line breaks within, and so give another URL.
        let url =
            url::Url::parse(&format!("{text}{slash}")).ok().filter(|_| !text.contains(char::is_whitespace));
        match url {
            Some(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
            _ => Err(TargetError::Options(format!("{option}: {} is no http or https URL", quoted(text)))),
        }
    };
    let api = base("--base-url", &options.base_url)?;
    let origin = api.origin().ascii_serialization();
    let or = |option, text: &Option<String>, path: &str| match text {
        Some(text) => base(option, text).map(String::from),
        None => Ok(format!("{origin}{path}")),
    };
    Ok(Urls {
        onboard: or("--onboard-url", &options.onboard_url, "/apps/saas/")?,
        cloud: or("--cloud-url", &options.cloud_url, "/v1/")?,
        api: if api.path() == "/" { format!("{origin}/v1.7/") } else { api.into() },
    })
}

/// Reads the keys, so that one that cannot serve ends the run at its start.
fn keys(application_id: &str, contracts: Vec<ContractOptions>) -> Result<Vec<ContractKey>, TargetError> {
    let unusable = |option: &str, what: &str, error: &dyn std::fmt::Display| {
        TargetError::Options(format!("{option} {}: {error}", quoted(what)))
    };
    digime::Client::builder(application_id)
        .build()
        .map_err(|error| unusable("--application-id", application_id, &error))?;
    let mut keys: Vec<ContractKey> = Vec::new();
    for contract in contracts {
        let file = contract.key_file.to_string_lossy();
        if keys.iter().any(|key| key.kind == contract.kind.as_str()) {
            return Err(TargetError::Options(format!(
                "--contract: there are two of the kind {}, and scenarios name contracts by their kind",
                contract.kind
            )));
        }
        let pem =
            key_file::read(&contract.key_file).map_err(|error| unusable("--key-file", &file, &error))?;
        let key =
            digime::PrivateKey::from_pem(&pem).map_err(|error| unusable("--key-file", &file, &error))?;
        digime::Contract::new(contract.id.as_str(), key)
            .map_err(|error| unusable("--contract", &contract.id, &error))?;
        keys.push(ContractKey {
            contract_id: contract.id,
            kind: contract.kind.as_str().to_owned(),
            private_key: Some(pem),
        });
    }
    Ok(keys)
}

/// A value as errors show it: on one line, and not longer than helps.
fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(80).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("{shown:?}{more}")
}
