//! What the program prints.

use std::io::{self, Write as _};

use super::failure::Failure;

/// Prints to the standard output. `print!` panics when its reader has gone.
pub(super) fn print(text: impl AsRef<[u8]>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_ref()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::OutputClosed,
        _ => Failure::new(format!("the output cannot be written: {error}")),
    })
}
