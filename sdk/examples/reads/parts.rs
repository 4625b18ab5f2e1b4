//! What reading cannot do without, each alone on one thread.

use std::io::Read;

use aws_lc_rs::cipher::{AES_256, DecryptionContext, StreamingDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{RSA_PSS_SHA512, RsaKeyPair};

use crate::content::{IV, KEY};
use crate::process;
use crate::support;

/// Of the encrypted key and the IV, in bytes.
const HEAD: usize = 272;

/// Processor time of work, in seconds.
pub(crate) fn cost<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let before = process::cpu_of_thread();
    let done = work();
    (process::cpu_of_thread() - before, done)
}

/// What signs a request.
pub(crate) fn signing() -> impl Fn() {
    let key =
        RsaKeyPair::from_der(&support::pem_bytes(&support::vector_text("contract-private.pem"))).unwrap();
    let message = vec![b'x'; 400];
    move || {
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PSS_SHA512, &SystemRandom::new(), &message, &mut signature).unwrap();
    }
}

/// What decrypts the key of a container.
pub(crate) fn unwrapping() -> impl Fn(&[u8]) {
    let key =
        PrivateDecryptingKey::from_pkcs8(&support::pem_bytes(&support::data("contract-pkcs8.pem"))).unwrap();
    let key = OaepPrivateDecryptingKey::new(key).unwrap();
    move |container| {
        let mut plain = vec![0; key.min_output_size()];
        let plain = key.decrypt(&OAEP_SHA1_MGF1SHA1, &container[..256], &mut plain, None).unwrap();
        assert_eq!(plain, KEY);
    }
}

/// Decrypts what is read, the head of a container left out.
pub(crate) struct Decrypted<R> {
    sealed: R,
    cipher: Option<StreamingDecryptingKey>,
    piece: Vec<u8>,
    plain: Vec<u8>,
    range: std::ops::Range<usize>,
}

impl<R: Read> Decrypted<R> {
    pub(crate) fn of(mut sealed: R) -> Self {
        sealed.read_exact(&mut [0; HEAD]).unwrap();
        let key = UnboundCipherKey::new(&AES_256, &KEY).unwrap();
        let context = DecryptionContext::Iv128(FixedLength::from(IV));
        let cipher = StreamingDecryptingKey::cbc_pkcs7(key, context).unwrap();
        let (piece, plain) = (vec![0; 1 << 16], vec![0; (1 << 16) + 16]);
        Self { sealed, cipher: Some(cipher), piece, plain, range: 0..0 }
    }
}

impl<R: Read> Read for Decrypted<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.range.is_empty() {
            let count = self.sealed.read(&mut self.piece)?;
            let written = match (count, &mut self.cipher) {
                (0, _) => match self.cipher.take() {
                    Some(cipher) => cipher.finish(&mut self.plain).unwrap().written().len(),
                    None => return Ok(0),
                },
                (_, Some(cipher)) => {
                    cipher.update(&self.piece[..count], &mut self.plain).unwrap().written().len()
                }
                (_, None) => unreachable!("the reader is at its end"),
            };
            self.range = 0..written;
        }
        let count = self.range.len().min(out.len());
        out[..count].copy_from_slice(&self.plain[self.range.start..self.range.start + count]);
        self.range.start += count;
        Ok(count)
    }
}

/// Reads to the end; how many bytes that were.
pub(crate) fn drain(mut reader: impl Read) -> usize {
    let mut buffer = vec![0; 1 << 16];
    let mut total = 0;
    loop {
        match reader.read(&mut buffer).unwrap() {
            0 => return total,
            count => total += count,
        }
    }
}
