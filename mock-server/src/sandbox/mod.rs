//! Sandboxes: each has its own contracts, users, clock, faults and journal.

mod application_changes;
pub(crate) mod applications;
#[cfg(any(test, feature = "durable"))]
pub(crate) mod around;
pub(crate) mod caller;
pub(crate) mod credentials;
pub(crate) mod datasets;
pub(crate) mod expectations;
mod faulting;
pub(crate) mod feed;
pub(crate) mod home;
pub(crate) mod journal_page;
mod keeping_up;
mod lasting;
pub(crate) mod own_keys;
pub(crate) mod partners;
pub(crate) mod registry;
mod sandboxes;
pub(crate) mod store;
mod telling;
pub(crate) mod transfer;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::client_report::ClientReport;
use crate::client_report::observer::Observer;
use crate::clock::{Moment, SandboxClock};
use crate::config::settings::Settings;
use crate::domain::contract::Contract;
use crate::domain::lifetimes::Lifetimes;
use crate::domain::quota::Quota;
use crate::domain::state::Rules;
use crate::domain::unavailable::Unavailable;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::random::SandboxTag;
use crate::sandbox::application_changes::ApplicationChanges;
use crate::sandbox::applications::Applications;
use crate::sandbox::datasets::Datasets;
use crate::sandbox::expectations::{Allowed, Expectations};
use crate::sandbox::home::{Home, SandboxRecord};
use crate::sandbox::partners::PartnerId;
use crate::sandbox::store::Store;
pub(crate) use sandboxes::Sandboxes;
use telling::Told;

/// One sandbox.
#[derive(Debug)]
pub(crate) struct Sandbox {
    tag: SandboxTag,
    /// The partner whose it is; the host's if there is none.
    owner: Option<PartnerId>,
    /// Its applications and their contracts.
    pub applications: Applications,
    /// What its sources deliver.
    pub datasets: Datasets,
    /// Its clock.
    pub clock: SandboxClock,
    /// Its injected faults, as they were known last.
    faults: Faults,
    /// Its requests and answers.
    pub journal: Journal,
    /// What it makes of its clients.
    pub observer: Observer,
    /// What a test takes for granted of it.
    pub expectations: Expectations,
    /// What it keeps of its users.
    pub store: Store,
    /// What is noted of it outlives the server.
    record: tokio::sync::Mutex<SandboxRecord>,
    /// Whether it was noted: when it no longer is, another server has thrown it away.
    noted: AtomicBool,
    #[cfg_attr(not(feature = "postgres"), allow(dead_code))]
    told: tokio::sync::Mutex<Told>,
    home: Home,
}

impl Sandbox {
    /// How long things live in it.
    pub(crate) async fn lifetimes(&self) -> Lifetimes {
        self.record.lock().await.lifetimes
    }

    fn new(
        tag: SandboxTag,
        id_tag: Option<SandboxTag>,
        settings: &Settings,
        allowed: Allowed,
        owner: Option<PartnerId>,
        home: &Home,
    ) -> Self {
        let (lifetimes, timeline) = (settings.lifetimes, settings.timeline);
        let rules = Rules {
            lifetimes,
            push_quota: settings.push_quota,
            timeline,
            storage: settings.storage,
            // The partner's is set by each request; what is there is counted from the beginning.
            quota: owner.as_ref().map(|_| Quota { users: u64::MAX, bytes: u64::MAX }),
        };
        let applications = match &owner {
            Some(_) => &[],
            None => &settings.applications[..],
        };
        Self {
            applications: Applications::new(applications, id_tag),
            datasets: Datasets::new(settings.sample_data, settings.datasets.clone()),
            clock: SandboxClock::of(home.real_time().clone()),
            faults: Faults::default(),
            journal: Journal::new(settings.journal_size, home.server().map(str::to_owned)),
            expectations: Expectations::new(allowed),
            observer: Observer::new(settings.lifetimes.refresh_grace),
            store: home.store(tag, rules),
            record: tokio::sync::Mutex::new(SandboxRecord {
                lifetimes,
                timeline,
                moved: Duration::ZERO,
                applications: ApplicationChanges::default(),
                owner: owner.clone(),
                faults: Vec::new(),
                resets: 0,
                version: 0,
            }),
            owner,
            noted: AtomicBool::new(false),
            told: tokio::sync::Mutex::default(),
            home: home.clone(),
            tag,
        }
    }

    /// The sandbox's id: how administration names it, and how everything it mints begins.
    pub(crate) fn id(&self) -> &str {
        self.tag.as_str()
    }

    /// The partner whose it is; the host's if there is none.
    pub(crate) fn owner(&self) -> Option<&PartnerId> {
        self.owner.as_ref()
    }

    /// What everything that the sandbox mints begins with.
    pub(crate) fn tag(&self) -> &SandboxTag {
        &self.tag
    }

    /// The sandbox's present.
    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Real time.
    pub(crate) fn real_now(&self) -> Moment {
        self.home.real_time().now()
    }

    /// The contract that signs as this `client_id`.
    pub(crate) fn contract(&self, client_id: &str) -> Option<Arc<Contract>> {
        self.applications.contract(client_id)
    }

    /// The contracts of all applications, in the order in which they were made.
    pub(crate) fn contracts(&self) -> Arc<[Arc<Contract>]> {
        self.applications.contracts()
    }

    /// How well its clients keep the platform's contract, as far as this server saw it.
    pub(crate) fn own_client_report(&self) -> ClientReport {
        self.observer.report(self.id())
    }

    /// What came otherwise than a test takes for granted.
    fn unmet_expectations(&self) -> Vec<String> {
        // A fault that lasts may strike on another server, or at the next start.
        let faults = if self.home.is_lasting() { Vec::new() } else { self.faults.list() };
        self.expectations.unmet(self.id(), &faults)
    }

    /// As [`Home::wait`].
    pub(crate) fn wait<T: Send>(&self, future: impl Future<Output = T> + Send) -> T {
        self.home.wait(future)
    }

    /// Forgets users, tokens, sessions, faults, the journal and the client report, and sets the clock to real time.
    pub(crate) async fn reset(&self) -> Result<(), Unavailable> {
        let mut record = self.record.lock().await;
        self.note_reset(&mut record).await?;
        self.store.reset().await?;
        drop(record);
        self.let_others_see().await;
        self.forget_told().await
    }

    /// Forgets what it has seen, and sets the clock to real time.
    fn forget_seen(&self) {
        self.faults.clear();
        self.journal.clear();
        self.observer.clear();
        self.expectations.clear();
        self.clock.reset();
    }
}
