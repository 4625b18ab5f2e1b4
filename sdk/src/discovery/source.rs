//! Sources, as discovery describes them (protocol reference, objects §5.1).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::discovery::catalogue::{Category, Country, Platform, Resource, SourceKind};
use crate::ids::{ServiceId, SourceId};
use crate::text_enum::text_enum;

text_enum! {
    /// Whether a source can be used.
    PublishedStatus {
        /// Ready for use.
        Approved = "approved",
        /// Not approved yet.
        Pending = "pending",
        /// Not offered any more.
        Deprecated = "deprecated",
        /// Switched off.
        Blocked = "blocked",
        /// Sample data only.
        SampleDataOnly = "sampledataonly",
    }
}

text_enum! {
    /// How a user logs in to a source.
    AuthorisationKind {
        /// On the platform's pages.
        Saas = "saas",
        /// In the SDK of a phone, such as Apple Health.
        Sdk = "sdk",
        /// Not at all.
        None = "none",
    }
}

/// Something a user can connect. Only `id` is certain: which other fields come
/// is up to [`crate::discovery::SourcesQuery::include`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Source {
    /// For [`crate::AuthorizeOptions::service_id`].
    pub id: SourceId,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Unique text key, such as `spotify`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Whether it can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_status: Option<PublishedStatus>,
    /// Publication, as ISO 8601 text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_date: Option<String>,
    /// Whether it was made from a directory of providers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dynamic: Option<bool>,
    /// Whether it can be connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onboardable: Option<bool>,
    /// Id of the provider behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<Value>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Its icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// The connector behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    /// Its categories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Vec<Category>>,
    /// Its countries; an empty list means all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Vec<Country>>,
    /// The platforms it works on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Vec<Platform>>,
    /// Its kinds: pull, push.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<SourceKind>>,
    /// Settings of the connector, as sent; see [`Source::authorisation`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// Everything else, as sent.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// How a user logs in, from a source's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Authorisation {
    /// Where.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<AuthorisationKind>,
    /// `browser` or `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// `normal`, `immediate` or `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reauth_type: Option<String>,
}

impl Source {
    /// How a user logs in, if the settings came along and say so.
    #[must_use]
    pub fn authorisation(&self) -> Option<Authorisation> {
        Authorisation::deserialize(self.json.as_ref()?.get("authorisation")?).ok()
    }
}

/// The connector behind sources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Service {
    /// As in [`crate::Account::service_type_id`].
    pub id: ServiceId,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Text key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Whether it can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_status: Option<PublishedStatus>,
    /// Publication, as ISO 8601 text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_date: Option<String>,
    /// Whether its sources are made from a directory of providers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dynamic: Option<bool>,
    /// Everything else, as sent.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// An address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Address {
    /// City.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Street.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street_name: Option<String>,
    /// House number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street_number: Option<Value>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zip_code: Option<String>,
}
