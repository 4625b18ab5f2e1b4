//! Generations of the platform, and which of them know something.

use std::fmt;
use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A generation of the platform: the first part of its paths.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
pub(crate) enum Generation {
    /// `/v1/`
    #[serde(rename = "v1")]
    V1,
    /// `/v1.0/`
    #[serde(rename = "v1.0")]
    V1_0,
    /// `/v1.1/`
    #[serde(rename = "v1.1")]
    V1_1,
    /// `/v1.3/`
    #[serde(rename = "v1.3")]
    V1_3,
    /// `/v1.4/`
    #[serde(rename = "v1.4")]
    V1_4,
    /// `/v1.5/`
    #[serde(rename = "v1.5")]
    V1_5,
    /// `/v1.6/`
    #[serde(rename = "v1.6")]
    V1_6,
    /// `/v1.7/`, the present one
    #[default]
    #[serde(rename = "v1.7")]
    V1_7,
}

impl Generation {
    const ALL: [Self; 8] =
        [Self::V1, Self::V1_0, Self::V1_1, Self::V1_3, Self::V1_4, Self::V1_5, Self::V1_6, Self::V1_7];

    /// As paths write it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V1_0 => "v1.0",
            Self::V1_1 => "v1.1",
            Self::V1_3 => "v1.3",
            Self::V1_4 => "v1.4",
            Self::V1_5 => "v1.5",
            Self::V1_6 => "v1.6",
            Self::V1_7 => "v1.7",
        }
    }

    /// The first that a path names.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        let path = path.split('?').next().unwrap_or_default();
        path.split('/').find_map(|part| Self::ALL.into_iter().find(|it| it.as_str() == part))
    }

    /// As the SDK has it, if it is an older one that the SDK speaks.
    pub(crate) fn older(self) -> Option<digime::legacy::Generation> {
        self.as_str().parse().ok()
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The generations in which a step means something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Generations {
    /// Every one: the step does without the SDK.
    All,
    /// Those of this range which the SDK speaks.
    Sdk(RangeInclusive<Generation>),
}

impl Generations {
    /// Today's alone.
    pub(crate) const TODAY: Self = Self::Sdk(Generation::V1_7..=Generation::V1_7);
    /// All that the SDK speaks.
    pub(crate) const SDK: Self = Self::Sdk(Generation::V1..=Generation::V1_7);

    /// Those from one to another.
    pub(crate) const fn between(first: Generation, last: Generation) -> Self {
        Self::Sdk(first..=last)
    }

    /// Whether a generation is one of these.
    ///
    /// # Errors
    /// Why it is none, for people; `what` is what was asked for.
    pub(crate) fn check(&self, what: &str, generation: Generation) -> Result<(), String> {
        let Self::Sdk(range) = self else { return Ok(()) };
        if range.contains(&generation) {
            return match generation.older().is_some() || generation == Generation::V1_7 {
                true => Ok(()),
                false => {
                    Err(format!("the SDK does not speak {generation}: `{what}` cannot be done, `http` can"))
                }
            };
        }
        let (first, last) = (range.start(), range.end());
        let known = if first == last { first.to_string() } else { format!("{first} to {last}") };
        let hint = match generation {
            Generation::V1_7 => format!("; the scenario needs a `generation`, such as {first}"),
            _ => String::new(),
        };
        Err(format!("`{what}` is not in {generation}: it belongs to {known}{hint}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_generation_wherever_the_server_begins() {
        for (path, expected) in [
            ("/v1.4/oauth/token", Some(Generation::V1_4)),
            ("/behind/a/proxy/v1/permission-access/session", Some(Generation::V1)),
            ("/jwks/oauth?x=/v1.4/", None),
        ] {
            assert_eq!(Generation::of_path(path), expected, "{path}");
        }
    }

    #[test]
    fn what_a_generation_lacks_is_said_with_what_has_it() {
        let trigger = Generations::between(Generation::V1_4, Generation::V1_6);
        let said =
            |generations: &Generations, generation| generations.check("trigger", generation).unwrap_err();
        assert_eq!(said(&trigger, Generation::V1), "`trigger` is not in v1: it belongs to v1.4 to v1.6");
        assert!(said(&trigger, Generation::V1_7).ends_with("needs a `generation`, such as v1.4"));
        assert!(said(&Generations::SDK, Generation::V1_1).contains("the SDK does not speak v1.1"));
        assert_eq!(
            said(&Generations::TODAY, Generation::V1_6),
            "`trigger` is not in v1.6: it belongs to v1.7"
        );
        assert_eq!(Generations::All.check("http", Generation::V1_1), Ok(()));
        assert_eq!(trigger.check("trigger", Generation::V1_5), Ok(()));
    }
}
