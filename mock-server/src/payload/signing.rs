//! The server's own signature, and the key set that publishes its key.

use std::sync::Once;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rsa::RsaPublicKey;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::traits::PublicKeyParts;
use serde::Serialize;
use serde_json::{Value, json};

/// Chooses the JWT library's cryptography once. The choice is global to a process, so an
/// application that made it before keeps its own.
pub(crate) fn choose_cryptography() {
    static CHOSEN: Once = Once::new();
    CHOSEN.call_once(|| {
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    });
}

/// The key that the server signs tokens with.
pub(crate) struct SigningKey {
    kid: String,
    key: EncodingKey,
    public_pem: &'static str,
    jwks: Value,
}

/// A signing key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the signing key is no RSA key in PKCS#1 PEM")]
pub struct SigningKeyError;

impl SigningKey {
    /// The committed development key.
    ///
    /// # Errors
    /// [`SigningKeyError`] if it is unusable, which a test excludes.
    pub(crate) fn development() -> Result<Self, SigningKeyError> {
        choose_cryptography();
        let development = &digime_fixtures::keys::SIGNING;
        let key =
            EncodingKey::from_rsa_pem(development.private_pem.as_bytes()).map_err(|_| SigningKeyError)?;
        let public = RsaPublicKey::from_pkcs1_pem(development.public_pem).map_err(|_| SigningKeyError)?;
        let kid = "mock-signing-key-1".to_owned();
        let jwks = json!({ "keys": [{
            "kty": "RSA",
            "kid": kid,
            "use": "sig",
            "alg": "PS512",
            "n": URL_SAFE_NO_PAD.encode(public.n().to_bytes_be()),
            "e": URL_SAFE_NO_PAD.encode(public.e().to_bytes_be()),
            // Node and iOS read this member alone, iOS only as PKCS#1 (protocol reference, crypto §3.4).
            "pem": development.public_pem,
        }]});
        Ok(Self { kid, key, public_pem: development.public_pem, jwks })
    }

    /// The JWKS: what `jwks/oauth` answers. The signing key comes first, which old iOS clients rely on.
    pub(crate) fn jwks(&self) -> &Value {
        &self.jwks
    }

    /// A PS512 JWT whose `jku` leads to the key set at `origin`.
    ///
    /// # Errors
    /// The JWT library's, if signing fails.
    pub(crate) fn sign<T: Serialize>(
        &self,
        origin: &str,
        payload: &T,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        self.sign_as(&self.header(origin), payload)
    }

    /// The header of a genuine token.
    pub(crate) fn header(&self, origin: &str) -> Header {
        let mut header = Header::new(Algorithm::PS512);
        header.jku = Some(format!("{origin}/jwks/oauth"));
        header.kid = Some(self.kid.clone());
        header
    }

    /// A JWT with any header of an RSA algorithm.
    ///
    /// # Errors
    /// The JWT library's, if signing fails.
    pub(crate) fn sign_as<T: Serialize>(
        &self,
        header: &Header,
        payload: &T,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        jsonwebtoken::encode(header, payload, &self.key)
    }

    /// A JWT whose shared secret is the published key, which everybody knows.
    ///
    /// # Errors
    /// The JWT library's, if signing fails.
    pub(crate) fn sign_with_public_key<T: Serialize>(
        &self,
        header: &Header,
        payload: &T,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        jsonwebtoken::encode(header, payload, &EncodingKey::from_secret(self.public_pem.as_bytes()))
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}
