//! What a sandbox keeps of its users, behind whole operations.
//!
//! An endpoint asks for one operation and gets values of its own: it never holds a lock or a
//! reference into the state, so that another store needs no change to an endpoint.

mod consents;
mod many_users;
mod pushing;
mod reading;
mod storages;
mod tokens;
mod transfer;
mod users;

use std::sync::{Mutex, PoisonError};

use crate::clock::Moment;
use crate::domain::nonce::{NonceKey, NonceUse};
use crate::domain::quota::{Quota, Usage};
use crate::domain::refusal::Refusal;
use crate::domain::state::{Rules, State};
use crate::domain::unavailable::Unavailable;
#[cfg(any(test, feature = "durable"))]
use crate::durable::Durable;
use crate::fingerprint::Fingerprint;
use crate::payload::content::Content;
use crate::random::SandboxTag;
pub(crate) use reading::SessionAccounts;
pub(crate) use transfer::{Intake, Snapshot};

/// What a sandbox keeps of its users.
#[derive(Debug)]
pub(crate) struct Store {
    tag: SandboxTag,
    rules: Rules,
    /// How much it may hold, if that is not what the rules say.
    #[cfg_attr(not(feature = "durable"), allow(dead_code))]
    quota: Mutex<Option<Quota>>,
    engine: Engine,
}

/// Where it keeps it.
#[derive(Debug)]
enum Engine {
    /// In memory: all rows are there.
    Memory(Box<Mutex<State>>),
    /// In a database, from which each operation loads what it needs.
    #[cfg(any(test, feature = "durable"))]
    Durable(Durable),
}

/// Two checks of one operation: the outer refusal is the first one's.
type Twice<T> = Result<Result<T, Refusal>, Refusal>;

impl Store {
    /// A store in memory.
    pub(crate) fn new(tag: SandboxTag, rules: Rules) -> Self {
        let state = State::new(tag, rules);
        Self { tag, rules, quota: Mutex::default(), engine: Engine::Memory(Box::new(Mutex::new(state))) }
    }

    /// A store in a database.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn durable(tag: SandboxTag, rules: Rules, durable: Durable) -> Self {
        Self { tag, rules, quota: Mutex::default(), engine: Engine::Durable(durable) }
    }

    /// Follows another quota from now on.
    pub(crate) fn set_quota(&self, quota: Quota) {
        match &self.engine {
            Engine::Memory(state) => {
                state.lock().unwrap_or_else(PoisonError::into_inner).set_quota(Some(quota));
            }
            #[cfg(any(test, feature = "durable"))]
            Engine::Durable(_) => {
                *self.quota.lock().unwrap_or_else(PoisonError::into_inner) = Some(quota);
            }
        }
    }

    /// As [`State::usage`].
    pub(crate) async fn usage(&self) -> Result<Usage, Unavailable> {
        self.run(|state| state.usage()).await
    }

    /// As [`State::require_user_room`].
    pub(crate) async fn require_user_room(&self) -> Result<(), Refusal> {
        Ok(self.run(|state| state.require_user_room()).await??)
    }

    /// What the state follows now.
    #[cfg(any(test, feature = "durable"))]
    fn rules(&self) -> Rules {
        let quota = *self.quota.lock().unwrap_or_else(PoisonError::into_inner);
        Rules { quota: quota.or(self.rules.quota), ..self.rules }
    }

    /// Runs one operation of the state as a unit: the only way to the state. What it is to do may be
    /// asked of it more than once, until one run has seen all that it needs; that one counts.
    ///
    /// Operations are short and never wait; none of them can leave the state half changed, so a
    /// panic elsewhere does not spoil it.
    ///
    /// # Errors
    /// [`Unavailable`] if the database cannot be used; nothing changes then.
    async fn run<T: Send>(
        &self,
        mut operation: impl FnMut(&mut State) -> T + Send,
    ) -> Result<T, Unavailable> {
        match &self.engine {
            Engine::Memory(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                let answer = operation(&mut state);
                state.settle();
                Ok(answer)
            }
            #[cfg(any(test, feature = "durable"))]
            // What waits for a database is large: boxed, the requests that need none do not make room for it.
            Engine::Durable(durable) => Box::pin(durable.run(&self.tag, self.rules(), operation)).await,
        }
    }

    /// Runs an operation that puts a content into the state: what it is put in for must not be lost, so it is
    /// kept before there is a row that names it.
    async fn run_with<T: Send, E: Send + From<Unavailable>>(
        &self,
        content: Content,
        mut operation: impl FnMut(&mut State, Content) -> Result<T, E> + Send,
    ) -> Result<T, E> {
        let content = match &self.engine {
            Engine::Memory(_) => content,
            #[cfg(any(test, feature = "durable"))]
            Engine::Durable(durable) => Box::pin(durable.keep(&self.tag, &content)).await?,
        };
        let answer = self.run(|state| operation(state, content.clone())).await;
        #[cfg(any(test, feature = "durable"))]
        if let (Engine::Durable(durable), Ok(Err(_)) | Err(_)) = (&self.engine, &answer) {
            Box::pin(durable.discard(&self.tag, &content)).await;
        }
        answer?
    }

    /// A content as it can be read.
    async fn opened(&self, content: Content) -> Result<Content, Unavailable> {
        match &self.engine {
            Engine::Memory(_) => Ok(content),
            #[cfg(any(test, feature = "durable"))]
            Engine::Durable(durable) => Box::pin(durable.fetch(&self.tag, content)).await,
        }
    }

    /// Sweeps a database; memory is swept by the requests that add something.
    ///
    /// # Errors
    /// [`Unavailable`]; the next sweep goes on from there.
    pub(crate) async fn sweep(&self, _now: Moment, _real_now: Moment) -> Result<(), Unavailable> {
        match &self.engine {
            Engine::Memory(_) => Ok(()),
            #[cfg(any(test, feature = "durable"))]
            Engine::Durable(durable) => durable.sweep(&self.tag, self.rules(), _now, _real_now).await,
        }
    }

    /// Forgets everything but the nonces: what was sent before a reset is no less a replay after it.
    pub(crate) async fn reset(&self) -> Result<(), Unavailable> {
        match &self.engine {
            Engine::Memory(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                let nonces = std::mem::take(&mut state.nonces);
                *state = State::new(self.tag, state.rules());
                state.nonces = nonces;
                Ok(())
            }
            #[cfg(any(test, feature = "durable"))]
            Engine::Durable(durable) => durable.clear(&self.tag).await,
        }
    }

    /// As [`crate::domain::nonce::NonceLog::take`].
    pub(crate) async fn take_nonce(&self, used: NonceUse<'_>, real_now: Moment) -> Result<(), Refusal> {
        self.run(|state| state.nonces.take(used, real_now)).await?
    }

    /// As [`crate::domain::nonce::NonceLog::allow_repetition`].
    pub(crate) async fn allow_repetition(
        &self,
        key: NonceKey,
        request: Fingerprint,
    ) -> Result<(), Unavailable> {
        self.run(|state| state.nonces.allow_repetition(key, request)).await
    }
}

#[cfg(test)]
mod tests;
