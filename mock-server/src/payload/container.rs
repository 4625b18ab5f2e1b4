//! The encrypted file container, the writer's side (protocol reference, crypto §4).
//!
//! 256 bytes of RSA-OAEP (SHA-1) with the AES key, 16 bytes of IV, then AES-256-CBC with PKCS#7
//! padding of the possibly compressed content. The SDK reads this with another implementation of
//! every part; neither knows the other's code.

use aes::cipher::{Block, BlockModeEncrypt, KeyIvInit};
use bytes::Bytes;
use digime_fixtures::Compression;
use rsa::rand_core::OsRng;
use rsa::{Oaep, RsaPublicKey};
use sha1::Sha1;
use sha2::{Digest as _, Sha512};

use crate::payload::compressing::compress;
use crate::payload::compression::Compressor;
use crate::payload::content::{Content, PIECE};
use crate::random;

type Cbc = cbc::Encryptor<aes::Aes256>;

/// What is encrypted besides the content (protocol reference, legacy/container §1 and §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ContainerForm {
    /// A SHA-512 of the compressed content, and then the content.
    Hashed,
    /// The compressed content alone.
    Plain,
}

const BLOCK: usize = 16;
/// The encrypted key and the IV, in bytes.
const HEAD: u64 = 256 + 16;

/// A container that could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContainerError {
    /// The content key could not be encrypted for the contract.
    #[error("RSA-OAEP encryption of the content key failed")]
    Key(#[from] rsa::Error),
    /// The content could not be read or compressed.
    #[error("reading or compressing the content failed: {0}")]
    Content(#[from] std::io::Error),
}

/// A container that is made piece by piece, so that a file of any size needs constant memory.
pub(crate) struct ContainerWriter {
    content: Content,
    position: u64,
    /// `None` once the last piece was made.
    compressor: Option<Compressor>,
    /// Of the whole container, in bytes; what is compressed as it is sent has none.
    length: Option<u64>,
    cipher: Cbc,
    /// What is to be encrypted next: the hash, or what of the last piece did not fill a block.
    carried: Vec<u8>,
    /// Content key and IV, until they are sent.
    head: Option<Vec<u8>>,
}

impl ContainerWriter {
    /// Starts a container for the owner of `key`.
    ///
    /// # Errors
    /// [`ContainerError::Key`] if the key cannot encrypt 32 bytes.
    pub(crate) fn new(
        content: Content,
        compression: Compression,
        form: ContainerForm,
        key: &RsaPublicKey,
    ) -> Result<Self, ContainerError> {
        let (content, compression, hash) = match form {
            ContainerForm::Plain => (content, compression, Vec::new()),
            ContainerForm::Hashed => {
                // The hash comes first, and covers what is compressed.
                let compressed = compress(&content, compression)?;
                let hash = sha512(&compressed)?;
                (compressed, Compression::None, hash)
            }
        };
        let aes_key: [u8; 32] = random::bytes();
        let iv: [u8; BLOCK] = random::bytes();
        let encrypted = content.len() + hash.len() as u64;
        let length = match compression {
            Compression::None => Some(HEAD + (encrypted / BLOCK as u64 + 1) * BLOCK as u64),
            Compression::Gzip | Compression::Brotli => None,
        };
        let mut head = key.encrypt(&mut OsRng, Oaep::new::<Sha1>(), &aes_key)?;
        head.extend_from_slice(&iv);
        Ok(Self {
            content,
            position: 0,
            compressor: Some(Compressor::new(compression)),
            length,
            cipher: Cbc::new(&aes_key.into(), &iv.into()),
            carried: hash,
            head: Some(head),
        })
    }

    /// The length of the whole container, in bytes, where it is known before it is made.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// [`ContainerError::Content`] if the content cannot be read or compressed.
    pub(crate) fn next_piece(&mut self) -> Result<Option<Bytes>, ContainerError> {
        if let Some(head) = self.head.take() {
            return Ok(Some(head.into()));
        }
        loop {
            let Some(compressor) = &mut self.compressor else { return Ok(None) };
            let plain = self.content.piece(self.position, PIECE)?;
            let compressed = compressor.write(&plain)?;
            self.position += plain.len() as u64;
            self.carried.extend_from_slice(&compressed);
            if self.position == self.content.len() {
                if let Some(compressor) = self.compressor.take() {
                    self.carried.extend_from_slice(&compressor.finish()?);
                }
                let padding = BLOCK - self.carried.len() % BLOCK;
                self.carried.resize(self.carried.len() + padding, padding as u8);
            }
            let whole = self.carried.len() / BLOCK * BLOCK;
            if whole > 0 {
                let mut piece = std::mem::take(&mut self.carried);
                self.carried = piece.split_off(whole);
                let (blocks, _) = Block::<Cbc>::slice_as_chunks_mut(&mut piece);
                self.cipher.encrypt_blocks(blocks);
                return Ok(Some(piece.into()));
            }
        }
    }

    /// The whole container.
    ///
    /// # Errors
    /// As [`ContainerWriter::next_piece`].
    pub(crate) fn into_bytes(mut self) -> Result<Bytes, ContainerError> {
        let mut whole = Vec::with_capacity(self.content.len() as usize + 512);
        while let Some(piece) = self.next_piece()? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole.into())
    }
}

