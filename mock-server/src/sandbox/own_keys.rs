//! Keys that a server makes for itself at its first start, because everybody knows the committed ones.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::home::{Home, RecordChange};
use super::registry::ServerRecord;
use crate::at_rest::{AtRest, AtRestError};
use crate::clock::Moment;
use crate::config::settings::{ContractSettings, Settings};
use crate::config::state_key::StateKey;
use crate::config::state_place::StatePlace;
use crate::domain::contract::{ContractKeyError, ContractKeys};
use crate::domain::unavailable::Unavailable;
use crate::payload::signing::{SigningKey, SigningKeyError};
use crate::payload::signing_keys::Succession;
use crate::random::{self, SandboxTag};

/// What is kept of a signing key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SigningKeyRecord {
    pub(crate) kid: String,
    private_key: AtRest,
    /// When it begins to sign, in real time.
    pub(crate) signs: Moment,
}

/// Why a server has no keys of its own.
#[derive(Debug, thiserror::Error)]
pub enum OwnKeysError {
    /// Those of the state cannot be had.
    #[error("the state cannot be used: {0}")]
    AtRest(String),
    /// One could not be made, or what was kept is none.
    #[error(transparent)]
    Contract(#[from] ContractKeyError),
    /// What was kept is none.
    #[error(transparent)]
    Signing(#[from] SigningKeyError),
    /// They would be forgotten.
    #[error("the server's own keys cannot be kept: {0}")]
    NotKept(String),
}

impl From<AtRestError> for OwnKeysError {
    fn from(error: AtRestError) -> Self {
        Self::AtRest(error.to_string())
    }
}

impl From<Unavailable> for OwnKeysError {
    fn from(unavailable: Unavailable) -> Self {
        Self::NotKept(unavailable.to_string())
    }
}

impl SigningKeyRecord {
    /// A new key, which begins to sign at a moment.
    ///
    /// # Errors
    /// [`OwnKeysError`] if none can be made.
    pub(super) fn made(signs: Moment, state_key: Option<&StateKey>) -> Result<Self, OwnKeysError> {
        let kid = format!("mock-signing-key-{}", random::alphanumeric(12));
        let (_, pem) = ContractKeys::generate()?;
        let private_key = AtRest::new(&pem, &signing_purpose(&kid), state_key)?;
        Ok(Self { kid, private_key, signs })
    }

    /// The key itself.
    ///
    /// # Errors
    /// [`OwnKeysError`] if it cannot be had.
    pub(super) fn open(&self, state_key: Option<&StateKey>) -> Result<Succession, OwnKeysError> {
        let pem = self.private_key.open(&signing_purpose(&self.kid), state_key)?;
        let key = Arc::new(SigningKey::from_pem(self.kid.clone(), &pem)?);
        Ok(Succession { key, signs: self.signs })
    }
}

/// What is encrypted to know the key again.
const KEY_CHECK: &str = "key check";

fn signing_purpose(kid: &str) -> String {
    format!("signing key {kid}")
}

fn contract_purpose(contract: &str) -> String {
    format!("contract {contract}")
}

/// Whether a server makes keys of its own: it does if others may reach it or its state lasts, unless it is
/// told to use the committed ones.
pub(crate) fn are_wanted(settings: &Settings) -> bool {
    let is_shared = settings.state != StatePlace::Memory || settings.admin_token.is_some();
    is_shared && !settings.development_keys
}

/// Gives the contracts of the settings keys of the server's own in the place of the committed ones. Those that
/// are kept are taken, those that are missing are made and kept.
///
/// # Errors
/// [`OwnKeysError`].
pub(super) async fn provide(settings: &mut Settings, home: &Home) -> Result<ServerRecord, OwnKeysError> {
    let state_key = settings.state_key.clone();
    let state_key = state_key.as_ref();
    // Of several servers that begin at once, one is the first; the others take its keys.
    let tag = SandboxTag::server();
    let providing = home.change(&tag, |noted: Option<&ServerRecord>| {
        let kept = noted.cloned().unwrap_or_default();
        let mut record = kept.clone();
        encrypt(&mut record, state_key)?;
        if are_wanted(settings) {
            add_missing(&mut record, settings, state_key)?;
        }
        let is_new = record != kept;
        record.version += u64::from(is_new);
        Ok::<_, OwnKeysError>(RecordChange { record: is_new.then(|| record.clone()), value: record })
    });
    let kept = providing.await?;
    if are_wanted(settings) {
        for contract in with_development_keys(settings) {
            if let Some(kept) = kept.contract_keys.get(&contract.id) {
                let pem = kept.open(&contract_purpose(&contract.id), state_key)?;
                contract.keys = ContractKeys::from_pem(&pem)?;
            }
        }
    }
    Ok(kept)
}

fn with_development_keys(settings: &mut Settings) -> impl Iterator<Item = &mut ContractSettings> {
    let contracts = settings.applications.iter_mut().flat_map(|application| &mut application.contracts);
    contracts.filter(|contract| contract.keys.are_committed())
}

/// Encrypts what was kept before there was a key for that. What is encrypted is opened, to know that it can be.
fn encrypt(record: &mut ServerRecord, state_key: Option<&StateKey>) -> Result<(), OwnKeysError> {
    match &record.key_check {
        Some(check) => check.open(KEY_CHECK, state_key).map(|_| ())?,
        None if state_key.is_some() => record.key_check = Some(AtRest::new(KEY_CHECK, KEY_CHECK, state_key)?),
        None => {}
    }
    let signing = record.signing_keys.iter_mut();
    let signing = signing.map(|key| (signing_purpose(&key.kid), &mut key.private_key));
    let contracts = record.contract_keys.iter_mut().map(|(id, key)| (contract_purpose(id), key));
    for (purpose, kept) in signing.chain(contracts) {
        let secret = kept.open(&purpose, state_key)?;
        if state_key.is_some() && !kept.is_encrypted() {
            *kept = AtRest::new(&secret, &purpose, state_key)?;
        }
    }
    Ok(())
}

/// Makes the keys that are missing, several at once: each takes a tenth of a second of a core.
fn add_missing(
    record: &mut ServerRecord,
    settings: &mut Settings,
    state_key: Option<&StateKey>,
) -> Result<(), OwnKeysError> {
    let missing: Vec<_> = with_development_keys(settings)
        .map(|contract| contract.id.clone())
        .filter(|id| !record.contract_keys.contains_key(id))
        .collect();
    let needs_signing_key = record.signing_keys.is_empty();
    let (signing, made) = std::thread::scope(|scope| {
        let signing = needs_signing_key
            .then(|| scope.spawn(|| SigningKeyRecord::made(Moment::from_millis(0), state_key)));
        let made: Vec<_> = missing.iter().map(|_| scope.spawn(ContractKeys::generate)).collect();
        let made: Vec<_> = made.into_iter().map(|thread| thread.join()).collect();
        (signing.map(|thread| thread.join()), made)
    });
    let ended = |_| OwnKeysError::NotKept("a thread ended that was to make one".to_owned());
    if let Some(signing) = signing {
        record.signing_keys.push(signing.map_err(ended)??);
    }
    for (id, made) in missing.into_iter().zip(made) {
        let (_, pem) = made.map_err(ended)??;
        let kept = AtRest::new(&pem, &contract_purpose(&id), state_key)?;
        record.contract_keys.insert(id, kept);
    }
    Ok(())
}
