//! Files that a server reads: its configuration, and the state of a sandbox.

use std::io::Read;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::choice;
use crate::embedded::mock_server::MockServer;
use crate::embedded::state::{ExportOptions, check};

/// Configuration files: settings that are taken in can be checked and shown, and a mistake has a line of the file.
#[cfg(feature = "cli")]
pub(super) fn configuration(data: &[u8]) {
    use crate::config::settings::Settings;
    use crate::config::sources::file;
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut settings = Settings::standard().expect("the standard settings");
    match file::read("digime-mock.toml", text, "/nonexistent".as_ref(), &mut settings) {
        Ok(()) => {
            let _ = settings.check();
            let shown = format!("{settings:?}");
            assert!(!shown.contains("PRIVATE KEY"));
            let mut again = Settings::standard().expect("the standard settings");
            file::read("digime-mock.toml", text, "/nonexistent".as_ref(), &mut again)
                .expect("it was read before");
            assert_eq!(shown, format!("{again:?}"));
        }
        Err(error) => {
            let told = error.to_string();
            let line = told.split_once("line ").and_then(|(_, rest)| {
                rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|line| line.parse::<usize>().ok())
            });
            let lines = text.matches('\n').count() + 1;
            assert!(line.is_some_and(|line| (1..=lines).contains(&line)), "{told}");
        }
    }
}

/// A file that comes in pieces.
struct InPieces<'a>(&'a [u8], usize);

impl Read for InPieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.1.min(buffer.len());
        self.0.read(&mut buffer[..length])
    }
}

/// The file with the closing line that it would have, were it whole.
fn sealed(data: &[u8]) -> Vec<u8> {
    let (mut hash, mut lines, mut rows, mut file) = (Sha256::new(), 0, 0, Vec::new());
    for line in data.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"{\"end\"")) {
        if line.is_empty() {
            continue;
        }
        hash.update(line);
        hash.update(b"\n");
        file.extend_from_slice(line);
        file.push(b'\n');
        lines += 1;
        rows += u64::from(serde_json::from_slice::<Value>(line).is_ok_and(|row| row.get("table").is_some()));
    }
    let sha256: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    file.extend(
        json!({ "end": { "lines": lines, "rows": rows, "sha256": sha256 } }).to_string().into_bytes(),
    );
    file
}

/// Files of a state, as they come and with a closing line that fits: pieces of any size are judged the same,
/// and a sandbox that is made of one can be written and made again.
pub(super) fn state_file(data: &[u8]) {
    let Some((choice, data)) = choice(data) else { return };
    let file = if choice % 2 == 0 { data.to_vec() } else { sealed(data) };
    let told = |from: &mut dyn Read| check(from).map_err(|error| error.to_string());
    let whole = told(&mut &file[..]);
    assert_eq!(whole, told(&mut InPieces(&file, usize::from(choice / 2) + 1)));
    if whole.is_err() {
        return;
    }
    let export = |file: &[u8]| {
        let server = pollster::block_on(MockServer::builder().allow_unused_faults().start());
        let sandbox = server.import_state(file).ok()?;
        let mut written = Vec::new();
        sandbox.export_state(&mut written, ExportOptions::default().with_secrets()).expect("it is written");
        Some(written)
    };
    // A file that is whole may still name what the server does not have.
    if let Some(written) = export(&file) {
        assert_eq!(check(&written[..]).map_err(|error| error.to_string()), Ok(()));
        export(&written).expect("what a server writes, another takes in");
    }
}
