//! What docs/hosting.md shows is well-formed, and says what the program understands.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use serde_json::Value;

const PAGE: &str = include_str!("../../docs/hosting.md");
/// Every setting with its key.
const SETTINGS: &str = include_str!("../../mock-server/digime-mock.toml");

fn documents() -> Vec<Value> {
    let blocks = PAGE.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let documents = blocks.flat_map(|block| block.split("\n---\n"));
    documents
        .map(|text| serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}")))
        .collect()
}

fn of_kind<'a>(documents: &'a [Value], kind: &str) -> &'a Value {
    documents.iter().find(|it| it["kind"] == kind).unwrap_or_else(|| panic!("there is no {kind}"))
}

/// `--state-sync` is the key `state_sync`, `--stop-delay` the key `delay` of the table `stop`.
fn is_flag(flag: &str) -> bool {
    let name = flag.trim_start_matches("--");
    let last = name.rsplit('-').next().unwrap();
    let key = name.replace('-', "_");
    SETTINGS.lines().any(|line| {
        let line = line.trim_start_matches("# ");
        line.starts_with(&format!("{key} ="))
            || (name.contains('-') && line.starts_with(&format!("{last} =")))
    })
}

#[test]
fn the_manifests_are_well_formed_and_say_what_the_program_understands() {
    let documents = documents();
    assert_eq!(documents.len(), 4);
    let pod = &of_kind(&documents, "Deployment")["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(of_kind(&documents, "Deployment")["spec"]["replicas"], 1, "one server a file");
    assert_eq!(of_kind(&documents, "Deployment")["spec"]["strategy"]["type"], "Recreate");
    assert_eq!(container["livenessProbe"]["httpGet"]["path"], "/__admin/health");
    assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/__admin/ready");
    let claim = of_kind(&documents, "PersistentVolumeClaim");
    assert_eq!(pod["volumes"][0]["persistentVolumeClaim"]["claimName"], claim["metadata"]["name"]);
    let service = of_kind(&documents, "Service");
    let labels = &of_kind(&documents, "Deployment")["spec"]["template"]["metadata"]["labels"];
    assert_eq!(&service["spec"]["selector"], labels);
    let composed = &documents.iter().find(|it| it.get("services").is_some()).unwrap()["services"]["sandbox"];
    for arguments in [&container["args"], &composed["command"]] {
        let arguments: Vec<_> = arguments.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        assert_eq!(arguments[0], "serve");
        for flag in arguments.iter().filter(|argument| argument.starts_with("--")) {
            assert!(is_flag(flag), "{flag} is no flag");
        }
        assert!(arguments.contains(&"--state") && arguments.contains(&"0.0.0.0"), "{arguments:?}");
    }
    let variables = container["env"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap());
    let more = composed["environment"].as_object().unwrap().keys().map(String::as_str);
    for variable in variables.chain(more) {
        let key = variable.strip_prefix("DIGIME_MOCK_").unwrap().to_lowercase();
        assert!(is_flag(&format!("--{}", key.replace('_', "-"))), "{variable} is no setting");
    }
}

#[test]
fn a_flag_that_does_not_exist_is_found() {
    assert!(is_flag("--state") && is_flag("--stop-delay") && is_flag("--log-format"));
    assert!(!is_flag("--stat") && !is_flag("--stop-later"));
}
