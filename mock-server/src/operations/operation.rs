//! Operations by their names.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

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

impl JsonSchema for Operation {
    fn schema_name() -> Cow<'static, str> {
        "Operation".into()
    }

    /// The OpenAPI document adds the names, which only the list of endpoints knows.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}
