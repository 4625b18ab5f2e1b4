//! Private keys in the forms that clients take them in.

use std::fmt;
use std::str::FromStr;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256, date_time_ymd};
use rsa::RsaPrivateKey;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _};
use rsa::pkcs8::{EncodePrivateKey as _, LineEnding};

use super::pkcs12;

/// The password of P12 files, unless another one is asked for. Old clients open no file without one.
pub const P12_PASSWORD: &str = "digime";

/// A form in which a client takes its private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFormat {
    /// PKCS#1 as PEM: `BEGIN RSA PRIVATE KEY`.
    Pem,
    /// PKCS#8 as PEM: `BEGIN PRIVATE KEY`.
    Pkcs8,
    /// PKCS#1 as DER.
    Der,
    /// PKCS#1 as DER, in hexadecimal digits.
    DerHex,
    /// PKCS#12 with a certificate, a password, and the encryption that old clients open.
    P12,
}

/// Text that names no form of keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no form of keys: use pem, pkcs8, der, der-hex or p12")]
pub struct KeyFormatError(String);

/// A key that cannot be written in a form.
#[derive(Debug, thiserror::Error)]
#[error("the private key cannot be written as {0}")]
pub struct UnwritableKey(KeyFormat);

impl KeyFormat {
    /// Every form.
    pub const ALL: [Self; 5] = [Self::Pem, Self::Pkcs8, Self::Der, Self::DerHex, Self::P12];

    /// Its name, as the command line and administration have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pem => "pem",
            Self::Pkcs8 => "pkcs8",
            Self::Der => "der",
            Self::DerHex => "der-hex",
            Self::P12 => "p12",
        }
    }

    /// A key (PKCS#1 PEM) in this form. Of P12 files, `name` is the name of the entry, and `password` opens them.
    ///
    /// # Errors
    /// [`UnwritableKey`] if the text is no PKCS#1 key.
    pub(crate) fn write(self, pem: &str, name: &str, password: &str) -> Result<Vec<u8>, UnwritableKey> {
        let unwritable = || UnwritableKey(self);
        let key = RsaPrivateKey::from_pkcs1_pem(pem).map_err(|_| unwritable())?;
        let der = || key.to_pkcs1_der().map_err(|_| unwritable());
        Ok(match self {
            Self::Pem => pem.as_bytes().to_vec(),
            Self::Pkcs8 => key.to_pkcs8_pem(LineEnding::LF).map_err(|_| unwritable())?.as_bytes().to_vec(),
            Self::Der => der()?.as_bytes().to_vec(),
            Self::DerHex => hex(der()?.as_bytes()).into_bytes(),
            Self::P12 => {
                let pkcs8 = key.to_pkcs8_der().map_err(|_| unwritable())?;
                let certificate = certificate(pem, name).map_err(|_| unwritable())?;
                pkcs12::write(pkcs8.as_bytes(), &certificate, name, password)
            }
        })
    }
}

impl FromStr for KeyFormat {
    type Err = KeyFormatError;

    fn from_str(text: &str) -> Result<Self, KeyFormatError> {
        let known = Self::ALL.into_iter().find(|format| format.as_str() == text);
        known.ok_or_else(|| KeyFormatError(text.chars().take(60).flat_map(char::escape_debug).collect()))
    }
}

impl fmt::Display for KeyFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A certificate that the key signs itself: whoever opens a P12 file looks for one beside the key.
fn certificate(pem: &str, name: &str) -> Result<Vec<u8>, rcgen::Error> {
    let key = KeyPair::from_pem_and_sign_algo(pem, &PKCS_RSA_SHA256)?;
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(2012, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params.self_signed(&key)?.der().to_vec())
}
