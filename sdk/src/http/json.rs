//! Reading JSON answers: limits are the transport's business, error texts ours.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde_json::Number;

use crate::error::{Error, ErrorKind};

/// Parses a whole answer; failures name the field, never its value.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    parse_as(ErrorKind::Decode, "the answer is not what the protocol describes", bytes)
}

/// As [`parse`], reported as another kind of failure.
pub(crate) fn parse_as<T: DeserializeOwned>(kind: ErrorKind, what: &str, bytes: &[u8]) -> Result<T, Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        let problem = describe(&inner);
        match path.as_str() {
            "." | "?" => Error::new(kind, format!("{what}: {problem}")),
            path => Error::new(kind, format!("{what}: field `{path}`: {problem}")),
        }
    })?;
    reader.end().map_err(|_| Error::new(kind, format!("{what}: something follows the JSON")))?;
    Ok(value)
}

/// The parser's words without the offending value, which may be a secret.
pub(crate) fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let position = format!("line {} column {}", error.line(), error.column());
    if text.starts_with("missing field") || !error.is_data() {
        return text;
    }
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => {
            let expected = expected.split(" at line ").next().unwrap_or_default();
            format!("expected {expected} at {position}")
        }
        None => format!("unacceptable value at {position}"),
    }
}

/// A whole number that may be written as a float; never overflows. Read as
/// [`serde_json::Number`], which knows what `arbitrary_precision` makes of numbers if an
/// application turns it on.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let number = Number::deserialize(deserializer)
        .map_err(|_| D::Error::custom("unexpected value, expected a number"))?;
    whole(&number).ok_or_else(|| D::Error::custom("not finite"))
}

/// A number without its fraction; what is beyond all dates and counts is the last of them.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn whole(number: &Number) -> Option<i64> {
    let fraction = || number.as_f64().filter(|value| value.is_finite());
    number.as_i64().or_else(|| fraction().map(|value| value as i64))
}

/// As [`integer`], for a member that may be missing or null.
pub(crate) fn optional_integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Whole(#[serde(deserialize_with = "integer")] i64);

    Ok(Option::<Whole>::deserialize(deserializer)?.map(|whole| whole.0))
}

/// A collection that may be null.
pub(crate) fn null_is_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Sample {
        #[serde(deserialize_with = "integer")]
        when: i64,
    }

    #[test]
    fn integers_saturate_and_never_panic() {
        for (text, expected) in [
            ("{\"when\":-5}", -5),
            ("{\"when\":18446744073709551615}", i64::MAX),
            ("{\"when\":1.5e300}", i64::MAX),
            ("{\"when\":-1.5e300}", i64::MIN),
        ] {
            assert_eq!(parse::<Sample>(text.as_bytes()).unwrap().when, expected);
        }
        for text in ["{\"when\":1e400}", "{\"when\":\"1\"}", "{\"when\":null}", "{}"] {
            assert_eq!(parse::<Sample>(text.as_bytes()).unwrap_err().kind(), ErrorKind::Decode);
        }
    }

    #[test]
    fn error_texts_name_the_field_and_hide_the_value() {
        let error = parse::<Sample>(b"{\"when\":\"hush-hush\"}").unwrap_err().to_string();
        assert!(error.contains("`when`") && error.contains("expected a number"), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
}
