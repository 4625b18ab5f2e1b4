//! Reading single fields the way the platform writes them: numbers as text,
//! flags as 0 and 1, empty text for nothing.

use serde::Deserialize;
use serde::de::{Deserializer, Error};

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
    Whole(i64),
    Fraction(f64),
    Flag(bool),
    Text(String),
    Nothing(()),
}

impl FieldValue for f64 {
    #[allow(clippy::cast_precision_loss)]
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match Scalar::deserialize(deserializer).map_err(|_| expected("a number"))? {
            Scalar::Whole(number) => Ok(Some(number as f64)),
            Scalar::Fraction(number) => Ok(Some(number)),
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
    #[allow(clippy::cast_possible_truncation)]
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match Scalar::deserialize(deserializer).map_err(|_| expected("a number"))? {
            Scalar::Whole(number) => Ok(Some(number)),
            // Beyond all dates and counts, `as` saturates.
            Scalar::Fraction(number) => Ok(Some(number as i64)),
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
            Scalar::Whole(number @ (0 | 1)) => Ok(Some(number == 1)),
            Scalar::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "" => Ok(None),
                "0" | "false" => Ok(Some(false)),
                "1" | "true" => Ok(Some(true)),
                _ => Err(expected("a flag")),
            },
            Scalar::Nothing(()) => Ok(None),
            Scalar::Whole(_) | Scalar::Fraction(_) => Err(expected("a flag")),
        }
    }
}

impl FieldValue for String {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(match Scalar::deserialize(deserializer).map_err(|_| expected("a text"))? {
            Scalar::Text(text) => Some(text),
            Scalar::Whole(number) => Some(number.to_string()),
            Scalar::Fraction(number) => Some(number.to_string()),
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
