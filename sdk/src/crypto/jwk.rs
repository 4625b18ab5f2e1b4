//! One entry of a key set, and the checks before it may verify anything
//! (protocol reference, crypto §3.4).

use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA512, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD_INDIFFERENT};
use serde_json::Value;

use crate::crypto::der::{self, KeyForm};

const MIN_BITS: usize = 2048;
/// More than AWS-LC verifies with anyway.
const MAX_BITS: usize = 8192;

/// A key that passed every check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VerifyingKey {
    pub(crate) modulus: Vec<u8>,
    pub(crate) exponent: Vec<u8>,
}

impl VerifyingKey {
    /// Accepts entries with JWK members, with `pem`, or with both if they agree.
    pub(crate) fn from_entry(entry: &Value) -> Result<Self, String> {
        if let Some(kty) = entry.get("kty")
            && kty != "RSA"
        {
            return Err("its key is not an RSA key".to_owned());
        }
        if let Some(purpose) = entry.get("use")
            && purpose != "sig"
        {
            return Err("its key is not meant for signatures".to_owned());
        }
        if let Some(algorithm) = entry.get("alg")
            && algorithm != "PS512"
        {
            return Err("its key is meant for another algorithm than PS512".to_owned());
        }
        let key = match (Self::from_members(entry)?, Self::from_pem(entry)?) {
            (Some(members), Some(pem)) if members != pem => {
                return Err("`pem` and `n`/`e` of its key differ".to_owned());
            }
            (Some(key), _) | (None, Some(key)) => key,
            (None, None) => return Err("its key has neither `n` and `e` nor `pem`".to_owned()),
        };
        key.check()?;
        Ok(key)
    }

    fn from_members(entry: &Value) -> Result<Option<Self>, String> {
        let (modulus, exponent) = match (entry.get("n"), entry.get("e")) {
            (Some(Value::String(n)), Some(Value::String(e))) => (n, e),
            (None, None) => return Ok(None),
            _ => return Err("`n` and `e` of its key are not both texts".to_owned()),
        };
        let number = |text: &str| {
            URL_SAFE_NO_PAD_INDIFFERENT
                .decode(text)
                .map(|bytes| der::strip_zeros(&bytes).to_vec())
                .map_err(|_| "`n` or `e` of its key is not Base64url".to_owned())
        };
        Ok(Some(Self { modulus: number(modulus)?, exponent: number(exponent)? }))
    }

    fn from_pem(entry: &Value) -> Result<Option<Self>, String> {
        let pem = match entry.get("pem") {
            None => return Ok(None),
            Some(Value::String(pem)) => pem,
            Some(_) => return Err("`pem` of its key is not a text".to_owned()),
        };
        let body: String = pem
            .lines()
            .filter(|line| !line.starts_with("-----"))
            .flat_map(str::chars)
            .filter(|c| !c.is_ascii_whitespace())
            .collect();
        let der = STANDARD.decode(body).map_err(|_| "`pem` of its key is not Base64".to_owned())?;
        match der::recognise(&der) {
            Some(KeyForm::RsaPublic { modulus, exponent }) => Ok(Some(Self {
                modulus: der::strip_zeros(modulus).to_vec(),
                exponent: der::strip_zeros(exponent).to_vec(),
            })),
            _ => Err("`pem` of its key is not an RSA public key".to_owned()),
        }
    }

    fn check(&self) -> Result<(), String> {
        let bits = der::bit_length(&self.modulus);
        if !(MIN_BITS..=MAX_BITS).contains(&bits) {
            return Err(format!("its key has {bits} bits, needed are {MIN_BITS} to {MAX_BITS}"));
        }
        let odd = self.exponent.last().is_some_and(|last| last & 1 == 1);
        let at_least_three = self.exponent.len() > 1 || self.exponent.first().is_some_and(|e| *e >= 3);
        if !odd || !at_least_three || self.exponent.len() > 4 {
            return Err("the public exponent of its key is unsafe".to_owned());
        }
        if self.modulus.last().is_none_or(|last| last & 1 == 0) {
            return Err("the modulus of its key is even".to_owned());
        }
        Ok(())
    }

    /// Whether `signature` is a PS512 signature of `message`: SHA-512, with a
    /// salt of 64 bytes (protocol reference, crypto §3.2).
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        // AWS-LC is called directly: a JWT library would bring a registry of
        // algorithms, and install a provider for the whole process, which is the
        // application's to choose.
        RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent }
            .verify(&RSA_PSS_2048_8192_SHA512, message, signature)
            .is_ok()
    }
}
