//! The fidelity ledger: operation × {success, each documented refusal} → the test that proves it.

use std::fmt::Write as _;

use digime_mock_server::routes;

use crate::evidence::Evidence;

const PREFACE: &str = "\
# Fidelity

What each operation of the mock server answers, and the test that proves it. Made by the whole-system
tests from the route table and from the answers that they saw; an answer that an injected fault gave
never counts. `cargo test -p digime-tests` fails if a row is without proof or this file is out of
date; `UPDATE_LEDGER=1 cargo test -p digime-tests` writes it.
";

/// The ledger as it is kept in the repository, and the rows that nothing proves.
#[derive(Debug)]
pub struct Ledger {
    pub text: String,
    pub unproven: Vec<String>,
}

impl Ledger {
    /// The ledger of a test run.
    pub fn of(evidence: &Evidence) -> Self {
        let mut text = PREFACE.to_owned();
        let mut unproven = Vec::new();
        // Administration and the parts of pages are the mock's own and not the platform's.
        for route in routes::all().filter(|route| !route.leaves_no_trace()) {
            let path = route.paths().pop().unwrap();
            write!(
                text,
                "\n## {}\n\n`{} {path}`\n\n| Outcome | Proven by |\n|---|---|\n",
                route.name(),
                route.method
            )
            .unwrap();
            let refusals = route.refusals().map(|it| (format!("{} {}", it.status, it.code), it.when));
            let success = ("success".to_owned(), "");
            for (outcome, when) in std::iter::once(success).chain(refusals) {
                let key = (route.name().to_owned(), outcome.clone());
                // The first by name, so that the ledger does not change with the order of tests.
                let proof = evidence.get(&key).and_then(|tests| tests.first());
                let dash = if when.is_empty() { "" } else { ": " };
                match proof {
                    Some(test) => writeln!(text, "| {outcome}{dash}{when} | `{test}` |").unwrap(),
                    None => {
                        writeln!(text, "| {outcome}{dash}{when} | **not proven** |").unwrap();
                        unproven.push(format!("{} {outcome}", route.name()));
                    }
                }
            }
        }
        Self { text, unproven }
    }
}
