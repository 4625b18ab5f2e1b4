//! `GET permission-access/accounts` (protocol reference, http-api §4.5 and objects §3).

use digime_fixtures::catalogue;
use serde_json::{Value, json};

use crate::call::Call;
use crate::dispatch::Outcome;
use crate::domain::library::{Account, service_of};
use crate::reply::Reply;

pub(crate) fn accounts(call: &mut Call) -> Outcome {
    // A write contract needs the accounts too: provider pushes name one.
    let (_, user) = call.verify_user()?;
    let state = call.sandbox.state();
    let library = state.library(&user)?;
    Ok(Reply::json(library.accounts.iter().map(account_json).collect()))
}

/// A bare array of these; optional members are absent, never null.
fn account_json(account: &Account) -> Value {
    let source = account.source;
    let (service, group) = (service_of(source), catalogue::service_group(source.group_id));
    let profile = &account.dataset.account;
    let login_works = profile.error.as_ref().is_none_or(|error| !error.reauth);
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
        "accessTokenStatus": { "authorized": login_works },
        "sample": account.sample,
    });
    if let Some(username) = &profile.username {
        json["username"] = json!(username);
    }
    if let Some(provider) = source.provider_id {
        json["serviceProviderId"] = json!(provider);
        json["serviceProviderName"] = json!(source.name);
        json["serviceProviderReference"] = json!(source.reference);
    }
    json
}
