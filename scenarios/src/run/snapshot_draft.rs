//! The snapshot of a scenario: a section for each step that is put into it.

use crate::assert::diff;
use crate::document::LoadedFile;
use crate::format::SnapshotOf;
use crate::redaction::{Transcript, renumbered};
use crate::report::{Failure, FailureKind, ScenarioReport, Status, StepReport};
use crate::snapshot::{self, SnapshotMode};

/// The snapshot of a scenario while it is taken.
#[derive(Debug, Default)]
pub(super) struct SnapshotDraft {
    sections: Vec<Section>,
}

#[derive(Debug)]
struct Section {
    /// Which step it is about.
    step: usize,
    text: String,
}

impl SnapshotDraft {
    /// Adds what of a step shall be in it.
    pub(super) fn add(&mut self, step: &StepReport, kept: SnapshotOf, number: usize) {
        let mut text = format!("# {}\n", step.name);
        if matches!(kept, SnapshotOf::Exchanges | SnapshotOf::Everything) {
            let entries: Vec<_> =
                step.settled_exchanges().into_iter().filter_map(|it| serde_json::to_value(it).ok()).collect();
            text.push_str(&Transcript::of_journal(&entries).to_string());
        }
        if matches!(kept, SnapshotOf::Result | SnapshotOf::Everything) {
            text.push_str(
                &serde_json::to_string_pretty(&snapshot::stable(step.action, &step.result))
                    .unwrap_or_default(),
            );
            text.push('\n');
        }
        if kept != SnapshotOf::Nothing {
            self.sections.push(Section { step: number, text });
        }
    }

    /// Compares it with the one on disk; a scenario that failed before its end has none.
    pub(super) fn compare(&self, scenario: &LoadedFile, mode: SnapshotMode, report: &mut ScenarioReport) {
        if report.status != Status::Passed || !snapshot::is_taken(scenario) {
            return;
        }
        let texts: Vec<_> = self.sections.iter().map(|section| section.text.trim_end()).collect();
        let text = snapshot::named_months(&renumbered(&texts.join("\n\n")));
        let (message, old) = match snapshot::compare(mode, &scenario.file.path, scenario.name(), &text) {
            Ok((outcome, old)) => {
                report.snapshot = outcome;
                match old {
                    None => return,
                    Some(old) if old.is_empty() => ("there is no snapshot yet".to_owned(), old),
                    Some(old) => ("the snapshot differs".to_owned(), old),
                }
            }
            Err(error) => (format!("the snapshot cannot be used: {error}"), String::new()),
        };
        let differs = self.sections.iter().find(|section| !old.contains(section.text.trim_end()));
        let number = differs.or(self.sections.last()).map_or(0, |section| section.step);
        report.status = Status::Failed;
        if let Some(step) = report.steps.get_mut(number) {
            let mut failure = Failure::new(FailureKind::Snapshot, message, step.position.clone());
            failure.diff = Some(diff(&format!("{old}\n"), &format!("{text}\n")));
            step.fail(failure);
        }
    }
}
