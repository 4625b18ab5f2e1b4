//! Operations by their names.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// Something that the server can be asked for, by its name in the journal and in fault rules.
///
/// Each endpoint declares its own in its file, as an associated constant.
///
/// ```
/// use digime_mock_server::Operation;
///
/// assert_eq!(Operation::READ_FILE.name(), "readFile");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation(&'static str);

impl Operation {
    /// The operation of this name.
    pub(crate) const fn named(name: &'static str) -> Self {
        Self(name)
    }

    /// The operation's name.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Operation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// How many names are taken from elsewhere: more than there are operations in all versions together.
const MOST_NAMES: usize = 1000;

impl<'de> Deserialize<'de> for Operation {
    /// Takes the name as it is: another version may know operations that this one does not. Each name is kept
    /// once, for as long as the program runs.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        let name = String::deserialize(deserializer)?;
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(name.as_str()) {
            return Ok(Self(known));
        }
        if names.len() >= MOST_NAMES {
            return Err(D::Error::custom(format!("there are more than {MOST_NAMES} names of operations")));
        }
        let name: &'static str = Box::leak(name.into_boxed_str());
        names.insert(name);
        Ok(Self(name))
    }
}

impl JsonSchema for Operation {
    fn schema_name() -> Cow<'static, str> {
        "Operation".into()
    }

    /// The OpenAPI document adds the names, which only the list of endpoints knows.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_written_is_the_same_operation() {
        let written = serde_json::to_string(&Operation::READ_FILE).unwrap();
        for _ in 0..2 {
            assert_eq!(serde_json::from_str::<Operation>(&written).unwrap(), Operation::READ_FILE);
        }
        assert!(serde_json::from_str::<Operation>("7").is_err());
    }
}
