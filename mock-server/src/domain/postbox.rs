//! Postboxes: where apps of older generations push files to, encrypted for the postbox's own key
//! (protocol reference, legacy/container §6).

use std::fmt;
use std::sync::Arc;

use rsa::RsaPrivateKey;
use rsa::pkcs1::{EncodeRsaPublicKey, LineEnding};
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::key_text;
use super::library::LibraryId;
use super::pushed::{Descriptor, Push};
use crate::fingerprint::Fingerprint;
use crate::payload::content::Content;

/// Identifies a postbox.
pub(crate) type PostboxId = String;

/// A postbox of one user for one write contract.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Postbox {
    /// The contract that may push.
    pub client_id: String,
    /// Whose it is.
    pub library: LibraryId,
    /// The session that may push without a token, by the fingerprint of its key; none if the postbox belongs
    /// to an ongoing access.
    pub session: Option<Fingerprint>,
    /// Its keys.
    pub keys: PostboxKeys,
}

/// On whose behalf a contract pushes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pusher<'a> {
    /// The session's that the postbox was made with, by its key.
    Session(&'a str),
    /// A user's, by their access token.
    User(&'a LibraryId),
}

/// What becomes of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It goes into the library.
    Delivered,
    /// It waits in the postbox, because the access token has expired.
    Pending,
}

/// What a postbox was sent, opened.
#[derive(Clone, Debug)]
pub(crate) struct PostboxFile {
    /// What was said about it.
    pub descriptor: Descriptor,
    /// The plain bytes.
    pub content: Content,
    /// Their SHA-256, by which a file that is sent again is known.
    pub digest: [u8; 32],
}

/// A push that waits in a postbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PendingPush {
    /// The postbox.
    pub postbox: PostboxId,
    /// The SHA-256 of its content.
    pub digest: [u8; 32],
    /// What was pushed.
    pub push: Push,
}

/// The keys of a postbox.
#[derive(Clone)]
pub(crate) struct PostboxKeys {
    private: Arc<RsaPrivateKey>,
    /// PKCS#1, which is all that iOS takes (protocol reference, legacy/container §6).
    public_pem: Arc<str>,
}

/// A key pair that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("no key pair could be made for the postbox: {0}")]
pub struct PostboxKeyError(String);

impl PostboxKeys {
    /// A new pair of 2048 bits. It takes a tenth of a second of a core.
    ///
    /// # Errors
    /// [`PostboxKeyError`] if there is no randomness.
    pub(crate) fn generate() -> Result<Self, PostboxKeyError> {
        let failed = |error: &dyn fmt::Display| PostboxKeyError(error.to_string());
        let private = key_text::generate().map_err(|error| failed(&error))?;
        let public_pem =
            private.to_public_key().to_pkcs1_pem(LineEnding::LF).map_err(|error| failed(&error))?;
        Ok(Self { private: Arc::new(private), public_pem: public_pem.into() })
    }

    /// What opens the keys of what is pushed.
    pub(crate) fn private(&self) -> &RsaPrivateKey {
        &self.private
    }

    /// What callbacks hand out as `publicKey`.
    pub(crate) fn public_pem(&self) -> &str {
        &self.public_pem
    }
}

impl Serialize for PostboxKeys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pem = self.private.to_pkcs8_pem(LineEnding::LF).map_err(serde::ser::Error::custom)?;
        pem.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PostboxKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pem = String::deserialize(deserializer)?;
        let private = RsaPrivateKey::from_pkcs8_pem(&pem).map_err(serde::de::Error::custom)?;
        let public = private.to_public_key().to_pkcs1_pem(LineEnding::LF);
        let public_pem = public.map_err(serde::de::Error::custom)?.into();
        Ok(Self { private: Arc::new(private), public_pem })
    }
}

impl fmt::Debug for PostboxKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostboxKeys")
    }
}

/// What a callback tells of a postbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PostboxRef {
    /// `postboxId`
    pub id: PostboxId,
    /// `publicKey`, PKCS#1 PEM.
    pub public_pem: String,
}
