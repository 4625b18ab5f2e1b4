//! Scenarios by folder, and the words of reports in files.

use super::{Exchange, Report, ScenarioReport, Status};
use crate::position::shown;

/// The scenarios of a folder.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    pub(crate) folder: String,
    pub(crate) scenarios: Vec<&'a ScenarioReport>,
}

impl Report {
    /// The scenarios by folder, in the order of files; the repetitions of one follow each other.
    pub(crate) fn groups(&self) -> Vec<Group<'_>> {
        let mut scenarios: Vec<_> = self.scenarios.iter().collect();
        scenarios.sort_by(|one, other| one.file.cmp(&other.file));
        let mut groups: Vec<Group<'_>> = Vec::new();
        for scenario in scenarios {
            let folder = match scenario.file.parent().map(shown) {
                Some(folder) if !folder.is_empty() => folder,
                _ => ".".to_owned(),
            };
            match groups.iter_mut().find(|group| group.folder == folder) {
                Some(group) => group.scenarios.push(scenario),
                None => groups.push(Group { folder, scenarios: vec![scenario] }),
            }
        }
        groups
    }
}

impl Status {
    /// A word for it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped(_) => "skipped",
            Self::NotRun => "not run",
        }
    }
}

impl Exchange {
    /// Method and path.
    pub(crate) fn request_line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}
