//! Certificates and keys as people have them in files.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::parse_x509_certificate;

use crate::clock::Moment;

/// The certificate of a server, followed by those that vouch for it.
#[derive(Clone)]
pub struct CertificateChain(Vec<CertificateDer<'static>>);

/// The private key of a server's certificate; `Debug` hides it.
#[derive(Clone)]
pub struct TlsKey(Arc<PrivateKeyDer<'static>>);

/// A certificate or key that a server cannot use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// No certificate at all.
    #[error("holds no certificate in PEM form (BEGIN CERTIFICATE)")]
    NoCertificate,
    /// Damaged PEM, or not X.509.
    #[error("holds a damaged certificate")]
    Damaged,
    /// Not yet, or no longer.
    #[error("holds a certificate that {0}")]
    Validity(String),
    /// No private key at all.
    #[error(
        "holds no private key in PEM form (BEGIN PRIVATE KEY, BEGIN RSA PRIVATE KEY or BEGIN EC PRIVATE KEY)"
    )]
    NoKey,
    /// A key that needs a passphrase.
    #[error(
        "holds an encrypted private key: remove the passphrase first, for example with `openssl pkey -in KEY -out NEW`"
    )]
    Encrypted,
    /// A key of a kind that TLS cannot use.
    #[error(
        "holds a private key of a kind that TLS cannot use: use RSA of 2048 bits or more, ECDSA or Ed25519"
    )]
    KeyKind,
}

impl CertificateChain {
    pub(super) fn new(certificate: CertificateDer<'static>) -> Self {
        Self(vec![certificate])
    }

    /// Reads a PEM text: the server's certificate first, then those that vouch for it. A private key in it
    /// does not matter.
    ///
    /// # Errors
    /// [`CertificateError`] if it holds no certificate, or a damaged one.
    pub fn from_pem(text: &[u8]) -> Result<Self, CertificateError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(text)
            .collect::<Result<_, _>>()
            .map_err(|_| CertificateError::Damaged)?;
        if chain.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        if chain.iter().any(|it| !parse_x509_certificate(it).is_ok_and(|(rest, _)| rest.is_empty())) {
            return Err(CertificateError::Damaged);
        }
        Ok(Self(chain))
    }

    /// The server's own certificate.
    pub(super) fn first(&self) -> Option<&CertificateDer<'static>> {
        self.0.first()
    }

    /// Whether the server's own certificate is valid now.
    pub(crate) fn check(&self, now: Moment) -> Result<(), CertificateError> {
        let parsed = self.first().and_then(|it| parse_x509_certificate(it).ok());
        let (_, certificate) = parsed.ok_or(CertificateError::NoCertificate)?;
        let validity = certificate.validity();
        let refused = |text: String| Err(CertificateError::Validity(text));
        match now.seconds() {
            now if now < validity.not_before.timestamp() => {
                refused(format!("is valid from {} on", validity.not_before))
            }
            now if now > validity.not_after.timestamp() => {
                refused(format!("has expired on {}", validity.not_after))
            }
            _ => Ok(()),
        }
    }

    /// Whether the server's own certificate is for this key.
    pub(crate) fn belongs_to(&self, key: &TlsKey) -> bool {
        let signing = any_supported_type(&key.0);
        signing.is_ok_and(|signing| CertifiedKey::new(self.0.clone(), signing).keys_match().is_ok())
    }

    pub(super) fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.0.clone()
    }
}

impl TlsKey {
    pub(super) fn new(key: PrivateKeyDer<'static>) -> Self {
        Self(Arc::new(key))
    }

    /// Reads a PEM text with an unencrypted private key.
    ///
    /// # Errors
    /// [`CertificateError`] if there is none, or TLS cannot use it.
    pub fn from_pem(text: &[u8]) -> Result<Self, CertificateError> {
        let encrypted = text.windows(9).any(|window| window == b"ENCRYPTED");
        let key = PrivateKeyDer::from_pem_slice(text).map_err(|_| match encrypted {
            true => CertificateError::Encrypted,
            false => CertificateError::NoKey,
        })?;
        match any_supported_type(&key) {
            Ok(_) => Ok(Self::new(key)),
            Err(_) if encrypted => Err(CertificateError::Encrypted),
            Err(_) => Err(CertificateError::KeyKind),
        }
    }

    pub(super) fn der(&self) -> PrivateKeyDer<'static> {
        self.0.clone_key()
    }
}

impl fmt::Debug for CertificateChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateChain({} certificates)", self.0.len())
    }
}

impl fmt::Debug for TlsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsKey([redacted])")
    }
}
