//! Which entries of a journal somebody wants to see.

use std::str::FromStr;

use serde_json::Value;

use super::Entry;
use crate::operations::Operation;

/// What an entry must be; all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// One of these operations, by their names; any if there is none.
    pub(crate) operations: Vec<String>,
    /// Of this user, by the `sub` of their tokens.
    pub(crate) user: Option<String>,
    /// Answered with this.
    pub(crate) status: Option<StatusRange>,
    /// It has this text somewhere, in letters of either case.
    pub(crate) text: Option<SearchText>,
    /// It has this fingerprint among its links.
    pub(crate) link: Option<String>,
    /// Answered by this server of several.
    pub(crate) server: Option<String>,
}

/// A status, or all of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatusRange {
    first: u16,
    last: u16,
}

/// A text is no status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a status such as 404, or a class of them such as 4xx")]
pub(crate) struct NoStatus;

impl FromStr for StatusRange {
    type Err = NoStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_number = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(status) = text.parse().ok().filter(|_| is_number) {
            return Ok(Self { first: status, last: status });
        }
        match text.to_ascii_lowercase().strip_suffix("xx").map(str::as_bytes) {
            Some([class @ b'1'..=b'5']) => {
                let first = u16::from(class - b'0') * 100;
                Ok(Self { first, last: first + 99 })
            }
            _ => Err(NoStatus),
        }
    }
}

/// A text that is looked for, in letters of either case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SearchText(String);

impl SearchText {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_lowercase())
    }

    fn is_in(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.0)
    }

    fn is_in_json(&self, value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::Bool(_) | Value::Number(_) => self.is_in(&value.to_string()),
            Value::String(text) => self.is_in(text),
            Value::Array(items) => items.iter().any(|item| self.is_in_json(item)),
            Value::Object(members) => {
                members.iter().any(|(name, value)| self.is_in(name) || self.is_in_json(value))
            }
        }
    }

    fn is_in_entry(&self, entry: &Entry) -> bool {
        let texts = [
            Some(&entry.path),
            Some(&entry.method),
            entry.location.as_ref(),
            entry.fault.as_ref(),
            entry.user.as_ref(),
        ];
        let refusal = entry.refusal.iter().flat_map(|refusal| {
            [refusal.code.as_str(), &refusal.message, &refusal.detail, &refusal.reference]
        });
        texts.into_iter().flatten().any(|text| self.is_in(text))
            || entry.operation.is_some_and(|operation| self.is_in(operation.name()))
            || refusal.into_iter().any(|text| self.is_in(text))
            || entry.headers.iter().any(|(name, value)| self.is_in(name) || self.is_in(value))
            || entry
                .verdict
                .claims
                .iter()
                .flatten()
                .any(|(name, value)| self.is_in(name) || self.is_in_json(value))
            || [&entry.body, &entry.answer].into_iter().flatten().any(|json| self.is_in_json(json))
    }
}

impl Filter {
    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether an entry is wanted.
    pub(crate) fn admits(&self, entry: &Entry) -> bool {
        let operation = entry.operation.map_or("none", Operation::name);
        (self.operations.is_empty() || self.operations.iter().any(|it| it == operation))
            && self.status.is_none_or(|it| (it.first..=it.last).contains(&entry.status))
            && self.user.as_ref().is_none_or(|it| entry.user.as_ref() == Some(it))
            && self.link.as_ref().is_none_or(|it| entry.links.contains(it))
            && self.server.as_ref().is_none_or(|it| entry.server.as_ref() == Some(it))
            && self.text.as_ref().is_none_or(|it| it.is_in_entry(entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry() -> Entry {
        Entry {
            operation: Some(Operation::READ_FILE),
            method: "GET".to_owned(),
            path: "/v1.7/permission-access/query/abc/Note.JSON".to_owned(),
            status: 404,
            user: Some("ann".to_owned()),
            links: vec!["f00d".to_owned()],
            answer: Some(json!({ "error": { "code": "FileNotFound" }, "list": [7, "Ärger"] })),
            ..Entry::default()
        }
    }

    #[test]
    fn a_filter_admits_what_meets_all_of_it() {
        let text = |text: &str| Filter { text: Some(SearchText::new(text)), ..Filter::default() };
        let status = |text: &str| Filter { status: Some(text.parse().unwrap()), ..Filter::default() };
        for (filter, admits) in [
            (Filter::default(), true),
            (text("note.json"), true),
            (text("filenotfound"), true),
            (text("ÄRGER"), true),
            (text("readFile"), true),
            (text("nowhere"), false),
            (status("404"), true),
            (status("4XX"), true),
            (status("5xx"), false),
            (status("400"), false),
            (Filter { operations: vec!["token".to_owned(), "readFile".to_owned()], ..text("") }, true),
            (Filter { operations: vec!["token".to_owned()], ..text("") }, false),
            (Filter { user: Some("ann".to_owned()), link: Some("f00d".to_owned()), ..text("note") }, true),
            (Filter { user: Some("bob".to_owned()), ..text("note") }, false),
            (Filter { server: Some("one".to_owned()), ..text("note") }, false),
        ] {
            assert_eq!(filter.admits(&entry()), admits, "{filter:?}");
        }
    }

    #[test]
    fn a_status_has_three_digits_or_is_a_class() {
        for text in ["", "4", "40", "4x", "6xx", "0xx", "xxx", "+40", "4040", "4xxx", "é0"] {
            assert_eq!(text.parse::<StatusRange>(), Err(NoStatus), "{text}");
        }
    }
}
