//! What a client needs to use a sandbox.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::config::public_url::PublicUrl;
use crate::domain::contract::ContractKind;
use crate::sandbox::Sandbox;

/// What a client needs to use a sandbox.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// The sandbox's id.
    pub sandbox: String,
    /// The (first) application's id.
    pub application_id: String,
    /// The contracts of all applications, in the order of the configuration.
    pub contracts: Vec<ContractCredentials>,
    /// Every application with its contracts, in the order of the configuration.
    pub applications: Vec<ApplicationCredentials>,
    /// The three base URLs that a client changes.
    pub urls: BaseUrls,
}

/// An application with its contracts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationCredentials {
    /// The application's id.
    pub application_id: String,
    /// What the consent page calls it.
    pub name: String,
    /// Its contracts.
    pub contracts: Vec<ContractCredentials>,
}

/// What a client needs to use a contract.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContractCredentials {
    /// The application that the contract belongs to.
    pub application_id: String,
    /// The contract's id.
    pub contract_id: String,
    /// What it is for.
    pub kind: ContractKind,
    /// Private key as PKCS#1 PEM; absent if the server was only given the public one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key: Option<String>,
    /// Registered callbacks, as rules.
    pub redirect_uris: Vec<String>,
}

/// The three base URLs that a client changes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BaseUrls {
    /// API root.
    pub api: String,
    /// Consent web client.
    pub onboard: String,
    /// Storage.
    pub cloud: String,
}

impl Credentials {
    pub(crate) fn of(sandbox: &Sandbox, url: &PublicUrl) -> Self {
        let contracts: Vec<_> = sandbox
            .contracts()
            .iter()
            .map(|contract| ContractCredentials {
                application_id: contract.application_id.clone(),
                contract_id: contract.contract_id.clone(),
                kind: contract.kind,
                private_key: contract.keys.private_pem().map(str::to_owned),
                redirect_uris: contract.redirect_rules.iter().map(ToString::to_string).collect(),
            })
            .collect();
        let mut applications: Vec<ApplicationCredentials> = Vec::new();
        for contract in &contracts {
            match applications.iter_mut().find(|it| it.application_id == contract.application_id) {
                Some(application) => application.contracts.push(contract.clone()),
                None => applications.push(ApplicationCredentials {
                    application_id: contract.application_id.clone(),
                    name: sandbox.application_name(&contract.application_id).to_owned(),
                    contracts: vec![contract.clone()],
                }),
            }
        }
        Self {
            sandbox: sandbox.id().to_owned(),
            application_id: contracts.first().map(|it| it.application_id.clone()).unwrap_or_default(),
            contracts,
            applications,
            urls: BaseUrls {
                api: format!("{url}/v1.7/"),
                onboard: format!("{url}/apps/saas/"),
                cloud: format!("{url}/v1/"),
            },
        }
    }

    /// The first contract of a kind.
    pub fn contract(&self, kind: ContractKind) -> Option<&ContractCredentials> {
        self.contracts.iter().find(|contract| contract.kind == kind)
    }
}

impl fmt::Debug for ContractCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContractCredentials")
            .field("contract_id", &self.contract_id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
