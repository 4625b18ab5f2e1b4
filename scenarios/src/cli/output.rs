//! What the program prints and writes. A reader who has seen enough, such as `head -1`, is no error.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::Exit;
use crate::whole_file;

/// Prints to standard output, and gives how the program ends: as `exit` says, if the text could be
/// written or nobody reads it any more.
pub(super) fn print(text: &str, exit: Exit) -> Exit {
    match put(text) {
        Ok(()) => exit,
        Err(message) => fail(&message, Exit::Usage),
    }
}

/// Writes to standard output.
///
/// # Errors
/// Why it cannot be written, for people.
fn put(text: &str) -> Result<(), String> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("standard output cannot be written: {error}"))
        }
        _ => Ok(()),
    }
}

/// Whether a path stands for standard output, as it does for other programs; a file of that name is `./-`.
pub(super) fn is_standard_output(path: &Path) -> bool {
    path == Path::new("-")
}

/// Writes a report to a file and the folders that lead to it, or to standard output.
///
/// # Errors
/// Why it cannot be written, for people.
pub(super) fn write_report(path: &Path, text: Result<String, String>) -> Result<(), String> {
    let told = |error| format!("{} cannot be written: {error}", path.display());
    let text = text.map_err(told)?;
    if is_standard_output(path) {
        return put(&text);
    }
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    folder.and_then(|()| whole_file::write(path, &text)).map_err(|error| told(error.to_string()))
}

/// Writes a file that is not there yet, and the folders that lead to it.
///
/// # Errors
/// Why it cannot be written, for people.
pub(super) fn write_new(path: &Path, text: &str) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{} cannot be written: {error}", path.display());
    path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(told)?;
    let mut file = File::create_new(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            format!("{} is already there: name another file, or remove this one before", path.display())
        }
        _ => told(error),
    })?;
    file.write_all(text.as_bytes()).map_err(told)
}

/// Prints to standard error. If that is closed, nobody can be told.
pub(super) fn tell(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Says what is wrong, and how the program ends.
pub(super) fn fail(message: &str, exit: Exit) -> Exit {
    tell(&format!("{}\n", message.trim_end()));
    exit
}
