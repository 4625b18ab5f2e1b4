//! Sandboxes: each has its own contracts, users, clock, faults and journal.

mod application_changes;
pub(crate) mod applications;
#[cfg(any(test, feature = "durable"))]
pub(crate) mod around;
pub(crate) mod credentials;
pub(crate) mod datasets;
pub(crate) mod expectations;
pub(crate) mod home;
pub(crate) mod store;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use crate::client_report::ClientReport;
use crate::client_report::observer::Observer;
use crate::clock::{Moment, SandboxClock};
use crate::config::settings::{ApplicationSettings, Settings};
use crate::domain::app_link::AppLink;
use crate::domain::contract::Contract;
use crate::domain::state::Rules;
use crate::domain::unavailable::Unavailable;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::random::SandboxTag;
use crate::sandbox::application_changes::ApplicationChanges;
use crate::sandbox::applications::{ApplicationError, Applications};
use crate::sandbox::datasets::Datasets;
use crate::sandbox::expectations::{Allowed, Expectations};
use crate::sandbox::home::{Home, SandboxRecord};
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
    /// What is noted of it outlives the server.
    record: tokio::sync::Mutex<SandboxRecord>,
    /// Whether it was found noted: when it no longer is, another server has thrown it away.
    noted: AtomicBool,
    home: Home,
}

