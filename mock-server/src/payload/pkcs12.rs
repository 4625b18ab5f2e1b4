//! A private key with its certificate in a password-protected file, PKCS#12 (RFC 7292), in the encryption that
//! clients of 2012 to 2019 open: 3DES with a key derived by SHA-1. It protects nothing, and need not: the keys
//! of a mock server are public.

use aes::cipher::{Block, BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, Mac};
use rsa::pkcs8::ObjectIdentifier;
use sha1::{Digest, Sha1};

use crate::random;

type TripleDes = cbc::Encryptor<des::TdesEde3>;

/// As many as OpenSSL and Java use.
const ITERATIONS: u16 = 2048;
/// The block of 3DES, in bytes.
const BLOCK: usize = 8;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const PBE_SHA1_3DES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3");
const KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERTIFICATE_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const X509: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");

/// Tags of ASN.1 (ITU-T X.690).
mod tag {
    pub(super) const INTEGER: u8 = 0x02;
    pub(super) const OCTETS: u8 = 0x04;
    pub(super) const NULL: u8 = 0x05;
    pub(super) const OBJECT: u8 = 0x06;
    pub(super) const BMP: u8 = 0x1e;
    pub(super) const SEQUENCE: u8 = 0x30;
    pub(super) const SET: u8 = 0x31;
    /// `[0]` around a value.
    pub(super) const EXPLICIT: u8 = 0xa0;
    /// `[0]` instead of the tag of a string of bytes.
    pub(super) const IMPLICIT: u8 = 0x80;
}

/// What a derived value is for (RFC 7292, appendix B.3).
#[derive(Clone, Copy)]
enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// A file with a key (PKCS#8 DER) and its certificate (DER), under a name.
pub(crate) fn write(key: &[u8], certificate: &[u8], name: &str, password: &str) -> Vec<u8> {
    let password = bmp(password, true);
    let key_id = Sha1::digest(certificate).to_vec();
    let attributes = attributes(name, &key_id);

    let certificate = explicit(&octets(certificate));
    let certificate = sequence(&[&object(X509), &certificate]);
    let certificates = sequence(&[&bag(CERTIFICATE_BAG, &certificate, &attributes)]);
    let (algorithm, encrypted) = encrypt(&certificates, &password);
    let encrypted = element(tag::IMPLICIT, &encrypted);
    let content = sequence(&[&object(DATA), &algorithm, &encrypted]);
    let certificates = sequence(&[&integer(0), &content]);
    let certificates = sequence(&[&object(ENCRYPTED_DATA), &explicit(&certificates)]);

    let (algorithm, encrypted) = encrypt(key, &password);
    let key = sequence(&[&algorithm, &octets(&encrypted)]);
    let keys = data(&sequence(&[&bag(KEY_BAG, &key, &attributes)]));

    let safe = sequence(&[&keys, &certificates]);
    sequence(&[&integer(3), &data(&safe), &mac(&safe, &password)])
}

/// `ContentInfo` of plain bytes.
fn data(content: &[u8]) -> Vec<u8> {
    sequence(&[&object(DATA), &explicit(&octets(content))])
}

fn bag(kind: ObjectIdentifier, value: &[u8], attributes: &[u8]) -> Vec<u8> {
    sequence(&[&object(kind), &explicit(value), attributes])
}

fn attributes(name: &str, key_id: &[u8]) -> Vec<u8> {
    let attribute =
        |kind: ObjectIdentifier, value: &[u8]| sequence(&[&object(kind), &element(tag::SET, value)]);
    let mut both = [
        attribute(FRIENDLY_NAME, &element(tag::BMP, &bmp(name, false))),
        attribute(LOCAL_KEY_ID, &octets(key_id)),
    ];
    // DER has a set in the order of its encodings.
    both.sort();
    element(tag::SET, &both.concat())
}

/// The algorithm with its parameters, and the encrypted bytes.
fn encrypt(plain: &[u8], password: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let salt: [u8; BLOCK] = random::bytes();
    let key: [u8; 24] = derive(Purpose::Key, password, &salt);
    let iv: [u8; BLOCK] = derive(Purpose::Iv, password, &salt);
    let mut bytes = plain.to_vec();
    let padding = BLOCK - plain.len() % BLOCK;
    bytes.resize(plain.len() + padding, padding as u8);
    let mut cipher = TripleDes::new(&key.into(), &iv.into());
    let (blocks, _) = Block::<TripleDes>::slice_as_chunks_mut(&mut bytes);
    cipher.encrypt_blocks(blocks);
    let parameters = sequence(&[&octets(&salt), &integer(ITERATIONS)]);
    (sequence(&[&object(PBE_SHA1_3DES), &parameters]), bytes)
}

