//! What is wrong in a scenario file, before the file itself is known.

use std::fmt;

use crate::position::Place;

/// What is wrong, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) message: String,
    pub(crate) place: Option<Place>,
    pub(crate) help: Option<String>,
}

impl Mistake {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, help: None }
    }

    /// Sets the place, unless a deeper one is known.
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place.get_or_insert(place);
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A word that is none of those that are known.
    pub(crate) fn unknown(what: &str, found: &str, known: &[&str]) -> Self {
        let mistake = Self::new(format!("unknown {what} `{found}`"));
        match did_you_mean(found, known) {
            Some(near) => mistake.help(format!("did you mean `{near}`?")),
            None => mistake.help(format!("known are: {}", known.join(", "))),
        }
    }
}

/// The known word that is near enough to be a misspelling's target.
pub(crate) fn did_you_mean<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let normal = |word: &str| word.to_lowercase().replace(['-', ' '], "_");
    let found = normal(found);
    let distance = |word: &&&str| strsim::damerau_levenshtein(&found, &normal(word));
    let near = known.iter().min_by_key(distance)?;
    (distance(&near) <= 1 + found.chars().count() / 4).then_some(*near)
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

impl serde::de::Error for Mistake {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown("key", field, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown("word", variant, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("the key `{field}` is missing"))
    }

    fn invalid_type(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        let found = match found {
            serde::de::Unexpected::Unit => "nothing".to_owned(),
            other => other.to_string(),
        };
        Self::new(format!("expected {}; found {found}", in_words(expected)))
    }

    fn invalid_value(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::invalid_type(found, expected)
    }
}

/// A type of Rust as people say it.
fn in_words(expected: &dyn serde::de::Expected) -> String {
    match expected.to_string().as_str() {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not negative".to_owned(),
        "i32" | "i64" => "a whole number".to_owned(),
        "f64" => "a number".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelling_finds_the_word_that_was_meant() {
        let known = ["authorize", "read_file", "read_all", "list"];
        for (found, meant) in [
            ("authorise", Some("authorize")),
            ("read-file", Some("read_file")),
            ("List", Some("list")),
            ("push", None),
        ] {
            assert_eq!(did_you_mean(found, &known), meant, "{found}");
        }
    }
}
