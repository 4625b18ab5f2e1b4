//! Reading single fields the way the platform writes them: numbers as text,
//! flags as 0 and 1, empty text for nothing.

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::Number;

use crate::http::json::whole;

/// Something a field can hold.
pub(super) trait FieldValue: Sized {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error>;
}

/// For `deserialize_with`.
pub(super) fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FieldValue,
{
    T::read(deserializer)
}

/// The forms a scalar comes in.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Number(Number),
    Flag(bool),
    Text(String),
    Nothing(()),
}

impl FieldValue for f64 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match Scalar::deserialize(deserializer).map_err(|_| expected("a number"))? {
            Scalar::Number(number) => number.as_f64().map(Some).ok_or_else(|| expected("a number")),
            Scalar::Flag(_) => Err(expected("a number")),
            Scalar::Text(text) if text.trim().is_empty() => Ok(None),
            Scalar::Text(text) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Some(number)),
                _ => Err(expected("a number")),
            },
            Scalar::Nothing(()) => Ok(None),
        }
    }
}

impl FieldValue for i64 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match Scalar::deserialize(deserializer).map_err(|_| expected("a number"))? {
            Scalar::Number(number) => whole(&number).map(Some).ok_or_else(|| expected("a number")),
            Scalar::Flag(_) => Err(expected("a number")),
            Scalar::Text(text) if text.trim().is_empty() => Ok(None),
            Scalar::Text(text) => text.trim().parse().map(Some).map_err(|_| expected("a number")),
            Scalar::Nothing(()) => Ok(None),
        }
    }
}

impl FieldValue for bool {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match Scalar::deserialize(deserializer).map_err(|_| expected("a flag"))? {
            Scalar::Flag(flag) => Ok(Some(flag)),
            Scalar::Number(number) => match number.as_i64() {
                Some(flag @ (0 | 1)) => Ok(Some(flag == 1)),
                _ => Err(expected("a flag")),
            },
            Scalar::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "" => Ok(None),
                "0" | "false" => Ok(Some(false)),
                "1" | "true" => Ok(Some(true)),
                _ => Err(expected("a flag")),
            },
            Scalar::Nothing(()) => Ok(None),
        }
    }
}

impl FieldValue for String {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(match Scalar::deserialize(deserializer).map_err(|_| expected("a text"))? {
            Scalar::Text(text) => Some(text),
            Scalar::Number(number) => Some(number.to_string()),
            Scalar::Flag(flag) => Some(flag.to_string()),
            Scalar::Nothing(()) => None,
        })
    }
}

impl<T: for<'de> Deserialize<'de>> FieldValue for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Option::deserialize(deserializer)
    }
}

/// Fields that are objects or enumerations of this crate.
macro_rules! plain_field {
    ($($kind:ty),+ $(,)?) => {
        $(
            impl crate::objects::field::FieldValue for $kind {
                fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
                    serde::Deserialize::deserialize(deserializer)
                }
            }
        )+
    };
}

pub(super) use plain_field;

/// Worded so that the path is reported and the value is not.
fn expected<E: Error>(what: &str) -> E {
    E::custom(format_args!("unexpected value, expected {what}"))
}
