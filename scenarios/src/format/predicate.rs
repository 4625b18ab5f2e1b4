//! What is asserted about a value.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
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
    #[serde(deserialize_with = "stated")]
    pub(crate) equals: Option<Value>,
    /// Inequality.
    #[serde(deserialize_with = "stated")]
    pub(crate) not: Option<Value>,
    /// Equality with one of these.
    #[serde(deserialize_with = "stated")]
    pub(crate) one_of: Option<Vec<Value>>,
    /// Number of items, members or characters.
    #[serde(deserialize_with = "stated")]
    pub(crate) count: Option<Field<u64>>,
    /// At least this number of items, members or characters.
    #[serde(deserialize_with = "stated")]
    pub(crate) min_count: Option<Field<u64>>,
    /// At least this.
    #[serde(deserialize_with = "stated")]
    pub(crate) at_least: Option<Value>,
    /// At most this.
    #[serde(deserialize_with = "stated")]
    pub(crate) at_most: Option<Value>,
    /// A number at most so far from another: `{ value: ${now}, by: 1000 }`.
    #[serde(deserialize_with = "stated")]
    pub(crate) near: Option<Near>,
    /// A regular expression that the text matches somewhere.
    #[serde(deserialize_with = "stated")]
    pub(crate) matches: Option<Pattern>,
    /// An item of the list, a key of the mapping, or a part of the text.
    #[serde(deserialize_with = "stated")]
    pub(crate) contains: Option<Value>,
    /// The opposite of `contains`.
    #[serde(deserialize_with = "stated")]
    pub(crate) lacks: Option<Value>,
    /// How the text begins.
    #[serde(deserialize_with = "stated")]
    pub(crate) starts_with: Option<String>,
    /// How the text ends.
    #[serde(deserialize_with = "stated")]
    pub(crate) ends_with: Option<String>,
    /// Whether it is there at all.
    #[serde(deserialize_with = "stated")]
    pub(crate) exists: Option<bool>,
    /// Its JSON type.
    #[serde(rename = "type", deserialize_with = "type_or_null")]
    pub(crate) kind: Option<JsonType>,
    /// What holds for each item.
    #[serde(deserialize_with = "stated")]
    pub(crate) each: Option<Predicate>,
    /// What holds for at least one item.
    #[serde(deserialize_with = "stated")]
    pub(crate) any: Option<Predicate>,
    /// The order of the items.
    #[serde(deserialize_with = "stated")]
    pub(crate) sorted: Option<Order>,
    /// Whether all items differ.
    #[serde(deserialize_with = "stated")]
    pub(crate) distinct: Option<bool>,
}

/// The value of an operator that is written down: `null` is one, and none where an operator takes none.
fn stated<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// YAML reads the word `null` as no value.
fn type_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<JsonType>, D::Error> {
    Ok(Some(Option::deserialize(deserializer)?.unwrap_or(JsonType::Null)))
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

impl Operators {
    /// Whether they say something of all items, which holds where there is none, and nothing of their number.
    pub(crate) fn are_about_all_items(&self) -> bool {
        let says_how_many = self.count.is_some() || self.min_count.is_some();
        let says_of_all = self.each.is_some() || self.sorted.is_some() || self.distinct == Some(true);
        says_of_all && !says_how_many
    }
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
                if pairs.size_hint() == Some(0) {
                    let nothing =
                        "a mapping without an operator says nothing; `{ equals: {} }` is an empty mapping";
                    return Err(A::Error::custom(nothing));
                }
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
