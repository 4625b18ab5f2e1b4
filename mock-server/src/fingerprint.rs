//! What tells secrets apart without keeping them.

use sha2::{Digest, Sha256};

/// 128 bits of a hash: enough to know a secret again, useless to whoever reads the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint(u128);

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
        Self(hash.iter().take(16).fold(0, |key, byte| key << 8 | u128::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    #[test]
    fn the_border_between_texts_matters() {
        assert_eq!(Fingerprint::of(&["a", "b"]), Fingerprint::of(&["a", "b"]));
        assert_ne!(Fingerprint::of(&["a", "b"]), Fingerprint::of(&["ab", ""]));
    }
}
