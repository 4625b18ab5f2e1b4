//! `digime-mock init`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::output::{is_stream, print};
use crate::config::sources::TEMPLATE;

#[derive(Args, Debug)]
pub(super) struct InitArgs {
    /// Where to write; - is the output.
    #[arg(default_value = "digime-mock.toml")]
    file: PathBuf,
    /// Replace the file if it is there.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &InitArgs) -> Result<(), Failure> {
    if is_stream(&args.file) {
        return print(TEMPLATE);
    }
    let path = args.file.display();
    let mut options = OpenOptions::new();
    options.write(true);
    if args.force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options.open(&args.file).and_then(|mut file| file.write_all(TEMPLATE.as_bytes()));
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::new(format!("{path} is already there; --force replaces it"))
        }
        _ => Failure::new(format!("{path} cannot be written: {error}")),
    })?;
    print(format!("{path} written; start the server with: digime-mock serve --config {path}\n"))
}
