//! The contract's private key: read once, then only used to sign and decrypt.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
};
use aws_lc_rs::signature::{KeyPair, RSA_PSS_SHA512, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::crypto::der::{self, KeyForm};
use crate::error::{Error, ErrorKind, Result};

const NEEDED: &str = "needed is an unencrypted RSA private key of at least 2048 bits in PEM form, \
    -----BEGIN RSA PRIVATE KEY----- (PKCS#1) or -----BEGIN PRIVATE KEY----- (PKCS#8)";

/// An RSA private key, of 2048 bits or more.
///
/// Parsed once; cloning shares the parsed key. `Debug` shows its size only, and
/// the decoded PEM is wiped after parsing (AWS-LC wipes its own copy).
/// Signatures are PS512 with a 64-byte salt (protocol reference, crypto §1.1);
/// decryption is OAEP with SHA-1, as the file container demands (§4).
#[derive(Clone)]
pub struct PrivateKey {
    keys: Arc<Keys>,
}

struct Keys {
    signing: RsaKeyPair,
    decrypting: OaepPrivateDecryptingKey,
    /// The public half, for files only this key shall open.
    encrypting: OaepPublicEncryptingKey,
}

impl PrivateKey {
    /// Reads a PEM text, PKCS#1 or PKCS#8. Windows line ends, a byte-order mark,
    /// indentation and text around the key are accepted, and so are line ends written
    /// as the two characters `\n`, as in many `.env` files and secret stores. A key
    /// made for RSA-PSS is accepted unless it is bound to one hash.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PrivateKey`], saying what was found and what is needed, for
    /// encrypted, public, non-RSA and short keys and for anything else.
    ///
    /// ```
    /// use digime::{ErrorKind, PrivateKey};
    ///
    /// let error = PrivateKey::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")
    ///     .unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::PrivateKey);
    /// assert!(error.to_string().contains("found a public key"));
    /// ```
    pub fn from_pem(pem: &str) -> Result<Self> {
        let unescaped: Zeroizing<String>;
        // No PEM text contains a backslash, so this cannot change a sound one.
        let pem = if pem.contains('\\') {
            unescaped = Zeroizing::new(pem.replace("\\r", "").replace("\\n", "\n"));
            unescaped.as_str()
        } else {
            pem
        };
        let (label, body) = first_block(pem)?;
        refuse_by_label(label)?;
        if is_encrypted(body) {
            return Err(found("an encrypted private key").advice(DECRYPT));
        }
        let text: Zeroizing<String> =
            Zeroizing::new(body.chars().filter(|c| !c.is_ascii_whitespace()).collect());
        let der = Zeroizing::new(
            STANDARD.decode(text.as_bytes()).map_err(|_| found("a PEM block whose content is not Base64"))?,
        );
        Self::from_der(&der)
    }

    fn from_der(der: &[u8]) -> Result<Self> {
        let (pkcs1, modulus) = match der::recognise(der) {
            Some(KeyForm::RsaPrivate { pkcs1, modulus }) => (pkcs1, modulus),
            Some(KeyForm::OtherPrivate(what)) => return Err(found(what)),
            Some(KeyForm::RsaPublic { .. } | KeyForm::OtherPublic) => {
                return Err(found("a public key"));
            }
            None => return Err(found("a PEM block that does not hold a key, or a damaged one")),
        };
        let bits = der::bit_length(modulus);
        if bits < 2048 {
            return Err(found(&format!("an RSA key of {bits} bits")));
        }
        let pkcs8 = Zeroizing::new(der::wrap_pkcs8(pkcs1));
        let damaged = |_| found(&format!("an RSA key of {bits} bits whose numbers do not fit"));
        let signing = RsaKeyPair::from_der(pkcs1).map_err(damaged)?;
        let decrypting = PrivateDecryptingKey::from_pkcs8(&pkcs8).map_err(damaged)?;
        let useless = |_| found("an RSA key that cannot decrypt");
        let encrypting = OaepPublicEncryptingKey::new(decrypting.public_key()).map_err(useless)?;
        let decrypting = OaepPrivateDecryptingKey::new(decrypting).map_err(useless)?;
        Ok(Self { keys: Arc::new(Keys { signing, decrypting, encrypting }) })
    }

    /// Size of the modulus in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.keys.decrypting.key_size_bits()
    }

    /// Size of the modulus, of a signature and of an encrypted key, in bytes.
    pub(crate) fn modulus_len(&self) -> usize {
        self.keys.signing.public_modulus_len()
    }

    /// The public half, in DER.
    pub(crate) fn public(&self) -> &[u8] {
        self.keys.signing.public_key().as_ref()
    }

    /// RSASSA-PSS with SHA-512 and a salt of 64 bytes.
    pub(crate) fn sign_ps512(&self, message: &[u8]) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.modulus_len()];
        self.keys
            .signing
            .sign(&RSA_PSS_SHA512, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::new(ErrorKind::PrivateKey, "the private key failed to sign"))?;
        Ok(signature)
    }

    /// OAEP-SHA1; `None` for every failure, without saying which.
    pub(crate) fn decrypt_oaep(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let key = &self.keys.decrypting;
        let mut plain = Zeroizing::new(vec![0; key.min_output_size()]);
        let length = key.decrypt(&OAEP_SHA1_MGF1SHA1, ciphertext, &mut plain, None).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }

    /// OAEP-SHA1 with the public half.
    pub(crate) fn encrypt_oaep(&self, plain: &[u8]) -> Result<Vec<u8>> {
        let mut sealed = vec![0; self.keys.encrypting.ciphertext_size()];
        self.keys
            .encrypting
            .encrypt(&OAEP_SHA1_MGF1SHA1, plain, &mut sealed, None)
            .map_err(|_| Error::new(ErrorKind::PrivateKey, "the contract's key failed to encrypt"))?;
        Ok(sealed)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(RSA {} bits, [redacted])", self.bits())
    }
}

