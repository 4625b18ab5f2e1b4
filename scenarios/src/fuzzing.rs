//! What the fuzz targets in `fuzz/` run: each takes any bytes, and asserts what must hold whatever they
//! are. It exists in fuzzed and in tested builds alone; a test runs the committed inputs.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::path::Path;

use serde_json::{Value, json};

use crate::document::{Reading, load_text};
use crate::format::template;
use crate::position::line_of;
use crate::snapshot::{named_months, stable, text_in, with_line_feeds, written};

/// The name of a target, and what it runs.
type Target = (&'static str, fn(&[u8]));

const TARGETS: &[Target] =
    &[("scenario_file", scenario), ("scenario_snapshot", snapshot), ("scenario_template", template)];

/// Runs a target.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    target.expect("a target of this crate").1(data);
}

/// Scenario files: a mistake is told with a place in the file, and can be shown.
fn scenario(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match load_text(Path::new("/nonexistent/a.yaml"), text.to_owned(), &mut Reading::default()) {
        Ok(loaded) => {
            assert!(!loaded.document.steps.is_empty());
            assert!(loaded.is_scenario() != loaded.document.flow.is_some());
        }
        Err(error) => {
            if let Some(position) = error.position() {
                let place = position.place;
                assert!(place.line < 2 || line_of(text, place.line - 1).is_some(), "{error}");
                assert!(text.get(place.offset..place.offset + place.length).is_some(), "{error} {place:?}");
            }
            assert!(!error.to_string().is_empty() && !error.explained().is_empty());
            let shown = format!("{:?}", miette::Report::from(*error));
            assert!(!shown.contains("Failed to read"), "{shown}");
        }
    }
}

/// Snapshots: what is written is read, and what is read is written the same.
fn snapshot(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(inner) = text_in(text) {
        assert_eq!(text_in(&written(Path::new(text), text, &inner)), Some(inner));
    }
    let lines = with_line_feeds(text);
    let read = text_in(&written(Path::new(text), text, text));
    assert_eq!(read.as_deref(), Some(lines.trim_end()));
    let _ = (stable("http", &json!({ "bytes": text })), named_months(text));
}

struct Known;

impl template::Values for Known {
    fn value(&self, name: &str) -> Option<Value> {
        let known = json!({
            "source": 16, "name": "a", "now": 1_767_225_600_000_u64, "now_seconds": 1_767_225_600,
            "list": [1], "month": "202601", "day": "2026-01-31", "largest": i64::MAX,
        });
        known.get(name).cloned()
    }

    fn names(&self) -> Vec<String> {
        ["source", "name", "now"].map(str::to_owned).to_vec()
    }
}

/// Templates: what is escaped stands for itself, and names that have a value are found.
fn template(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert_eq!(template::text(&template::escaped(text), &Known), Ok(json!(text)));
    let resolved = template::text(text, &Known);
    let known = |name: &&str| template::Values::value(&Known, name).is_some();
    if template::names_in(text).is_empty() && !text.contains("$${") {
        assert_eq!(resolved, Ok(json!(text)));
    } else if resolved.is_ok() {
        assert!(template::names_in(text).iter().all(known));
    }
}

#[cfg(test)]
#[path = "../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_inputs_of_each_target_find_nothing() {
        super::replay::replay(super::TARGETS);
    }
}
