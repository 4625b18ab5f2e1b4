//! A contract as the platform knows it
//! (protocol reference, http-api §7, objects §6).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::client::Client;
use crate::contract::Contract;
use crate::crypto::der;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::http::json;
use crate::http::request::Request;
use crate::ids::ContractId;
use crate::text_enum::text_enum;

text_enum! {
    /// What a contract allows.
    AccessType {
        /// Reading.
        Read = "r",
        /// Pushing.
        Write = "w",
    }
}

text_enum! {
    /// Form of a contract's certificate.
    CertificateType {
        /// An X.509 certificate.
        X509 = "x509",
        /// The contract's document itself.
        Json = "json",
    }
}

/// A contract as the platform knows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ContractDetails {
    /// Id of the contract.
    pub id: ContractId,
    /// Form of [`ContractDetails::certificate`].
    pub r#type: CertificateType,
    /// What the contract allows.
    pub access_type: AccessType,
    /// Id of the partner the contract was issued to.
    pub partner_id: String,
    /// Expiry, in **milliseconds** since 1970.
    #[serde(deserialize_with = "json::integer")]
    pub expiration_date: i64,
    /// Version of the document in the certificate.
    pub certificate_contract_schema_version: String,
    /// The certificate, decoded: DER if it is X.509, JSON otherwise.
    #[serde(deserialize_with = "decoded")]
    pub certificate: Bytes,
    /// The application the contract belongs to.
    pub application: Application,
}

/// The application of a contract.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Application {
    /// Id of the application.
    pub id: String,
    /// Name.
    pub name: String,
    /// State; the platform does not document its values.
    #[serde(deserialize_with = "json::integer")]
    pub status: i64,
    /// Links and pictures, as sent.
    pub resources: Map<String, Value>,
}

impl ContractDetails {
    /// The contract's document: what is asked for, what for, and the policies
    /// (protocol reference, objects §6). An X.509 certificate carries it in an
    /// extension. Neither the certificate's signature nor its dates are checked.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] if there is no readable document.
    pub fn document(&self) -> Result<Value> {
        let document = match self.r#type {
            CertificateType::X509 => der::extension(&self.certificate, der::CONTRACT_DOCUMENT)
                .ok_or_else(|| Error::new(ErrorKind::Decode, "the certificate holds no contract"))?,
            _ => &self.certificate,
        };
        // Some issuers wrap the text into a DER string of its own.
        let text = der::string(document).unwrap_or(document);
        json::parse_as(ErrorKind::Decode, "the contract's document is not JSON", text)
    }
}

/// Base64, with or without line breaks.
fn decoded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    let text = String::deserialize(deserializer)?;
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(text).map(Bytes::from).map_err(|_| serde::de::Error::custom("not Base64"))
}

impl Client {
    /// Reads what the platform knows of a contract
    /// (protocol reference, http-api §7).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`], [`ErrorKind::Transport`], [`ErrorKind::Timeout`],
    /// [`ErrorKind::Decode`].
    ///
    /// ```no_run
    /// # async fn show(client: digime::Client, contract: digime::Contract) -> Result<(), digime::Error> {
    /// let details = client.contract_details(&contract).await?;
    /// println!("{} may {:?}", details.application.name, details.access_type);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn contract_details(&self, contract: &Contract) -> Result<ContractDetails> {
        let url = self.api(&["permission-access", "contract"])?;
        let request =
            Request::new(Operation::ContractDetails, Method::GET, url, "permission-access/contract")
                .json_type();
        self.json(contract, &request).await
    }
}
