//! Reports in files: JUnit XML, JSON lines, HTML.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/folders.rs"]
mod folders;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use folders::{folder, logged_in};
use roxmltree::{Document, Node};
use serde_json::Value;
use tempfile::TempDir;

/// Runs a scenario that passes and one that fails and is full of markup, and writes all reports.
fn reports(more: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::create_dir(path.join("sub")).unwrap();
    fs::write(path.join("good.yaml"), format!("scenario: good\nproves: It works\nsteps:{}", logged_in("")))
        .unwrap();
    let bad = "  - name: <i>two</i> & \"three\"\n    accounts:\n    expect:\n      $[0]: { equals: { a: '<script>' } }\n";
    fs::write(path.join("sub/bad.yaml"), format!("scenario: '<b>bad</b> &amp;'\nsteps:{}", logged_in(bad)))
        .unwrap();
    let mut command = Command::cargo_bin("digime-scenarios").unwrap();
    let files = ["run", ".", "--junit", "out/j.xml", "--json", "out/r.jsonl", "--html", "out/r.html"];
    let output = command.current_dir(path).args(files).args(more).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join("out").join(name)).unwrap()
}

/// What CI systems accept: for each element its attributes (`!` if required) and its children.
const JUNIT: [(&str, &[&str], &[&str]); 9] = [
    ("testsuites", &["name", "time", "tests", "failures", "errors"], &["testsuite"]),
    (
        "testsuite",
        &["name!", "tests!", "failures!", "errors!", "time", "skipped", "timestamp"],
        &["properties", "testcase"],
    ),
    ("properties", &[], &["property"]),
    ("property", &["name!", "value!"], &[]),
    ("testcase", &["name!", "time", "classname"], &["skipped", "error", "failure", "system-out"]),
    ("skipped", &["type", "message"], &[]),
    ("failure", &["type", "message"], &[]),
    ("error", &["type", "message"], &[]),
    ("system-out", &[], &[]),
];

fn check_element(node: Node<'_, '_>) {
    let name = node.tag_name().name();
    let (_, attributes, children) = JUNIT.iter().find(|(known, ..)| *known == name).unwrap();
    for attribute in node.attributes() {
        assert!(
            attributes.iter().any(|known| known.trim_end_matches('!') == attribute.name()),
            "{attribute:?}"
        );
        if matches!(attribute.name(), "tests" | "failures" | "errors" | "skipped" | "time") {
            attribute.value().parse::<f64>().unwrap();
        }
    }
    for required in attributes.iter().filter_map(|name| name.strip_suffix('!')) {
        assert!(node.has_attribute(required), "{name} lacks {required}");
    }
    for child in node.children().filter(Node::is_element) {
        assert!(children.contains(&child.tag_name().name()), "{child:?} in {name}");
        check_element(child);
    }
}

#[test]
fn junit_is_as_ci_systems_expect_it() {
    let folder = reports(&["--repeat", "2", "--fail-fast", "--jobs", "1", "--seed", "3"]);
    let text = read(&folder, "j.xml");
    let document = Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    check_element(root);
    let count = |name| root.descendants().filter(|node| node.has_tag_name(name)).count();
    let sum = |attribute: &str| -> usize {
        let suites = root.children().filter_map(|suite| suite.attribute(attribute));
        suites.map(|number| number.parse::<usize>().unwrap()).sum()
    };
    assert_eq!(root.attribute("tests"), Some("4"));
    assert_eq!((sum("tests"), count("testcase")), (4, 4));
    assert_eq!((sum("failures"), count("failure")), (1, 1));
    assert_eq!(sum("skipped"), count("skipped"));
}

#[test]
fn junit_tells_the_failure() {
    let folder = reports(&[]);
    let text = read(&folder, "j.xml");
    let document = Document::parse(&text).unwrap();
    let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
    assert_eq!(failure.attribute("type"), Some("assertion"));
    assert_eq!(failure.attribute("message"), Some("<i>two</i> & \"three\": $[0]: it is another value"));
    let told = failure.text().unwrap();
    assert!(told.contains("bad.yaml:9:7") && told.contains("-   \"a\": \"<script>\""), "{told}");
    let case = failure.parent().unwrap();
    assert_eq!(case.attribute("name"), Some("<b>bad</b> &amp;"));
    assert!(case.attribute("classname").unwrap().ends_with("sub/bad.yaml"));
    let steps = case.children().find(|node| node.has_tag_name("system-out")).unwrap();
    insta::assert_snapshot!(steps.text().unwrap().trim_end(), @r#"
    passed  authorize
            POST /v1.7/oauth/authorize -> 200
            GET /jwks/oauth -> 200
    passed  consent
            GET /apps/saas/authorize?code=[code:1]&sourceType=pull&service=1&sampleDataSet=test&sampleDataAutoOnboard=true -> 302
    passed  exchange
            POST /v1.7/oauth/token -> 200
    failed  <i>two</i> & "three"
            GET /v1.7/permission-access/accounts -> 200
    "#);
}

#[test]
fn json_lines_are_a_run_its_scenarios_and_the_sum() {
    let folder = reports(&[]);
    let text = read(&folder, "r.jsonl");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let types: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["run", "scenario", "scenario", "summary"]);
    assert_eq!(lines[0]["version"], 1);
    assert_eq!(lines[0]["target"], "embedded");
    assert_eq!(lines[1]["status"], serde_json::json!({"status": "passed"}));
    let failed = &lines[2]["steps"][3];
    assert_eq!(failed["failures"][0]["kind"], "assertion");
    assert_eq!(failed["failures"][0]["position"]["line"], 9);
    assert_eq!(failed["exchanges"][0]["status"], 200);
    assert!(lines[2]["duration"].as_f64().unwrap() > 0.0);
    assert_eq!(lines[3]["success"], false);
    assert_eq!((&lines[3]["passed"], &lines[3]["failed"]), (&1.into(), &1.into()));
}

