//! What is noted of a sandbox, so that it outlives the server and others that share the state learn it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Sandbox;
use super::applications::ApplicationError;
use super::home::{RecordChange, SandboxRecord};
use super::keeping_up::LOOK_EVERY;
use crate::config::settings::ApplicationSettings;
use crate::domain::unavailable::Unavailable;

impl Sandbox {
    /// Changes what is noted of it. What others noted meanwhile is taken up first, and the change is applied
    /// to that, so that of two changes at once neither is lost.
    ///
    /// # Errors
    /// What `change` says; [`Unavailable`] if the sandbox would forget it, or another server threw it away.
    pub(super) async fn change_record<T, E: From<Unavailable>>(
        &self,
        record: &mut SandboxRecord,
        mut change: impl FnMut(&mut SandboxRecord) -> Result<T, E>,
    ) -> Result<T, E> {
        let changed = self.home.change(&self.tag, |noted: Option<&SandboxRecord>| {
            match noted {
                Some(noted) => self.take_up(record, noted),
                None if self.noted.load(Ordering::Relaxed) => return Err(Unavailable.into()),
                None => {}
            }
            let unchanged = record.next();
            let mut changed = unchanged.clone();
            let value = change(&mut changed)?;
            let is_new = noted.is_none() || changed != unchanged;
            let record = is_new.then(|| changed.clone());
            Ok::<_, E>(RecordChange { record, value: (is_new.then_some(changed), value) })
        });
        let (changed, value) = changed.await?;
        if let Some(changed) = changed {
            self.noted.store(self.home.is_lasting(), Ordering::Relaxed);
            self.take_up(record, &changed);
        }
        Ok(value)
    }

    /// Moves its clock forward.
    ///
    /// # Errors
    /// [`Unavailable`] if the sandbox would forget it.
    pub(crate) async fn move_clock(&self, by: Duration) -> Result<(), Unavailable> {
        self.change_record(&mut *self.record.lock().await, |record| {
            record.moved = record.moved.saturating_add(by);
            Ok::<_, Unavailable>(())
        })
        .await?;
        self.let_others_see().await;
        Ok(())
    }

    /// Changes its applications, all of it or nothing. What is changed may be asked for more than once; the
    /// last time counts.
    ///
    /// # Errors
    /// What `change` says, [`ApplicationError`] if the applications could not be used together, and
    /// [`Unavailable`] if the sandbox would forget it.
    pub(crate) async fn change_applications<T>(
        &self,
        mut change: impl FnMut(&mut Vec<ApplicationSettings>) -> Result<T, ApplicationError>,
    ) -> Result<T, ApplicationError> {
        let value = {
            let mut record = self.record.lock().await;
            let (changed, value) = self
                .change_record(&mut record, |record| {
                    let (changed, value) = self.applications.changed(&mut change)?;
                    if self.home.is_lasting() {
                        record.applications = self.applications.changes(&changed, &record.applications);
                    }
                    Ok::<_, ApplicationError>((changed, value))
                })
                .await?;
            self.applications.commit(changed);
            value
        };
        self.let_others_see().await;
        Ok(value)
    }

    /// Sets its clock to real time, and lets everything of it be forgotten that is not noted.
    ///
    /// # Errors
    /// [`Unavailable`] if the sandbox would forget that it was reset.
    pub(super) async fn note_reset(&self, record: &mut SandboxRecord) -> Result<(), Unavailable> {
        self.change_record(record, |record| {
            record.moved = Duration::ZERO;
            record.faults.clear();
            record.resets += 1;
            Ok(())
        })
        .await
    }

    /// Notes that there is such a sandbox.
    ///
    /// # Errors
    /// [`Unavailable`] if the server would forget it.
    pub(crate) async fn note(&self) -> Result<(), Unavailable> {
        self.change_record(&mut *self.record.lock().await, |_| Ok::<_, Unavailable>(())).await?;
        self.let_others_see().await;
        Ok(())
    }

    /// Waits until every server that shares the state has taken up what was noted.
    pub(super) async fn let_others_see(&self) {
        if self.home.is_shared() {
            tokio::time::sleep(LOOK_EVERY * 2).await;
        }
    }

    /// Takes up what was noted of it before the server started.
    pub(super) fn resume(&mut self, noted: &SandboxRecord) {
        let mut record = self.record.get_mut().clone();
        // What was reset then is not known now.
        record.resets = noted.resets;
        self.take_up(&mut record, noted);
        *self.record.get_mut() = record;
        *self.noted.get_mut() = true;
    }

    /// Takes up what another server noted of it.
    pub(super) async fn follow(&self, noted: &SandboxRecord) {
        self.noted.store(true, Ordering::Relaxed);
        self.take_up(&mut *self.record.lock().await, noted);
    }

    /// Takes up what is noted of it, in place of what was. Lifetimes and timeline are this server's own.
    pub(super) fn take_up(&self, record: &mut SandboxRecord, noted: &SandboxRecord) {
        // What was looked up before this server noted something is no news.
        if noted.version < record.version || noted == record {
            return;
        }
        if noted.resets != record.resets {
            self.forget_seen();
            record.moved = Duration::ZERO;
            record.faults.clear();
        }
        if noted.faults != record.faults {
            self.faults.replace(noted.faults.clone());
        }
        self.clock.advance(noted.moved.saturating_sub(record.moved));
        if noted.applications != record.applications
            && let Err(error) = self.applications.resume(&noted.applications)
        {
            tracing::error!(
                "sandbox {}: its applications are those of the configuration: {error}",
                self.id()
            );
        }
        let (lifetimes, timeline) = (record.lifetimes, record.timeline);
        *record = SandboxRecord { lifetimes, timeline, ..noted.clone() };
        self.journal.tell_news();
    }
}
