//! Days and spans of days as scopes have them.

use std::borrow::Cow;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _};

/// A day such as `2026-01-31` or `20260131`, or the first day of a month such as `202601`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day(Date);

impl Day {
    /// When it begins (UTC).
    pub(crate) fn start(self) -> SystemTime {
        let start = self.0.to_zoned(TimeZone::UTC).map(|start| start.timestamp().as_second());
        // `from_str` lets no day pass that begins before 1970.
        UNIX_EPOCH + Duration::from_secs(start.ok().and_then(|it| u64::try_from(it).ok()).unwrap_or_default())
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = text.trim();
        let digits = plain.len() == 6 && plain.bytes().all(|byte| byte.is_ascii_digit());
        let whole = if digits { format!("{plain}01") } else { plain.to_owned() };
        let date = whole.parse::<Date>().ok().filter(|date| (1970..=9998).contains(&date.year()));
        date.map(Self).ok_or_else(|| {
            format!("\"{text}\" is no day such as 2026-01-31, and no month such as 202601, from 1970 on")
        })
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The last days (`30d`), months (`6m`) or years (`1y`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    Days(u32),
    Months(u32),
    Years(u32),
}

impl FromStr for Last {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is no number of days, months or years such as 6m");
        let plain = text.trim();
        let unit = plain.chars().last().ok_or_else(wrong)?;
        let number = plain[..plain.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
        match unit {
            'd' => Ok(Self::Days(number)),
            'm' => Ok(Self::Months(number)),
            'y' => Ok(Self::Years(number)),
            _ => Err(wrong()),
        }
    }
}

macro_rules! read_from_text {
    ($($name:ident, $pattern:literal, $description:literal;)*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": $description })
            }
        }
    )*};
}

read_from_text! {
    Day, "^\\d{4}-?\\d{2}(-?\\d{2})?$", "A day such as 2026-01-31, or a month such as 202601";
    Last, "^\\d+[dmy]$", "The last days (30d), months (6m) or years (1y)";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_months_are_read_and_anything_else_is_refused_with_its_text() {
        for (text, day) in [
            ("2026-01-31", "2026-01-31"),
            ("20260131", "2026-01-31"),
            ("202601", "2026-01-01"),
            ("2028-02-29", "2028-02-29"),
        ] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), day, "{text}");
        }
        for text in ["2026-02-29", "202613", "1969-12-31", "soon", "", "9999-12-31"] {
            assert!(text.parse::<Day>().unwrap_err().contains(text), "{text}");
        }
        assert_eq!("6m".parse(), Ok(Last::Months(6)));
        for text in ["", "m", "6", "6w", "-1d", "6é"] {
            assert!(text.parse::<Last>().is_err(), "{text}");
        }
    }
}