fn mac(safe: &[u8], password: &[u8]) -> Vec<u8> {
    let salt: [u8; BLOCK] = random::bytes();
    let key: [u8; 20] = derive(Purpose::Mac, password, &salt);
    // A key of any length is fit for HMAC.
    let digest = Hmac::<Sha1>::new_from_slice(&key).map(|mac| mac.chain_update(safe).finalize().into_bytes());
    let algorithm = sequence(&[&object(SHA1), &element(tag::NULL, &[])]);
    let digest = sequence(&[&algorithm, &octets(&digest.unwrap_or_default())]);
    sequence(&[&digest, &octets(&salt), &integer(ITERATIONS)])
}

/// Derives key, IV or MAC key from a password (RFC 7292, appendix B.2, with SHA-1).
fn derive<const N: usize>(purpose: Purpose, password: &[u8], salt: &[u8]) -> [u8; N] {
    /// The block of SHA-1, in bytes.
    const V: usize = 64;
    let filled = |text: &[u8]| repeated(text, text.len().div_ceil(V) * V);
    let mut input = [filled(salt), filled(password)].concat();
    let mut derived = Vec::with_capacity(N + 20);
    while derived.len() < N {
        let mut hash = Sha1::new().chain_update([purpose as u8; V]).chain_update(&input).finalize();
        for _ in 1..ITERATIONS {
            hash = Sha1::digest(hash);
        }
        derived.extend_from_slice(&hash);
        let addend = repeated(&hash, V);
        for block in input.chunks_exact_mut(V) {
            // block + addend + 1, as numbers of 64 bytes.
            let mut carry = 1u16;
            for (byte, more) in block.iter_mut().zip(&addend).rev() {
                let sum = u16::from(*byte) + u16::from(*more) + carry;
                *byte = sum as u8;
                carry = sum >> 8;
            }
        }
    }
    let mut bytes = [0; N];
    bytes.copy_from_slice(&derived[..N]);
    bytes
}

fn repeated(bytes: &[u8], length: usize) -> Vec<u8> {
    bytes.iter().copied().cycle().take(length).collect()
}

/// UTF-16, as PKCS#12 has names and passwords; passwords end in a zero.
fn bmp(text: &str, terminated: bool) -> Vec<u8> {
    let end = terminated.then_some(0);
    text.encode_utf16().chain(end).flat_map(u16::to_be_bytes).collect()
}

fn object(id: ObjectIdentifier) -> Vec<u8> {
    element(tag::OBJECT, id.as_bytes())
}

fn octets(bytes: &[u8]) -> Vec<u8> {
    element(tag::OCTETS, bytes)
}

fn explicit(content: &[u8]) -> Vec<u8> {
    element(tag::EXPLICIT, content)
}

/// A small number, which is positive.
fn integer(number: u16) -> Vec<u8> {
    let [high, low] = number.to_be_bytes();
    match high {
        0 if low < 0x80 => element(tag::INTEGER, &[low]),
        _ => element(tag::INTEGER, &[high, low]),
    }
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(tag::SEQUENCE, &parts.concat())
}

/// A tag, the length, the content (DER).
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut element = vec![tag];
    match length {
        0..0x80 => element.push(length as u8),
        _ => {
            let bytes = length.to_be_bytes();
            let bytes = &bytes[length.leading_zeros() as usize / 8..];
            element.push(0x80 | bytes.len() as u8);
            element.extend_from_slice(bytes);
        }
    }
    element.extend_from_slice(content);
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_numbers_are_as_short_as_can_be() {
        assert_eq!(element(4, &[1; 3]), [4, 3, 1, 1, 1]);
        assert_eq!(element(4, &[0; 0x80])[..3], [4, 0x81, 0x80]);
        assert_eq!(element(4, &[0; 0x1234])[..4], [4, 0x82, 0x12, 0x34]);
        assert_eq!(integer(3), [2, 1, 3]);
        assert_eq!(integer(2048), [2, 2, 8, 0]);
    }
}
