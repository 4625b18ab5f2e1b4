//! The `x-metadata` header of a file (protocol reference, objects §2,
//! crypto §5).

use std::collections::BTreeMap;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::header::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::download::compression::Compression;
use crate::error::{Error, ErrorKind, Result};
use crate::http::json;

pub(crate) const HEADER: &str = "x-metadata";

/// Larger than any header the platform's other clients accept.
const MAX_LENGTH: usize = 256 * 1024;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum FileMetadata {
    /// Data synced from a source.
    Mapped(MappedMetadata),
    /// Data pushed by a write contract.
    Raw(RawMetadata),
    /// Of neither known form, as sent.
    Unknown(Value),
}

/// Metadata of mapped data (protocol reference, objects §2.1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MappedMetadata {
    /// Number of objects in the file.
    #[serde(deserialize_with = "json::integer")]
    pub object_count: i64,
    /// Name of the object type, such as `playhistory`.
    pub object_type: String,
    /// Name of the service group, such as `entertainment`.
    pub service_group: String,
    /// Reference of the service, such as `spotify`.
    pub service_name: String,
    /// Format of the objects; older servers leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Schema>,
    /// Deprecated by the platform in favour of `schema`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_version: Option<String>,
}

/// Format of mapped objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Schema {
    /// `digime`, `fhir`, `me.digi` or a later addition.
    pub standard: String,
    /// Version, as text.
    pub version: String,
    /// Id, if the server gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Value>,
}

/// Metadata of raw (pushed) data (protocol reference, objects §2.2). On the wire
/// all keys are lower case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RawMetadata {
    /// MIME type of the content.
    #[serde(rename = "mimetype")]
    pub mime_type: String,
    /// Accounts the data is about.
    pub accounts: Vec<RawAccount>,
    /// References given by the pushing party.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reference: Vec<String>,
    /// Tags given by the pushing party.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Application that pushed the data.
    #[serde(default, rename = "appid", skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// Contract that pushed the data.
    #[serde(default, rename = "contractid", skip_serializing_if = "Option::is_none")]
    pub contract_id: Option<String>,
    /// Time of the push; the unit is not documented and differs between servers.
    #[serde(default, deserialize_with = "json::optional_integer", skip_serializing_if = "Option::is_none")]
    pub created: Option<i64>,
    /// Everything else, as sent.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// An account named by raw metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RawAccount {
    /// Id of the account.
    #[serde(rename = "accountid")]
    pub account_id: String,
}

/// The decoded header: metadata and compression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Header {
    pub(crate) metadata: FileMetadata,
    pub(crate) compression: Compression,
}

#[derive(Deserialize)]
struct Envelope<M> {
    metadata: M,
    #[serde(default)]
    compression: Option<String>,
}

/// Both alphabets, with or without padding: writers differ (crypto §5).
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

impl Header {
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self> {
        Self::parse(&Self::decode(headers)?)
    }

    /// The JSON text of the header.
    pub(crate) fn decode(headers: &HeaderMap) -> Result<Vec<u8>> {
        let mut values = headers.get_all(HEADER).iter();
        let value = match (values.next(), values.next()) {
            (Some(value), None) => value,
            (None, _) => return Err(failed("the `x-metadata` header is missing")),
            (Some(_), Some(_)) => return Err(failed("the `x-metadata` header was sent twice")),
        };
        if value.len() > MAX_LENGTH {
            return Err(failed("the `x-metadata` header is longer than 256 KiB"));
        }
        URL_SAFE
            .decode(value.as_bytes())
            .or_else(|_| STANDARD.decode(value.as_bytes()))
            .map_err(|_| failed("the `x-metadata` header is not Base64"))
    }

    pub(crate) fn parse(decoded: &[u8]) -> Result<Self> {
        let probe: Envelope<Value> = parse(decoded)?;
        let has = |keys: &[&str]| keys.iter().any(|key| probe.metadata.get(key).is_some());
        // Decided by keys, so that a wrong type is reported with its field
        // instead of "matches neither form".
        let metadata = if has(&["objectType", "objectCount", "serviceGroup", "serviceName"]) {
            FileMetadata::Mapped(parse::<Envelope<MappedMetadata>>(decoded)?.metadata)
        } else if has(&["mimetype", "accounts"]) {
            FileMetadata::Raw(parse::<Envelope<RawMetadata>>(decoded)?.metadata)
        } else if probe.metadata.is_object() {
            FileMetadata::Unknown(probe.metadata)
        } else {
            return Err(failed("field `metadata`: expected an object"));
        };
        let compression = match probe.compression.as_deref() {
            Some("gzip") => Compression::Gzip,
            Some("brotli") => Compression::Brotli,
            _ => Compression::None,
        };
        Ok(Self { metadata, compression })
    }
}

fn parse<T: serde::de::DeserializeOwned>(decoded: &[u8]) -> Result<T> {
    json::parse_as(ErrorKind::Metadata, "the file's metadata is wrong", decoded).map_err(advise)
}

fn failed(what: &str) -> Error {
    advise(Error::new(ErrorKind::Metadata, format!("the file's metadata is wrong: {what}")))
}

fn advise(error: Error) -> Error {
    error.advice("User::read_file_raw returns the file's decrypted bytes without it")
}
