//! Runs after the contract tests, by the order of the names, and holds the ledger against what they
//! saw.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use digime_tests::evidence;
use digime_tests::ledger::Ledger;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/fidelity.md");

#[test]
fn every_outcome_of_every_operation_is_proven() {
    let evidence = evidence::take();
    assert!(
        !evidence.is_empty(),
        "no evidence: this test reads what the contract tests saw; run `cargo test -p digime-tests` as a whole"
    );
    let ledger = Ledger::of(&evidence);
    if std::env::var_os("UPDATE_LEDGER").is_some() {
        std::fs::write(PATH, &ledger.text).unwrap();
    }
    assert!(ledger.unproven.is_empty(), "not proven by any test:\n{}", ledger.unproven.join("\n"));
    let kept = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(
        kept == ledger.text,
        "docs/fidelity.md is out of date: UPDATE_LEDGER=1 cargo test -p digime-tests"
    );
}
