//! `GET permission-access/accounts` (protocol reference, http-api §4.5 and objects §3).

use digime_fixtures::catalogue;
use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::icon_url::{IconKind, png_url, svg_url};
use crate::clock::Moment;
use crate::domain::library::{Account, service_of};
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET permission-access/accounts`
    pub const READ_ACCOUNTS: Self = Self::named("readAccounts");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::READ_ACCOUNTS,
        method: Method::GET,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/permission-access/accounts",
        summary: "`GET permission-access/accounts`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, USER],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(accounts(call)),
};

/// Side of a provider's small icon, in pixels.
const FAV_ICON: u32 = 25;

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<Vec<AccountJson>>();
    Exchange::new(Auth::User, Answer::json("The connected accounts.", answer))
}

/// An account; optional members are absent, never null.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Account")]
struct AccountJson {
    id: String,
    reference: String,
    #[schemars(extend("enum" = [
        "USER", "ADMIN", "EVENT", "GROUP", "BANK", "CREDIT_CARD", "IMPORTED", "INVESTMENT", "INSURANCE", "LOAN",
        "REWARD", "BILL", "PUSH",
    ]))]
    r#type: &'static str,
    /// Milliseconds since 1970.
    created_date: i64,
    /// Milliseconds since 1970.
    updated_date: i64,
    service_group_id: u32,
    service_group_name: &'static str,
    service_type_id: u32,
    service_type_name: &'static str,
    service_type_reference: &'static str,
    source_id: u32,
    access_token_status: AccessTokenStatus,
    sample: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(flatten)]
    provider: Option<ProviderJson>,
}

#[derive(Serialize, JsonSchema)]
struct AccessTokenStatus {
    authorized: bool,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ProviderJson {
    service_provider_id: u32,
    service_provider_name: &'static str,
    service_provider_reference: &'static str,
    provider_fav_icon: String,
    provider_logo: String,
}

/// A write contract needs the accounts too: provider pushes name one.
async fn accounts(call: &mut Call) -> Outcome {
    let (_, user) = call.verify_user().await?;
    let accounts = call.sandbox.store.accounts(&user).await?;
    let (origin, now) = (call.reached().to_string(), call.now());
    let accounts: Vec<_> = accounts.iter().map(|account| AccountJson::new(account, &origin, now)).collect();
    reply_json(&accounts)
}

impl AccountJson {
    fn new(account: &Account, origin: &str, now: Moment) -> Self {
        let source = account.source;
        let service = service_of(source);
        let group = catalogue::service_group(source.group_id);
        let profile = &account.dataset.account;
        let provider = source.provider_id.map(|id| ProviderJson {
            service_provider_id: id,
            service_provider_name: &source.name,
            service_provider_reference: &source.reference,
            provider_fav_icon: png_url(origin, IconKind::Sources, &source.reference, FAV_ICON),
            provider_logo: svg_url(origin, IconKind::Sources, &source.reference),
        });
        Self {
            id: account.id.clone(),
            reference: account.reference.clone(),
            r#type: profile.account_type.as_str(),
            created_date: account.connected.millis(),
            updated_date: account.first_sync.unwrap_or(account.connected).millis(),
            service_group_id: source.group_id,
            service_group_name: group.map_or("", |group| &group.name),
            service_type_id: source.service_id,
            service_type_name: service.map_or(source.name.as_str(), |service| &service.name),
            service_type_reference: service.map_or(source.reference.as_str(), |service| &service.reference),
            source_id: source.id,
            access_token_status: AccessTokenStatus { authorized: account.is_authorized(now) },
            sample: account.sample,
            username: profile.username.clone(),
            provider,
        }
    }
}
