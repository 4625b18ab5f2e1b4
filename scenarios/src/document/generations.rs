//! Whether every step means something in the generation of its scenario.

use super::error::FileError;
use super::load::LoadedFile;
use super::step::StepKind;
use crate::format::Generation;
use crate::position::Place;

/// Checks the steps of a scenario, those of reused flows among them.
///
/// # Errors
/// The first step that its generation does not have, and the generation of a flow, which has none of
/// its own.
pub(super) fn check(loaded: &LoadedFile) -> Result<(), Box<FileError>> {
    match (&loaded.document.generation, loaded.is_scenario()) {
        (Some(generation), false) => {
            let message = "a flow has no `generation`: it has that of the scenario that uses it";
            Err(Box::new(FileError::at(&loaded.file, generation.place, message)))
        }
        (_, false) => Ok(()),
        (_, true) => steps(loaded, loaded.document.generation()),
    }
}

fn steps(file: &LoadedFile, generation: Generation) -> Result<(), Box<FileError>> {
    for (step, reused) in file.document.steps.iter().zip(&file.reused) {
        // A step that is a word alone has no key.
        let key = step.value.kind.place;
        let place = if key == Place::default() { step.place } else { key };
        match (&step.value.kind.value, reused) {
            (StepKind::Act(action), _) => action
                .suits(generation)
                .map_err(|message| Box::new(FileError::at(&file.file, place, message)))?,
            (StepKind::Reuse(_), Some(reused)) => steps(reused, generation).map_err(|error| {
                let why = format!("a scenario of {generation} uses the flow here");
                Box::new(error.and(&file.position(place), &why))
            })?,
            (StepKind::Reuse(_), None) => {}
        }
    }
    Ok(())
}
