//! How the programs reach people is well-formed: the release workflow, the image, and the recipes for CI systems. What they run
//! is run by `.ci/recipes` as far as one machine can.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const RELEASE: &str = include_str!("../../.github/workflows/release.yml");
const CONTAINERFILE: &str = include_str!("../../Containerfile");
const RECIPES: &str = include_str!("../../docs/ci.md");
const MANIFEST: &str = include_str!("../../Cargo.toml");
/// Every setting with its key.
const SETTINGS: &str = include_str!("../../mock-server/digime-mock.toml");

fn parsed(yaml: &str) -> Value {
    serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"))
}

/// The YAML of docs/ci.md whose first line names this file.
fn recipe(file: &str) -> Value {
    let blocks = RECIPES.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let mut named = blocks.filter(|block| block.lines().next().unwrap() == format!("# {file}"));
    parsed(named.next().unwrap_or_else(|| panic!("docs/ci.md has no {file}")))
}

fn jobs(workflow: &Value) -> impl Iterator<Item = (&str, &Value)> {
    workflow["jobs"].as_object().unwrap().iter().map(|(name, job)| (name.as_str(), job))
}

fn steps(job: &Value) -> &[Value] {
    job["steps"].as_array().unwrap()
}

/// What a workflow of GitHub must be, beyond YAML.
fn check_workflow(workflow: &Value) {
    assert!(workflow.get("on").is_some() && workflow["permissions"]["contents"] == "read", "{workflow}");
    for (name, job) in jobs(workflow) {
        assert!(job["runs-on"].is_string(), "{name} runs nowhere");
        for needed in job["needs"].as_array().into_iter().flatten() {
            assert!(workflow["jobs"].get(needed.as_str().unwrap()).is_some(), "{name} needs {needed}");
        }
        for step in steps(job) {
            match (step["uses"].as_str(), step["run"].as_str()) {
                (Some(action), None) => assert!(action.contains("@v"), "{action} has no version"),
                (None, Some(script)) => check_script(script),
                _ => panic!("a step either uses an action or runs a script: {step}"),
            }
        }
    }
}

/// The shell reads the script, which it does not run.
fn check_script(script: &str) {
    // `${{ … }}` is replaced before the shell sees it.
    let mut text = script.to_owned();
    while let Some(start) = text.find("${{") {
        let end = start + text[start..].find("}}").expect("an expression that ends") + 2;
        text.replace_range(start..end, "value");
    }
    let shell = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn();
    let Ok(mut shell) = shell else {
        println!("skipped: bash, which reads the scripts, is missing");
        return;
    };
    shell.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(shell.wait().unwrap().success(), "{script}");
}

#[test]
fn a_release_has_archives_for_every_platform_and_the_image() {
    let workflow = parsed(RELEASE);
    check_workflow(&workflow);
    let platforms = workflow["jobs"]["archive"]["strategy"]["matrix"]["include"].as_array().unwrap();
    let targets: BTreeSet<_> = platforms.iter().map(|it| it["target"].as_str().unwrap()).collect();
    let expected = [
        "aarch64-apple-darwin",
        "aarch64-unknown-linux-gnu",
        "x86_64-apple-darwin",
        "x86_64-pc-windows-msvc",
        "x86_64-unknown-linux-gnu",
    ];
    assert_eq!(targets, BTreeSet::from(expected));
    let runs: Vec<_> =
        steps(&workflow["jobs"]["archive"]).iter().filter_map(|it| it["run"].as_str()).collect();
    let runs = runs.join("\n");
    for program in
        ["cargo build --release --locked", "-p digime-mock-server", "-p digime-scenarios", ".ci/package"]
    {
        assert!(runs.contains(program), "{program} is missing:\n{runs}");
    }
    for file in [".ci/package", "Containerfile", "CHANGELOG.md", "scenarios/flows/read"] {
        assert!(RELEASE.contains(file) && Path::new(ROOT).join(file).exists(), "{file}");
    }
    let needs = &workflow["jobs"]["release"]["needs"];
    assert_eq!(needs, &serde_json::json!(["archive", "image"]), "nothing is released by halves");
}

/// As the workflow does with `sed`: the version of the toolchain, and of the workspace, which a tag must name.
#[test]
fn the_release_finds_the_versions_where_it_looks_for_them() {
    let value = |key: &str| {
        let found: Vec<_> =
            MANIFEST.lines().filter_map(|line| line.strip_prefix(&format!("{key} = \""))).collect();
        assert_eq!(found.len(), 1, "{key} stands once at the beginning of a line");
        found[0].trim_end_matches('"').to_owned()
    };
    assert_eq!(value("version"), env!("CARGO_PKG_VERSION"));
    let toolchain = format!("/rust:{}-", value("rust-version"));
    assert!(CONTAINERFILE.contains(&toolchain), "the image is built with {toolchain}");
}

