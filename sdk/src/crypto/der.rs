//! Just enough DER to tell RSA keys apart: tag, length, content.

/// OID 1.2.840.113549.1.1.1, `rsaEncryption`.
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// OID 1.2.840.113549.1.1.10, `id-RSASSA-PSS`.
const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];

/// Algorithms of private keys that people have lying about, by OID.
const OTHER_ALGORITHMS: [(&[u8], &str); 5] = [
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01], "an elliptic-curve private key"),
    (&[0x2b, 0x65, 0x70], "an Ed25519 private key"),
    (&[0x2b, 0x65, 0x71], "an Ed448 private key"),
    (&[0x2b, 0x65, 0x6e], "an X25519 private key"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01], "a DSA private key"),
];

/// OID 1.2.826.0.1.6861219.1, the extension that holds a contract
/// (protocol reference, crypto §7).
pub(crate) const CONTRACT_DOCUMENT: &[u8] = &[0x2a, 0x86, 0x3a, 0x00, 0x01, 0x83, 0xa2, 0xe3, 0x23, 0x01];

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_ID: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;
const SEQUENCE: u8 = 0x30;
/// `[3]` of a certificate: its extensions.
const EXTENSIONS: u8 = 0xa3;

/// What a DER key turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum KeyForm<'a> {
    /// `RSAPrivateKey` (PKCS#1) with its modulus.
    RsaPrivate { pkcs1: &'a [u8], modulus: &'a [u8] },
    /// A private key that cannot serve, and what it is.
    OtherPrivate(&'static str),
    /// `RSAPublicKey` or `SubjectPublicKeyInfo` of an RSA key.
    RsaPublic { modulus: &'a [u8], exponent: &'a [u8] },
    /// A public key of another algorithm.
    OtherPublic,
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let length = match first {
            0..=0x7f => usize::from(first),
            0x81..=0x83 => {
                let (bytes, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
                rest = after;
                bytes.iter().fold(0usize, |sum, byte| (sum << 8) | usize::from(*byte))
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    fn expect(&mut self, wanted: u8) -> Option<&'a [u8]> {
        let (tag, content) = self.next()?;
        (tag == wanted).then_some(content)
    }

    /// An unsigned integer without its leading zero bytes.
    fn unsigned(&mut self) -> Option<&'a [u8]> {
        let content = self.expect(INTEGER)?;
        if content.is_empty() || content[0] & 0x80 != 0 {
            return None;
        }
        Some(strip_zeros(content))
    }
}

pub(crate) fn strip_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// Number of significant bits of an unsigned big-endian number.
pub(crate) fn bit_length(number: &[u8]) -> usize {
    let number = strip_zeros(number);
    number.first().map_or(0, |top| number.len() * 8 - top.leading_zeros() as usize)
}

/// Recognises the four forms of RSA keys and their non-RSA siblings.
pub(crate) fn recognise(der: &[u8]) -> Option<KeyForm<'_>> {
    let mut outer = Reader(der);
    let body = outer.expect(SEQUENCE)?;
    // Nothing may follow: a second structure would be silently ignored.
    if !outer.0.is_empty() {
        return None;
    }
    match *body.first()? {
        INTEGER => private_or_pkcs1_public(der, body),
        SEQUENCE => subject_public_key_info(body),
        _ => None,
    }
}

fn private_or_pkcs1_public<'a>(der: &'a [u8], body: &'a [u8]) -> Option<KeyForm<'a>> {
    let mut reader = Reader(body);
    let first = reader.unsigned()?;
    let rest = Reader(reader.0).next()?.0;
    if rest == SEQUENCE {
        let algorithm = reader.expect(SEQUENCE)?;
        if let Some(other) = unsuitable(algorithm)? {
            return Some(KeyForm::OtherPrivate(other));
        }
        let pkcs1 = reader.expect(OCTET_STRING)?;
        return match recognise(pkcs1)? {
            form @ KeyForm::RsaPrivate { .. } => Some(form),
            _ => None,
        };
    }
    if rest == OCTET_STRING {
        // SEC 1 `ECPrivateKey` starts with version 1 and an octet string.
        return Some(KeyForm::OtherPrivate("an elliptic-curve private key"));
    }
    let second = reader.unsigned()?;
    if reader.0.is_empty() {
        return Some(KeyForm::RsaPublic { modulus: first, exponent: second });
    }
    Some(KeyForm::RsaPrivate { pkcs1: der, modulus: second })
}

