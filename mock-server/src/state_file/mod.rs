//! The form of a file that has all of a sandbox: lines of JSON, so that a file of any size is written and read in
//! constant memory, told apart by any text tool, and compared line by line.
//!
//! ```text
//! {"format":"digime-mock state","version":1,"product":"0.1.0","sandbox":"default0",…}
//! {"table":"libraries","key":"default0…","row":{…}}
//! {"table":"pushed_files","key":"default0…/00000000000000000001","row":{…"content":{"follows":5}}}
//! {"piece":"aGVsbG8="}
//! {"end":{"lines":4,"rows":2,"sha256":"…"}}
//! ```
//!
//! Rows stand in the order of tables and keys; the pieces of a content follow the row that names it.

mod error;
mod header;
mod lines;
mod reader;
mod seal;
mod writer;

pub use error::StateFileError;
pub(crate) use header::{Header, SandboxFacts};
pub(crate) use lines::Lines;
pub(crate) use reader::{Part, Reader};
#[cfg(feature = "cli")]
pub(crate) use seal::Sealed;
pub(crate) use writer::Writer;

/// What the first line of a file calls its format.
const FORMAT: &str = "digime-mock state";
/// The version that this program writes, and the latest that it reads.
const VERSION: u64 = 1;
/// How many bytes of a content a line has at most.
pub(crate) const PIECE: usize = 48 * 1024;
/// How long a line is at most, in bytes.
const LONGEST_LINE: usize = 8 * 1024 * 1024;
/// How large a file is at most, in bytes: more than any disk should be filled with by mistake.
pub(crate) const LARGEST_FILE: u64 = 64 * 1024 * 1024 * 1024;
/// The media type of a file: JSON by the line.
pub(crate) const MEDIA_TYPE: &str = "application/x-ndjson";
