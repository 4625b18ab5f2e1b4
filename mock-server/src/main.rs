//! `digime-mock`: see `digime-mock --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    digime_mock_server::cli::run()
}
