//! Folders of scenarios.

use std::fs;

use tempfile::TempDir;

/// The steps up to a token.
pub(crate) const LOGIN: &str = "
  - authorize: { source: 1, sample: test, straight_back: true }
  - consent: approve
  - exchange:
";

/// A folder with scenarios: file name and steps.
pub(crate) fn folder(scenarios: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, steps) in scenarios {
        let text = format!("scenario: {name}\ntags: [{name}]\nsteps:{steps}");
        fs::write(folder.path().join(format!("{name}.yaml")), text).unwrap();
    }
    folder
}

pub(crate) fn logged_in(steps: &str) -> String {
    format!("{LOGIN}{steps}")
}
