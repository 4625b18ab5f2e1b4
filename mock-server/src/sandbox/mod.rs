//! Sandboxes: each has its own contracts, users, clock, faults and journal.

pub(crate) mod applications;
#[cfg(any(test, feature = "durable"))]
pub(crate) mod around;
pub(crate) mod credentials;
pub(crate) mod datasets;
pub(crate) mod expectations;
pub(crate) mod store;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::client_report::ClientReport;
use crate::client_report::observer::Observer;
use crate::clock::{Moment, SandboxClock};
use crate::config::settings::Settings;
use crate::domain::app_link::AppLink;
use crate::domain::contract::Contract;
use crate::domain::state::Rules;
use crate::domain::unavailable::Unavailable;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::random::SandboxTag;
use crate::sandbox::applications::Applications;
use crate::sandbox::datasets::Datasets;
use crate::sandbox::expectations::{Allowed, Expectations};
use crate::sandbox::store::Store;

/// One sandbox.
#[derive(Debug)]
pub(crate) struct Sandbox {
    tag: SandboxTag,
    /// Its applications and their contracts.
    pub applications: Applications,
    /// What its sources deliver.
    pub datasets: Datasets,
    /// Its clock.
    pub clock: SandboxClock,
    /// Its injected faults.
    pub faults: Faults,
    /// Its requests and answers.
    pub journal: Journal,
    /// What it makes of its clients.
    pub observer: Observer,
    /// What a test takes for granted of it.
    pub expectations: Expectations,
    /// What it keeps of its users.
    pub store: Store,
}

impl Sandbox {
    fn new(tag: SandboxTag, id_tag: Option<SandboxTag>, settings: &Settings, allowed: Allowed) -> Self {
        Self {
            applications: Applications::new(&settings.applications, id_tag),
            datasets: Datasets::new(settings.sample_data, settings.datasets.clone()),
            clock: SandboxClock::default(),
            faults: Faults::default(),
            journal: Journal::new(settings.journal_size),
            expectations: Expectations::new(allowed),
            observer: Observer::new(settings.lifetimes.refresh_grace),
            store: Store::new(
                tag.clone(),
                Rules {
                    lifetimes: settings.lifetimes,
                    push_quota: settings.push_quota,
                    timeline: settings.timeline,
                    storage: settings.storage,
                },
            ),
            tag,
        }
    }

    /// The sandbox's id: how administration names it, and how everything it mints begins.
    pub(crate) fn id(&self) -> &str {
        self.tag.as_str()
    }

    /// What everything that the sandbox mints begins with.
    pub(crate) fn tag(&self) -> &SandboxTag {
        &self.tag
    }

    /// The sandbox's present.
    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// The contract that signs as this `client_id`.
    pub(crate) fn contract(&self, client_id: &str) -> Option<Arc<Contract>> {
        self.applications.contract(client_id)
    }

    /// The contracts of all applications, in the order in which they were made.
    pub(crate) fn contracts(&self) -> Arc<[Arc<Contract>]> {
        self.applications.contracts()
    }

    /// How well its clients keep the platform's contract.
    pub(crate) fn client_report(&self) -> ClientReport {
        self.observer.report(self.id())
    }

    /// What came otherwise than a test takes for granted.
    fn unmet_expectations(&self) -> Vec<String> {
        self.expectations.unmet(self.id(), &self.faults.list())
    }

    /// Forgets users, tokens, sessions, faults, the journal and the client report, and sets the clock to real time.
    pub(crate) async fn reset(&self) -> Result<(), Unavailable> {
        self.store.reset().await?;
        self.faults.clear();
        self.journal.clear();
        self.observer.clear();
        self.expectations.clear();
        self.clock.reset();
        Ok(())
    }
}

/// All sandboxes of a server.
#[derive(Debug)]
pub(crate) struct Sandboxes {
    default: Arc<Sandbox>,
    allowed: Allowed,
    fresh: RwLock<HashMap<SandboxTag, Arc<Sandbox>>>,
    /// What was seen in sandboxes that were removed: tests remove theirs before the server ends.
    removed: Mutex<VecDeque<ClientReport>>,
    /// What came otherwise than their tests took for granted, in sandboxes that were removed.
    unmet: Mutex<Vec<String>>,
}

/// How many fresh sandboxes a server holds.
const MOST_SANDBOXES: usize = 10_000;
/// How many reports of removed sandboxes it keeps.
const MOST_REMOVED: usize = 1_000;

impl Sandboxes {
    /// The default sandbox alone.
    pub(crate) fn new(settings: &Settings, allowed: Allowed) -> Self {
        let default = Arc::new(Sandbox::new(SandboxTag::default_sandbox(), None, settings, allowed));
        Self {
            default,
            allowed,
            fresh: RwLock::default(),
            removed: Mutex::default(),
            unmet: Mutex::default(),
        }
    }

    /// The sandbox that always exists.
    pub(crate) fn default_sandbox(&self) -> Arc<Sandbox> {
        Arc::clone(&self.default)
    }

