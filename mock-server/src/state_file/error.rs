//! Why a file cannot be taken in.

use super::{FORMAT, LONGEST_LINE, VERSION};

/// A file that has no state of a sandbox, or not a whole one.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    /// It is something else.
    #[error(
        "the file is no state of a sandbox: it does not begin with {{\"format\":\"{FORMAT}\",…}}; \
         `digime-mock state export` writes one"
    )]
    Foreign,
    /// A newer version wrote it.
    #[error(
        "the file has version {version} of the format, which {product} wrote; this program, {own}, reads up to \
         version {VERSION}: use a newer one",
        own = env!("CARGO_PKG_VERSION")
    )]
    Newer {
        /// The version of the format.
        version: u64,
        /// The version of the program that wrote it.
        product: String,
    },
    /// A line is not what was written.
    #[error("the file is damaged at line {line}: {problem}")]
    Damaged {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// It ends before its last line.
    #[error("the file is cut off after line {line}: its closing line is missing")]
    Cut {
        /// The last line that is there.
        line: u64,
    },
    /// A line is longer than any that is written.
    #[error("the file is damaged at line {line}: the line is longer than {LONGEST_LINE} bytes")]
    LongLine {
        /// The line, from 1.
        line: u64,
    },
}
