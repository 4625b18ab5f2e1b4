//! What a client needs to use a sandbox.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Serialize;

use crate::config::public_url::PublicUrl;
use crate::domain::contract::ContractKind;
use crate::payload::key_format::{KeyFormat, P12_PASSWORD, UnwritableKey};
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
    /// A second id of the contract, for clients that accept only `A-Z a-z 0-9 _`, 6 to 63 of them.
    pub contract_alias: String,
    /// What it is for.
    pub kind: ContractKind,
    /// Private key as PKCS#1 PEM; absent if the server was only given the public one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key: Option<String>,
    /// Private key as PKCS#8 PEM, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key_pkcs8: Option<String>,
    /// Private key as the hexadecimal digits of its PKCS#1 DER, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key_der_hex: Option<String>,
    /// Private key as a PKCS#12 file in Base64, if it was asked for, in the encryption that old clients open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key_p12: Option<String>,
    /// The password of that file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key_p12_password: Option<String>,
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

impl BaseUrls {
    /// Those of a server that is reached there.
    pub(crate) fn of(url: &PublicUrl) -> Self {
        Self {
            api: format!("{url}/v1.7/"),
            onboard: format!("{url}/apps/saas/"),
            cloud: format!("{url}/v1/"),
        }
    }
}

impl Credentials {
    pub(crate) fn of(sandbox: &Sandbox, url: &PublicUrl) -> Self {
        let applications: Vec<_> = sandbox
            .applications
            .list()
            .into_iter()
            .map(|application| ApplicationCredentials {
                contracts: application
                    .contracts
                    .iter()
                    .map(|contract| ContractCredentials {
                        application_id: application.id.clone(),
                        contract_id: contract.id.clone(),
                        contract_alias: sandbox.applications.alias(&contract.id),
                        kind: contract.kind,
                        private_key: contract.keys.private_pem().map(str::to_owned),
                        private_key_pkcs8: None,
                        private_key_der_hex: None,
                        private_key_p12: None,
                        private_key_p12_password: None,
                        redirect_uris: contract.redirect_rules.iter().map(ToString::to_string).collect(),
                    })
                    .collect(),
                application_id: application.id,
                name: application.name,
            })
            .collect();
        let contracts: Vec<_> = applications.iter().flat_map(|it| it.contracts.iter().cloned()).collect();
        Self {
            sandbox: sandbox.id().to_owned(),
            application_id: applications.first().map(|it| it.application_id.clone()).unwrap_or_default(),
            contracts,
            applications,
            urls: BaseUrls::of(url),
        }
    }

    /// The same with the private keys in a further form; [`KeyFormat::Der`] as its digits, P12 files with the
    /// password [`P12_PASSWORD`].
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use digime_mock_server::keys::KeyFormat;
    /// use digime_mock_server::{ContractKind, MockServer};
    ///
    /// let server = MockServer::start().await;
    /// let credentials = server.credentials().with_keys(KeyFormat::P12)?;
    /// let contract = credentials.contract(ContractKind::Read).ok_or("no contract")?;
    /// assert_eq!(contract.private_key_p12_password.as_deref(), Some("digime"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`UnwritableKey`], which the keys of a server exclude.
    pub fn with_keys(mut self, format: KeyFormat) -> Result<Self, UnwritableKey> {
        for contract in &mut self.contracts {
            contract.add_key(format)?;
        }
        for contract in self.applications.iter_mut().flat_map(|application| &mut application.contracts) {
            // A P12 file is other bytes each time, and the same contract has one.
            if let Some(same) = self.contracts.iter().find(|it| it.contract_id == contract.contract_id) {
                *contract = same.clone();
            }
        }
        Ok(self)
    }

    /// The first contract of a kind.
    pub fn contract(&self, kind: ContractKind) -> Option<&ContractCredentials> {
        self.contracts.iter().find(|contract| contract.kind == kind)
    }
}

impl ContractCredentials {
    fn add_key(&mut self, format: KeyFormat) -> Result<(), UnwritableKey> {
        let Some(pem) = &self.private_key else { return Ok(()) };
        let text = |bytes: Vec<u8>| Some(String::from_utf8_lossy(&bytes).into_owned());
        let write = |format: KeyFormat| format.write(pem, &self.contract_id, P12_PASSWORD);
        match format {
            KeyFormat::Pem => {}
            KeyFormat::Pkcs8 => self.private_key_pkcs8 = text(write(format)?),
            KeyFormat::Der | KeyFormat::DerHex => self.private_key_der_hex = text(write(KeyFormat::DerHex)?),
            KeyFormat::P12 => {
                self.private_key_p12 = Some(STANDARD.encode(write(format)?));
                self.private_key_p12_password = Some(P12_PASSWORD.to_owned());
            }
        }
        Ok(())
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
