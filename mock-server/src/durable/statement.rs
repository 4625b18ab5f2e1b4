//! A statement with its values, as each engine's driver takes it.

use std::borrow::Cow;

use sqlx::{Arguments as _, Encode, Type};

use super::Failure;
use crate::random::SandboxTag;

/// A statement and what stands for `$1`, `$2` and so on.
#[derive(Debug)]
pub(super) struct Statement {
    text: Cow<'static, str>,
    values: Vec<Value>,
}

/// A value of a statement.
#[derive(Debug)]
pub(super) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
    Bytes(Vec<u8>),
}

impl Statement {
    pub(super) fn of(text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), values: Vec::new() }
    }

    /// The same, with its next value.
    pub(super) fn with(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// The text, and the values in the form of a driver.
    ///
    /// # Errors
    /// [`Failure::Lost`] if a value has no such form.
    pub(super) fn parts<D: sqlx::Database>(self) -> Result<(String, D::Arguments), Failure>
    where
        for<'v> Option<String>: Encode<'v, D> + Type<D>,
        for<'v> Option<i64>: Encode<'v, D> + Type<D>,
        for<'v> Vec<u8>: Encode<'v, D> + Type<D>,
    {
        let mut arguments = D::Arguments::default();
        for value in self.values {
            let added = match value {
                Value::Text(text) => arguments.add(text),
                Value::Number(number) => arguments.add(number),
                Value::Bytes(bytes) => arguments.add(bytes),
            };
            added.map_err(|error| Failure::Lost(error.to_string()))?;
        }
        Ok((self.text.into_owned(), arguments))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<&SandboxTag> for Value {
    fn from(tag: &SandboxTag) -> Self {
        Self::from(tag.as_str())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}
