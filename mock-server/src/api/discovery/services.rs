//! `GET discovery/services`, what clients of older versions know instead of sources (protocol
//! reference, http-api §6.6, objects §5.6 and legacy/endpoints §10).

use digime_fixtures::catalogue::{
    self, Authorisation, Country, PublishedStatus, ServiceGroup, Source, SourceType,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::source::{STATUSES, Sync};
use super::tables::{CATEGORY_TYPE, CategoryTexts};
use crate::api::icon_url::{self, IconKind};
use crate::http::call::{CONTRACT_ID, Call};
use crate::http::endpoint::{Endpoint, SandboxBy};
use crate::http::reply::Outcome;
use crate::http::reply::reply_json;
use crate::icon::SIDES;
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use http::Method;

impl Operation {
    /// `GET discovery/services`, of older clients
    pub const AVAILABLE_SERVICES: Self = Self::named("availableServices");
}

pub(in crate::api) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::AVAILABLE_SERVICES,
        method: Method::GET,
        area: Area::Api(Generations::Since(Generation::V1_5)),
        template: "/discovery/services",
        summary: "`GET discovery/services`, of older clients",
        deprecated: true,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE],
    },
    sandbox: &[SandboxBy::Jwt, SandboxBy::ContractHeader],
    exchange,
    handler: |call| Box::pin(services(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<Services<'static>>();
    Exchange::new(Auth::Open, Answer::json("Services as older clients know them.", answer))
        .request_header("contractId", "Narrows to what this contract can use.")
        .query("includeSampleDataOnlySources", "true: also those that offer sample data alone.")
}

#[derive(Serialize, JsonSchema)]
struct Services<'a> {
    data: ServicesData<'a>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ServicesData<'a> {
    countries: Vec<OldCountry<'a>>,
    service_groups: Vec<OldServiceGroup<'a>>,
    services: Vec<OldService<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct OldCountry<'a> {
    id: u32,
    code: &'a str,
    name: &'a str,
    resources: [Resource; 3],
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OldServiceGroup<'a> {
    id: u32,
    category_type_id: u32,
    name: &'a str,
    reference: &'a str,
    #[serde(flatten)]
    texts: CategoryTexts<'a>,
    resources: [Resource; 3],
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OldService<'a> {
    /// Source id.
    id: u32,
    service_id: u32,
    name: &'a str,
    reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<u32>,
    /// Milliseconds since 1970.
    published_date: i64,
    #[schemars(extend("enum" = STATUSES))]
    published_status: &'static str,
    service_groups: [Id; 1],
    countries: Vec<Id>,
    #[serde(rename = "homepageURL")]
    homepage_url: &'a str,
    title: String,
    sub_title: &'a str,
    sync: Sync,
    authorisation: OldAuthorisation,
    platform: OldPlatforms,
    resources: [Resource; 3],
}

#[derive(Serialize, JsonSchema)]
struct Id {
    id: u32,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OldAuthorisation {
    #[schemars(extend("enum" = ["webview", "browser"]))]
    mode: &'static str,
    reauth_type: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct OldPlatforms {
    windows: Availability,
    macos: Availability,
    ios: Availability,
    android: Availability,
}

#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Availability {
    #[schemars(extend("enum" = ["production", "demo", "beta", "none"]))]
    availability: &'static str,
    #[schemars(extend("enum" = ["available", "unavailable"]))]
    current_status: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct Resource {
    /// 0: image.
    r#type: u8,
    url: String,
    mimetype: &'static str,
    /// Pixels.
    width: u32,
    /// Pixels.
    height: u32,
    resize: &'static str,
    aspectratio: AspectRatio,
}

#[derive(Serialize, JsonSchema)]
struct AspectRatio {
    accuracy: u32,
    actual: &'static str,
    closest: &'static str,
}

/// What can be connected; with a contract, what that contract can use. A contract that does not
/// exist narrows nothing, because some clients send a header that names none.
async fn services(call: &mut Call) -> Outcome {
    let flag = "includeSampleDataOnlySources";
    let with_sample_only = call.query().iter().any(|(name, value)| name == flag && value == "true");
    let header = call.headers.get(CONTRACT_ID).and_then(|value| value.to_str().ok());
    let contract = header.and_then(|id| call.sandbox.contracts().iter().find(|it| it.is_called(id)).cloned());
    if let (Some(id), None) = (header, &contract) {
        call.verdict
            .passed(Check::ContractIdHeader, format!("there is no contract \"{id}\": nothing is narrowed"));
    }
    let usable = contract.map(|it| if it.kind.reads() { SourceType::Pull } else { SourceType::Push });
    let listed = |source: &&Source| match source.status {
        PublishedStatus::Approved | PublishedStatus::Deprecated => true,
        PublishedStatus::SampleDataOnly => with_sample_only,
        PublishedStatus::Pending | PublishedStatus::Blocked => false,
    };
    let sources = catalogue::sources().iter().filter(listed);
    let sources = sources.filter(|source| usable.is_none_or(|kind| source.types.contains(&kind)));
    let origin = call.reached().to_string();
    let data = ServicesData {
        countries: catalogue::countries().iter().map(|it| OldCountry::new(it, &origin)).collect(),
        service_groups: catalogue::service_groups()
            .iter()
            .map(|it| OldServiceGroup::new(it, &origin))
            .collect(),
        services: sources.map(|it| OldService::new(it, &origin)).collect(),
    };
    reply_json(&Services { data })
}

impl<'a> OldCountry<'a> {
    fn new(country: &'a Country, origin: &str) -> Self {
        Self {
            id: country.id,
            code: &country.code,
            name: &country.name,
            resources: resources(origin, IconKind::Countries, &country.code),
        }
    }
}

impl<'a> OldServiceGroup<'a> {
    fn new(group: &'a ServiceGroup, origin: &str) -> Self {
        Self {
            id: group.id,
            category_type_id: CATEGORY_TYPE,
            name: &group.name,
            reference: &group.reference,
            texts: CategoryTexts::of(group),
            resources: resources(origin, IconKind::Categories, &group.reference),
        }
    }
}

impl<'a> OldService<'a> {
    fn new(source: &'a Source, origin: &str) -> Self {
        let published = source.published_date.parse().map_or(0, jiff::Timestamp::as_millisecond);
        let sub_title = catalogue::service_group(source.group_id).map_or("", |group| &group.sub_title);
        Self {
            id: source.id,
            service_id: source.service_id,
            name: &source.name,
            reference: &source.reference,
            provider_id: source.provider_id,
            published_date: published,
            published_status: source.status.as_str(),
            service_groups: [Id { id: source.group_id }],
            countries: source.countries.iter().map(|id| Id { id: *id }).collect(),
            homepage_url: &source.homepage,
            title: format!("Add your {} account", source.name),
            sub_title,
            sync: Sync::USUAL,
            authorisation: OldAuthorisation {
                mode: "browser",
                reauth_type: if source.authorisation == Authorisation::Saas { "normal" } else { "none" },
            },
            platform: OldPlatforms::of(source),
            resources: resources(origin, IconKind::Sources, &source.reference),
        }
    }
}

impl OldPlatforms {
    fn of(source: &Source) -> Self {
        const IOS: u32 = 3;
        const ANDROID: u32 = 4;
        let there = Availability {
            availability: "production",
            current_status: if source.onboardable { "available" } else { "unavailable" },
        };
        let absent = Availability { availability: "none", current_status: "unavailable" };
        let on = |platform| if source.platforms.contains(&platform) { there } else { absent };
        // iOS looks at Windows to decide whether it shows a service at all.
        Self { windows: there, macos: there, ios: on(IOS), android: on(ANDROID) }
    }
}

fn resources(origin: &str, kind: IconKind, name: &str) -> [Resource; 3] {
    SIDES.map(|side| Resource {
        r#type: 0,
        url: icon_url::png_url(origin, kind, name, side),
        mimetype: "image/png",
        width: side,
        height: side,
        resize: "fit",
        aspectratio: AspectRatio { accuracy: 100, actual: "1:1", closest: "1:1" },
    })
}
