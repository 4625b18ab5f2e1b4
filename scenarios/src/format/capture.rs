//! What a step keeps of its result for later steps.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

use super::path::Path;
use super::pattern::Pattern;

/// A value by its JSON path, or a part of it: `{ path: "$.name", regex: "_D(\\d{6})_" }`.
#[derive(Clone, Debug)]
pub(crate) struct Capture {
    pub(crate) path: Path,
    /// What is kept of a text: the first group, or all that matches if there is no group.
    pub(crate) regex: Option<Pattern>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Filtered {
    /// Where the text stands.
    path: Path,
    /// What is kept of it: the first group of this regular expression, or all that matches.
    regex: Pattern,
}

impl Capture {
    /// The value; none if the path finds nothing, or the text does not match.
    pub(crate) fn find(&self, result: &Value) -> Option<Value> {
        let found = self.path.find(result)?;
        let Some(pattern) = &self.regex else { return Some(found) };
        let regex = pattern.compiled()?;
        let part = regex.captures(found.as_str()?)?;
        part.get(1).or_else(|| part.get(0)).map(|part| part.as_str().into())
    }
}

impl<'de> Deserialize<'de> for Capture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CaptureVisitor;

        impl<'de> Visitor<'de> for CaptureVisitor {
            type Value = Capture;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON path, or `path` and `regex`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Capture, E> {
                Ok(Capture { path: Path::parse(text).map_err(E::custom)?, regex: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, pairs: A) -> Result<Capture, A::Error> {
                let Filtered { path, regex } = Filtered::deserialize(MapAccessDeserializer::new(pairs))?;
                match regex.compiled().is_some() {
                    true => Ok(Capture { path, regex: Some(regex) }),
                    false => Err(A::Error::custom("`regex` takes no template")),
                }
            }
        }

        deserializer.deserialize_any(CaptureVisitor)
    }
}

impl JsonSchema for Capture {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Capture".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<Path>(), generator.subschema_for::<Filtered>()] })
    }
}
