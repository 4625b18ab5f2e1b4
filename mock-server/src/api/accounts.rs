//! `GET permission-access/accounts` (protocol reference, http-api §4.5 and objects §3), and
//! `DELETE permission-access/service/h:accountId` (http-api §5.4).

use digime_fixtures::catalogue;
use http::StatusCode;
use serde_json::{Value, json};

use super::assets::{IconKind, png_url, svg_url};
use crate::journal::check::Check;
use crate::clock::Moment;
use crate::domain::library::{Account, service_of};
use crate::http::call::Call;
use crate::http::reply::Outcome;

use crate::http::reply::{Reply, ReplyBody};

/// Side of a provider's small icon, in pixels.
const FAV_ICON: u32 = 25;

pub(crate) fn accounts(call: &mut Call) -> Outcome {
    // A write contract needs the accounts too: provider pushes name one.
    let (_, user) = call.verify_user()?;
    let state = call.sandbox.state();
    let library = state.library(&user)?;
    let now = call.now();
    let origin = call.origin();
    let accounts = library.accounts.iter().map(|account| account_json(account, &origin, now));
    Ok(Reply::json(accounts.collect()))
}

/// Which account travels in a header; the path holds the literal text `h:accountId`.
pub(crate) fn delete(call: &mut Call) -> Outcome {
    let (_, user) = call.verify_user()?;
    let account = call.required_header("accountId", Check::AccountIdHeader)?;
    let deleted = call.sandbox.state().delete_account(&user, &account);
    call.verdict.check(Check::Account, deleted)?;
    Ok(Reply::new(StatusCode::NO_CONTENT, ReplyBody::Empty))
}

/// A bare array of these; optional members are absent, never null.
fn account_json(account: &Account, origin: &str, now: Moment) -> Value {
    let source = account.source;
    let (service, group) = (service_of(source), catalogue::service_group(source.group_id));
    let profile = &account.dataset.account;
    let mut json = json!({
        "id": account.id,
        "reference": account.reference,
        "type": profile.account_type.as_str(),
        "createdDate": account.connected.millis(),
        "updatedDate": account.first_sync.unwrap_or(account.connected).millis(),
        "serviceGroupId": source.group_id,
        "serviceGroupName": group.map_or("", |group| &group.name),
        "serviceTypeId": source.service_id,
        "serviceTypeName": service.map_or(source.name.as_str(), |service| &service.name),
        "serviceTypeReference": service.map_or(source.reference.as_str(), |service| &service.reference),
        "sourceId": source.id,
        "accessTokenStatus": { "authorized": account.is_authorized(now) },
        "sample": account.sample,
    });
    if let Some(username) = &profile.username {
        json["username"] = json!(username);
    }
    if let Some(provider) = source.provider_id {
        json["serviceProviderId"] = json!(provider);
        json["serviceProviderName"] = json!(source.name);
        json["serviceProviderReference"] = json!(source.reference);
        json["providerFavIcon"] = json!(png_url(origin, IconKind::Sources, &source.reference, FAV_ICON));
        json["providerLogo"] = json!(svg_url(origin, IconKind::Sources, &source.reference));
    }
    json
}
