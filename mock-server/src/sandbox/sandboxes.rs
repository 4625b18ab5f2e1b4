//! All sandboxes of a server, and how a request finds its own.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::Sandbox;
use super::expectations::Allowed;
use super::home::{Home, SandboxRecord, Unusable};
use super::partners::{Partner, PartnerId};
use super::registry::Registry;
use crate::client_report::ClientReport;
use crate::clock::Moment;
use crate::config::settings::Settings;
use crate::domain::app_link::AppLink;
use crate::domain::quota::Usage;
use crate::domain::unavailable::Unavailable;
use crate::random::SandboxTag;

/// All sandboxes of a server.
#[derive(Debug)]
pub(crate) struct Sandboxes {
    pub(super) default: Arc<Sandbox>,
    pub(super) allowed: Allowed,
    pub(super) home: Home,
    /// What is kept besides them.
    pub(crate) registry: Registry,
    pub(super) settings: Settings,
    pub(super) fresh: RwLock<HashMap<SandboxTag, Arc<Sandbox>>>,
    /// What was seen in sandboxes that were removed: tests remove theirs before the server ends.
    removed: Mutex<VecDeque<ClientReport>>,
    /// What came otherwise than their tests took for granted, in sandboxes that were removed.
    unmet: Mutex<Vec<String>>,
}

/// How many fresh sandboxes a server holds.
pub(super) const MOST_SANDBOXES: usize = 10_000;
/// How many reports of removed sandboxes it keeps.
const MOST_REMOVED: usize = 1_000;

impl Sandboxes {
    /// The default sandbox, and those that the home has.
    pub(crate) fn new(settings: &Settings, allowed: Allowed, home: Home, registry: Registry) -> Self {
        let tag = SandboxTag::default_sandbox();
        let mut default = Sandbox::new(tag, None, settings, allowed, None, &home);
        let mut fresh = HashMap::new();
        for (noted, record) in home.records() {
            if *noted == tag {
                default.resume(record);
                continue;
            }
            let sandbox = noted_sandbox(noted, record, settings, allowed, &home);
            fresh.insert(*noted, Arc::new(sandbox));
        }
        Self {
            default: Arc::new(default),
            allowed,
            home,
            registry,
            settings: settings.clone(),
            fresh: RwLock::new(fresh),
            removed: Mutex::default(),
            unmet: Mutex::default(),
        }
    }

    /// As [`Home::check`].
    ///
    /// # Errors
    /// [`Unusable`] if the state cannot be used.
    pub(crate) async fn check(&self) -> Result<(), Unusable> {
        self.home.check().await
    }

    /// Real time.
    pub(crate) fn real_now(&self) -> Moment {
        self.home.real_time().now()
    }

    /// The sandbox that always exists.
    pub(crate) fn default_sandbox(&self) -> Arc<Sandbox> {
        Arc::clone(&self.default)
    }

    /// Makes a sandbox, the host's or a partner's; `None` if the server holds as many as it can.
    pub(crate) fn create(&self, settings: &Settings, owner: Option<PartnerId>) -> Option<Arc<Sandbox>> {
        let mut fresh = self.fresh.write().unwrap_or_else(PoisonError::into_inner);
        if fresh.len() >= MOST_SANDBOXES {
            return None;
        }
        let tag = SandboxTag::fresh();
        let id_tag = Some(tag);
        let sandbox = Arc::new(Sandbox::new(tag, id_tag, settings, self.allowed, owner, &self.home));
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
        let report = sandbox.own_client_report();
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

    /// The client reports of all sandboxes that saw a client, removed ones first.
    #[cfg(feature = "cli")]
    pub(crate) fn client_reports(&self) -> Vec<ClientReport> {
        let removed = self.removed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fresh = self.fresh.read().unwrap_or_else(PoisonError::into_inner);
        let living = [&self.default].into_iter().chain(fresh.values()).map(|it| it.own_client_report());
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

    /// The sandboxes of a partner.
    pub(crate) fn of_partner(&self, partner: &PartnerId) -> Vec<Arc<Sandbox>> {
        let fresh = self.fresh.read().unwrap_or_else(PoisonError::into_inner);
        fresh.values().filter(|sandbox| sandbox.owner() == Some(partner)).cloned().collect()
    }

    /// Holds the sandboxes of a partner to what they have left of its quota.
    ///
    /// # Errors
    /// [`Unavailable`]; the quotas stay as they were.
    pub(crate) async fn share_quota(&self, partner: &Partner) -> Result<(), Unavailable> {
        // Most partners have one sandbox, which need not be asked what it holds.
        if let [only] = self.of_partner(&partner.record.id).as_slice() {
            only.store.set_quota(partner.record.quotas.held());
            return Ok(());
        }
        self.weigh(partner).await.map(|_| ())
    }

    /// How much the sandboxes of a partner hold; each may take what the others have left of its quota.
    ///
    /// # Errors
    /// [`Unavailable`]; the quotas stay as they were.
    pub(crate) async fn weigh(&self, partner: &Partner) -> Result<Usage, Unavailable> {
        let (all, quota) = (self.of_partner(&partner.record.id), partner.record.quotas.held());
        let mut used = Vec::with_capacity(all.len());
        for sandbox in &all {
            used.push(sandbox.store.usage().await?);
        }
        let total = used.iter().fold(Usage::default(), |sum, usage| sum.and(*usage));
        for (sandbox, usage) in all.iter().zip(used) {
            sandbox.store.set_quota(quota.beside(total.without(usage)));
        }
        Ok(total)
    }

    /// All sandboxes after this one in the order of their ids, the default one first.
    pub(crate) fn list(&self, after: Option<&str>, most: usize) -> Vec<Arc<Sandbox>> {
        let fresh = self.fresh.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = fresh.values().cloned().collect();
        drop(fresh);
        all.sort_by(|one, other| one.id().cmp(other.id()));
        all.insert(0, self.default_sandbox());
        let begin = after.map_or(0, |after| match after == self.default.id() {
            true => 1,
            false => 1 + all[1..].partition_point(|sandbox| sandbox.id() <= after),
        });
        all.into_iter().skip(begin).take(most).collect()
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

/// A sandbox besides the default one, as it was noted.
pub(super) fn noted_sandbox(
    tag: &SandboxTag,
    record: &SandboxRecord,
    settings: &Settings,
    allowed: Allowed,
    home: &Home,
) -> Sandbox {
    let mut settings = settings.clone();
    (settings.lifetimes, settings.timeline) = (record.lifetimes, record.timeline);
    let mut sandbox = {
        let (tag, owner) = (*tag, record.owner.clone());
        Sandbox::new(tag, Some(tag), &settings, allowed, owner, home)
    };
    sandbox.resume(record);
    sandbox
}
