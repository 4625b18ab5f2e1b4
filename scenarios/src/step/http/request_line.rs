//! Method and path of a raw request, and the names of its headers.

use std::str::FromStr;

use http::{HeaderName, Method};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _};

/// Method and path: `GET permission-access/accounts`.
#[derive(Clone, Debug)]
pub(super) struct RequestLine {
    pub(super) method: Method,
    pub(super) path: String,
}

impl FromStr for RequestLine {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let parts = line.trim().split_once(' ');
        let (method, path) = parts.ok_or_else(|| format!("\"{line}\" is no method and path"))?;
        match Method::from_bytes(method.as_bytes()) {
            Ok(method) => Ok(Self { method, path: path.trim().to_owned() }),
            Err(_) => Err(format!("\"{method}\" is no HTTP method")),
        }
    }
}

impl<'de> Deserialize<'de> for RequestLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for RequestLine {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RequestLine".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Z]+ \\S", "description": "Method and path" })
    }
}

/// The name of a header.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::step) struct Header(String);

impl Header {
    /// The name as written.
    pub(in crate::step) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(_) => Ok(Self(name)),
            Err(_) => Err(D::Error::custom(format!("\"{name}\" is no name of an HTTP header"))),
        }
    }
}

impl JsonSchema for Header {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Header".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}