const DECRYPT: &str = "remove the passphrase first, for example with `openssl rsa -in KEY -out NEW`";

fn found(what: &str) -> Error {
    Error::new(ErrorKind::PrivateKey, format!("found {what}; {NEEDED}"))
}

const BEGIN: &str = "-----BEGIN ";

/// Whether a header says so (RFC 1421); Base64 may spell the word by chance.
fn is_encrypted(body: &str) -> bool {
    body.lines().any(|line| line.trim_start().starts_with("Proc-Type:") && line.contains("ENCRYPTED"))
}

/// The label and content of the first PEM block that is a key.
fn first_block(pem: &str) -> Result<(&str, &str)> {
    let mut rest = pem;
    let mut first = None;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let Some((label, body)) = after.split_once("-----") else { break };
        let end = format!("-----END {label}-----");
        let Some((content, following)) = body.split_once(end.as_str()) else {
            return Err(found("a PEM block without its END line"));
        };
        // OpenSSL puts parameters before an elliptic-curve key; skip to the key itself.
        if label.contains("KEY") {
            return Ok((label, content));
        }
        first.get_or_insert(label);
        rest = following;
    }
    Err(match first {
        Some(label) if label.contains("CERTIFICATE") => found("a certificate"),
        Some(_) => found("a PEM block that is not a key"),
        None if pem.trim().is_empty() => found("an empty text"),
        None => without_block(pem),
    })
}

/// What a text without BEGIN and END lines is.
fn without_block(text: &str) -> Error {
    let compact: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}').collect());
    match STANDARD.decode(compact.as_bytes()).map(Zeroizing::new) {
        // Secret stores that hold bytes show them like this.
        Ok(bytes) if bytes.windows(BEGIN.len()).any(|window| window == BEGIN.as_bytes()) => {
            found("the Base64 form of a whole PEM text")
                .advice("decode it once, for example with `base64 -d`")
        }
        Ok(bytes) if der::recognise(&bytes).is_some() => {
            found("the content of a PEM block without its BEGIN and END lines")
        }
        _ => found("a text without a PEM block"),
    }
}

fn refuse_by_label(label: &str) -> Result<()> {
    match label {
        "RSA PRIVATE KEY" | "PRIVATE KEY" => Ok(()),
        "ENCRYPTED PRIVATE KEY" => Err(found("an encrypted private key").advice(DECRYPT)),
        "EC PRIVATE KEY" => Err(found("an elliptic-curve private key")),
        "OPENSSH PRIVATE KEY" => Err(found("an OpenSSH private key")),
        "DSA PRIVATE KEY" => Err(found("a DSA private key")),
        label if label.ends_with("PUBLIC KEY") => Err(found("a public key")),
        _ => Err(found("a PEM block of an unknown kind")),
    }
}
