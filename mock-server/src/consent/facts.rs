//! What a page says of the request: which data, of which times, for how long, for whom.

use url::Url;

use super::texts::{Texts, fill};
use crate::domain::contract::{Contract, ContractKind};
use crate::domain::state::WaitingConsent;

/// What a page says of the request.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) contract: String,
    pub(super) groups: Vec<&'static str>,
    pub(super) periods: Vec<String>,
    pub(super) access: Option<String>,
    pub(super) answer_to: String,
}

impl Facts {
    /// Those of a contract's request, whose answer goes to a callback.
    pub(super) fn of(contract: &Contract, waiting: &WaitingConsent, callback: &str, texts: &Texts) -> Self {
        let reads = contract.kind.reads();
        Self {
            contract: contract.shown_name().to_owned(),
            groups: if reads { groups(contract, waiting, texts) } else { Vec::new() },
            periods: if reads { periods(contract, waiting, texts) } else { Vec::new() },
            access: waiting.code_challenge.as_ref().map(|_| match contract.kind {
                ContractKind::OneOff => texts.access_once.to_owned(),
                _ => fill(texts.access_for, &[("time", &texts.time(waiting.lifetimes.refresh_token))]),
            }),
            answer_to: receiver(callback, texts),
        }
    }
}

/// What the session asks for, or what the contract covers.
fn groups(contract: &Contract, waiting: &WaitingConsent, texts: &Texts) -> Vec<&'static str> {
    let asked = waiting.options.as_ref().map(|options| options.groups()).unwrap_or_default();
    let mut ids = if asked.is_empty() { contract.covered_groups() } else { asked };
    ids.sort_unstable();
    ids.dedup();
    match ids.is_empty() {
        true => vec![texts.all_data],
        false => ids.into_iter().map(|id| texts.group(id)).filter(|name| !name.is_empty()).collect(),
    }
}

/// The times of the session, and besides those of the contract, which limit them.
fn periods(contract: &Contract, waiting: &WaitingConsent, texts: &Texts) -> Vec<String> {
    let asked = waiting.options.as_ref().map(|options| options.time_ranges()).unwrap_or_default();
    let both = [asked, contract.scope.time_ranges()];
    let mut periods: Vec<String> = both
        .into_iter()
        .filter(|ranges| !ranges.is_empty())
        .map(|ranges| {
            let said: Vec<_> =
                ranges.iter().filter_map(|range| range.readable()).map(|range| texts.range(&range)).collect();
            said.join("; ")
        })
        .collect();
    periods.dedup();
    if periods.is_empty() {
        periods.push(texts.all_times.to_owned());
    }
    periods
}

/// Who is behind a callback.
fn receiver(callback: &str, texts: &Texts) -> String {
    match Url::parse(callback) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            let host = url.host_str().unwrap_or_default();
            url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
        }
        Ok(url) => fill(texts.an_app, &[("scheme", url.scheme())]),
        Err(_) => callback.to_owned(),
    }
}
