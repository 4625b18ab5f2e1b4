//! The sandbox that a file becomes: one that is there, or one that is made for it.

use std::collections::hash_map::Entry;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::import::ImportError;
use crate::domain::lifetimes::Lifetimes;
use crate::domain::state::{Before, NotEmpty};
use crate::domain::timeline::Timeline;
use crate::domain::unavailable::Unavailable;
use crate::random::SandboxTag;
use crate::sandbox::application_changes::ApplicationChanges;
use crate::sandbox::applications::Changed;
use crate::sandbox::home::SandboxRecord;
use crate::sandbox::sandboxes::{MOST_SANDBOXES, noted_sandbox};
use crate::sandbox::store::Intake;
use crate::sandbox::{Sandbox, Sandboxes};
use crate::state_file::Header;

impl Sandboxes {
    /// The tag of the sandbox that somebody calls so, whether there is one or not.
    pub(super) fn tag_named(&self, id: &str) -> Option<SandboxTag> {
        match id {
            "default" => Some(*self.default.tag()),
            id => SandboxTag::parse(id),
        }
    }

    /// The sandbox with a tag, or one that is made and nobody finds yet; none if the server holds as many as it
    /// can. One that is there keeps its own lifetimes and timeline.
    pub(super) fn get_or_prepare(
        &self,
        tag: &SandboxTag,
        (lifetimes, timeline): (Lifetimes, Timeline),
    ) -> Option<Arc<Sandbox>> {
        if let Some(known) = self.get(tag.as_str()) {
            return Some(known);
        }
        if self.count() > MOST_SANDBOXES {
            return None;
        }
        let record = SandboxRecord {
            lifetimes,
            timeline,
            moved: Duration::ZERO,
            applications: ApplicationChanges::default(),
            faults: Vec::new(),
            owner: None,
            resets: 0,
            version: 0,
        };
        Some(Arc::new(noted_sandbox(tag, &record, &self.settings, self.allowed, &self.home)))
    }

    /// Lets a sandbox be found; false if there is another one with its tag.
    pub(super) fn take_up(&self, sandbox: &Arc<Sandbox>) -> bool {
        if sandbox.tag() == self.default.tag() {
            return true;
        }
        let mut fresh = self.fresh.write().unwrap_or_else(PoisonError::into_inner);
        match fresh.entry(*sandbox.tag()) {
            // In a database both are the same, and this server may have heard of it from there.
            Entry::Occupied(known) => Arc::ptr_eq(known.get(), sandbox) || self.home.is_lasting(),
            Entry::Vacant(place) => {
                place.insert(Arc::clone(sandbox));
                true
            }
        }
    }

    /// The size of the largest file that the server takes, in bytes.
    pub(super) fn largest_file(&self) -> u64 {
        self.settings.push_limit.max(self.settings.storage.file)
    }
}

impl Sandbox {
    /// Becomes what a file says, all of it or nothing.
    pub(super) async fn become_imported(
        &self,
        header: &Header,
        (changes, changed): (ApplicationChanges, Changed),
        intake: Intake,
        before: Before,
    ) -> Result<(), ImportError> {
        let not_empty = || ImportError::NotEmpty(self.id().to_owned());
        let mut record = self.record.lock().await;
        let own = self.applications.all_changes(&record.applications);
        if before == Before::Nothing && own != ApplicationChanges::default() {
            intake.discard().await;
            return Err(not_empty());
        }
        // What another server is about to note is as if it had been noted before.
        if let Some(noted) = self.home.noted(&self.tag).await? {
            self.take_up(&mut record, &noted.record);
        }
        let imported = SandboxRecord {
            moved: header.moved,
            applications: changes,
            faults: header.faults.clone(),
            // Every server forgets what it has seen.
            resets: record.resets + 1,
            ..record.next()
        };
        let body = || serde_json::to_string(&imported).map_err(|_| Unavailable);
        let put = self.store.put_in_place(intake, before, body).await?;
        put.map_err(|NotEmpty| not_empty())?;
        self.noted.store(self.home.is_lasting(), Ordering::Relaxed);
        self.take_up(&mut record, &imported);
        self.applications.commit(changed);
        Ok(())
    }
}
