//! A JSON path (RFC 9535).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::Value;
use serde_json_path::JsonPath;

/// A JSON path, and whether it names one place or may match many.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    text: String,
    path: JsonPath,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match JsonPath::parse(text) {
            Ok(path) => Ok(Self { text: text.to_owned(), path }),
            Err(error) => Err(format!("\"{text}\" is no JSON path: {error}")),
        }
    }

    /// The path as written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// What it finds: for a path to one place the value there, for others the list of all that match.
    pub(crate) fn find(&self, value: &Value) -> Option<Value> {
        let found = self.path.query(value).all();
        match self.names_one_place() {
            true => found.first().map(|value| (*value).clone()),
            false => Some(found.into_iter().cloned().collect()),
        }
    }

    /// Whether it leads to one place, instead of all that match.
    pub(crate) fn names_one_place(&self) -> bool {
        let mut quote = None;
        for c in self.text.chars() {
            match (quote, c) {
                (Some(open), c) if open == c => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(c),
                (None, '*' | '?' | ':' | ',') => return false,
                (None, _) => {}
            }
        }
        !self.text.contains("..")
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl JsonSchema for Path {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "JsonPath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^\\$", "description": "A JSON path (RFC 9535)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_to_one_place_gives_its_value_and_others_a_list() {
        let value = json!({"a": [{"b": 1}, {"b": 2}], "x*y": 3});
        for (path, found) in [
            ("$.a[0].b", Some(json!(1))),
            ("$.a[*].b", Some(json!([1, 2]))),
            ("$.a[5].b", None),
            ("$.none[*]", Some(json!([]))),
            ("$['x*y']", Some(json!(3))),
            ("$.a[?@.b > 1].b", Some(json!([2]))),
        ] {
            assert_eq!(Path::parse(path).unwrap().find(&value), found, "{path}");
        }
        assert!(Path::parse("$.a[").is_err());
    }
}