impl Sandbox {
    fn new(
        tag: SandboxTag,
        id_tag: Option<SandboxTag>,
        settings: &Settings,
        allowed: Allowed,
        home: &Home,
    ) -> Self {
        let (lifetimes, timeline) = (settings.lifetimes, settings.timeline);
        let rules = Rules { lifetimes, push_quota: settings.push_quota, timeline, storage: settings.storage };
        Self {
            applications: Applications::new(&settings.applications, id_tag),
            datasets: Datasets::new(settings.sample_data, settings.datasets.clone()),
            clock: SandboxClock::default(),
            faults: Faults::default(),
            journal: Journal::new(settings.journal_size),
            expectations: Expectations::new(allowed),
            observer: Observer::new(settings.lifetimes.refresh_grace),
            store: home.store(tag.clone(), rules),
            record: tokio::sync::Mutex::new(SandboxRecord {
                lifetimes,
                timeline,
                moved: Duration::ZERO,
                applications: ApplicationChanges::default(),
                version: 0,
            }),
            noted: AtomicBool::new(false),
            home: home.clone(),
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

    /// Moves its clock forward.
    ///
    /// # Errors
    /// [`Unavailable`] if the sandbox would forget it.
    pub(crate) async fn move_clock(&self, by: Duration) -> Result<(), Unavailable> {
        {
            let mut record = self.record.lock().await;
            let moved = SandboxRecord { moved: record.moved.saturating_add(by), ..record.next() };
            self.home.note(&self.tag, &moved).await?;
            *record = moved;
            self.clock.advance(by);
        }
        self.let_others_see().await;
        Ok(())
    }

    /// As [`Home::wait`].
    pub(crate) fn wait<T: Send>(&self, future: impl Future<Output = T> + Send) -> T {
        self.home.wait(future)
    }

    /// Waits until every server that shares the state has taken up what was noted.
    async fn let_others_see(&self) {
        if self.home.is_shared() {
            tokio::time::sleep(LOOK_EVERY * 2).await;
        }
    }

    /// Takes up what another server noted of it.
    async fn follow(&self, noted: &SandboxRecord) {
        self.noted.store(true, Ordering::Relaxed);
        let mut record = self.record.lock().await;
        // What was looked up before this server noted something is no news.
        if noted.version < record.version || noted == &*record {
            return;
        }
        if noted.moved < record.moved {
            self.clock.reset();
            record.moved = Duration::ZERO;
        }
        self.clock.advance(noted.moved.saturating_sub(record.moved));
        if noted.applications != record.applications {
            self.take_up(&noted.applications);
        }
        let (lifetimes, timeline) = (record.lifetimes, record.timeline);
        *record = SandboxRecord { lifetimes, timeline, ..noted.clone() };
    }

    fn take_up(&self, applications: &ApplicationChanges) {
        if let Err(error) = self.applications.resume(applications) {
            tracing::error!(
                "sandbox {}: its applications are those of the configuration: {error}",
                self.id()
            );
        }
    }

    /// Notes that there is such a sandbox.
    ///
    /// # Errors
    /// [`Unavailable`] if the server would forget it.
    pub(crate) async fn note(&self) -> Result<(), Unavailable> {
        self.home.note(&self.tag, &*self.record.lock().await).await?;
        self.let_others_see().await;
        Ok(())
    }

    /// Changes its applications, all of it or nothing.
    ///
    /// # Errors
    /// What `change` says, [`ApplicationError`] if the applications could not be used together, and
    /// [`Unavailable`] if the sandbox would forget it.
    pub(crate) async fn change_applications<T>(
        &self,
        change: impl FnOnce(&mut Vec<ApplicationSettings>) -> Result<T, ApplicationError>,
    ) -> Result<T, ApplicationError> {
        let value = {
            let mut record = self.record.lock().await;
            let (changed, value) = self.applications.changed(change)?;
            if self.home.is_lasting() {
                let applications = self.applications.changes(&changed, &record.applications);
                let noted = SandboxRecord { applications, ..record.next() };
                self.home.note(&self.tag, &noted).await?;
                *record = noted;
            }
            self.applications.commit(changed);
            value
        };
        self.let_others_see().await;
        Ok(value)
    }

    /// Takes up what was noted of it.
    fn resume(&mut self, record: SandboxRecord) {
        self.clock.advance(record.moved);
        self.take_up(&record.applications);
        *self.record.get_mut() = record;
        *self.noted.get_mut() = true;
    }

    /// Forgets users, tokens, sessions, faults, the journal and the client report, and sets the clock to real time.
    pub(crate) async fn reset(&self) -> Result<(), Unavailable> {
        let mut record = self.record.lock().await;
        let reset = SandboxRecord { moved: Duration::ZERO, ..record.next() };
        self.home.note(&self.tag, &reset).await?;
        self.store.reset().await?;
        *record = reset;
        self.faults.clear();
        self.journal.clear();
        self.observer.clear();
        self.expectations.clear();
        self.clock.reset();
        Ok(())
    }
}

/// A sandbox besides the default one, as it was noted.
fn noted_sandbox(
    tag: &SandboxTag,
    record: &SandboxRecord,
    settings: &Settings,
    allowed: Allowed,
    home: &Home,
) -> Sandbox {
    let mut settings = settings.clone();
    (settings.lifetimes, settings.timeline) = (record.lifetimes, record.timeline);
    let mut sandbox = Sandbox::new(tag.clone(), Some(tag.clone()), &settings, allowed, home);
    sandbox.resume(record.clone());
    sandbox
}

/// All sandboxes of a server.
#[derive(Debug)]
pub(crate) struct Sandboxes {
    default: Arc<Sandbox>,
    allowed: Allowed,
    home: Home,
    settings: Settings,
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
/// How often a database is swept.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How often a server looks what others did that share its state.
const LOOK_EVERY: Duration = Duration::from_millis(200);

impl Sandboxes {
    /// The default sandbox, and those that the home has.
    pub(crate) fn new(settings: &Settings, allowed: Allowed, home: Home) -> Self {
        let tag = SandboxTag::default_sandbox();
        let mut default = Sandbox::new(tag.clone(), None, settings, allowed, &home);
        let mut fresh = HashMap::new();
        for (noted, record) in home.records() {
            if *noted == tag {
                // Its lifetimes are those of the settings, which may have changed.
                default.resume(SandboxRecord {
                    lifetimes: settings.lifetimes,
                    timeline: settings.timeline,
                    ..record.clone()
                });
                continue;
            }
            let sandbox = noted_sandbox(noted, record, settings, allowed, &home);
            fresh.insert(noted.clone(), Arc::new(sandbox));
        }
        Self {
            default: Arc::new(default),
            allowed,
            home,
            settings: settings.clone(),
            fresh: RwLock::new(fresh),
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
        let sandbox =
            Arc::new(Sandbox::new(tag.clone(), Some(tag.clone()), settings, self.allowed, &self.home));
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

    /// Forgets what a sandbox that was thrown away keeps.
    ///
    /// # Errors
    /// [`Unavailable`] if it would come back.
    pub(crate) async fn forget(&self, id: &str) -> Result<(), Unavailable> {
        match SandboxTag::of(id).filter(|tag| tag.as_str() == id) {
            Some(tag) => self.home.forget(&tag).await,
            None => Ok(()),
        }
    }

    /// Sweeps a database again and again, and takes up what other servers did; memory is swept by the
    /// requests that add something.
    pub(crate) async fn keep_up(&self) {
        if !self.home.is_lasting() {
            return std::future::pending().await;
        }
        let sweeping = async {
            loop {
                tokio::time::sleep(SWEEP_EVERY).await;
                self.sweep().await;
            }
        };
        let following = async {
            if !self.home.is_shared() {
                return std::future::pending().await;
            }
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                self.follow().await;
            }
        };
        futures_util::future::join(sweeping, following).await;
    }

    async fn sweep(&self) {
        let fresh: Vec<_> =
            self.fresh.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for sandbox in [&self.default].into_iter().chain(&fresh) {
            if let Err(error) = sandbox.store.sweep(sandbox.now(), Moment::real()).await {
                tracing::warn!("a sweep was left half done: {error}");
            }
        }
    }

    /// Takes up what other servers did.
    async fn follow(&self) {
        let Ok(records) = self.home.look().await else { return };
        for (tag, record) in &records {
            let known = match tag == self.default.tag() {
                true => Some(self.default_sandbox()),
                false => self.fresh.read().unwrap_or_else(PoisonError::into_inner).get(tag).cloned(),
            };
            match known {
                Some(sandbox) => sandbox.follow(record).await,
                None => {
                    let sandbox = noted_sandbox(tag, record, &self.settings, self.allowed, &self.home);
                    let mut fresh = self.fresh.write().unwrap_or_else(PoisonError::into_inner);
                    fresh.entry(tag.clone()).or_insert_with(|| Arc::new(sandbox));
                }
            }
        }
        let is_noted = |tag: &SandboxTag| records.iter().any(|(noted, _)| noted == tag);
        let mut fresh = self.fresh.write().unwrap_or_else(PoisonError::into_inner);
        fresh.retain(|tag, sandbox| !sandbox.noted.load(Ordering::Relaxed) || is_noted(tag));
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
