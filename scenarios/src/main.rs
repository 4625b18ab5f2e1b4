//! `digime-scenarios`: runs and checks scenario files.

use std::process::ExitCode;

fn main() -> ExitCode {
    digime_scenarios::cli::main()
}
