//! Whether every template asks for something that has a value when its step runs.

use std::collections::BTreeSet;

use super::error::FileError;
use super::load::LoadedFile;
use super::step::StepKind;
use crate::context::BUILT_IN;
use crate::format::template;
use crate::yaml::{Kind, Mistake, Node};

/// Checks the templates of all steps, the names of what has a value, and what reused flows are given.
///
/// # Errors
/// The first template that does not end or whose name has no value, the first name that no template can
/// ask for, and the first parameter that a flow does not have.
pub(super) fn check(loaded: &LoadedFile, root: &Node) -> Result<(), Box<FileError>> {
    let mut known: BTreeSet<String> = loaded.document.parameters.keys().cloned().collect();
    known.extend(BUILT_IN.iter().map(|name| (*name).to_owned()));
    let wrong = |mistake| Box::new(FileError::of(&loaded.file, mistake));
    named(root.get("parameters")).map_err(wrong)?;
    let nodes = match root.get("steps").map(|steps| &steps.kind) {
        Some(Kind::List(nodes)) => nodes.as_slice(),
        _ => &[],
    };
    for ((step, reused), node) in loaded.document.steps.iter().zip(&loaded.reused).zip(nodes) {
        let mut texts = Vec::new();
        node.texts(&mut texts);
        for (text, place) in texts {
            if template::is_open(text) {
                let mistake = Mistake::new("a `${` has no `}`").at(place);
                return Err(wrong(mistake.help("write `$${` for the text `${` itself")));
            }
            if let Some(name) = template::names_in(text).into_iter().find(|name| !known.contains(*name)) {
                let words: Vec<_> = known.iter().map(String::as_str).collect();
                return Err(wrong(Mistake::unknown("name", name, &words).at(place)));
            }
        }
        if let (StepKind::Reuse(reuse), Some(reused)) = (&step.kind.value, reused) {
            let parameters: Vec<_> = reused.document.parameters.keys().map(String::as_str).collect();
            if let Some((name, value)) =
                reuse.with.iter().find(|(name, _)| !parameters.contains(&name.as_str()))
            {
                return Err(wrong(Mistake::unknown("parameter", name, &parameters).at(value.place)));
            }
            known.extend(reused.captures());
        }
        named(node.get("capture")).map_err(wrong)?;
        known.extend(step.options.capture.keys().cloned());
    }
    Ok(())
}

/// Checks that templates can ask for the keys of a mapping.
fn named(mapping: Option<&Node>) -> Result<(), Mistake> {
    let Some(Kind::Map(pairs)) = mapping.map(|node| &node.kind) else { return Ok(()) };
    match pairs.iter().find(|(key, _)| !template::can_ask_for(&key.name)) {
        Some((key, _)) => {
            let mistake =
                Mistake::new(format!("no template can ask for the name `{}`", key.name)).at(key.place);
            Err(mistake
                .help("`${x-5m}` is `x` five minutes before; a name of letters, digits and `_` is safe"))
        }
        None => Ok(()),
    }
}
