//! A regular expression.

use std::borrow::Cow;

use regex::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _};

/// A regular expression, or a template that becomes one when the step runs.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: String,
    /// None for a template.
    regex: Option<Regex>,
}

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub(crate) fn compile(text: &str) -> Result<Regex, String> {
        Regex::new(text).map_err(|error| {
            // The library draws the place over several lines; its last line says what is wrong.
            let told = error.to_string();
            let why = told.lines().last().unwrap_or_default().trim_start_matches("error: ");
            format!("{text:?} is no regular expression: {why}")
        })
    }

    /// The expression as written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The expression, unless it is a template.
    pub(crate) fn compiled(&self) -> Option<&Regex> {
        self.regex.as_ref()
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let regex = match text.contains("${") {
            true => None,
            false => Some(Self::compile(&text).map_err(D::Error::custom)?),
        };
        Ok(Self { text, regex })
    }
}

impl JsonSchema for Pattern {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "regex", "description": "A regular expression" })
    }
}
