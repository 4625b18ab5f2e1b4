//! Reads a file as it comes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::PIECE;
use super::error::StateFileError;
use super::header::Header;
use super::lines::Lines;
use super::seal::{End, Seal};

/// A file that is coming in.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    lines: Lines,
    seal: Seal,
    next: Next,
}

/// What the next line must be.
#[derive(Debug, Default)]
enum Next {
    #[default]
    Header,
    /// A row, or the last line.
    Row,
    /// A piece of a content of which so many bytes are missing.
    Piece(u64),
    /// Nothing: the last line was read.
    Nothing,
}

/// What a line says.
#[derive(Debug)]
pub(crate) enum Part {
    /// What the file has.
    Header(Box<Header>),
    /// A row.
    Row {
        /// Its table.
        table: String,
        /// Its key.
        key: String,
        /// Its body.
        row: Box<RawValue>,
    },
    /// Some of the content of the row before it.
    Piece(Vec<u8>),
}

/// A line besides the first, with everything that one may have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnyLine {
    table: Option<String>,
    key: Option<String>,
    row: Option<Box<RawValue>>,
    piece: Option<String>,
    end: Option<End>,
}

/// A line besides the first.
enum Line {
    Row { table: String, key: String, row: Box<RawValue> },
    Piece(String),
    End(End),
}

impl AnyLine {
    fn meant(self) -> Option<Line> {
        match self {
            Self { table: Some(table), key: Some(key), row: Some(row), piece: None, end: None } => {
                Some(Line::Row { table, key, row })
            }
            Self { table: None, key: None, row: None, piece: Some(piece), end: None } => {
                Some(Line::Piece(piece))
            }
            Self { table: None, key: None, row: None, piece: None, end: Some(end) } => Some(Line::End(end)),
            _ => None,
        }
    }
}

