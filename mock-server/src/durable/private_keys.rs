//! Rows that have private keys: they are encrypted on their way into the database.

use super::{Durable, Failure};
use crate::at_rest::AtRest;
use crate::config::state_key::StateKey;
use crate::domain::table::{Change, Loaded};

/// The table of such rows.
const TABLE: &str = "postboxes";

fn purpose(key: &str) -> String {
    format!("{TABLE} {key}")
}

/// The body of a row as it is kept.
pub(super) fn encrypted(
    table: &str,
    key: &str,
    body: String,
    state_key: Option<&StateKey>,
) -> Result<String, Failure> {
    match table {
        TABLE => Ok(AtRest::new(&body, &purpose(key), state_key)?.into_text()),
        _ => Ok(body),
    }
}

/// The body of a row as it was before it was kept.
pub(super) fn opened(
    table: &str,
    key: &str,
    body: String,
    state_key: Option<&StateKey>,
) -> Result<String, Failure> {
    match table {
        TABLE => Ok(AtRest::of_text(body).open(&purpose(key), state_key)?),
        _ => Ok(body),
    }
}

impl Durable {
    /// Changes as they are kept.
    pub(super) fn encrypted(&self, mut changes: Vec<Change>) -> Result<Vec<Change>, Failure> {
        for change in &mut changes {
            if let Some(row) = &mut change.row {
                let body = std::mem::take(&mut row.body);
                row.body = encrypted(change.table, &change.key, body, self.state_key.as_ref())?;
            }
        }
        Ok(changes)
    }

    /// Rows as they were before they were kept.
    pub(super) fn opened(&self, mut loaded: Vec<Loaded>) -> Result<Vec<Loaded>, Failure> {
        for loaded in &mut loaded {
            for (key, body) in &mut loaded.rows {
                *body = opened(loaded.wanted.table, key, std::mem::take(body), self.state_key.as_ref())?;
            }
        }
        Ok(loaded)
    }
}
