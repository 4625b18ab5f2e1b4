//! The encrypted file container, written as a stream
//! (protocol reference, crypto §4).

use std::io;

use aws_lc_rs::cipher::{AES_256, EncryptionContext, StreamingEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use bytes::Bytes;
use futures_core::Stream;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt, stream};

use crate::crypto::private_key::PrivateKey;
use crate::crypto::random;
use crate::error::{Error, ErrorKind, Result};

/// A body in pieces.
pub(crate) type Pieces = BoxStream<'static, io::Result<Bytes>>;

const BLOCK: usize = 16;

/// Encrypts pieces with a fresh key and IV that only `key` can recover.
pub(crate) fn seal(
    key: &PrivateKey,
    pieces: Pieces,
) -> Result<impl Stream<Item = io::Result<Bytes>> + Send + 'static> {
    let content_key = random::bytes::<32>()?;
    let iv = random::bytes::<BLOCK>()?;
    let mut head = key.encrypt_oaep(content_key.as_slice())?;
    head.extend_from_slice(iv.as_slice());
    Ok(stream::iter([Ok(Bytes::from(head))]).chain(encrypted(&content_key, *iv, pieces)?))
}

/// Encrypts pieces with AES-256-CBC and PKCS#7 padding.
pub(crate) fn encrypted(
    content_key: &[u8; 32],
    iv: [u8; BLOCK],
    pieces: Pieces,
) -> Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>> {
    let cipher = cipher(content_key, iv)?;
    Ok(stream::unfold(Some((pieces, cipher)), |state| async move {
        let (mut pieces, mut cipher) = state?;
        Some(match pieces.next().await {
            Some(Ok(piece)) => (encrypt(&mut cipher, &piece), Some((pieces, cipher))),
            Some(Err(error)) => (Err(error), None),
            None => (finish(cipher), None),
        })
    }))
}

/// As [`encrypted`], of bytes in memory.
#[cfg(feature = "legacy")]
pub(crate) fn encrypted_whole(content_key: &[u8; 32], iv: [u8; BLOCK], plain: &[u8]) -> Result<Vec<u8>> {
    let mut cipher = cipher(content_key, iv)?;
    let unsealed = |error: io::Error| Error::new(ErrorKind::Config, error.to_string());
    let start = encrypt(&mut cipher, plain).map_err(unsealed)?;
    let end = finish(cipher).map_err(unsealed)?;
    Ok([start, end].concat())
}

/// Size of what [`encrypted`] makes of so many bytes.
#[cfg(feature = "legacy")]
pub(crate) fn encrypted_length(plain: usize) -> usize {
    (plain / BLOCK + 1) * BLOCK
}

fn cipher(content_key: &[u8; 32], iv: [u8; BLOCK]) -> Result<StreamingEncryptingKey> {
    // The IV must be known before the content, so it is drawn here; it is as
    // random as the one the other constructor would draw.
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    UnboundCipherKey::new(&AES_256, content_key)
        .and_then(|content_key| StreamingEncryptingKey::less_safe_cbc_pkcs7(content_key, context))
        .map_err(|_| Error::new(ErrorKind::PrivateKey, "the content cannot be encrypted"))
}

fn encrypt(cipher: &mut StreamingEncryptingKey, piece: &[u8]) -> io::Result<Bytes> {
    let mut out = vec![0; piece.len() + BLOCK];
    let written = cipher.update(piece, &mut out).map_err(|_| failed())?.written().len();
    out.truncate(written);
    Ok(Bytes::from(out))
}

fn finish(cipher: StreamingEncryptingKey) -> io::Result<Bytes> {
    let mut out = vec![0; BLOCK];
    let written = cipher.finish(&mut out).map_err(|_| failed())?.1.written().len();
    out.truncate(written);
    Ok(Bytes::from(out))
}

fn failed() -> io::Error {
    io::Error::other("the content could not be encrypted")
}
