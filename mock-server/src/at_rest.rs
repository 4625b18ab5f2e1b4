//! Private keys as they are kept: encrypted, if a key for that is given.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::config::state_key::StateKey;

/// What an encrypted text begins with; no PEM does.
const ENCRYPTED: &str = "aes-256-gcm:";

/// A secret as it is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AtRest(String);

/// A secret that cannot be had. It never quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AtRestError {
    /// It is encrypted.
    #[error("its private keys are encrypted: give their key by --state-key or DIGIME_MOCK_STATE_KEY")]
    NoKey,
    /// It was encrypted with another key, or for another purpose.
    #[error("its private keys were encrypted with another key than the one of --state-key")]
    WrongKey,
    /// The library cannot encrypt.
    #[error("the private keys cannot be encrypted")]
    NotEncrypted,
}

impl AtRest {
    /// A secret to be kept; `purpose` is what it is for, so that no secret can stand in the place of another.
    ///
    /// # Errors
    /// [`AtRestError::NotEncrypted`].
    pub(crate) fn new(secret: &str, purpose: &str, key: Option<&StateKey>) -> Result<Self, AtRestError> {
        let Some(key) = key else { return Ok(Self(secret.to_owned())) };
        let mut bytes = secret.as_bytes().to_vec();
        let nonce = cipher(key)?.seal_in_place_append_tag(Aad::from(purpose), &mut bytes);
        let nonce = nonce.map_err(|_| AtRestError::NotEncrypted)?;
        let kept = [nonce.as_ref(), &bytes[..]].concat();
        Ok(Self(format!("{ENCRYPTED}{}", STANDARD.encode(kept))))
    }

    /// The secret.
    ///
    /// # Errors
    /// [`AtRestError::NoKey`] and [`AtRestError::WrongKey`].
    pub(crate) fn open(&self, purpose: &str, key: Option<&StateKey>) -> Result<String, AtRestError> {
        let Some(kept) = self.0.strip_prefix(ENCRYPTED) else { return Ok(self.0.clone()) };
        let key = key.ok_or(AtRestError::NoKey)?;
        let kept = STANDARD.decode(kept).map_err(|_| AtRestError::WrongKey)?;
        let (nonce, sealed) = kept.split_at_checked(NONCE_LEN).ok_or(AtRestError::WrongKey)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| AtRestError::WrongKey)?;
        let mut bytes = sealed.to_vec();
        let opened = cipher(key)?.open_in_place(nonce, Aad::from(purpose), &mut bytes);
        let opened = opened.map_err(|_| AtRestError::WrongKey)?;
        String::from_utf8(opened.to_vec()).map_err(|_| AtRestError::WrongKey)
    }

    /// Whether it is encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.starts_with(ENCRYPTED)
    }

    /// As text.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn into_text(self) -> String {
        self.0
    }

    /// A text that was kept.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn of_text(text: String) -> Self {
        Self(text)
    }
}

fn cipher(key: &StateKey) -> Result<RandomizedNonceKey, AtRestError> {
    RandomizedNonceKey::new(&AES_256_GCM, key.bytes()).map_err(|_| AtRestError::NotEncrypted)
}

impl fmt::Debug for AtRest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AtRest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_had_again_with_its_key_and_for_its_purpose_alone() {
        let key: StateKey = "ab".repeat(32).parse().unwrap();
        let other: StateKey = "ba".repeat(32).parse().unwrap();
        let kept = AtRest::new("secret", "signing", Some(&key)).unwrap();
        assert_ne!(kept, AtRest::new("secret", "signing", Some(&key)).unwrap(), "each has its own nonce");
        let text = serde_json::to_string(&kept).unwrap();
        assert!(!text.contains("secret") && kept.is_encrypted());
        let kept: AtRest = serde_json::from_str(&text).unwrap();
        assert_eq!(kept.open("signing", Some(&key)).unwrap(), "secret");
        assert_eq!(kept.open("signing", None), Err(AtRestError::NoKey));
        assert_eq!(kept.open("signing", Some(&other)), Err(AtRestError::WrongKey));
        assert_eq!(kept.open("contract", Some(&key)), Err(AtRestError::WrongKey));
        for damaged in ["", "AAAA", "?"] {
            let kept = AtRest::of_text(format!("{ENCRYPTED}{damaged}"));
            assert_eq!(kept.open("signing", Some(&key)), Err(AtRestError::WrongKey));
        }
    }

    #[test]
    fn without_a_key_it_is_kept_as_it_is_and_a_key_changes_nothing_about_it() {
        let kept = AtRest::new("pem", "signing", None).unwrap();
        assert!(!kept.is_encrypted());
        let key: StateKey = "ab".repeat(32).parse().unwrap();
        assert_eq!(kept.open("signing", Some(&key)).unwrap(), "pem");
    }
}
