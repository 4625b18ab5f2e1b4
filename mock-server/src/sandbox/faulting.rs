//! The injected faults of a sandbox. Where the state lasts, they are part of what is noted of it: a fault
//! strikes as often as it says over all servers and restarts.

use super::Sandbox;
use crate::domain::unavailable::Unavailable;
use crate::faults::{Fault, FaultId, Occasion, end, strike};
use crate::operations::Operation;
use crate::operations::route::Route;
use crate::random::SandboxTag;

impl Sandbox {
    /// Why a fault would never have an effect here, and what to do; `None` if it can have one.
    pub(crate) fn problem_of(&self, fault: &Fault, route: &Route) -> Option<String> {
        let is_nobodys = route.operation == Operation::JWKS && *self.tag() != SandboxTag::default_sandbox();
        let elsewhere = is_nobodys.then(|| {
            let told = "the fault never strikes: requests for the key set name no sandbox";
            format!("{told}; inject it into the default one, whose faults meet those of everybody")
        });
        fault.problem(route).or(elsewhere)
    }

    /// Adds a fault.
    ///
    /// # Errors
    /// [`Unavailable`] if the sandbox would forget it.
    pub(crate) async fn inject(&self, fault: Fault) -> Result<(), Unavailable> {
        if self.home.is_lasting() {
            self.change_faults(|faults| faults.push(fault.clone())).await?;
            self.let_others_see().await;
        } else {
            self.faults.inject(fault);
        }
        self.journal.tell_news();
        Ok(())
    }

    /// Removes a fault; `false` if there is none with this id.
    ///
    /// # Errors
    /// [`Unavailable`] if the sandbox would forget that.
    pub(crate) async fn end_fault(&self, id: FaultId) -> Result<bool, Unavailable> {
        if !self.home.is_lasting() {
            return Ok(self.faults.end(id));
        }
        let ended = self.change_faults(|faults| end(faults, id)).await?;
        self.let_others_see().await;
        Ok(ended)
    }

    /// Removes all faults.
    ///
    /// # Errors
    /// [`Unavailable`] if the sandbox would forget that.
    pub(crate) async fn clear_faults(&self) -> Result<(), Unavailable> {
        if self.home.is_lasting() {
            self.change_faults(Vec::clear).await?;
            self.let_others_see().await;
        } else {
            self.faults.clear();
        }
        self.journal.tell_news();
        Ok(())
    }

    /// The faults and how often they have struck, on whichever server.
    ///
    /// # Errors
    /// [`Unavailable`] if that is not known just now.
    pub(crate) async fn faults(&self) -> Result<Vec<Fault>, Unavailable> {
        if self.home.is_shared()
            && let Some(noted) = self.home.noted(&self.tag).await?
        {
            self.follow(&noted.record).await;
        }
        Ok(self.faults.list())
    }

    /// The faults and how often they have struck, as this server knows it.
    pub(super) fn known_faults(&self) -> Vec<Fault> {
        self.faults.list()
    }

    /// The first fault that meets an occasion; it counts as struck. Where none can, nobody waits.
    ///
    /// # Errors
    /// [`Unavailable`] if the sandbox would forget that it struck.
    pub(crate) async fn strike(&self, occasion: Occasion<'_>) -> Result<Option<Fault>, Unavailable> {
        if !self.faults.meet(&occasion) {
            return Ok(None);
        }
        match self.home.is_lasting() {
            true => Box::pin(self.change_faults(|faults| strike(faults, &occasion))).await,
            false => Ok(self.faults.strike(&occasion)),
        }
    }

    async fn change_faults<T>(&self, mut change: impl FnMut(&mut Vec<Fault>) -> T) -> Result<T, Unavailable> {
        let mut record = self.record.lock().await;
        self.change_record(&mut record, |record| Ok(change(&mut record.faults))).await
    }
}
