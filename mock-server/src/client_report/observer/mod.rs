//! Watches what clients send, request by request, and keeps count: bounded memory, however long a
//! client talks. The journal forgets; this does not.

mod authorization;
mod form;
pub(super) mod hostility;
mod memory;
mod pace;
mod request;
#[cfg(test)]
mod sample;
mod signature;
pub(super) mod tally;
mod tokens;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::client_report::{ClientConduct, ClientReport};
use crate::domain::contract::Contract;
use crate::faults::hostile::Hostile;
use crate::fingerprint::Fingerprint;
use crate::operations::Operation;
use crate::operations::route::Area;
use authorization::Authorizations;
use hostility::Hostility;
use memory::Memory;
use pace::Pace;
pub(crate) use request::{Answered, Observed, When};
use signature::Signatures;
use tally::Tallies;
use tokens::Tokens;

/// Watches the clients of one sandbox.
#[derive(Debug)]
pub(crate) struct Observer {
    refresh_grace: Duration,
    seen: Mutex<Seen>,
    /// How often what was seen became something else.
    changes: AtomicU64,
}

/// `client_id` → what it did. Only contracts of the sandbox have an entry of their own, so that
/// nobody can fill the memory by inventing names.
#[derive(Debug, Default)]
struct Seen {
    clients: BTreeMap<String, Watched>,
    nameless: Option<Watched>,
    /// Code of a page → the `client_id` that it was given to.
    pages: Memory<String>,
}

/// One application with one contract.
#[derive(Debug, Default)]
struct Watched {
    application_id: Option<String>,
    contract_id: Option<String>,
    requests: u64,
    tallies: Tallies,
    signatures: Signatures,
    authorizations: Authorizations,
    tokens: Tokens,
    pace: Pace,
    hostility: Hostility,
}

impl Observer {
    /// Has seen nothing. `refresh_grace` is how long a used refresh token still works.
    pub(crate) fn new(refresh_grace: Duration) -> Self {
        Self { refresh_grace, seen: Mutex::default(), changes: AtomicU64::new(0) }
    }

    /// Takes in a request that was answered.
    pub(crate) fn observe(&self, request: &Observed<'_>) {
        let mut seen = self.change();
        match request.area() {
            Some(Area::Web | Area::Phone) => seen.page(request),
            // The guest page is given no code.
            Some(Area::Guest | Area::Assets | Area::Admin) => {}
            _ => seen.client(request, self.refresh_grace),
        }
    }

    /// Takes in that a page was opened without a request, and how its callback was changed, if it was.
    pub(crate) fn page_decided(&self, operation: Operation, code: &str, changed: Option<&str>) {
        self.change().page_opened(operation, code, changed, None);
    }

    /// Takes in how a client took the oversize answer to a request.
    pub(crate) fn oversize_ended(&self, sequence: u64, read_all: bool) {
        let mut seen = self.change();
        let Seen { clients, nameless, .. } = &mut *seen;
        for client in clients.values_mut().chain(nameless) {
            client.hostility.oversize_ended(sequence, read_all);
        }
    }

    /// What was seen so far.
    pub(crate) fn report(&self, sandbox: &str) -> ClientReport {
        let seen = self.seen();
        let clients = seen.clients.values().chain(&seen.nameless).map(Watched::report).collect();
        ClientReport { sandbox: sandbox.to_owned(), clients }
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        *self.change() = Seen::default();
    }

    /// How often what was seen became something else.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    fn change(&self) -> MutexGuard<'_, Seen> {
        self.changes.fetch_add(1, Ordering::Relaxed);
        self.seen()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn client(&mut self, request: &Observed<'_>, refresh_grace: Duration) {
        let client = match request.contract {
            Some(contract) => {
                let client_id = contract.client_id();
                if let Some(code) = request.answered_page_code() {
                    self.pages.insert(Fingerprint::of(&[&code]), client_id.clone());
                }
                self.clients.entry(client_id).or_insert_with(|| Watched::new(contract))
            }
            None => self.nameless.get_or_insert_default(),
        };
        client.observe(request, refresh_grace);
    }

    fn page(&mut self, request: &Observed<'_>) {
        let (Some(operation), Some(code)) = (request.operation(), request.page_code()) else { return };
        let changes = request.fault.is_some_and(|fault| fault.hostile == Some(Hostile::ChangedState));
        let location = request.location().filter(|_| changes);
        self.page_opened(operation, &code, location, Some(request.sequence));
    }

    /// A page belongs to the client that was given its code.
    fn page_opened(
        &mut self,
        operation: Operation,
        code: &str,
        changed: Option<&str>,
        sequence: Option<u64>,
    ) {
        let code = Fingerprint::of(&[code]);
        let Some(client) = self.pages.get(&code).and_then(|client_id| self.clients.get_mut(client_id)) else {
            return;
        };
        client.hostility.used(code, sequence);
        if let Some(location) = changed {
            client.hostility.callback_changed(operation, location);
        }
    }
}

impl Watched {
    fn new(contract: &Contract) -> Self {
        Self {
            application_id: Some(contract.application_id.clone()),
            contract_id: Some(contract.contract_id.clone()),
            ..Self::default()
        }
    }

    fn observe(&mut self, request: &Observed<'_>, refresh_grace: Duration) {
        self.requests += 1;
        let tallies = &mut self.tallies;
        form::observe(request, tallies);
        self.signatures.observe(request, tallies);
        self.authorizations.observe(request, tallies);
        self.tokens.observe(request, refresh_grace, tallies);
        self.pace.observe(request, tallies);
        self.hostility.observe(request);
    }

    fn report(&self) -> ClientConduct {
        ClientConduct {
            application_id: self.application_id.clone(),
            contract_id: self.contract_id.clone(),
            requests: self.requests,
            checks: self.tallies.report(),
            hostile_answers: self.hostility.report(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sample::Sample;
    use super::*;
    use crate::client_report::ClientCheck;

    #[test]
    fn each_client_has_an_account_of_its_own_and_the_nameless_come_last() {
        let observer = Observer::new(Duration::ZERO);
        Sample::of(Operation::JWKS).without_jwt().observe(&observer);
        Sample::of(Operation::READ_ACCOUNTS).observe(&observer);
        Sample::of(Operation::READ_ACCOUNTS).observe(&observer);
        Sample::of(Operation::CONSENT_PAGE).without_jwt().observe(&observer);
        let report = observer.report("box");
        let clients: Vec<_> =
            report.clients.iter().map(|it| (it.contract_id.as_deref(), it.requests)).collect();
        assert_eq!(clients, [(Some("c-1"), 2), (None, 1)]);
        let checks: Vec<_> = report.clients[0].checks.iter().map(|it| it.check).collect();
        assert_eq!(checks, ClientCheck::ALL);
        observer.clear();
        assert!(observer.report("box").clients.is_empty());
    }
}