    /// Makes a sandbox; `None` if the server holds as many as it can.
    pub(crate) fn create(&self, settings: &Settings) -> Option<Arc<Sandbox>> {
        let mut fresh = self.fresh.write().unwrap_or_else(PoisonError::into_inner);
        if fresh.len() >= MOST_SANDBOXES {
            return None;
        }
        let tag = SandboxTag::fresh();
        let sandbox = Arc::new(Sandbox::new(tag.clone(), Some(tag.clone()), settings, self.allowed));
        fresh.insert(tag, Arc::clone(&sandbox));
        Some(sandbox)
    }

    /// Throws a sandbox away; false if there is none, or it is the default one.
    pub(crate) fn remove(&self, id: &str) -> bool {
        let mut fresh = self.fresh.write().unwrap_or_else(PoisonError::into_inner);
        let Some(tag) = SandboxTag::of(id).filter(|tag| tag.as_str() == id) else { return false };
        let Some(sandbox) = fresh.remove(&tag) else { return false };
        let mut unmet = self.unmet.lock().unwrap_or_else(PoisonError::into_inner);
        if unmet.len() < MOST_REMOVED {
            unmet.extend(sandbox.unmet_expectations());
        }
        let report = sandbox.client_report();
        if !report.clients.is_empty() {
            let mut removed = self.removed.lock().unwrap_or_else(PoisonError::into_inner);
            removed.push_back(report);
            if removed.len() > MOST_REMOVED {
                removed.pop_front();
            }
        }
        true
    }

    /// The client reports of all sandboxes that saw a client, removed ones first.
    #[cfg(feature = "cli")]
    pub(crate) fn client_reports(&self) -> Vec<ClientReport> {
        let removed = self.removed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fresh = self.fresh.read().unwrap_or_else(PoisonError::into_inner);
        let living = [&self.default].into_iter().chain(fresh.values()).map(|it| it.client_report());
        removed.into_iter().chain(living.filter(|report| !report.clients.is_empty())).collect()
    }

    /// What came otherwise than tests take for granted, in all sandboxes.
    pub(crate) fn unmet_expectations(&self) -> Vec<String> {
        let removed = self.unmet.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fresh = self.fresh.read().unwrap_or_else(PoisonError::into_inner);
        let living = [&self.default].into_iter().chain(fresh.values());
        removed.into_iter().chain(living.flat_map(|sandbox| sandbox.unmet_expectations())).collect()
    }

    /// How many there are, the default one among them.
    pub(crate) fn count(&self) -> usize {
        self.fresh.read().unwrap_or_else(PoisonError::into_inner).len() + 1
    }

    /// The sandbox with this id; `default` names the default one.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Sandbox>> {
        if id == "default" || id == self.default.id() {
            return Some(self.default_sandbox());
        }
        SandboxTag::of(id).filter(|tag| tag.as_str() == id).and_then(|_| self.minting(id))
    }

    /// The sandbox that minted an identifier.
    pub(crate) fn minting(&self, minted: &str) -> Option<Arc<Sandbox>> {
        let tag = SandboxTag::of(minted)?;
        if &tag == self.default.tag() {
            return Some(self.default_sandbox());
        }
        self.fresh.read().unwrap_or_else(PoisonError::into_inner).get(&tag).cloned()
    }

    /// The sandbox that an app's link is for; none if the link does not say.
    pub(crate) fn of_link(&self, link: &AppLink) -> Option<Arc<Sandbox>> {
        match link {
            AppLink::Receipt(receipt) => {
                self.of_client(&format!("{}_{}", receipt.application_id, receipt.contract_id))
            }
            _ => self.minting(link.minted()?),
        }
    }

    /// The sandbox that a `client_id` belongs to. A fresh sandbox's ids end in its tag, so the
    /// search need not look through the others.
    pub(crate) fn of_client(&self, client_id: &str) -> Option<Arc<Sandbox>> {
        if self.default.contract(client_id).is_some() {
            return Some(self.default_sandbox());
        }
        self.named_by(client_id).filter(|sandbox| sandbox.contract(client_id).is_some())
    }

    /// The sandbox that an application belongs to.
    pub(crate) fn of_application(&self, application_id: &str) -> Option<Arc<Sandbox>> {
        let owns = |sandbox: &Sandbox| {
            sandbox.contracts().iter().any(|contract| contract.application_id == application_id)
        };
        if owns(&self.default) {
            return Some(self.default_sandbox());
        }
        self.named_by(application_id).filter(|sandbox| owns(sandbox))
    }

    /// The fresh sandbox that a contract id belongs to.
    pub(crate) fn of_contract(&self, contract_id: &str) -> Option<Arc<Sandbox>> {
        let owns = |sandbox: &Arc<Sandbox>| sandbox.contracts().iter().any(|it| it.is_called(contract_id));
        self.named_by(contract_id).filter(owns)
    }

    fn named_by(&self, id: &str) -> Option<Arc<Sandbox>> {
        let (_, tag) = id.rsplit_once(['-', '_'])?;
        self.minting(tag)
    }
}
