//! Durations as people write them: `200ms`, `60s`, `2h`, `1d`, `1h 30m`.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _};

/// A duration as people write it; a day has 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HumanDuration(pub(crate) Duration);

impl std::str::FromStr for HumanDuration {
    type Err = String;

    /// A leading `+` is allowed: `clock: +25h`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "\"{text}\" is no duration: write a number and ms, s, m, h or d, such as \"200ms\" or \"1h 30m\""
            )
        };
        let plain = text.trim();
        let span: Span = plain.strip_prefix('+').unwrap_or(plain).parse().map_err(|_| wrong())?;
        let signed = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
        Duration::try_from(signed).map(Self).map_err(|_| wrong())
    }
}

impl std::fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (seconds, millis) = (self.0.as_secs(), self.0.subsec_millis());
        let parts = [
            (seconds / 86_400, "d"),
            (seconds / 3600 % 24, "h"),
            (seconds / 60 % 60, "m"),
            (seconds % 60, "s"),
            (u64::from(millis), "ms"),
        ];
        let shown: Vec<_> = parts
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, unit)| format!("{number}{unit}"))
            .collect();
        f.write_str(&if shown.is_empty() { "0s".to_owned() } else { shown.join(" ") })
    }
}

impl<'de> Deserialize<'de> for HumanDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for HumanDuration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A duration: 200ms, 60s, 2h, 1d, 1h 30m",
            "pattern": "^\\+?\\s*\\d+(\\.\\d+)?\\s*[a-z]+",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["200ms", "1m", "2h", "1d", "1h 30m", "1d 2h 3m 4s 5ms", "0s"] {
            assert_eq!(text.parse::<HumanDuration>().unwrap().to_string(), text);
        }
        assert_eq!("+25h".parse::<HumanDuration>().unwrap().to_string(), "1d 1h");
    }

    #[test]
    fn anything_else_is_refused_with_its_text() {
        for text in ["", "5", "-2h", "h", "soon"] {
            assert!(text.parse::<HumanDuration>().unwrap_err().contains(text), "{text}");
        }
    }
}
