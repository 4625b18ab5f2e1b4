//! What the program prints. A reader who has seen enough, such as `head -1`, is no error.

use std::io::{ErrorKind, Write as _};

use super::Exit;

/// Prints to standard output, and gives how the program ends: as `exit` says, if the text could be
/// written or nobody reads it any more.
pub(super) fn print(text: &str, exit: Exit) -> Exit {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Ok(()) => exit,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit,
        Err(error) => fail(&format!("standard output cannot be written: {error}"), Exit::Usage),
    }
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
