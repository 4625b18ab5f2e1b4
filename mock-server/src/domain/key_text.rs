//! Keys as people have them: files of editors, `.env` files, what secret stores hand out.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, DecodeRsaPublicKey as _};
use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, PrivateKeyInfo};
use rsa::{RsaPrivateKey, RsaPublicKey};

use super::contract::ContractKeyError;

/// An RSA key, of any size.
pub(super) enum RsaKey {
    Private(Box<RsaPrivateKey>),
    Public(RsaPublicKey),
}

const BEGIN: &str = "-----BEGIN ";
const DECRYPT: &str = ": remove the passphrase first, for example with `openssl rsa -in KEY -out NEW`";
const DECODE: &str = ": decode it once, for example with `base64 -d`";
/// Object identifiers of the algorithm in PKCS#8.
const RSA: &str = "1.2.840.113549.1.1.1";
const RSA_PSS: &str = "1.2.840.113549.1.1.10";
const OTHERS: [(&str, &str); 5] = [
    ("1.2.840.10045.2.1", "an elliptic-curve private key"),
    ("1.3.101.112", "an Ed25519 private key"),
    ("1.3.101.113", "an Ed448 private key"),
    ("1.3.101.110", "an X25519 private key"),
    ("1.2.840.10040.4.1", "a DSA private key"),
];

fn found(found: &'static str) -> ContractKeyError {
    ContractKeyError::Unusable { found, advice: "" }
}

/// A new private key of 2048 bits.
pub(super) fn generate() -> Result<RsaPrivateKey, ContractKeyError> {
    let failed = |error: &dyn fmt::Display| ContractKeyError::NotMade(error.to_string());
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|error| failed(&error))?;
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|error| failed(&error))?;
    RsaPrivateKey::from_pkcs8_der(der.as_ref()).map_err(|error| failed(&error))
}

/// Reads the key in a text. White space, a byte-order mark and text around it do not matter, nor do line
/// ends that are written as the two characters `\n`.
pub(super) fn read(text: &str) -> Result<RsaKey, ContractKeyError> {
    // No PEM has a backslash, so this cannot change a sound one.
    let text = text.replace("\\r", "").replace("\\n", "\n");
    let (label, body) = first_key(&text)?;
    refuse_by_label(label)?;
    if is_encrypted(body) {
        return Err(ContractKeyError::Unusable { found: "an encrypted private key", advice: DECRYPT });
    }
    let compact: String = body.split_whitespace().collect();
    let der = STANDARD.decode(compact.as_bytes());
    let der = der.map_err(|_| found("a PEM block whose content is not Base64"))?;
    if label.ends_with("PUBLIC KEY") {
        let key = RsaPublicKey::from_pkcs1_der(&der).or_else(|_| RsaPublicKey::from_public_key_der(&der));
        return key
            .map(RsaKey::Public)
            .map_err(|_| found("a public key that is no RSA key, or a damaged one"));
    }
    private(&der)
}

/// Whether a header says so (RFC 1421); Base64 may spell the word by chance.
fn is_encrypted(body: &str) -> bool {
    body.lines().any(|line| line.trim_start().starts_with("Proc-Type:") && line.contains("ENCRYPTED"))
}

fn private(der: &[u8]) -> Result<RsaKey, ContractKeyError> {
    let pkcs1 = match PrivateKeyInfo::try_from(der) {
        Ok(info) => {
            let algorithm = info.algorithm.oid.to_string();
            match algorithm.as_str() {
                RSA => {}
                // The key itself is an ordinary one; its mark alone would forbid other uses.
                RSA_PSS if info.algorithm.parameters.is_none() => {}
                RSA_PSS => return Err(found("an RSA-PSS private key that is bound to one hash")),
                other => {
                    let known = OTHERS.iter().find(|(id, _)| *id == other);
                    return Err(found(
                        known.map_or("a private key of another kind than RSA", |(_, what)| what),
                    ));
                }
            }
            info.private_key
        }
        Err(_) => der,
    };
    let key = RsaPrivateKey::from_pkcs1_der(pkcs1).map(Box::new).map(RsaKey::Private);
    key.map_err(|_| found("a PEM block that does not hold an RSA key, or a damaged one"))
}

/// Label and content of the first block that is a key.
fn first_key(text: &str) -> Result<(&str, &str), ContractKeyError> {
    let (mut rest, mut other) = (text, None);
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let Some((label, body)) = after.split_once("-----") else { break };
        let end = format!("-----END {label}-----");
        let Some((content, following)) = body.split_once(end.as_str()) else {
            return Err(found("a PEM block without its END line"));
        };
        // OpenSSL puts parameters before an elliptic-curve key, others a certificate before any.
        if label.contains("KEY") {
            return Ok((label, content));
        }
        other.get_or_insert(label);
        rest = following;
    }
    Err(match other {
        Some(label) if label.contains("CERTIFICATE") => found("a certificate"),
        Some(_) => found("a PEM block that is not a key"),
        None if text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').is_empty() => {
            found("an empty text")
        }
        None => without_block(text),
    })
}

fn without_block(text: &str) -> ContractKeyError {
    let kept = |c: &char| !c.is_whitespace() && *c != '\u{feff}';
    let compact: String = text.chars().filter(kept).collect();
    match STANDARD.decode(compact.as_bytes()) {
        // Secret stores that hold bytes show them like this.
        Ok(bytes) if bytes.windows(BEGIN.len()).any(|window| window == BEGIN.as_bytes()) => {
            ContractKeyError::Unusable { found: "the Base64 form of a whole PEM text", advice: DECODE }
        }
        Ok(bytes) if private(&bytes).is_ok() || RsaPublicKey::from_public_key_der(&bytes).is_ok() => {
            found("the content of a PEM block without its BEGIN and END lines")
        }
        _ => found("a text without a PEM block"),
    }
}

fn refuse_by_label(label: &str) -> Result<(), ContractKeyError> {
    match label {
        "RSA PRIVATE KEY" | "PRIVATE KEY" | "RSA PUBLIC KEY" | "PUBLIC KEY" => Ok(()),
        "ENCRYPTED PRIVATE KEY" => {
            Err(ContractKeyError::Unusable { found: "an encrypted private key", advice: DECRYPT })
        }
        "EC PRIVATE KEY" => Err(found("an elliptic-curve private key")),
        "OPENSSH PRIVATE KEY" => Err(found("an OpenSSH private key")),
        "DSA PRIVATE KEY" => Err(found("a DSA private key")),
        _ => Err(found("a PEM block of an unknown kind")),
    }
}
