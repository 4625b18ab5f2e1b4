//! What is noted of a sandbox, so that it outlives the server and others that share the state learn it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Sandbox;
use super::application_changes::ApplicationChanges;
use super::applications::ApplicationError;
use super::home::SandboxRecord;
use super::keeping_up::LOOK_EVERY;
use crate::config::settings::ApplicationSettings;
use crate::domain::unavailable::Unavailable;

impl Sandbox {
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

    /// Notes that there is such a sandbox.
    ///
    /// # Errors
    /// [`Unavailable`] if the server would forget it.
    pub(crate) async fn note(&self) -> Result<(), Unavailable> {
        self.home.note(&self.tag, &*self.record.lock().await).await?;
        self.let_others_see().await;
        Ok(())
    }

    /// Waits until every server that shares the state has taken up what was noted.
    async fn let_others_see(&self) {
        if self.home.is_shared() {
            tokio::time::sleep(LOOK_EVERY * 2).await;
        }
    }

    /// Takes up what was noted of it.
    pub(super) fn resume(&mut self, record: SandboxRecord) {
        self.clock.advance(record.moved);
        self.take_up(&record.applications);
        *self.record.get_mut() = record;
        *self.noted.get_mut() = true;
    }

    /// Takes up what another server noted of it.
    pub(super) async fn follow(&self, noted: &SandboxRecord) {
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
}
