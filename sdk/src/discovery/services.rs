//! The older list of services, which needs no contract
//! (protocol reference, http-api §6.6, objects §5.6).

use std::collections::BTreeMap;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::Client;
use crate::discovery::catalogue::Resource;
use crate::discovery::source::PublishedStatus;
use crate::error::{Operation, Result};
use crate::http::json;
use crate::http::request::Request;
use crate::http::transport::UpTo;
use crate::ids::{CategoryId, ContractId, CountryId, ServiceId, SourceId, check_plain};

/// Query of [`Client::services`].
///
/// ```
/// let query = digime::discovery::ServicesQuery::new().contract("my-contract");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServicesQuery {
    contract: Option<ContractId>,
    include_sample_data_only_sources: Option<bool>,
}

impl ServicesQuery {
    /// Everything there is.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only what this contract may use.
    #[must_use]
    pub fn contract(mut self, contract: impl Into<ContractId>) -> Self {
        self.contract = Some(contract.into());
        self
    }

    /// Also sources that have sample data only.
    #[must_use]
    pub fn include_sample_data_only_sources(mut self, include: bool) -> Self {
        self.include_sample_data_only_sources = Some(include);
        self
    }
}

/// The older list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AvailableServices {
    /// Countries.
    #[serde(default, deserialize_with = "json::null_is_empty")]
    pub countries: Vec<ServiceCountry>,
    /// Service groups.
    #[serde(default, deserialize_with = "json::null_is_empty")]
    pub service_groups: Vec<ServiceGroupEntry>,
    /// Sources, called services here.
    pub services: Vec<ServiceEntry>,
}

/// A country of the older list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServiceCountry {
    /// Id.
    pub id: CountryId,
    /// Code, such as `nl`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Everything else, as sent.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// A service group of the older list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServiceGroupEntry {
    /// Id.
    pub id: CategoryId,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Text key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Everything else, as sent.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// A source of the older list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServiceEntry {
    /// Id of the **source**.
    pub id: SourceId,
    /// Id of the service behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<ServiceId>,
    /// Name; older medical ones begin with a country, such as `NL - `.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Text key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Publication, in **milliseconds** since 1970.
    #[serde(default, deserialize_with = "json::optional_integer", skip_serializing_if = "Option::is_none")]
    pub published_date: Option<i64>,
    /// Whether it can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_status: Option<PublishedStatus>,
    /// Its service groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_groups: Option<Vec<ServiceGroupEntry>>,
    /// Its countries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub countries: Option<Vec<ServiceCountry>>,
    /// Its pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Vec<Resource>>,
    /// Everything else, as sent.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Answered {
    data: AvailableServices,
}

impl Client {
    /// Lists what can be connected, in the form of older SDKs
    /// (`getAvailableServices`; protocol reference, http-api §6.6). The request
    /// is not signed.
    ///
    /// # Errors
    ///
    /// As [`Client::query_sources`].
    ///
    /// ```no_run
    /// # async fn list(client: digime::Client) -> Result<(), digime::Error> {
    /// let available = client.services(&digime::discovery::ServicesQuery::new()).await?;
    /// println!("{} sources", available.services.len());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn services(&self, query: &ServicesQuery) -> Result<AvailableServices> {
        let operation = Operation::ReadServices;
        let request = self.services_request(query).map_err(|error| error.with_operation(operation))?;
        let limit = UpTo(self.transport().max_json_size());
        let answer = self.transport().send(&request, None, &limit).await?;
        json::parse::<Answered>(&answer.body)
            .map(|answered| answered.data)
            .map_err(|error| error.with_operation(operation))
    }

    fn services_request(&self, query: &ServicesQuery) -> Result<Request> {
        let mut url = self.api(&["discovery", "services"])?;
        if let Some(include) = query.include_sample_data_only_sources {
            url.query_pairs_mut().append_pair("includeSampleDataOnlySources", &include.to_string());
        }
        let request = Request::new(Operation::ReadServices, Method::GET, url, "discovery/services");
        match &query.contract {
            Some(contract) => {
                check_plain("contract_id", contract.as_str())?;
                request.header("contractId", contract.as_str())
            }
            None => Ok(request),
        }
    }
}
