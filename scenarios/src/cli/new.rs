//! `digime-scenarios new`

use std::path::PathBuf;

use clap::Args;

use super::{Exit, fail, is_standard_output, print, write_new};

/// Writes a scenario to begin with
#[derive(Clone, Debug, Args)]
pub(super) struct NewArgs {
    /// The file to write, such as scenarios/flows/read/mine.yaml; `-` is standard output
    file: PathBuf,
    /// What the scenario is called [default: the file's name]
    #[arg(long)]
    name: Option<String>,
}

const SKELETON: &str = include_str!("skeleton.yaml");

pub(super) fn new(args: &NewArgs) -> Exit {
    let stem = args.file.file_stem().unwrap_or_default().to_string_lossy().replace(['_', '-'], " ");
    let stem = if stem.trim().is_empty() { "A new scenario".to_owned() } else { stem };
    let name = args.name.clone().unwrap_or(stem);
    let text = SKELETON.replace("NAME", &serde_json::Value::from(name).to_string());
    if is_standard_output(&args.file) {
        return print(&text, Exit::Passed);
    }
    match write_new(&args.file, &text) {
        Ok(()) => print(&format!("{}\n", args.file.display()), Exit::Passed),
        Err(message) => fail(&message, Exit::Usage),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_well_formed_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let args = NewArgs { file: folder.path().join("sub/my_first.yaml"), name: None };
        assert_eq!(new(&args), Exit::Passed);
        let loaded = crate::document::load(std::slice::from_ref(&args.file));
        assert!(loaded.errors.is_empty(), "{:?}", loaded.errors);
        assert_eq!(loaded.scenarios[0].name(), "my first");
        assert_eq!(new(&args), Exit::Usage);
    }
}
