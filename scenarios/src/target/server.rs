//! A server at a URL: a mock server, or any other that speaks the protocol.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::control::Control;
use super::{ContractKey, ServerOptions, Stage, TargetError, Urls};
use crate::format::Needs;

/// A server at a URL.
#[derive(Debug)]
pub(crate) struct ServerTarget {
    http: reqwest::Client,
    urls: Urls,
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
        let is_mock = is_mock(&http, &urls.origin()).await?;
        let shared = match options.application_id {
            Some(application_id) => Some(Shared { application_id, contracts: keys(options.contracts)? }),
            None if is_mock => None,
            None => {
                return Err(TargetError::Options(format!(
                    "{} is no mock server with the control API: name --application-id, --contract and --key-file",
                    urls.origin()
                )));
            }
        };
        Ok(Self { http, urls, shared })
    }

    pub(super) fn urls(&self) -> &Urls {
        &self.urls
    }

    pub(super) async fn stage(&self, needs: &Needs) -> Result<Stage, TargetError> {
        let lacks = |what: &str| Err(TargetError::Lacks(format!("the target has no {what}")));
        if needs.own_server() {
            return lacks("settings of the scenario's own (sample data, agents, service groups)");
        }
        match &self.shared {
            None => Control::new_sandbox(&self.http, &self.urls.origin(), needs).await,
            Some(_) if needs.lifetimes != Default::default() => lacks("control over lifetimes"),
            Some(shared) => Ok(Stage {
                urls: self.urls.clone(),
                application_id: shared.application_id.clone(),
                contracts: shared.contracts.clone(),
                control: None,
            }),
        }
    }
}

fn urls(options: &ServerOptions) -> Result<Urls, TargetError> {
    let base = |option: &str, text: &str| {
        let text = if text.ends_with('/') { text.to_owned() } else { format!("{text}/") };
        match url::Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
            _ => Err(TargetError::Options(format!("{option}: \"{text}\" is no http or https URL"))),
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

async fn is_mock(http: &reqwest::Client, origin: &str) -> Result<bool, TargetError> {
    let health = http.request(Method::GET, format!("{origin}/__admin/health")).timeout(PATIENCE);
    let answer = health.send().await.map_err(|error| TargetError::Unreachable {
        url: origin.to_owned(),
        why: crate::action::causes(&error.without_url()),
    })?;
    let body: Value = match answer.bytes().await {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        Err(_) => Value::Null,
    };
    Ok(body["status"] == "ok")
}

fn keys(contracts: Vec<super::ContractOptions>) -> Result<Vec<ContractKey>, TargetError> {
    let read = |contract: super::ContractOptions| {
        let pem = std::fs::read_to_string(&contract.key_file).map_err(|error| {
            TargetError::Options(format!("--key-file {}: {error}", contract.key_file.display()))
        })?;
        Ok(ContractKey { contract_id: contract.id, kind: contract.kind, private_key: Some(pem) })
    };
    contracts.into_iter().map(read).collect()
}
