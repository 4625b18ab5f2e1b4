//! What is pushed to a postbox: a file and what describes it, encrypted with one key and one IV, and the
//! key encrypted for the postbox (protocol reference, legacy/container §6).

use aes::cipher::{Block, BlockModeDecrypt, KeyIvInit};
use rsa::{Oaep, RsaPrivateKey};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::payload::content::{Content, ContentWriter};

type Cbc = cbc::Decryptor<aes::Aes256>;

const BLOCK: usize = 16;

/// Why a push cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    /// RSA does not open the key.
    #[error("it is not encrypted with RSA-OAEP (SHA-1) for the public key of this postbox")]
    Key,
    /// What RSA opens is no AES-256 key.
    #[error("the decrypted key has {0} bytes; expected the 32 of AES-256")]
    KeyLength(usize),
    /// AES-CBC makes no ciphertext of such a length.
    #[error("the ciphertext has {0} bytes; expected a multiple of 16, and at least 16")]
    Length(u64),
    /// Key, IV or ciphertext are not those of the sender.
    #[error("the padding is not that of PKCS#7: another key or IV, or damaged")]
    Padding,
    /// The opened file cannot be kept.
    #[error("the file could not be stored: {0}")]
    Store(#[from] std::io::Error),
}

/// The AES key and the IV of one push.
pub(crate) struct PushKey {
    key: [u8; 32],
    iv: [u8; BLOCK],
}

impl PushKey {
    /// Opens the key of a push with the postbox's own.
    ///
    /// # Errors
    /// [`SealError::Key`] or [`SealError::KeyLength`].
    pub(crate) fn open(sealed: &[u8], iv: [u8; BLOCK], postbox: &RsaPrivateKey) -> Result<Self, SealError> {
        let key = postbox.decrypt(Oaep::new::<Sha1>(), sealed).map_err(|_| SealError::Key)?;
        let key = key.try_into().map_err(|key: Vec<u8>| SealError::KeyLength(key.len()))?;
        Ok(Self { key, iv })
    }

    /// Decrypts something short.
    ///
    /// # Errors
    /// [`SealError::Length`] or [`SealError::Padding`].
    pub(crate) fn decrypt(&self, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut decryptor = self.decryptor();
        let mut plain = decryptor.update(sealed);
        plain.extend(decryptor.finish()?);
        Ok(plain)
    }

    /// Takes in a file that is encrypted with the key.
    pub(crate) fn file(&self) -> FileOpener {
        FileOpener { decryptor: self.decryptor(), digest: Sha256::new(), writer: ContentWriter::new() }
    }

    fn decryptor(&self) -> Decryptor {
        Decryptor { cipher: Cbc::new(&self.key.into(), &self.iv.into()), carried: Vec::new(), taken: 0 }
    }
}

/// Decrypts piece by piece. The last block waits until it is known to be the last: it holds the padding.
struct Decryptor {
    cipher: Cbc,
    carried: Vec<u8>,
    taken: u64,
}

impl Decryptor {
    fn update(&mut self, sealed: &[u8]) -> Vec<u8> {
        self.taken += sealed.len() as u64;
        self.carried.extend_from_slice(sealed);
        let whole = self.carried.len().saturating_sub(1) / BLOCK * BLOCK;
        let mut plain = std::mem::take(&mut self.carried);
        self.carried = plain.split_off(whole);
        let (blocks, _) = Block::<Cbc>::slice_as_chunks_mut(&mut plain);
        self.cipher.decrypt_blocks(blocks);
        plain
    }

    fn finish(mut self) -> Result<Vec<u8>, SealError> {
        let mut last = std::mem::take(&mut self.carried);
        if last.len() != BLOCK {
            return Err(SealError::Length(self.taken));
        }
        let (blocks, _) = Block::<Cbc>::slice_as_chunks_mut(&mut last);
        self.cipher.decrypt_blocks(blocks);
        let padding = last.last().map_or(0, |byte| usize::from(*byte));
        let plain = BLOCK.checked_sub(padding).filter(|_| padding > 0).ok_or(SealError::Padding)?;
        if last[plain..].iter().any(|byte| usize::from(*byte) != padding) {
            return Err(SealError::Padding);
        }
        last.truncate(plain);
        Ok(last)
    }
}

/// Takes in an encrypted file as it arrives, in constant memory.
pub(crate) struct FileOpener {
    decryptor: Decryptor,
    digest: Sha256,
    writer: ContentWriter,
}

impl FileOpener {
    /// How many plain bytes were taken in, but for the last block.
    pub(crate) fn len(&self) -> u64 {
        self.writer.len()
    }

    /// Takes in some more.
    ///
    /// # Errors
    /// [`SealError::Store`].
    pub(crate) fn write(&mut self, sealed: &[u8]) -> Result<(), SealError> {
        let plain = self.decryptor.update(sealed);
        self.digest.update(&plain);
        Ok(self.writer.write(&plain)?)
    }

