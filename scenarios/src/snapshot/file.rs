//! A `.snap` file: metadata as YAML between two `---`, then the text.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use crate::position::shown;
use crate::whole_file;

/// The text of a snapshot; none if there is no such file.
///
/// # Errors
/// If the file cannot be read, or is no snapshot.
pub(crate) fn read(path: &Path) -> io::Result<Option<String>> {
    let whole = match fs::read_to_string(path) {
        Ok(whole) => whole,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match text_in(&whole) {
        Some(text) => Ok(Some(text)),
        None => Err(io::Error::other(format!("{} is no snapshot: it does not begin with ---", shown(path)))),
    }
}

/// The text in a snapshot; none if it is no snapshot.
pub(crate) fn text_in(whole: &str) -> Option<String> {
    let whole = with_line_feeds(whole);
    // Some editors begin a file with a byte-order mark.
    let rest = whole.trim_start_matches('\u{feff}').strip_prefix("---\n")?;
    rest.split_once("\n---\n").map(|(_, text)| text.trim_end().to_owned())
}

/// The text with nothing but line feeds at the ends of its lines: version control and editors change them.
pub(crate) fn with_line_feeds(text: &str) -> String {
    text.split('\n').map(|line| line.trim_end_matches('\r')).collect::<Vec<_>>().join("\n")
}

/// Writes a snapshot of a scenario file.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn write(path: &Path, source: &Path, expression: &str, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    whole_file::write(path, &written(source, expression, text))
}

/// A snapshot of a scenario file.
pub(crate) fn written(source: &Path, expression: &str, text: &str) -> String {
    // JSON strings are YAML strings.
    let quoted = |text: &str| Value::from(text).to_string();
    let (source, expression) = (quoted(&source_name(source)), quoted(expression));
    let text = text.trim_end();
    format!("---\nsource: {source}\nexpression: {expression}\n---\n{text}\n")
}

/// The file's path without what differs from machine to machine: from its `flows` folder on, else its
/// name.
fn source_name(source: &Path) -> String {
    let path = shown(source);
    match path.rfind("flows/") {
        Some(start) => path[start..].to_owned(),
        None => source.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::Snapshot;
    use insta::internals::SnapshotContents;

    const TEXTS: [&str; 4] = [
        "one line",
        "a\n\n---\nb: \"c\"\n  # d",
        "# 1. list\nGET /v1.7/x\n  -> 200 {\"a\":[1,2]}\n",
        "ends with space  \n\n",
    ];

    fn insta_text(snapshot: &Snapshot) -> String {
        let SnapshotContents::Text(text) = snapshot.contents() else { panic!("no text") };
        text.to_string()
    }

    #[test]
    fn insta_reads_what_we_write() {
        let folder = tempfile::tempdir().unwrap();
        for (number, text) in TEXTS.into_iter().enumerate() {
            let path = folder.path().join(format!("{number}.snap"));
            write(&path, Path::new("scenarios/flows/read/a.yaml"), "a \"quoted\": name", text).unwrap();
            let snapshot = Snapshot::from_file(&path).unwrap();
            assert_eq!(insta_text(&snapshot), text.trim_end());
            assert_eq!(snapshot.metadata().expression(), Some("a \"quoted\": name"));
            assert_eq!(snapshot.metadata().source(), Some("flows/read/a.yaml"));
        }
    }

    #[test]
    fn we_read_what_insta_writes_and_it_stays_the_same() {
        let folder = tempfile::tempdir().unwrap();
        for (number, text) in TEXTS.into_iter().enumerate() {
            let (ours, theirs) =
                (folder.path().join(format!("{number}.snap")), folder.path().join("theirs.snap"));
            write(&ours, Path::new("flows/a.yaml"), "name", text).unwrap();
            Snapshot::from_file(&ours).unwrap().save(&theirs).unwrap();
            assert_eq!(read(&theirs).unwrap().unwrap(), text.trim_end());
            let reread = Snapshot::from_file(&theirs).unwrap();
            assert_eq!(insta_text(&reread), text.trim_end());
        }
        // A snapshot that insta's own macro wrote into this repository.
        let theirs = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../tests/tests/contract/snapshots/contract__faults__the_transcript_of_a_fault.snap");
        assert_eq!(read(&theirs).unwrap().unwrap(), insta_text(&Snapshot::from_file(&theirs).unwrap()));
    }

    #[test]
    fn a_missing_file_is_no_error_and_another_file_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.snap");
        assert_eq!(read(&path).unwrap(), None);
        fs::write(&path, "no snapshot").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("a.snap"));
    }

    #[test]
    fn carriage_returns_before_the_ends_of_lines_are_no_part_of_a_snapshot() {
        let read = text_in("---\r\nsource: a\r\n---\r\na\r\r\nb\rc\r\n").unwrap();
        assert_eq!(read, "a\nb\rc");
        assert_eq!(text_in(&written(Path::new("a"), "b", &read)).unwrap(), read);
    }
}