/// What a key of this `AlgorithmIdentifier` is, unless it can serve.
fn unsuitable(algorithm: &[u8]) -> Option<Option<&'static str>> {
    let mut reader = Reader(algorithm);
    let id = reader.expect(OBJECT_ID)?;
    if id == RSA_ENCRYPTION {
        return Some(None);
    }
    if id == RSASSA_PSS {
        // Without parameters (RFC 4055 §3.1) the key may sign with any hash, and its
        // numbers are those of any RSA key. With parameters it is bound to a hash
        // that need not be SHA-512.
        let bound = !reader.0.is_empty();
        return Some(bound.then_some("an RSA-PSS private key that is bound to one hash by its parameters"));
    }
    let known = OTHER_ALGORITHMS.iter().find(|(oid, _)| *oid == id);
    Some(Some(known.map_or("a private key of another kind than RSA", |(_, what)| what)))
}

fn subject_public_key_info(body: &[u8]) -> Option<KeyForm<'_>> {
    let mut reader = Reader(body);
    let algorithm = reader.expect(SEQUENCE)?;
    if Reader(algorithm).expect(OBJECT_ID)? != RSA_ENCRYPTION {
        return Some(KeyForm::OtherPublic);
    }
    let bits = reader.expect(BIT_STRING)?;
    let (&unused, key) = bits.split_first()?;
    if unused != 0 {
        return None;
    }
    match recognise(key)? {
        form @ KeyForm::RsaPublic { .. } => Some(form),
        _ => None,
    }
}

/// The value of an extension of an X.509 certificate. Nothing else is looked at.
pub(crate) fn extension<'a>(certificate: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    let mut signed = Reader(Reader(Reader(certificate).expect(SEQUENCE)?).expect(SEQUENCE)?);
    let extensions = loop {
        if let (EXTENSIONS, content) = signed.next()? {
            break content;
        }
    };
    let mut all = Reader(Reader(extensions).expect(SEQUENCE)?);
    loop {
        let mut one = Reader(all.expect(SEQUENCE)?);
        if one.expect(OBJECT_ID)? == wanted {
            // Whether it is critical may be said before the value.
            return loop {
                if let (OCTET_STRING, content) = one.next()? {
                    break Some(content);
                }
            };
        }
    }
}

/// The content of a DER text, if that is all there is.
pub(crate) fn string(der: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader(der);
    match reader.next()? {
        (UTF8_STRING | PRINTABLE_STRING | IA5_STRING | OCTET_STRING, content) if reader.0.is_empty() => {
            Some(content)
        }
        _ => None,
    }
}

/// Wraps a PKCS#1 private key into PKCS#8, the only form AWS-LC's decryption reads.
pub(crate) fn wrap_pkcs8(pkcs1: &[u8]) -> Vec<u8> {
    let algorithm =
        [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let mut body = Vec::with_capacity(pkcs1.len() + 32);
    body.extend_from_slice(&[INTEGER, 1, 0]);
    body.extend_from_slice(&algorithm);
    push_header(&mut body, OCTET_STRING, pkcs1.len());
    body.extend_from_slice(pkcs1);
    let mut der = Vec::with_capacity(body.len() + 8);
    push_header(&mut der, SEQUENCE, body.len());
    der.append(&mut body);
    der
}

fn push_header(out: &mut Vec<u8>, tag: u8, length: usize) {
    out.push(tag);
    let bytes = length.to_be_bytes();
    if length < 0x80 {
        out.push(bytes[bytes.len() - 1]);
    } else {
        let digits = strip_zeros(&bytes);
        out.push(0x80 | digits.len().to_be_bytes()[size_of::<usize>() - 1]);
        out.extend_from_slice(digits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `RSAPublicKey` of two numbers whose top bits are set, or clear.
    fn public_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        for number in [modulus, exponent] {
            let sign = usize::from(number[0] & 0x80 != 0);
            push_header(&mut body, INTEGER, number.len() + sign);
            body.extend_from_slice(&[0][..sign]);
            body.extend_from_slice(number);
        }
        let mut der = Vec::new();
        push_header(&mut der, SEQUENCE, body.len());
        der.extend_from_slice(&body);
        der
    }

    #[test]
    fn public_keys_survive_a_round_trip() {
        let modulus = [0xffu8; 256];
        let der = public_key(&modulus, &[1, 0, 1]);
        assert_eq!(recognise(&der), Some(KeyForm::RsaPublic { modulus: &modulus, exponent: &[1, 0, 1] }));
        assert_eq!(bit_length(&modulus), 2048);
        assert_eq!(bit_length(&[0, 1, 0, 1]), 17);
    }

    #[test]
    fn every_truncation_is_refused() {
        let der = public_key(&[0x91; 256], &[1, 0, 1]);
        for length in 0..der.len() {
            assert_eq!(recognise(&der[..length]), None, "{length} bytes");
        }
        let mut longer = der;
        longer.push(0);
        assert_eq!(recognise(&longer), None);
    }

    #[test]
    fn lengths_beyond_the_input_are_refused() {
        for head in [&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff][..], &[0x30, 0x80], &[0x30, 0x83, 0xff]] {
            assert_eq!(recognise(head), None);
        }
    }
}
