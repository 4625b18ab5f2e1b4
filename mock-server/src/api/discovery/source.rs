//! A source as `discovery/sources` writes it (protocol reference, objects §5.1).

use digime_fixtures::catalogue::{self, Address, Authorisation, Service, Source};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::tables::{CategoryJson, CountryJson, IconJson, PlatformJson, SourceTypeJson, all_optional};
use crate::api::icon_url::IconKind;

/// Optional members are absent, never null.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Source", transform = all_optional)]
pub(crate) struct SourceJson<'a> {
    /// What authorize takes as `service`.
    id: u32,
    name: &'a str,
    reference: &'a str,
    #[schemars(extend("enum" = STATUSES))]
    published_status: &'static str,
    #[schemars(extend("format" = "date-time"))]
    published_date: &'a str,
    /// Whether it comes from a provider directory.
    dynamic: bool,
    onboardable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<AddressJson<'a>>,
    resource: IconJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<ServiceJson<'a>>,
    category: Vec<CategoryJson<'a>>,
    /// Empty: worldwide.
    country: Vec<CountryJson<'a>>,
    platform: Vec<PlatformJson<'a>>,
    r#type: Vec<SourceTypeJson>,
    json: Connector<'a>,
}

pub(crate) const STATUSES: [&str; 5] = ["approved", "pending", "deprecated", "blocked", "sampledataonly"];

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Address", transform = all_optional)]
struct AddressJson<'a> {
    city: &'a str,
    street_name: &'a str,
    street_number: &'a str,
    zip_code: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Service", transform = all_optional)]
struct ServiceJson<'a> {
    /// `serviceTypeId` of accounts, and part of file names.
    id: u32,
    name: &'a str,
    reference: &'a str,
    service_type_id: u32,
    #[schemars(extend("enum" = STATUSES))]
    published_status: &'static str,
    #[schemars(extend("format" = "date-time"))]
    published_date: &'a str,
    dynamic: bool,
    json: Map<String, Value>,
}

/// Connector settings.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = all_optional)]
struct Connector<'a> {
    authorisation: AuthorisationJson,
    sync: Sync,
    #[serde(rename = "homepageURL")]
    homepage_url: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Authorisation", transform = all_optional)]
struct AuthorisationJson {
    #[schemars(extend("enum" = ["saas", "sdk", "none"]))]
    r#type: &'static str,
    #[schemars(extend("enum" = ["browser", "none"]))]
    mode: &'static str,
    #[schemars(extend("enum" = ["normal", "immediate", "none"]))]
    reauth_type: &'static str,
}

/// How data is synced.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Sync {
    r#type: SyncType,
}

#[derive(Serialize, JsonSchema)]
struct SyncType {
    options: [&'static str; 2],
}

impl Sync {
    pub(crate) const USUAL: Self = Self { r#type: SyncType { options: ["auto", "manual"] } };
}

impl<'a> SourceJson<'a> {
    pub(crate) fn new(source: &'a Source, origin: &str) -> Self {
        let countries = source.countries.iter().filter_map(|id| catalogue::country(*id));
        let platforms = source.platforms.iter().filter_map(|id| catalogue::platform(*id));
        Self {
            id: source.id,
            name: &source.name,
            reference: &source.reference,
            published_status: source.status.as_str(),
            published_date: &source.published_date,
            dynamic: source.dynamic,
            onboardable: source.onboardable,
            provider_id: source.provider_id,
            address: source.address.as_ref().map(AddressJson::new),
            resource: IconJson::svg(origin, IconKind::Sources, &source.reference),
            service: catalogue::service(source.service_id).map(ServiceJson::new),
            category: catalogue::service_group(source.group_id).map(CategoryJson::new).into_iter().collect(),
            country: countries.map(CountryJson::new).collect(),
            platform: platforms.map(PlatformJson::new).collect(),
            r#type: source.types.iter().map(|it| SourceTypeJson::new(*it)).collect(),
            json: Connector {
                authorisation: AuthorisationJson::of(source.authorisation),
                sync: Sync::USUAL,
                homepage_url: &source.homepage,
            },
        }
    }
}

impl<'a> AddressJson<'a> {
    fn new(address: &'a Address) -> Self {
        Self {
            city: &address.city,
            street_name: &address.street_name,
            street_number: &address.street_number,
            zip_code: &address.zip_code,
        }
    }
}

impl<'a> ServiceJson<'a> {
    fn new(service: &'a Service) -> Self {
        Self {
            id: service.id,
            name: &service.name,
            reference: &service.reference,
            // The platform knows services of one type.
            service_type_id: 1,
            published_status: service.status.as_str(),
            published_date: &service.published_date,
            dynamic: service.dynamic,
            json: Map::new(),
        }
    }
}

impl AuthorisationJson {
    fn of(authorisation: Authorisation) -> Self {
        let (mode, reauth_type) = match authorisation {
            Authorisation::Saas => ("browser", "normal"),
            Authorisation::Sdk | Authorisation::None => ("none", "none"),
        };
        Self { r#type: authorisation.as_str(), mode, reauth_type }
    }
}
