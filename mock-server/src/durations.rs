//! Durations as people write them: `200ms`, `60s`, `2h`, `1d`, `1h 30m`.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// A duration that cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("\"{0}\" is not a duration: write a number and ms, s, m, h or d, such as \"200ms\" or \"1h 30m\"")]
pub(crate) struct DurationError(String);

/// Reads a duration; a day has 24 hours.
///
/// # Errors
/// [`DurationError`] if the text is none, or negative.
pub(crate) fn parse(text: &str) -> Result<Duration, DurationError> {
    // What is quoted in an error stays short.
    let wrong = || DurationError(text.chars().take(60).collect());
    let span: Span = text.trim().parse().map_err(|_| wrong())?;
    let signed = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    Duration::try_from(signed).map_err(|_| wrong())
}

/// Writes a duration as [`parse`] reads it.
pub(crate) fn format(duration: Duration) -> String {
    let (seconds, millis) = (duration.as_secs(), duration.subsec_millis());
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
        (u64::from(millis), "ms"),
    ];
    let text: Vec<_> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if text.is_empty() { "0s".to_owned() } else { text.join(" ") }
}

/// For `#[serde(with = …)]` on a [`Duration`].
pub(crate) mod as_text {
    use super::{Duration, format, parse};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format(*duration))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["200ms", "60s", "2h", "1d", "1h 30m", "1d 2h 3m 4s 5ms", "0s"] {
            let duration = parse(text).unwrap();
            assert_eq!(parse(&format(duration)).unwrap(), duration, "{text}");
        }
        assert_eq!(parse("2h").unwrap(), Duration::from_secs(7200));
        assert_eq!(parse("1d").unwrap(), Duration::from_secs(86_400));
    }

    #[test]
    fn anything_else_is_refused_with_its_text() {
        for text in ["", "5", "-2h", "h", "two hours", "2 parsecs"] {
            assert!(parse(text).unwrap_err().to_string().contains(text), "{text}");
        }
    }
}
