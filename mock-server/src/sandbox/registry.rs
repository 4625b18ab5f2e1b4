//! What is kept of a server besides its sandboxes: its partners, and the keys that it made for itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::home::{Home, RecordChange};
use super::keeping_up::LOOK_EVERY;
use super::own_keys::{self, OwnKeysError, SigningKeyRecord};
use super::partners::{PartnerRecord, Partners};
use crate::at_rest::AtRest;
use crate::clock::Moment;
use crate::config::settings::Settings;
use crate::config::state_key::StateKey;
use crate::domain::unavailable::Unavailable;
use crate::payload::signing::{SigningKey, SigningKeyError};
use crate::payload::signing_keys::{Published, SigningKeys, Succession};
use crate::random::SandboxTag;

/// What is kept of a server besides its sandboxes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ServerRecord {
    pub(crate) partners: Vec<PartnerRecord>,
    pub(crate) signing_keys: Vec<SigningKeyRecord>,
    /// A text that everybody knows: whoever opens it has the key that rows are encrypted with.
    pub(crate) key_check: Option<AtRest>,
    /// Private keys of contracts, by the contracts' ids.
    pub(crate) contract_keys: BTreeMap<String, AtRest>,
    /// How often it was changed.
    pub(crate) version: u64,
}

/// The same, as this server knows it.
#[derive(Debug)]
pub(crate) struct Registry {
    home: Home,
    state_key: Option<StateKey>,
    /// Whether the key that signs first is the committed one.
    begins_with_development_key: bool,
    record: tokio::sync::Mutex<ServerRecord>,
    /// Its partners.
    pub(crate) partners: Partners,
    signing: SigningKeys,
}

/// Why a server cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Its own keys.
    #[error(transparent)]
    OwnKeys(#[from] OwnKeysError),
    /// Its signing key.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
}

impl Registry {
    /// What a home has; `settings` get the keys that the server has made for its contracts.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub(crate) async fn open(settings: &mut Settings, home: &Home) -> Result<Self, RegistryError> {
        let record = own_keys::provide(settings, home).await?;
        let state_key = settings.state_key.clone();
        let signing = SigningKeys::new(SigningKey::development()?, settings.lifetimes.refresh_token);
        let begins_with_development_key = !own_keys::are_wanted(settings);
        let registry = Self {
            home: home.clone(),
            state_key,
            begins_with_development_key,
            record: tokio::sync::Mutex::default(),
            partners: Partners::default(),
            signing,
        };
        registry.take_up(&record)?;
        *registry.record.lock().await = record;
        Ok(registry)
    }

    /// What signs and is published at a moment of real time.
    pub(crate) fn signing(&self, at: Moment) -> Arc<Published> {
        self.signing.at(at)
    }

    /// Takes up what another server noted.
    pub(super) async fn follow(&self, noted: ServerRecord) {
        let mut record = self.record.lock().await;
        if noted.version <= record.version {
            return;
        }
        match self.take_up(&noted) {
            Ok(()) => *record = noted,
            Err(error) => tracing::error!("what another server changed cannot be taken up: {error}"),
        }
    }

    fn take_up(&self, record: &ServerRecord) -> Result<(), RegistryError> {
        self.partners.take_up(&record.partners);
        let mut keys = Vec::new();
        if self.begins_with_development_key || record.signing_keys.is_empty() {
            let key = Arc::new(SigningKey::development()?);
            keys.push(Succession { key, signs: Moment::from_millis(0) });
        }
        for kept in &record.signing_keys {
            keys.push(kept.open(self.state_key.as_ref())?);
        }
        self.signing.take_up(keys, self.home.real_time().now());
        Ok(())
    }

    /// Changes what is kept, all of it or nothing. What is to be changed may be asked more than once, if
    /// another server was quicker.
    ///
    /// # Errors
    /// What `change` says, and [`Unavailable`] if it would be forgotten.
    pub(crate) async fn change<T, E: From<Unavailable>>(
        &self,
        mut change: impl FnMut(&mut ServerRecord) -> Result<T, E>,
    ) -> Result<T, E> {
        let value = {
            let mut record = self.record.lock().await;
            let tag = SandboxTag::server();
            let changing = self.home.change(&tag, |noted: Option<&ServerRecord>| {
                let mut changed = noted.unwrap_or(&record).clone();
                let value = change(&mut changed)?;
                changed.version += 1;
                Ok::<_, E>(RecordChange { record: Some(changed.clone()), value: (changed, value) })
            });
            let (changed, value) = changing.await?;
            if let Err(error) = self.take_up(&changed) {
                tracing::error!("{error}");
            }
            *record = changed;
            value
        };
        if self.home.is_shared() {
            tokio::time::sleep(LOOK_EVERY * 2).await;
        }
        Ok(value)
    }

    /// Publishes a new signing key, which signs after a while.
    ///
    /// # Errors
    /// [`RotationError`]; the keys stay as they are.
    pub(crate) async fn rotate_signing_key(
        &self,
        after: Duration,
    ) -> Result<(String, Moment), RotationError> {
        let signs = self.home.real_time().now().plus(after);
        let state_key = self.state_key.clone();
        // It takes a tenth of a second of a core.
        let made = tokio::task::spawn_blocking(move || SigningKeyRecord::made(signs, state_key.as_ref()));
        let made = made.await.map_err(|error| RotationError::NotMade(error.to_string()))?;
        let made = made.map_err(|error| RotationError::NotMade(error.to_string()))?;
        self.change(|record| {
            if record.signing_keys.iter().any(|key| key.signs > self.home.real_time().now()) {
                return Err(RotationError::Waiting);
            }
            if record.signing_keys.len() >= MOST_SIGNING_KEYS {
                record.signing_keys.remove(0);
            }
            record.signing_keys.push(made.clone());
            Ok(())
        })
        .await?;
        Ok((made.kid, signs))
    }
}

/// How many signing keys are remembered: more are never published at once, unless they are changed every day.
const MOST_SIGNING_KEYS: usize = 32;

/// Why a signing key does not get a successor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RotationError {
    /// One waits already.
    #[error("a signing key is published already that does not sign yet")]
    Waiting,
    /// No key could be made.
    #[error("no key could be made: {0}")]
    NotMade(String),
    /// It would be forgotten.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
