//! The file container opened by a third hand: the SDK decrypts with aws-lc, the server only
//! encrypts (protocol reference, crypto §4 and §5).

use std::io::Read;

use aes::Aes256;
use cbc::Decryptor;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::{Oaep, RsaPrivateKey};

use sha2::Digest as _;

use crate::raw_client::{Answer, RawClient, metadata};

/// RSA-2048 ciphertext of the content key, then the initialisation vector.
const KEY: usize = 256;
const IV: usize = 16;

impl RawClient {
    /// The plain bytes of a container for this contract, still compressed.
    pub fn decrypt(&self, container: &[u8]) -> Vec<u8> {
        let private = RsaPrivateKey::from_pkcs1_pem(&self.pem).unwrap();
        let (key, rest) = container.split_at(KEY);
        let (iv, body) = rest.split_at(IV);
        let key = private.decrypt(Oaep::new::<sha1::Sha1>(), key).unwrap();
        let cipher = Decryptor::<Aes256>::new_from_slices(&key, iv).unwrap();
        let mut body = body.to_vec();
        cipher.decrypt_padded::<Pkcs7>(&mut body).unwrap().to_vec()
    }

    /// As [`RawClient::decrypt`], of a container with a hash inside, which must be right (protocol
    /// reference, legacy/container §1).
    pub fn decrypt_hashed(&self, container: &[u8]) -> Vec<u8> {
        assert!(container.len() >= 352 && container.len().is_multiple_of(16), "{}", container.len());
        let plain = self.decrypt(container);
        let (hash, payload) = plain.split_at(64);
        assert!(hash == sha2::Sha512::digest(payload).as_slice(), "the hash is another");
        payload.to_vec()
    }
}

impl Answer {
    /// The content of a decrypted file, decompressed as its `x-metadata` says.
    pub fn decompress(&self, plain: &[u8]) -> Vec<u8> {
        let mut content = Vec::new();
        match metadata(self.header("x-metadata"))["compression"].as_str() {
            Some("gzip") => flate2::read::GzDecoder::new(plain).read_to_end(&mut content).unwrap(),
            Some("brotli") => brotli::Decompressor::new(plain, 4096).read_to_end(&mut content).unwrap(),
            None | Some("no-compression") => return plain.to_vec(),
            Some(other) => panic!("unknown compression {other}"),
        };
        content
    }
}
