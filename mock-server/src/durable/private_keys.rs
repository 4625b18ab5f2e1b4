//! Rows that have private keys: they are encrypted on their way into the database.

use super::{Durable, Failure};
use crate::at_rest::AtRest;
use crate::domain::table::{Change, Loaded};

/// The table of such rows.
const TABLE: &str = "postboxes";

fn purpose(key: &str) -> String {
    format!("{TABLE} {key}")
}

impl Durable {
    /// Changes with such rows encrypted.
    pub(super) fn encrypted(&self, mut changes: Vec<Change>) -> Result<Vec<Change>, Failure> {
        for change in changes.iter_mut().filter(|change| change.table == TABLE) {
            if let Some(row) = &mut change.row {
                let body = AtRest::new(&row.body, &purpose(&change.key), self.state_key.as_ref())?;
                row.body = body.into_text();
            }
        }
        Ok(changes)
    }

    /// Such rows as they were before they were encrypted.
    pub(super) fn opened(&self, mut loaded: Vec<Loaded>) -> Result<Vec<Loaded>, Failure> {
        for loaded in loaded.iter_mut().filter(|loaded| loaded.wanted.table == TABLE) {
            for (key, body) in &mut loaded.rows {
                let kept = AtRest::of_text(std::mem::take(body));
                *body = kept.open(&purpose(key), self.state_key.as_ref())?;
            }
        }
        Ok(loaded)
    }
}
