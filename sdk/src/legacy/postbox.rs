//! Postboxes: where files are pushed to, and the key they are encrypted with
//! (protocol reference, legacy/container §6).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::RsaPublicKeyComponents;
use serde_json::json;

use crate::crypto::jwk::VerifyingKey;
use crate::error::{Error, ErrorKind, Result};

/// A postbox of a user, as a callback names it. Cheap to clone.
///
/// **Legacy**, v1 to v1.6; today [`crate::User::push_to_library`] needs none
/// (protocol reference, legacy/container §6). Store [`Postbox::id`] and
/// [`Postbox::public_key`] to push again later.
#[derive(Clone, PartialEq, Eq)]
pub struct Postbox {
    id: String,
    key: Arc<PostboxKey>,
}

struct PostboxKey {
    pem: String,
    encrypting: OaepPublicEncryptingKey,
}

impl PartialEq for PostboxKey {
    fn eq(&self, other: &Self) -> bool {
        self.pem == other.pem
    }
}

impl Eq for PostboxKey {}

impl Postbox {
    /// A postbox known by its id and its RSA public key in PEM form, PKCS#1 or
    /// `SubjectPublicKeyInfo`, of 2048 bits or more.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] for an empty id or an unusable key.
    pub fn new(id: impl Into<String>, public_key: &str) -> Result<Self> {
        let id = id.into();
        if id.is_empty() {
            return Err(Error::config("postbox id", "must not be empty"));
        }
        let unusable = |why: String| Error::config("postbox public key", why);
        let entry = json!({"kty": "RSA", "pem": public_key});
        let VerifyingKey { modulus, exponent } = VerifyingKey::from_entry(&entry).map_err(unusable)?;
        let components = RsaPublicKeyComponents { n: modulus, e: exponent };
        let encrypting = TryInto::<PublicEncryptingKey>::try_into(components)
            .and_then(OaepPublicEncryptingKey::new)
            .map_err(|_| unusable("its numbers do not fit".to_owned()))?;
        Ok(Self { id, key: Arc::new(PostboxKey { pem: public_key.to_owned(), encrypting }) })
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public key, in the PEM form it was given in.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.key.pem
    }

    /// OAEP with SHA-1, as every client of every generation.
    pub(crate) fn encrypt(&self, content_key: &[u8]) -> Result<Vec<u8>> {
        let key = &self.key.encrypting;
        let mut sealed = vec![0; key.ciphertext_size()];
        key.encrypt(&OAEP_SHA1_MGF1SHA1, content_key, &mut sealed, None)
            .map_err(|_| Error::new(ErrorKind::Config, "the postbox's key failed to encrypt"))?;
        Ok(sealed)
    }
}

impl fmt::Debug for Postbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postbox").field("id", &self.id).field("public_key", &"[redacted]").finish()
    }
}