impl Reader {
    /// Takes in what came.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.lines.feed(bytes);
    }

    /// What the next line says; none if it has not come yet, or was the last one.
    ///
    /// # Errors
    /// [`StateFileError`].
    pub(crate) fn next(&mut self) -> Result<Option<Part>, StateFileError> {
        while let Some(line) =
            self.lines.next().map_err(|_| StateFileError::LongLine { line: self.line_number() })?
        {
            if let Some(part) = self.read(&line)? {
                return Ok(Some(part));
            }
        }
        Ok(None)
    }

    /// Says that the pieces of a content follow the row that was read.
    pub(crate) fn expect_content(&mut self, length: u64) {
        if length > 0 {
            self.next = Next::Piece(length);
        }
    }

    /// Whether the content of the row that was read is whole.
    pub(crate) fn content_is_whole(&self) -> bool {
        !matches!(self.next, Next::Piece(_))
    }

    /// Says that nothing more comes.
    ///
    /// # Errors
    /// [`StateFileError`] if the file is not whole.
    pub(crate) fn finish(&mut self) -> Result<(), StateFileError> {
        // The end of the last line may be missing, but nothing of the line.
        let (rest, is_over) = (self.lines.rest(), matches!(self.next, Next::Nothing));
        match if rest.is_empty() { Ok(None) } else { self.read(&rest) } {
            Err(error) if is_over => return Err(error),
            Ok(Some(_)) => return Err(self.cut()),
            Ok(None) | Err(_) => {}
        }
        match self.next {
            Next::Nothing => Ok(()),
            Next::Header if self.seal.lines() == 0 => Err(StateFileError::Foreign),
            _ => Err(self.cut()),
        }
    }

    /// The number of the line that is read next, from 1.
    pub(crate) fn line_number(&self) -> u64 {
        self.seal.lines() + 1
    }

    /// The error of the line that was read last.
    pub(crate) fn damaged(&self, problem: impl ToString) -> StateFileError {
        StateFileError::Damaged { line: self.seal.lines(), problem: problem.to_string() }
    }

    fn cut(&self) -> StateFileError {
        StateFileError::Cut { line: self.seal.lines() }
    }

    fn read(&mut self, line: &[u8]) -> Result<Option<Part>, StateFileError> {
        if let Next::Header = self.next {
            let header = Header::read(line)?;
            self.seal.add(line);
            self.next = Next::Row;
            return Ok(Some(Part::Header(Box::new(header))));
        }
        let damaged = |problem: &str| StateFileError::Damaged {
            line: self.seal.lines() + 1,
            problem: problem.to_owned(),
        };
        if let Next::Nothing = self.next {
            return Err(damaged("something follows the closing line"));
        }
        let no_line = || damaged("it is neither a row, nor a piece of a content, nor the closing line");
        let read: AnyLine = serde_json::from_slice(line).map_err(|error| match error.is_data() {
            true => no_line(),
            false => damaged(&format!("it is no JSON: {error}")),
        })?;
        let read = read.meant().ok_or_else(no_line)?;
        match (read, &self.next) {
            (Line::Piece(piece), Next::Piece(missing)) => {
                let piece =
                    STANDARD.decode(piece).map_err(|error| damaged(&format!("no Base64: {error}")))?;
                let left = missing.checked_sub(piece.len() as u64);
                let left = left.filter(|_| !piece.is_empty() && piece.len() <= PIECE);
                let left = left.ok_or_else(|| damaged("the piece of a content has a wrong length"))?;
                self.next = if left > 0 { Next::Piece(left) } else { Next::Row };
                self.seal.add(line);
                Ok(Some(Part::Piece(piece)))
            }
            (_, Next::Piece(_)) => Err(damaged("a piece of the content before it is missing")),
            (Line::Piece(_), _) => Err(damaged("no content is expected here")),
            (Line::Row { table, key, row }, _) => {
                self.seal.add(line);
                self.seal.rows += 1;
                Ok(Some(Part::Row { table, key, row }))
            }
            (Line::End(end), _) => {
                if end != self.seal.end() {
                    return Err(damaged(
                        "lines were changed, added or removed: counts or SHA-256 are not those of the lines \
                         before",
                    ));
                }
                self.next = Next::Nothing;
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::header::SandboxFacts;
    use super::super::writer::Writer;
    use super::*;
    use crate::domain::lifetimes::Lifetimes;
    use crate::domain::table::{Share, Shares};
    use crate::domain::timeline::Timeline;
    use crate::faults::Fault;
    use crate::operations::Operation;
    use crate::random::SandboxTag;
    use serde_json::Value;
    use std::time::Duration;

    fn header() -> Header {
        let shares = Shares { contents: Share::Included, secrets: Share::LeftOut };
        let facts = SandboxFacts {
            moved: Duration::from_secs(7200),
            lifetimes: Lifetimes::default(),
            timeline: Timeline::default(),
            applications: Value::Null,
            faults: vec![Fault::on(Operation::READ_FILE).status(503)],
        };
        Header::new(&SandboxTag::default_sandbox(), shares, facts)
    }

    /// A file with two rows, of which the first has a content.
    fn file() -> Vec<u8> {
        let mut writer = Writer::default();
        let mut file = writer.header(&header()).unwrap().to_vec();
        file.extend_from_slice(&writer.row("pets", "rex", "{\"content\":{\"follows\":50000}}").unwrap());
        file.extend_from_slice(&writer.piece(&vec![7; PIECE]).unwrap());
        file.extend_from_slice(&writer.piece(&vec![7; 50_000 - PIECE]).unwrap());
        file.extend_from_slice(&writer.row("pets", "tom\"", "{}").unwrap());
        file.extend_from_slice(&writer.end());
        file
    }

    /// What a reader makes of a file that comes in portions of a size.
    fn read(file: &[u8], portion: usize) -> Result<(usize, usize), StateFileError> {
        let (mut reader, mut rows, mut bytes) = (Reader::default(), 0, 0);
        for portion in file.chunks(portion) {
            reader.feed(portion);
            while let Some(part) = reader.next()? {
                match part {
                    Part::Header(_) => {}
                    Part::Row { row, .. } => {
                        rows += 1;
                        let row: Value = serde_json::from_str(row.get()).unwrap();
                        reader.expect_content(row["content"]["follows"].as_u64().unwrap_or_default());
                    }
                    Part::Piece(piece) => bytes += piece.len(),
                }
            }
        }
        reader.finish().map(|()| (rows, bytes))
    }

    #[test]
    fn a_file_is_read_back_in_portions_of_any_size() {
        let mut reader = Reader::default();
        reader.feed(&file());
        assert!(matches!(reader.next(), Ok(Some(Part::Header(read))) if *read == header()));
        for portion in [1, 7, 4096, usize::MAX] {
            assert_eq!(read(&file(), portion).unwrap(), (2, 50_000));
        }
        let whole = file();
        assert!(read(&whole[..whole.len() - 1], 100).is_ok(), "the last end of a line may be missing");
        for more in ["{}", "x", "\n"] {
            let error = read(&[&whole, more.as_bytes()].concat(), 100).unwrap_err().to_string();
            assert!(error.contains("follows the closing line"), "{error}");
        }
    }

    #[test]
    fn line_ends_of_windows_are_read_too() {
        let text = String::from_utf8(file()).unwrap().replace('\n', "\r\n");
        for portion in [1, 7, usize::MAX] {
            assert_eq!(read(text.as_bytes(), portion).unwrap(), (2, 50_000));
        }
    }

    #[test]
    fn a_file_that_is_cut_anywhere_is_refused() {
        let whole = file();
        for length in (0..whole.len() - 1).step_by(97).chain([whole.len() - 2]) {
            assert!(read(&whole[..length], 4096).is_err(), "{length}");
        }
        let lines: Vec<_> = whole.split_inclusive(|byte| *byte == b'\n').collect();
        for count in 1..lines.len() {
            let error = read(&lines[..count].concat(), 4096).unwrap_err();
            assert!(
                matches!(error, StateFileError::Cut { line } if line == count as u64),
                "{count}: {error}"
            );
        }
    }

    #[test]
    fn a_file_in_which_any_byte_is_changed_is_refused() {
        let whole = file();
        for place in (0..whole.len() - 1).step_by(31) {
            for flip in [1, 0x80] {
                let mut changed = whole.clone();
                changed[place] ^= flip;
                assert!(read(&changed, 4096).is_err(), "{place}");
            }
        }
    }

    #[test]
    fn lines_that_are_not_where_they_belong_are_named() {
        let whole = file();
        let lines: Vec<_> = whole.split_inclusive(|byte| *byte == b'\n').collect();
        let text = |order: &[usize]| order.iter().flat_map(|at| lines[*at]).copied().collect::<Vec<u8>>();
        for (order, says) in [
            (&[1, 2, 3, 4, 5][..], "no state of a sandbox"),
            (&[0, 2, 3, 1, 4, 5], "line 2: no content"),
            (&[0, 1, 4, 2, 3, 5], "line 3: a piece"),
            (&[0, 1, 2, 3, 4, 4, 5], "line 7: lines were changed"),
            (&[0, 1, 2, 3, 4, 5, 4], "line 6: something follows"),
            (&[0, 0, 1, 2, 3, 4, 5], "line 2: it is neither"),
        ] {
            let error = read(&text(order), 4096).unwrap_err().to_string();
            assert!(error.contains(says), "{order:?}: {error}");
        }
    }

    #[test]
    fn a_newer_file_a_foreign_one_and_an_endless_line_are_told_apart() {
        let text = String::from_utf8(file()).unwrap();
        for (file, says) in [
            (text.replace("\"version\":1", "\"version\":2"), "use a newer one"),
            (text.replace("digime-mock state", "another state"), "no state of a sandbox"),
            ("{}\n".to_owned(), "no state of a sandbox"),
            (String::new(), "no state of a sandbox"),
            ("\u{0}\n".to_owned(), "no state of a sandbox"),
            (text.replacen("\"sandbox\":\"default0\"", "\"sandbox\":\"../../ab\"", 1), "line 1"),
            (text.replacen("{\"table\"", "{\"table\":\"x\",\"table\"", 1), "line 2"),
            (text.replacen("\"rex\"", "\"r\u{0}x\"", 1), "no JSON"),
            (text.replacen("\"row\":{", &format!("\"row\":{}", "{\"a\":".repeat(500)), 1), "line 2"),
        ] {
            let error = read(file.as_bytes(), 4096).unwrap_err().to_string();
            assert!(error.contains(says), "{says}: {error}");
        }
        let long = [&text.as_bytes()[..text.find('\n').unwrap() + 1], &vec![b'['; 9 * 1024 * 1024]].concat();
        assert!(matches!(read(&long, 65_536), Err(StateFileError::LongLine { line: 2 })));
    }
}
