//! The encrypted file container, read as a stream
//! (protocol reference, crypto §4).
//!
//! RSA-OAEP encrypted AES key, 16 bytes IV, then AES-256-CBC with PKCS#7
//! padding. There is no MAC: content is only as trustworthy as its connection.

use aws_lc_rs::cipher::{
    AES_256, AES_256_KEY_LEN, DecryptionContext, StreamingDecryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use bytes::Bytes;

use crate::crypto::private_key::PrivateKey;
use crate::error::{Error, ErrorKind, Result};

const BLOCK: usize = 16;

/// Turns the pieces of a container into plain bytes, which may still be compressed.
pub(crate) trait Open: Send {
    /// Opens a further piece, appending plain bytes to `out`.
    fn push(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<()>;

    /// Checks the end of the container and appends the last plain bytes.
    fn finish(self: Box<Self>, out: &mut Vec<u8>) -> Result<()>;
}

/// Decrypts a container piece by piece.
pub(crate) struct Decryptor {
    key: PrivateKey,
    /// Encrypted key and IV, until they are complete.
    head: Vec<u8>,
    body: Option<StreamingDecryptingKey>,
    /// Bytes of encrypted content seen.
    seen: u64,
}

impl Decryptor {
    pub(crate) fn new(key: PrivateKey) -> Self {
        Self { key, head: Vec::new(), body: None, seen: 0 }
    }

    fn head_len(&self) -> usize {
        self.key.modulus_len() + BLOCK
    }

    fn open(&self) -> Option<StreamingDecryptingKey> {
        let (sealed, iv) = self.head.split_at(self.key.modulus_len());
        let aes = self.key.decrypt_oaep(sealed)?;
        if aes.len() != AES_256_KEY_LEN {
            return None;
        }
        let key = UnboundCipherKey::new(&AES_256, &aes).ok()?;
        let iv = FixedLength::<BLOCK>::try_from(iv).ok()?;
        StreamingDecryptingKey::cbc_pkcs7(key, DecryptionContext::Iv128(iv)).ok()
    }
}

impl Open for Decryptor {
    fn push(&mut self, mut input: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if self.body.is_none() {
            let missing = self.head_len() - self.head.len();
            let (head, rest) = input.split_at(missing.min(input.len()));
            self.head.extend_from_slice(head);
            input = rest;
            if self.head.len() < self.head_len() {
                return Ok(());
            }
            self.body = Some(self.open().ok_or_else(failed)?);
        }
        let Some(body) = &mut self.body else { return Err(failed()) };
        self.seen += input.len() as u64;
        let start = out.len();
        out.resize(start + input.len() + BLOCK, 0);
        let update = body.update(input, &mut out[start..]).map_err(|_| failed())?;
        let written = update.written().len();
        out.truncate(start + written);
        Ok(())
    }

    fn finish(self: Box<Self>, out: &mut Vec<u8>) -> Result<()> {
        let body = self.body.ok_or_else(failed)?;
        if self.seen == 0 || !self.seen.is_multiple_of(BLOCK as u64) {
            return Err(failed());
        }
        let start = out.len();
        out.resize(start + BLOCK, 0);
        let written = body.finish(&mut out[start..]).map_err(|_| failed())?.written().len();
        out.truncate(start + written);
        Ok(())
    }
}

/// One error for every reason: telling them apart would help to forge.
pub(crate) fn failed() -> Error {
    Error::new(ErrorKind::Decrypt, "the file could not be decrypted").advice(
        "it is damaged, or was encrypted for another contract's key: check that the private key \
         belongs to the contract",
    )
}

impl PrivateKey {
    /// Decrypts a whole container, as it is downloaded or stored. The result may
    /// still be compressed (protocol reference, crypto §4–5).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decrypt`], without saying why, for anything that is not a
    /// sound container for this key.
    pub fn decrypt_container(&self, container: &[u8]) -> Result<Bytes> {
        let mut plain = Vec::with_capacity(container.len());
        let mut decryptor = Decryptor::new(self.clone());
        decryptor.push(container, &mut plain)?;
        Box::new(decryptor).finish(&mut plain)?;
        Ok(Bytes::from(plain))
    }
}
