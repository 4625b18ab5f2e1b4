//! What a server does now and then: it sweeps a database, and takes up what others did that share it.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::Sandbox;
use super::home::Records;
use super::sandboxes::{Sandboxes, noted_sandbox};
use crate::random::SandboxTag;

/// How often a database is swept.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How often a server tells others what it answered.
const TELL_EVERY: Duration = Duration::from_millis(200);
/// How often a server asks for the time of the clock that all go by.
const SET_CLOCK_EVERY: Duration = Duration::from_secs(5);
/// How often a server looks what others did that share its state.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(200);

impl Sandboxes {
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
        let setting_clock = async {
            if !self.home.is_shared() {
                return std::future::pending().await;
            }
            loop {
                tokio::time::sleep(SET_CLOCK_EVERY).await;
                self.home.set_clock().await;
            }
        };
        let telling = async {
            if !self.home.is_shared() {
                return std::future::pending().await;
            }
            loop {
                tokio::time::sleep(TELL_EVERY).await;
                self.tell().await;
            }
        };
        futures_util::future::join4(sweeping, following, setting_clock, telling).await;
    }

    /// Those that there are now.
    fn all(&self) -> Vec<Arc<Sandbox>> {
        let fresh = self.fresh.read().unwrap_or_else(PoisonError::into_inner);
        [&self.default].into_iter().chain(fresh.values()).cloned().collect()
    }

    /// Tells other servers what this one answered.
    async fn tell(&self) {
        #[cfg(any(test, feature = "durable"))]
        for sandbox in self.all() {
            sandbox.tell().await;
        }
    }

    async fn sweep(&self) {
        for sandbox in self.all() {
            if let Err(error) = sandbox.store.sweep(sandbox.now(), sandbox.real_now()).await {
                tracing::warn!("a sweep was left half done: {error}");
            }
        }
    }

    /// Takes up what other servers did.
    async fn follow(&self) {
        // One that is made while the records are read is not among them.
        let before = self.known_to_be_noted();
        let Ok(Records { sandboxes: records, server }) = self.home.look().await else { return };
        self.registry.follow(server).await;
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
                    fresh.entry(*tag).or_insert_with(|| Arc::new(sandbox));
                }
            }
        }
        let noted: HashSet<_> = records.iter().map(|(tag, _)| tag).collect();
        let mut fresh = self.fresh.write().unwrap_or_else(PoisonError::into_inner);
        fresh.retain(|tag, _| !before.contains(tag) || noted.contains(tag));
    }

    /// The fresh sandboxes that were noted.
    fn known_to_be_noted(&self) -> HashSet<SandboxTag> {
        let fresh = self.fresh.read().unwrap_or_else(PoisonError::into_inner);
        let noted = fresh.values().filter(|sandbox| sandbox.noted.load(Ordering::Relaxed));
        noted.map(|sandbox| sandbox.tag).collect()
    }
}