#[test]
fn no_report_holds_a_secret() {
    let folder = reports(&[]);
    for name in ["j.xml", "r.jsonl", "r.html"] {
        let text = read(&folder, name);
        assert!(!text.contains("eyJ"), "a JWT in {name}");
        assert!(!text.contains("PRIVATE KEY"), "a key in {name}");
        assert!(text.contains("[code:1]"), "{name} names what it leaves out");
    }
}

#[test]
fn the_page_is_self_contained_and_everything_is_escaped() {
    let folder = reports(&[]);
    let page = read(&folder, "r.html");
    assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'"));
    for remote in ["<script", "<link", "<img", "@import", "url(", "src=", "<iframe"] {
        assert!(!page.contains(remote), "{remote}");
    }
    for link in page.split("href=\"").skip(1) {
        assert!(link.starts_with('#'), "{}", &link[..40]);
        let id = link[1..].split('"').next().unwrap();
        assert!(page.contains(&format!("id=\"{id}\"")), "#{id} leads nowhere");
    }
    assert!(!page.contains("<b>bad") && !page.contains("<i>two"));
    assert!(page.contains("&#60;b&#62;bad&#60;/b&#62; &#38;amp;"));
}

#[test]
fn the_page_draws_the_traffic() {
    let folder = reports(&[]);
    let page = read(&folder, "r.html");
    let drawings: Vec<_> = page.match_indices("<svg").collect();
    assert_eq!(drawings.len(), 2, "one a scenario");
    let (start, _) = drawings[1];
    let end = start + page[start..].find("</svg>").unwrap() + "</svg>".len();
    let svg = &page[start..end];
    let drawing = Document::parse(svg).unwrap();
    let has_class = |node: &Node<'_, '_>, class: &str| {
        node.attribute("class").is_some_and(|classes| classes.split(' ').any(|known| known == class))
    };
    let lanes: Vec<_> = drawing
        .descendants()
        .filter(|node| node.has_tag_name("text") && has_class(node, "party"))
        .map(|node| (node.text().unwrap(), node.attribute("x").unwrap()))
        .collect();
    assert_eq!(
        lanes.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["Application", "SDK", "API", "Consent page", "User"]
    );
    let lane_at = |x: i32| {
        let near = lanes.iter().min_by_key(|(_, lane)| (lane.parse::<i32>().unwrap() - x).abs());
        near.unwrap().0
    };
    let arrows: Vec<_> = drawing
        .descendants()
        .filter(|node| node.has_tag_name("g"))
        .map(|group| {
            let line = group.children().find(|node| node.has_tag_name("line")).unwrap();
            let x = |name| lane_at(line.attribute(name).unwrap().parse().unwrap());
            let text = group.children().find(|node| node.has_tag_name("title")).unwrap();
            let failed = if has_class(&group, "in-failed") { "  (failed)" } else { "" };
            format!("{} -> {}: {}{failed}", x("x1"), x("x2"), text.text().unwrap())
        })
        .collect();
    insta::assert_snapshot!(arrows.join("\n"), @"
    Application -> SDK: authorize
    SDK -> API: POST /v1.7/oauth/authorize
    API -> SDK: 200
    SDK -> API: GET /jwks/oauth
    API -> SDK: 200
    SDK -> Application: result
    Application -> User: opens the consent page
    User -> Consent page: GET /apps/saas/authorize?code=[code:1]&sourceType=pull&service=1&sampleDataSet=test&sampleDataAutoOnboard=true
    Consent page -> User: 302
    User -> Application: http://127.0.0.1:9000/callback?success=true&state=[id:1]&code=[code:2]&accountReference=[id:3]
    Application -> SDK: exchange
    SDK -> API: POST /v1.7/oauth/token
    API -> SDK: 200
    SDK -> Application: result
    Application -> SDK: accounts  (failed)
    SDK -> API: GET /v1.7/permission-access/accounts  (failed)
    API -> SDK: 200  (failed)
    SDK -> Application: result  (failed)
    ");
}

#[test]
fn junit_leaves_out_what_xml_cannot_hold() {
    let bad = "  - accounts:\n    expect: { '$[0].serviceTypeName': \"a\\uFFFE\\uFFFF\\ab\" }\n";
    let folder = folder(&[("bad", &logged_in(bad))]);
    let mut command = Command::cargo_bin("digime-scenarios").unwrap();
    command.current_dir(folder.path()).args(["run", ".", "--junit", "j.xml"]).output().unwrap();
    let text = fs::read_to_string(folder.path().join("j.xml")).unwrap();
    assert!(!text.contains(['\u{fffe}', '\u{ffff}', '\u{7}']), "{text}");
    let document = Document::parse(&text).unwrap();
    let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
    assert!(failure.text().unwrap().contains("expected:\nab\n"), "{text}");
}

#[test]
fn a_report_that_cannot_be_written_is_told() {
    let folder = folder(&[("good", &logged_in(""))]);
    fs::write(folder.path().join("file"), "").unwrap();
    let mut command = Command::cargo_bin("digime-scenarios").unwrap();
    let args = ["run", ".", "--junit", Path::new("file").join("j.xml").to_str().unwrap()].map(str::to_owned);
    let output = command.current_dir(folder.path()).args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("j.xml cannot be written"));
}
