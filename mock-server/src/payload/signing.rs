//! The server's own signature, and the key set that publishes its key.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PSS_SHA512, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rsa::pkcs1::der::SecretDocument;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, DecodeRsaPublicKey as _, EncodeRsaPublicKey as _, LineEnding};
use rsa::traits::PublicKeyParts;
use rsa::{RsaPrivateKey, RsaPublicKey};
use schemars::JsonSchema;
use serde::Serialize;

/// The key that the server signs tokens with.
pub(crate) struct SigningKey {
    kid: String,
    /// What signs genuine tokens, many a second.
    pair: RsaKeyPair,
    /// What signs with other algorithms, as hostile answers do.
    key: EncodingKey,
    private_pem: String,
    public: PublicKey,
}

/// The key set that `jwks/oauth` answers.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KeySet {
    /// The signing key comes first, which old iOS clients rely on.
    keys: Vec<PublicKey>,
}

#[derive(Clone, Serialize, JsonSchema)]
struct PublicKey {
    kty: &'static str,
    kid: String,
    r#use: &'static str,
    alg: &'static str,
    n: String,
    e: String,
    /// Node and iOS read this member alone, iOS only as PKCS#1 (protocol reference, crypto §3.4).
    pem: String,
}

impl KeySet {
    /// A set of these keys, in this order.
    pub(crate) fn of<'a>(keys: impl Iterator<Item = &'a SigningKey>) -> Self {
        Self { keys: keys.map(|key| key.public.clone()).collect() }
    }
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
        let development = &digime_fixtures::keys::SIGNING;
        // Its private part need not be looked at, which takes a while.
        let public = RsaPublicKey::from_pkcs1_pem(development.public_pem).map_err(|_| SigningKeyError)?;
        Self::new("mock-signing-key-1".to_owned(), development.private_pem, &public)
    }

    /// A private key in PKCS#1 PEM.
    ///
    /// # Errors
    /// [`SigningKeyError`] if it is none.
    pub(crate) fn from_pem(kid: String, pem: &str) -> Result<Self, SigningKeyError> {
        let private = RsaPrivateKey::from_pkcs1_pem(pem).map_err(|_| SigningKeyError)?;
        Self::new(kid, pem, &private.to_public_key())
    }

    fn new(kid: String, pem: &str, public: &RsaPublicKey) -> Result<Self, SigningKeyError> {
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| SigningKeyError)?;
        let (_, der) = SecretDocument::from_pem(pem).map_err(|_| SigningKeyError)?;
        let pair = RsaKeyPair::from_der(der.as_bytes()).map_err(|_| SigningKeyError)?;
        let public_pem = public.to_pkcs1_pem(LineEnding::LF).map_err(|_| SigningKeyError)?;
        let public = PublicKey {
            kty: "RSA",
            kid: kid.clone(),
            r#use: "sig",
            alg: "PS512",
            n: URL_SAFE_NO_PAD.encode(public.n().to_bytes_be()),
            e: URL_SAFE_NO_PAD.encode(public.e().to_bytes_be()),
            pem: public_pem,
        };
        Ok(Self { kid, pair, key, private_pem: pem.to_owned(), public })
    }

    /// The private key in PKCS#1 PEM.
    pub(crate) fn private_pem(&self) -> &str {
        &self.private_pem
    }

    /// What tokens name it by.
    #[cfg(test)]
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// A PS512 JWT whose `jku` is `key_set`.
    ///
    /// # Errors
    /// The JWT library's, if signing fails.
    pub(crate) fn sign<T: Serialize>(
        &self,
        key_set: &str,
        payload: &T,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let signed = signed_part(&self.header(key_set), payload)?;
        let mut signature = vec![0; self.pair.public_modulus_len()];
        // PSS with salts of 64 bytes, as long as the hash. The JWT library reads the key anew for each signature.
        let random = SystemRandom::new();
        let made = self.pair.sign(&RSA_PSS_SHA512, &random, signed.as_bytes(), &mut signature);
        made.map_err(|_| ErrorKind::RsaFailedSigning)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The header of a genuine token.
    pub(crate) fn header(&self, key_set: &str) -> Header {
        let mut header = Header::new(Algorithm::PS512);
        header.jku = Some(key_set.to_owned());
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
        encode(header, payload, &self.key)
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
        encode(header, payload, &EncodingKey::from_secret(self.public.pem.as_bytes()))
    }
}

/// Signs with the library's aws-lc provider itself: choosing one for the whole process is for the
/// application that links this crate.
fn encode<T: Serialize>(
    header: &Header,
    payload: &T,
    key: &EncodingKey,
) -> Result<String, jsonwebtoken::errors::Error> {
    let signed = signed_part(header, payload)?;
    let signer = (DEFAULT_PROVIDER.signer_factory)(&header.alg, key)?;
    let signature = signer.try_sign(signed.as_bytes()).map_err(|_| ErrorKind::RsaFailedSigning)?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// Header and payload, as they are signed.
fn signed_part<T: Serialize>(header: &Header, payload: &T) -> Result<String, jsonwebtoken::errors::Error> {
    let part = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
    Ok(format!("{}.{}", part(serde_json::to_vec(header)?), part(serde_json::to_vec(payload)?)))
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}
