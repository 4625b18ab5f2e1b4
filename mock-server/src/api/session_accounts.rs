//! `accounts.json`, a file that every session has and no list names: how older clients of the
//! current generation list accounts (protocol reference, http-api §4.6).

use serde::Serialize;
use serde_json::json;

use super::icon_url::{IconKind, png_url};
use crate::clock::Moment;
use crate::domain::library::{Account, service_of};
use crate::domain::listing::{LEAST_CONTENT, SessionFile};
use crate::domain::refusal::Refusal;
use crate::http::reply::unwritable;
use crate::payload::content::Content;
use crate::sandbox::store::SessionAccounts;

/// Its name in every session.
pub(super) const FILE_NAME: &str = "accounts.json";

/// Side of a service's logo, in pixels.
const LOGO: u32 = 75;

#[derive(Serialize)]
struct AccountsFile<'a> {
    accounts: Vec<NamedAccount<'a>>,
    consentid: &'a str,
}

#[derive(Serialize)]
struct NamedAccount<'a> {
    id: &'a str,
    name: &'a str,
    service: NamedService<'a>,
}

#[derive(Serialize)]
struct NamedService<'a> {
    name: &'a str,
    logo: String,
}

/// The file. Its readers do not look at what it is compressed with, so it never is (protocol
/// reference, legacy rule 7).
///
/// # Errors
/// A defect of the server, if the file cannot be written.
pub(super) fn file(found: &SessionAccounts, origin: &str, now: Moment) -> Result<SessionFile, Refusal> {
    let accounts = found.accounts.iter().map(|account| NamedAccount::new(account, origin)).collect();
    let file = AccountsFile { accounts, consentid: &found.consent };
    let mut content = serde_json::to_vec(&file).map_err(unwritable)?;
    content.resize(content.len().max(LEAST_CONTENT), b' ');
    let updated = found.accounts.iter().map(|account| account.first_sync.unwrap_or(account.connected)).max();
    Ok(SessionFile {
        content: Content::from(content),
        metadata: json!({
            "objectCount": found.accounts.len(),
            "objectType": "account",
            "serviceGroup": "none",
            "serviceName": "none",
        }),
        compression: digime_fixtures::Compression::None,
        updated: updated.unwrap_or(now),
        lifeline: found.lifeline.clone(),
        shared: false,
    })
}

impl<'a> NamedAccount<'a> {
    fn new(account: &'a Account, origin: &str) -> Self {
        let source = account.source;
        let name = account.dataset.account.username.as_deref().unwrap_or(&source.name);
        let service = service_of(source).map_or(source.name.as_str(), |service| &service.name);
        let logo = png_url(origin, IconKind::Sources, &source.reference, LOGO);
        Self { id: &account.id, name, service: NamedService { name: service, logo } }
    }
}
