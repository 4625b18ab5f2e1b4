//! All scenarios that are shipped, against a server in this process.

#[test]
fn every_shipped_scenario_passes() {
    digime_scenarios::test_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/flows"));
}
