//! `digime-mock`: see `digime-mock --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    match digime_mock_server::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("digime-mock: {failure}");
            ExitCode::FAILURE
        }
    }
}
