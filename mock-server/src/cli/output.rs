//! What the program prints.

use std::io::{self, Write as _};
use std::path::Path;

use super::failure::Failure;

/// Prints to the standard output. `print!` panics when its reader has gone.
pub(super) fn print(text: impl AsRef<[u8]>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_ref()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::OutputClosed,
        _ => Failure::new(format!("the output cannot be written: {error}")),
    })
}

/// Whether a file that was named is the standard input or output: `-`.
pub(super) fn is_stream(file: &Path) -> bool {
    file == Path::new("-")
}

/// A line in which control characters are written out: what others have named, such as the partners of a
/// server, must not steer the terminal of the one who looks at it.
pub(super) fn visible(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    for c in line.chars() {
        match c.is_control() {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out_and_all_else_is_as_it_was() {
        assert_eq!(visible("é \u{1b}[2J\u{7}\n\u{9b}x"), r"é \u{1b}[2J\u{7}\n\u{9b}x");
    }
}
