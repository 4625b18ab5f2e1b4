//! What comes with a file: the JSON envelope up to v1.4, the `x-metadata` header
//! from v1.5 on (protocol reference, legacy/endpoints §3, legacy/container §4–5).

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::crypto::private_key::PrivateKey;
use crate::download::compression::{Compression, Decompressor};
use crate::error::{Error, ErrorKind, Result};
use crate::http::failure;
use crate::legacy::container::HashedDecryptor;
use crate::legacy::json_object::{self, WRONG_ANSWER};
use crate::read::metadata::{FileMetadata, Header};

const STANDARD: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A file up to v1.4.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope {
    #[serde(default)]
    file_content: Value,
    #[serde(default)]
    file_metadata: Value,
    #[serde(default)]
    compression: Value,
}

impl Envelope {
    pub(crate) fn parse(body: &[u8]) -> Result<Self> {
        json_object::parse_as(ErrorKind::Decode, WRONG_ANSWER, body)
    }

    /// The container. Files that are not encrypted, which some clients took, are
    /// refused: this SDK always has a key, and nothing else vouches for them.
    pub(crate) fn container(&mut self) -> Result<Vec<u8>> {
        let Value::String(mut text) = self.file_content.take() else {
            return Err(Error::new(
                ErrorKind::Decode,
                "the answer is not what the protocol describes: field `fileContent`: expected encrypted text",
            ));
        };
        text.retain(|c| !matches!(c, '\r' | '\n'));
        STANDARD.decode(text).map_err(|_| {
            let what = "the answer is not what the protocol describes: field `fileContent`: expected Base64";
            Error::new(ErrorKind::Decode, what)
        })
    }

    /// Metadata and compression; no client needs the metadata of accounts.
    pub(crate) fn header(&mut self) -> Result<Header> {
        header_of(self.file_metadata.take(), &self.compression)
    }

    /// The plain content.
    pub(crate) fn open(&mut self, key: PrivateKey, compression: Compression, limit: u64) -> Result<Bytes> {
        let payload = HashedDecryptor::open(key, &self.container()?)?;
        match compression {
            Compression::None if payload.len() as u64 > limit => Err(failure::too_large("the file", limit)),
            Compression::None => Ok(Bytes::from(payload)),
            Compression::Gzip | Compression::Brotli => decompressed(&payload, compression, limit),
        }
    }
}

/// The `x-metadata` header of a binary file; `{}` will do.
pub(crate) fn header(headers: &HeaderMap) -> Result<Header> {
    #[derive(Deserialize)]
    struct Decoded {
        #[serde(default)]
        metadata: Value,
        #[serde(default)]
        compression: Value,
    }

    let decoded: Decoded = json_object::parse_as(
        ErrorKind::Metadata,
        "the file's metadata is wrong",
        &Header::decode(headers)?,
    )?;
    header_of(decoded.metadata, &decoded.compression)
}

fn header_of(metadata: Value, compression: &Value) -> Result<Header> {
    let compression = compression_of(compression)?;
    if metadata.is_null() {
        return Ok(Header { metadata: FileMetadata::Unknown(json!({})), compression });
    }
    let text = json!({"metadata": metadata}).to_string();
    Ok(Header { compression, ..Header::parse(text.as_bytes())? })
}

/// Servers should leave the member out; `null` and an empty text mean the same. What
/// nobody can undo must not pass for a file's content.
fn compression_of(value: &Value) -> Result<Compression> {
    match value {
        Value::Null => Ok(Compression::None),
        Value::String(text) => match text.as_str() {
            "" | "no-compression" => Ok(Compression::None),
            "gzip" => Ok(Compression::Gzip),
            "brotli" => Ok(Compression::Brotli),
            _ => Err(unknown_compression()),
        },
        _ => Err(unknown_compression()),
    }
}

fn unknown_compression() -> Error {
    Error::new(ErrorKind::Metadata, "the file's metadata is wrong: its compression is unknown")
        .advice("SessionFiles::read_raw returns the file's decrypted bytes without it")
}

fn decompressed(payload: &[u8], compression: Compression, limit: u64) -> Result<Bytes> {
    let mut decompressor = Decompressor::new(compression);
    let (mut plain, mut output, mut taken) = (Vec::new(), vec![0; 64 * 1024], 0);
    loop {
        let step = decompressor.step(&payload[taken..], &mut output)?;
        taken += step.consumed;
        plain.extend_from_slice(&output[..step.produced]);
        if plain.len() as u64 > limit {
            return Err(failure::too_large("the file", limit));
        }
        if step.consumed == 0 && step.produced == 0 {
            break;
        }
    }
    decompressor.finish()?;
    match taken == payload.len() {
        true => Ok(Bytes::from(plain)),
        false => {
            Err(Error::new(ErrorKind::Decompress, "the file could not be decompressed: its decoder is stuck"))
        }
    }
}
