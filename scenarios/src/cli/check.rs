//! `digime-scenarios check`

use std::path::PathBuf;

use super::{Exit, colours, explain_files};
use crate::load;

pub(super) fn check(paths: &[PathBuf]) -> Exit {
    let folder = load::load(paths);
    eprint!("{}", explain_files(&folder.errors, colours()));
    let good = format!("{} scenarios and {} flows are well-formed", folder.scenarios.len(), folder.flows);
    match folder.errors.len() {
        0 => {
            println!("{good}");
            Exit::Passed
        }
        wrong => {
            let wrong =
                if wrong == 1 { "1 file is wrong".to_owned() } else { format!("{wrong} files are wrong") };
            eprintln!("{wrong}; {good}");
            Exit::Usage
        }
    }
}
