//! What a step is expected to come to.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::field::Field;
use super::path::Path;
use super::predicate::Predicate;
use crate::yaml::At;

/// What a step is expected to come to: a result, or a named error, and assertions about either.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expectations {
    /// The platform's code of the error.
    pub(crate) error: Option<At<Field<String>>>,
    /// The SDK's kind of the error.
    pub(crate) kind: Option<At<Field<String>>>,
    /// The HTTP status.
    pub(crate) status: Option<At<Field<u16>>>,
    /// The error's message.
    pub(crate) message: Option<At<Predicate>>,
    /// Assertions about the result, or about the error if one is expected.
    pub(crate) paths: Vec<(At<Path>, At<Predicate>)>,
}

impl Expectations {
    /// Whether an error is what is wanted.
    pub(crate) fn wants_error(&self) -> bool {
        let bad_status =
            |status: &At<Field<u16>>| matches!(status.value, Field::Value(status) if status >= 400);
        self.error.is_some() || self.kind.is_some() || self.status.as_ref().is_some_and(bad_status)
    }

    /// Whether nothing is asserted.
    pub(crate) fn is_empty(&self) -> bool {
        !self.wants_error() && self.status.is_none() && self.message.is_none() && self.paths.is_empty()
    }
}

const KEYS: &[&str] = &["error", "kind", "status", "message", "$.<JSON path>"];

enum Key {
    Error,
    Kind,
    Status,
    Message,
    Path(Path),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "error" => Ok(Self::Error),
            "kind" => Ok(Self::Kind),
            "status" => Ok(Self::Status),
            "message" => Ok(Self::Message),
            path if path.starts_with('$') => Path::parse(path).map(Self::Path).map_err(D::Error::custom),
            other => Err(D::Error::unknown_field(other, KEYS)),
        }
    }
}

impl<'de> Deserialize<'de> for Expectations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ExpectationsVisitor;

        impl<'de> Visitor<'de> for ExpectationsVisitor {
            type Value = Expectations;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a mapping of `error`, `status` or JSON paths")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Expectations, A::Error> {
                let mut all = Expectations::default();
                while let Some(key) = pairs.next_key::<At<Key>>()? {
                    match key.value {
                        Key::Error => all.error = Some(pairs.next_value()?),
                        Key::Kind => all.kind = Some(pairs.next_value()?),
                        Key::Status => all.status = Some(pairs.next_value()?),
                        Key::Message => all.message = Some(pairs.next_value()?),
                        Key::Path(path) => {
                            let path = At { place: key.place, value: path };
                            all.paths.push((path, pairs.next_value()?));
                        }
                    }
                }
                Ok(all)
            }
        }

        deserializer.deserialize_map(ExpectationsVisitor)
    }
}

impl JsonSchema for Expectations {
    fn schema_name() -> Cow<'static, str> {
        "Expectations".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let predicate = generator.subschema_for::<Predicate>();
        let status = generator.subschema_for::<Field<u16>>();
        json_schema!({
            "type": "object",
            "description": "What the step comes to: nothing said means success",
            "properties": {
                "error": { "type": "string", "description": "The platform's code, such as InvalidToken" },
                "kind": { "type": "string", "description": "The SDK's kind of error, such as Decrypt" },
                "status": status,
                "message": predicate,
            },
            "patternProperties": { "^\\$": predicate },
            "additionalProperties": false,
        })
    }
}
