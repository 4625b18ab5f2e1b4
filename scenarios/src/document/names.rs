//! Whether every template asks for something that has a value when its step runs.

use std::collections::BTreeSet;

use super::error::FileError;
use super::load::LoadedFile;
use super::step::StepKind;
use crate::context::BUILT_IN;
use crate::format::template;
use crate::yaml::Mistake;
use crate::yaml::{Kind, Node};

/// Checks the templates of all steps, and what reused flows are given.
///
/// # Errors
/// The first template whose name has no value, and the first parameter that a flow does not have.
pub(super) fn check(loaded: &LoadedFile, root: &Node) -> Result<(), Box<FileError>> {
    let mut known: BTreeSet<String> = loaded.document.parameters.keys().cloned().collect();
    known.extend(BUILT_IN.iter().map(|name| (*name).to_owned()));
    let nodes = match root.get("steps").map(|steps| &steps.kind) {
        Some(Kind::List(nodes)) => nodes.as_slice(),
        _ => &[],
    };
    for ((step, reused), node) in loaded.document.steps.iter().zip(&loaded.reused).zip(nodes) {
        let mut texts = Vec::new();
        node.texts(&mut texts);
        for (text, place) in texts {
            if let Some(name) = template::names_in(text).into_iter().find(|name| !known.contains(*name)) {
                let words: Vec<_> = known.iter().map(String::as_str).collect();
                let mistake = Mistake::unknown("name", name, &words).at(place);
                return Err(Box::new(FileError::of(&loaded.file, mistake)));
            }
        }
        if let (StepKind::Reuse(reuse), Some(reused)) = (&step.kind.value, reused) {
            let parameters: Vec<_> = reused.document.parameters.keys().map(String::as_str).collect();
            if let Some((name, value)) =
                reuse.with.iter().find(|(name, _)| !parameters.contains(&name.as_str()))
            {
                let mistake = Mistake::unknown("parameter", name, &parameters).at(value.place);
                return Err(Box::new(FileError::of(&loaded.file, mistake)));
            }
            known.extend(reused.captures());
        }
        known.extend(step.options.capture.keys().cloned());
    }
    Ok(())
}
