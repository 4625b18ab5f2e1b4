//! The container with a hash: `SHA-512(payload) ‖ payload` in the encrypted content
//! (protocol reference, legacy/container §1).

use aws_lc_rs::digest::{Context, SHA512, SHA512_OUTPUT_LEN};
use subtle::ConstantTimeEq;

use crate::crypto::container::{Decryptor, Open, failed};
use crate::crypto::private_key::PrivateKey;
use crate::error::Result;

/// Decrypts a container piece by piece, and checks its hash at the end. Payload is
/// given out before that, so only the end without an error vouches for it.
pub(crate) struct HashedDecryptor {
    decryptor: Decryptor,
    /// The hash the container claims, until it is complete.
    claimed: Vec<u8>,
    digest: Context,
}

impl HashedDecryptor {
    pub(crate) fn new(key: PrivateKey) -> Self {
        Self {
            decryptor: Decryptor::new(key),
            claimed: Vec::with_capacity(SHA512_OUTPUT_LEN),
            digest: Context::new(&SHA512),
        }
    }

    /// The payload of a whole container; it may still be compressed.
    pub(crate) fn open(key: PrivateKey, container: &[u8]) -> Result<Vec<u8>> {
        let mut opening = Self::new(key);
        let mut payload = Vec::with_capacity(container.len());
        opening.push(container, &mut payload)?;
        Box::new(opening).finish(&mut payload)?;
        Ok(payload)
    }

    /// Takes the hash out of what was decrypted, and hashes the rest.
    fn take(claimed: &mut Vec<u8>, digest: &mut Context, out: &mut Vec<u8>, start: usize) {
        let missing = SHA512_OUTPUT_LEN - claimed.len();
        let end = start + missing.min(out.len() - start);
        claimed.extend(out.drain(start..end));
        digest.update(&out[start..]);
    }
}

impl Open for HashedDecryptor {
    fn push(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        self.decryptor.push(input, out)?;
        Self::take(&mut self.claimed, &mut self.digest, out, start);
        Ok(())
    }

    fn finish(self: Box<Self>, out: &mut Vec<u8>) -> Result<()> {
        let Self { decryptor, mut claimed, mut digest } = *self;
        let start = out.len();
        Box::new(decryptor).finish(out)?;
        Self::take(&mut claimed, &mut digest, out, start);
        // A container without room for a hash ends here too: fewer than 352 bytes with
        // a key of 2048 bits leave fewer than 64 of content.
        let same = digest.finish().as_ref().ct_eq(&claimed);
        if bool::from(same) { Ok(()) } else { Err(failed()) }
    }
}
