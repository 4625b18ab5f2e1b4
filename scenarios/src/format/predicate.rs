//! What is asserted about a value.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::field::Field;
use super::pattern::Pattern;

/// What is asserted about a value: what it equals, or operators that must all hold.
#[derive(Clone, Debug)]
pub(crate) enum Predicate {
    /// Equality with a plain value, which may hold templates.
    Equals(Value),
    /// Operators.
    Operators(Box<Operators>),
}

/// Operators that must all hold.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Operators {
    /// Equality, for mappings.
    pub(crate) equals: Option<Value>,
    /// Inequality.
    pub(crate) not: Option<Value>,
    /// Equality with one of these.
    pub(crate) one_of: Option<Vec<Value>>,
    /// Number of items, members or characters.
    pub(crate) count: Option<Field<u64>>,
    /// At least this number of items, members or characters.
    pub(crate) min_count: Option<Field<u64>>,
    /// At least this.
    pub(crate) at_least: Option<Value>,
    /// At most this.
    pub(crate) at_most: Option<Value>,
    /// A number at most so far from another: `{ value: ${now}, by: 1000 }`.
    pub(crate) near: Option<Near>,
    /// A regular expression that the text matches somewhere.
    pub(crate) matches: Option<Pattern>,
    /// An item of the list, a key of the mapping, or a part of the text.
    pub(crate) contains: Option<Value>,
    /// The opposite of `contains`.
    pub(crate) lacks: Option<Value>,
    /// How the text begins.
    pub(crate) starts_with: Option<String>,
    /// How the text ends.
    pub(crate) ends_with: Option<String>,
    /// Whether it is there at all.
    pub(crate) exists: Option<bool>,
    /// Its JSON type.
    #[serde(rename = "type")]
    pub(crate) kind: Option<JsonType>,
    /// What holds for each item.
    pub(crate) each: Option<Predicate>,
    /// What holds for at least one item.
    pub(crate) any: Option<Predicate>,
    /// The order of the items.
    pub(crate) sorted: Option<Order>,
    /// Whether all items differ.
    pub(crate) distinct: Option<bool>,
}

/// A number and how far from it another may be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Near {
    /// The number, or a template.
    pub(crate) value: Value,
    /// How far, in the unit of the value.
    pub(crate) by: f64,
}

/// A JSON type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum JsonType {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

/// An order of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    Ascending,
    Descending,
}

impl JsonType {
    /// The type of a value.
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }
}

impl<'de> Deserialize<'de> for Predicate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PredicateVisitor;

        impl<'de> Visitor<'de> for PredicateVisitor {
            type Value = Predicate;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a value, or operators such as `count`")
            }

            fn visit_unit<E>(self) -> Result<Predicate, E> {
                Ok(Predicate::Equals(Value::Null))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Predicate, E> {
                Ok(Predicate::Equals(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Predicate, E> {
                Ok(Predicate::Equals(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Predicate, E> {
                Ok(Predicate::Equals(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Predicate, E> {
                Ok(Predicate::Equals(value.into()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Predicate, E> {
                Ok(Predicate::Equals(value.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Predicate, A::Error> {
                Value::deserialize(SeqAccessDeserializer::new(items)).map(Predicate::Equals)
            }

            fn visit_map<A: MapAccess<'de>>(self, pairs: A) -> Result<Predicate, A::Error> {
                let operators = Operators::deserialize(MapAccessDeserializer::new(pairs))?;
                Ok(Predicate::Operators(Box::new(operators)))
            }
        }

        deserializer.deserialize_any(PredicateVisitor)
    }
}

impl JsonSchema for Predicate {
    fn schema_name() -> Cow<'static, str> {
        "Predicate".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let operators = generator.subschema_for::<Operators>();
        json_schema!({
            "description": "What the value equals, or operators that must all hold",
            "anyOf": [{ "type": ["null", "boolean", "number", "string", "array"] }, operators],
        })
    }
}