fn sha512(content: &Content) -> std::io::Result<Vec<u8>> {
    let mut hash = Sha512::new();
    for piece in content.pieces() {
        hash.update(&piece?);
    }
    Ok(hash.finalize().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes::cipher::BlockModeDecrypt;
    use rsa::RsaPrivateKey;
    use rsa::pkcs1::DecodeRsaPrivateKey;
    use std::io::Read;

    fn private_key() -> RsaPrivateKey {
        RsaPrivateKey::from_pkcs1_pem(digime_fixtures::keys::READ.private_pem).unwrap()
    }

    fn made(content: &[u8], compression: Compression) -> Bytes {
        let key = private_key().to_public_key();
        ContainerWriter::new(content.to_vec().into(), compression, ContainerForm::Plain, &key)
            .unwrap()
            .into_bytes()
            .unwrap()
    }

    fn opened(container: &[u8]) -> Vec<u8> {
        let key: [u8; 32] =
            private_key().decrypt(Oaep::new::<Sha1>(), &container[..256]).unwrap().try_into().unwrap();
        let iv: [u8; 16] = container[256..272].try_into().unwrap();
        let mut body = container[272..].to_vec();
        cbc::Decryptor::<aes::Aes256>::new(&key.into(), &iv.into())
            .decrypt_padded::<aes::cipher::block_padding::Pkcs7>(&mut body)
            .unwrap()
            .to_vec()
    }

    #[test]
    fn a_container_has_the_size_that_the_reference_gives() {
        for length in [0, 1, 15, 16, 17, 356, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5] {
            let content = vec![b'x'; length];
            let container = made(&content, Compression::None);
            assert_eq!(container.len(), 272 + 16 * (length / 16 + 1), "{length}");
            assert_eq!(opened(&container), content, "{length}");
        }
    }

    #[test]
    fn compressed_content_unpacks_to_the_same_bytes() {
        let content: Vec<u8> = (0..200_000_u32).flat_map(|i| (i % 1000).to_le_bytes()).collect();
        let mut unpacked = Vec::new();
        let gzip = opened(&made(&content, Compression::Gzip));
        flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut unpacked).unwrap();
        assert!(unpacked == content && gzip.len() < content.len() / 2);
        unpacked.clear();
        let brotli = opened(&made(&content, Compression::Brotli));
        brotli::Decompressor::new(&brotli[..], 4096).read_to_end(&mut unpacked).unwrap();
        assert!(unpacked == content && brotli.len() < content.len() / 2);
    }

    #[test]
    fn the_hash_of_older_containers_covers_the_compressed_content() {
        let content = vec![b'x'; PIECE + 1];
        let key = private_key().to_public_key();
        for compression in [Compression::None, Compression::Gzip] {
            let form = ContainerForm::Hashed;
            let writer = ContainerWriter::new(content.clone().into(), compression, form, &key).unwrap();
            let plain = opened(&writer.into_bytes().unwrap());
            let (hash, payload) = plain.split_at(64);
            assert_eq!(hash, Sha512::digest(payload).as_slice());
            let unpacked = match compression {
                Compression::None => payload.to_vec(),
                _ => {
                    let mut unpacked = Vec::new();
                    flate2::read::GzDecoder::new(payload).read_to_end(&mut unpacked).unwrap();
                    unpacked
                }
            };
            assert!(unpacked == content, "{compression:?}");
        }
    }

    #[test]
    fn every_container_has_its_own_key_and_iv() {
        let (one, other) = (made(b"same", Compression::None), made(b"same", Compression::None));
        assert_ne!(one[..256], other[..256]);
        assert_ne!(one[256..272], other[256..272]);
        assert_ne!(one[272..], other[272..]);
    }
}
