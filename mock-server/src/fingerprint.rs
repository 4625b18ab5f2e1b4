//! What tells secrets apart without keeping them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// 128 bits of a hash: enough to know a secret again, useless to whoever reads the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Fingerprint([u8; 16]);

/// A text is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is 32 hexadecimal digits")]
pub(crate) struct NoFingerprint;

impl Fingerprint {
    /// The fingerprint of texts in this order.
    pub(crate) fn of(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
            hash.update([0]);
        }
        Self::of_bytes(&hash.finalize())
    }

    /// The fingerprint that a hash begins with.
    pub(crate) fn of_bytes(hash: &[u8]) -> Self {
        let mut first = [0; 16];
        first.iter_mut().zip(hash).for_each(|(to, from)| *to = *from);
        Self(first)
    }

    /// Its bytes, to be compared in constant time.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number =
            u128::from_str_radix(text, 16).ok().filter(|_| text.len() == 32 && !text.starts_with('+'));
        number.map(|number| Self(number.to_be_bytes())).ok_or(NoFingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fingerprint, NoFingerprint};

    #[test]
    fn the_border_between_texts_matters() {
        assert_eq!(Fingerprint::of(&["a", "b"]), Fingerprint::of(&["a", "b"]));
        assert_ne!(Fingerprint::of(&["a", "b"]), Fingerprint::of(&["ab", ""]));
    }

    #[test]
    fn a_fingerprint_is_read_back_from_its_text() {
        for fingerprint in
            [Fingerprint::of(&["a"]), Fingerprint::of_bytes(&[0, 1]), Fingerprint::of_bytes(&[])]
        {
            assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        }
        for text in ["", "12", "+0000000000000000000000000000000", "0000000000000000000000000000000x"] {
            assert_eq!(text.parse::<Fingerprint>(), Err(NoFingerprint), "{text}");
        }
    }
}
