//! The pages in `docs/` are true: their scenarios pass, their commands work.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/process.rs"]
mod process;

use std::fs;
use std::path::Path;

use process::run_in;

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)).unwrap()
}

/// The blocks of a language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    page.split(&opening).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// What follows the program's name in the commands of a text.
fn commands(text: &str) -> Vec<Vec<&str>> {
    let after = text.lines().filter_map(|line| line.split_once("cargo run -p digime-scenarios -- "));
    after.map(|(_, args)| args.split('#').next().unwrap().split_whitespace().collect()).collect()
}

#[test]
fn every_scenario_of_the_page_passes() {
    let folder = tempfile::tempdir().unwrap();
    let page = page("scenarios.md");
    let mut scenarios = 0;
    for block in blocks(&page, "yaml") {
        let (first, text) = block.split_once('\n').unwrap();
        fs::write(folder.path().join(first.strip_prefix("# file: ").unwrap()), text).unwrap();
        scenarios += usize::from(text.starts_with("scenario:"));
    }
    assert!(scenarios >= 4);
    let passed = format!("{scenarios} passed");
    run_in(folder.path(), &["run", ".", "--jobs", "2"]).ends(0, &[&passed]);
}

#[test]
fn the_page_names_every_step_and_every_operator() {
    let page = page("scenarios.md");
    let schema = run_in(Path::new("."), &["schema"]).ends(0, &[]).text;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let names = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().unwrap().keys().filter(|name| !name.starts_with('$')).cloned().collect()
    };
    let step = schema["$defs"]["Step"]["anyOf"][1]["properties"].clone();
    let operators = schema["$defs"]["Operators"]["properties"].clone();
    for name in names(&step).into_iter().chain(names(&operators)) {
        let set_up = ["client", "with", "use"].contains(&name.as_str());
        assert!(set_up || page.contains(&format!("`{name}`")), "{name} is not on the page");
    }
}

#[test]
fn the_commands_of_the_pages_work() {
    let folder = tempfile::tempdir().unwrap();
    let flows = folder.path().join("scenarios/flows");
    fs::create_dir_all(&flows).unwrap();
    fs::write(flows.join("small.yaml"), "scenario: small\nsteps:\n  - authorize: {}\n").unwrap();
    let (ci, guide) = (page("ci.md"), page("scenarios.md"));
    let workflow = blocks(&ci, "yaml").into_iter().find(|block| block.contains("workflows/scenarios.yml"));
    let mut ran = commands(workflow.unwrap());
    assert_eq!(ran.len(), 3);
    ran.extend(commands(blocks(&guide, "bash")[0]).into_iter().filter(|args| !args.contains(&"--watch")));
    for args in ran {
        run_in(folder.path(), &args).ends(0, &[]);
    }
    for report in ["scenarios.xml", "scenarios.jsonl", "scenarios.html", "verify.json"] {
        assert!(folder.path().join("reports").join(report).exists(), "{report}");
    }
}