    /// The whole file, and the SHA-256 of it.
    ///
    /// # Errors
    /// [`SealError::Length`], [`SealError::Padding`] or [`SealError::Store`].
    pub(crate) fn finish(mut self) -> Result<(Content, [u8; 32]), SealError> {
        let plain = self.decryptor.finish()?;
        self.digest.update(&plain);
        self.writer.write(&plain)?;
        Ok((self.writer.finish(), self.digest.finalize().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes::cipher::BlockModeEncrypt;
    use aes::cipher::block_padding::Pkcs7;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use rsa::pkcs1::DecodeRsaPrivateKey as _;
    use rsa::pkcs8::DecodePrivateKey as _;
    use rsa::rand_core::OsRng;
    use serde_json::Value;

    const KEY: PushKey = PushKey { key: [7; 32], iv: [9; BLOCK] };

    fn vectors() -> (Value, RsaPrivateKey) {
        let vectors = include_str!("../../../fixtures/vectors/legacy/postbox.json");
        let pem = include_str!("../../../fixtures/vectors/legacy/postbox-private-key.pem");
        let key = RsaPrivateKey::from_pkcs1_pem(pem)
            .or_else(|_| RsaPrivateKey::from_pkcs8_pem(pem).map_err(|_| ()));
        (serde_json::from_str(vectors).unwrap(), key.unwrap())
    }

    fn bytes(value: &Value) -> Vec<u8> {
        STANDARD.decode(value.as_str().unwrap()).unwrap()
    }

    fn hex(value: &Value) -> Vec<u8> {
        let text = value.as_str().unwrap();
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut buffer = plain.to_vec();
        buffer.resize(plain.len() + BLOCK, 0);
        let cipher = cbc::Encryptor::<aes::Aes256>::new(&KEY.key.into(), &KEY.iv.into());
        cipher.encrypt_padded::<Pkcs7>(&mut buffer, plain.len()).unwrap().to_vec()
    }

    fn contents(content: &Content) -> Vec<u8> {
        content.piece(0, content.len() as usize).unwrap().into_owned()
    }

    #[test]
    fn the_push_of_the_reference_opens_with_its_own_postbox() {
        let (vectors, postbox) = vectors();
        for named in
            [&vectors["v1_4_headers"]["symmetricalKey"], &vectors["v1_5_claims_subset"]["symmetrical_key"]]
        {
            let iv = hex(&vectors["iv_hex"]).try_into().unwrap();
            let key = PushKey::open(&bytes(named), iv, &postbox).unwrap();
            assert_eq!(key.key.to_vec(), hex(&vectors["aes_key_hex"]));
            let metadata = key.decrypt(&bytes(&vectors["v1_4_headers"]["metadata"])).unwrap();
            assert_eq!(String::from_utf8(metadata).unwrap(), vectors["file_descriptor_text"]);
            let mut file = key.file();
            file.write(&bytes(&vectors["file_ciphertext_base64"])).unwrap();
            let (content, digest) = file.finish().unwrap();
            let plain = bytes(&vectors["file_plaintext_base64"]);
            assert_eq!(contents(&content), plain);
            assert_eq!(digest.to_vec(), Sha256::digest(&plain).to_vec());
        }
    }

    #[test]
    fn pieces_of_any_size_make_the_same_file() {
        for length in [0, 1, 15, 16, 17, 31, 32, 33, 1000] {
            let plain: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            for piece in [1, 7, 15, 16, 17, 64, 2000] {
                let mut file = KEY.file();
                sealed(&plain).chunks(piece).for_each(|piece| file.write(piece).unwrap());
                assert_eq!(contents(&file.finish().unwrap().0), plain, "{length} {piece}");
            }
        }
    }

    #[test]
    fn what_was_not_encrypted_so_is_refused() {
        for length in [0, 1, 15, 17, 31, 1000 * 16 + 1] {
            let refused = KEY.decrypt(&vec![1; length]).unwrap_err();
            assert!(matches!(refused, SealError::Length(found) if found == length as u64), "{refused}");
        }
        // Padding bytes that PKCS#7 never writes, encrypted well.
        let encryptor = || cbc::Encryptor::<aes::Aes256>::new(&KEY.key.into(), &KEY.iv.into());
        for (last, before) in [(0, 0), (17, 17), (255, 255), (3, 2)] {
            let mut block = [before; BLOCK];
            block[BLOCK - 1] = last;
            let mut block = block.to_vec();
            let (blocks, _) = Block::<Cbc>::slice_as_chunks_mut(&mut block);
            encryptor().encrypt_blocks(blocks);
            assert!(matches!(KEY.decrypt(&block), Err(SealError::Padding)), "{last}");
        }
    }

    #[test]
    fn a_key_for_another_postbox_or_of_another_size_is_refused() {
        let (_, postbox) = vectors();
        let seal =
            |key: &[u8]| postbox.to_public_key().encrypt(&mut OsRng, Oaep::new::<Sha1>(), key).unwrap();
        for length in [0, 16, 31, 33] {
            let opened = PushKey::open(&seal(&vec![1; length]), [0; BLOCK], &postbox);
            assert!(matches!(opened, Err(SealError::KeyLength(found)) if found == length));
        }
        let mut damaged = seal(&[1; 32]);
        damaged[100] ^= 1;
        for sealed in [damaged, Vec::new(), vec![0; 256], vec![255; 256], vec![1; 255], vec![1; 257]] {
            assert!(matches!(PushKey::open(&sealed, [0; BLOCK], &postbox), Err(SealError::Key)));
        }
    }
}