#[test]
fn the_recipes_keep_both_reports() {
    let github = recipe(".github/workflows/test.yml");
    let service = recipe(".github/workflows/test-service.yml");
    check_workflow(&github);
    check_workflow(&service);
    check_workflow(&recipe(".github/workflows/scenarios.yml"));
    for workflow in [&github, &service] {
        let (_, job) = jobs(workflow).next().unwrap();
        let kept = steps(job).last().unwrap();
        assert!(kept["uses"].as_str().unwrap().starts_with("actions/upload-artifact@"), "{kept}");
        assert!(kept["with"]["path"] == "reports" && kept["if"] == "${{ !cancelled() }}", "{kept}");
    }
    let container = &service["jobs"]["test"]["services"]["digime"];
    assert_eq!(
        container["env"]["DIGIME_MOCK_ADMIN_TOKEN"],
        service["jobs"]["test"]["env"]["DIGIME_MOCK_ADMIN_TOKEN"]
    );
    assert_eq!(container["env"]["DIGIME_MOCK_STATE"], "", "the state of a test is not kept");

    let gitlab = &recipe(".gitlab-ci.yml")["test"];
    assert!(
        gitlab["artifacts"]["when"] == "always" && gitlab["artifacts"]["paths"][0] == "reports",
        "{gitlab}"
    );
    assert_eq!(gitlab["artifacts"]["reports"]["junit"], "reports/scenarios.xml");
    for line in gitlab["script"].as_array().unwrap() {
        check_script(line.as_str().unwrap());
    }
    for report in ["--client-report reports/client.json", "--junit reports/scenarios.xml", "ready --wait"] {
        assert!(RECIPES.contains(report), "{report}");
    }
}

/// The instructions of the last stage, each with its arguments; lines that go on are joined.
fn last_stage() -> Vec<(String, String)> {
    let joined = CONTAINERFILE.replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let split = lines.map(|line| line.split_once(' ').unwrap());
    let all: Vec<_> = split.map(|(name, rest)| (name.to_owned(), rest.trim().to_owned())).collect();
    let start = all.iter().rposition(|(name, _)| name == "FROM").unwrap();
    all[start..].to_vec()
}

#[test]
fn the_image_runs_the_program_as_an_ordinary_user_and_asks_it_how_it_is() {
    let stage = last_stage();
    let of = |wanted: &str| {
        let found = stage.iter().find(|(name, _)| name == wanted);
        found.map(|(_, rest)| rest.as_str()).unwrap_or_else(|| panic!("there is no {wanted}"))
    };
    let list =
        |text: &str| -> Vec<String> { serde_json::from_str(text).unwrap_or_else(|e| panic!("{text}: {e}")) };
    assert!(stage.iter().all(|(name, _)| name != "RUN"), "the base may have no shell");
    let user = of("USER").split(':').next().unwrap();
    assert!(user.parse::<u32>().is_ok_and(|id| id > 0), "{user}");
    assert_eq!(of("STOPSIGNAL"), "SIGTERM");
    let program = &list(of("ENTRYPOINT"))[0];
    assert!(of("COPY").ends_with(program.as_str()), "{program} is copied");
    assert_eq!(list(of("CMD")), ["serve"]);
    let probe = list(of("HEALTHCHECK").split_once("CMD ").unwrap().1);
    assert_eq!(probe, [program.as_str(), "health"]);
    let volume = &list(of("VOLUME"))[0];
    for (name, value) in of("ENV").split(' ').map(|it| it.split_once('=').unwrap()) {
        let key = name.strip_prefix("DIGIME_MOCK_").unwrap().to_lowercase();
        let known =
            SETTINGS.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{key} =")));
        assert!(known, "{name} is no setting");
        assert!(key != "state" || value.starts_with(&format!("{volume}/")), "{value}");
    }
}

/// What the image is built from is all that the workspace has.
#[test]
fn the_image_is_built_from_every_member_of_the_workspace() {
    let ignored = std::fs::read_to_string(Path::new(ROOT).join(".dockerignore")).unwrap();
    let kept: BTreeSet<_> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let members = MANIFEST.lines().find_map(|line| line.strip_prefix("members = ")).unwrap();
    let members: Vec<String> = serde_json::from_str(members).unwrap();
    let files = ["Cargo.toml", "Cargo.lock"];
    let wanted: BTreeSet<_> = members.iter().map(String::as_str).chain(files).collect();
    assert_eq!(kept, wanted);
}

/// Keep a Changelog: versions from the newest down, each with a date, and changes by their kinds.
#[test]
fn the_changelog_has_its_form_and_the_version_of_the_crates() {
    let changelog = std::fs::read_to_string(Path::new(ROOT).join("CHANGELOG.md")).unwrap();
    let versions: Vec<_> = changelog.split("\n## ").skip(1).collect();
    assert!(versions[0].starts_with("[Unreleased]\n"), "{}", versions[0]);
    let mut dates = Vec::new();
    for version in &versions {
        let (heading, changes) = version.split_once('\n').unwrap();
        if let Some((number, date)) = heading.split_once(" - ") {
            assert!(number.starts_with('[') && number.ends_with(']'), "{heading}");
            dates
                .push(date.parse::<jiff::civil::Date>().unwrap_or_else(|error| panic!("{heading}: {error}")));
        }
        let kinds: Vec<_> = changes.lines().filter_map(|line| line.strip_prefix("### ")).collect();
        let order = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
        let sorted: Vec<_> = order.into_iter().filter(|kind| kinds.contains(kind)).collect();
        assert!(!kinds.is_empty() && kinds == sorted, "{heading}: {kinds:?}");
    }
    assert_eq!(dates.len(), versions.len() - 1, "all but the first have a date");
    assert!(dates.is_sorted_by(|newer, older| newer >= older), "{dates:?}");
    let present = format!("[{}] - ", env!("CARGO_PKG_VERSION"));
    assert!(versions.iter().any(|version| version.starts_with(&present)), "there is no {present}");
}
