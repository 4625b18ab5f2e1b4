//! Writes a file, line by line.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::json;

use super::header::Header;
use super::seal::Seal;
use super::{LONGEST_LINE, PIECE};

/// A file on its way.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    seal: Seal,
}

impl Writer {
    /// The first line.
    ///
    /// # Errors
    /// If the header is too long for a line.
    pub(crate) fn header(&mut self, header: &Header) -> io::Result<Bytes> {
        self.line(serde_json::to_string(header)?)
    }

    /// A row, whose body is JSON already.
    ///
    /// # Errors
    /// If the row is too long for a line.
    pub(crate) fn row(&mut self, table: &str, key: &str, body: &str) -> io::Result<Bytes> {
        self.seal.rows += 1;
        self.line(format!("{{\"table\":\"{table}\",\"key\":{},\"row\":{body}}}", json!(key)))
    }

    /// A piece of a content, of at most [`PIECE`] bytes.
    ///
    /// # Errors
    /// If the piece is too long.
    pub(crate) fn piece(&mut self, bytes: &[u8]) -> io::Result<Bytes> {
        debug_assert!(bytes.len() <= PIECE);
        self.line(format!("{{\"piece\":\"{}\"}}", STANDARD.encode(bytes)))
    }

    /// The last line.
    pub(crate) fn end(&self) -> Bytes {
        Bytes::from(format!("{}\n", json!({ "end": self.seal.end() })))
    }

    fn line(&mut self, mut line: String) -> io::Result<Bytes> {
        if line.len() > LONGEST_LINE {
            let problem = format!("a row is longer than the {LONGEST_LINE} bytes that a file takes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        self.seal.add(line.as_bytes());
        line.push('\n');
        Ok(line.into())
    }
}
