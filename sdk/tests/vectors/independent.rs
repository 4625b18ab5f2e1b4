//! Cryptography independent of the SDK's: RSA, AES and SHA in pure Rust.

use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::pkcs8::DecodePublicKey;
use rsa::pss::{Signature, VerifyingKey};
use rsa::signature::Verifier;
use rsa::{BigUint, Oaep, RsaPrivateKey, RsaPublicKey};
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::support::{unb64, vector};
use crate::{all_files, read_json, read_text};

pub(crate) fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

pub(crate) fn private_key(file: &str) -> RsaPrivateKey {
    RsaPrivateKey::from_pkcs1_pem(&read_text(file)).unwrap()
}

pub(crate) fn public_key(file: &str) -> RsaPublicKey {
    let pem = read_text(file);
    RsaPublicKey::from_pkcs1_pem(&pem).or_else(|_| RsaPublicKey::from_public_key_pem(&pem)).unwrap()
}

/// The header and payload of a token whose PS512 signature is right.
pub(crate) fn verified(token: &str, key: &RsaPublicKey) -> (Value, String) {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = Signature::try_from(unb64(signature).as_slice()).unwrap();
    let key = VerifyingKey::<Sha512>::new_with_salt_len(key.clone(), 64);
    key.verify(message.as_bytes(), &signature).expect("the signature");
    let (header, payload) = message.split_once('.').unwrap();
    let header = serde_json::from_slice(&unb64(header)).unwrap();
    (header, String::from_utf8(unb64(payload)).unwrap())
}

pub(crate) fn aes_decrypt(key: &[u8], iv: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(key, iv).unwrap();
    let mut plain = body.to_vec();
    let length = cipher.decrypt_padded::<Pkcs7>(&mut plain).ok()?.len();
    plain.truncate(length);
    Some(plain)
}

/// An opened container (protocol reference, crypto §4).
pub(crate) struct Opened {
    pub(crate) key: Vec<u8>,
    pub(crate) iv: Vec<u8>,
    pub(crate) content: Vec<u8>,
}

pub(crate) fn open(container: &[u8], key: &RsaPrivateKey) -> Opened {
    let aes = key.decrypt(Oaep::new::<Sha1>(), &container[..256]).unwrap();
    let iv = container[256..272].to_vec();
    let content = aes_decrypt(&aes, &iv, &container[272..]).expect("the padding");
    Opened { key: aes, iv, content }
}

pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

pub(crate) fn sha512(bytes: &[u8]) -> Vec<u8> {
    Sha512::digest(bytes).to_vec()
}

pub(crate) async fn checksums_hold() {
    let mut listed = 0;
    for line in read_text("SHA256SUMS").lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        assert_eq!(sha256(&vector(name)), hex(sum), "{name}");
        listed += 1;
    }
    assert_eq!(listed + 1, all_files().len());
}

pub(crate) async fn key_pairs_belong_together() {
    for (private, publics) in [
        ("contract-private.pem", &["contract-public-pkcs1.pem", "contract-public-spki.pem"][..]),
        ("server-private.pem", &["server-public-pkcs1.pem", "server-public-spki.pem"]),
        ("legacy/contract-private-key.pem", &["legacy/contract-public-key.pem"]),
        ("legacy/server-private-key.pem", &["legacy/server-public-key.pem"]),
        ("legacy/postbox-private-key.pem", &["legacy/postbox-public-key.pem"]),
    ] {
        let expected = private_key(private).to_public_key();
        for public in publics {
            assert_eq!(public_key(public), expected, "{public}");
        }
        assert_eq!(digime::PrivateKey::from_pem(&read_text(private)).unwrap().bits(), 2048);
    }
    for (set, public) in
        [("jwks.json", "server-public-spki.pem"), ("legacy/jwks-oauth.json", "legacy/server-public-key.pem")]
    {
        let entry = &read_json(set)["keys"][0];
        let number = |name: &str| BigUint::from_bytes_be(&unb64(entry[name].as_str().unwrap()));
        let expected = public_key(public);
        assert_eq!(RsaPublicKey::new(number("n"), number("e")).unwrap(), expected);
        assert_eq!(RsaPublicKey::from_pkcs1_pem(entry["pem"].as_str().unwrap()).unwrap(), expected);
    }
}
