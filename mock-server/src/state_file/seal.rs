//! What the last line of a file says of all others, so that a file that is cut off or changed is noticed.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The lines so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Seal {
    hash: Sha256,
    lines: u64,
    pub(super) rows: u64,
}

/// What the last line says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    lines: u64,
    pub(super) rows: u64,
    sha256: String,
}

impl Seal {
    /// Counts a line, which is given without its end.
    pub(super) fn add(&mut self, line: &[u8]) {
        self.hash.update(line);
        self.hash.update(b"\n");
        self.lines += 1;
    }

    /// How many lines there were.
    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    /// What is to be said of them.
    pub(super) fn end(&self) -> End {
        let hash = self.hash.clone().finalize();
        let sha256 = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        End { lines: self.lines, rows: self.rows, sha256 }
    }
}

/// Watches a file go by, and knows at its end whether it is whole, without understanding its rows.
#[cfg(feature = "cli")]
#[derive(Debug, Default)]
pub(crate) struct Sealed {
    seal: Seal,
    end: Option<End>,
}

#[cfg(feature = "cli")]
impl Sealed {
    /// Sees a line, which is given without its end.
    pub(crate) fn see(&mut self, line: &[u8]) {
        #[derive(Deserialize)]
        struct Last {
            end: End,
        }
        self.end = None;
        if line.starts_with(b"{\"end\"") {
            self.end = serde_json::from_slice(line).ok().map(|last: Last| last.end);
        } else {
            self.seal.add(line);
        }
    }

    /// How many rows the file has, if it was whole.
    pub(crate) fn rows(&self) -> Option<u64> {
        let End { lines, rows, sha256 } = self.end.as_ref()?;
        let seen = self.seal.end();
        (*lines == seen.lines && *sha256 == seen.sha256).then_some(*rows)
    }
}
