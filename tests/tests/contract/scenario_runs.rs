//! Scenarios that the console runs, where the program that the server is part of can.

use std::sync::Arc;
use std::time::Duration;

use digime_mock_server::{ContractKind, MockServer, Operation};
use digime_scenarios::{ConsoleRunner, ScenarioFolder};
use digime_tests::{Answer, Checker, RawClient, World};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

const PASSES: &str =
    "scenario: It passes\nproves: A health check\ntags: [small]\nsteps:\n  - http: GET jwks/oauth\n";
const FAILS: &str = "scenario: It fails\nsteps:\n  - http: GET jwks/oauth\n    expect: { status: 418 }\n";

/// A server that runs the scenarios of a folder.
struct Runs {
    _server: MockServer,
    _folder: TempDir,
    raw: RawClient,
    checker: Checker,
}

impl Runs {
    async fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let folders = vec![ScenarioFolder { path: folder.path().to_owned(), name: "own".to_owned() }];
        let runner = Arc::new(ConsoleRunner::new(folders));
        let server = MockServer::builder().allow_refusals().scenario_runner(runner).start().await;
        let contract = server.credentials().contract(ContractKind::Read).unwrap().clone();
        let checker = Checker::new(&server.openapi());
        Self { raw: RawClient::new(&server.url(), &contract), checker, _server: server, _folder: folder }
    }

    async fn ask(&self, operation: Operation, method: Method, path: &str, body: Option<Value>) -> Answer {
        let answer = self.raw.send(method, &format!("/__admin/scenarios{path}"), None, body).await;
        self.checker.check_answer(operation.name(), &answer).unwrap_or_else(|it| panic!("{operation}: {it}"));
        answer
    }

    async fn start(&self, body: Value) -> Answer {
        self.ask(Operation::ADMIN_RUN_SCENARIOS, Method::POST, "/run", Some(body)).await
    }

    async fn ended(&self) -> Value {
        for _ in 0..1_500 {
            let answer = self.ask(Operation::ADMIN_SHOW_SCENARIO_RUN, Method::GET, "/run", None).await.json();
            if answer["run"]["running"] == false {
                return answer["run"].clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the run does not end");
    }
}

#[tokio::test]
async fn a_program_without_a_runner_says_which_one_has_it() {
    let world = World::new().await;
    world.sandbox.allow_refusals();
    let raw = world.raw(ContractKind::Read);
    for (method, path) in [
        (Method::GET, ""),
        (Method::GET, "/run"),
        (Method::POST, "/run"),
        (Method::DELETE, "/run"),
        (Method::GET, "/report"),
    ] {
        let answer = raw.send(method, &format!("/__admin/scenarios{path}"), None, None).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("digime-scenarios console"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_run_is_begun_watched_and_reported() {
    let runs = Runs::of(&[("fails.yaml", FAILS), ("passes.yaml", PASSES)]).await;
    let list = runs.ask(Operation::ADMIN_LIST_SCENARIOS, Method::GET, "", None).await.json();
    assert_eq!(list["problems"], json!([]));
    let listed = &list["scenarios"][1];
    assert_eq!(
        *listed,
        json!({"path": "own/passes.yaml", "name": "It passes", "proves": "A health check", "tags": ["small"]})
    );
    let none = runs.ask(Operation::ADMIN_SHOW_SCENARIO_RUN, Method::GET, "/run", None).await.json();
    assert_eq!(none["run"], Value::Null);
    assert_eq!(runs.ask(Operation::ADMIN_SCENARIO_REPORT, Method::GET, "/report", None).await.status, 404);

    assert_eq!(runs.start(json!({})).await.json(), json!({"started": true}));
    let run = runs.ended().await;
    assert_eq!((&run["all"], &run["ended"], &run["failed"]), (&json!(2), &json!(2), &json!(1)), "{run:#}");
    let results = run["results"].as_array().unwrap();
    let of = |path: &str| results.iter().find(|it| it["path"] == path).unwrap();
    assert_eq!(
        (&of("own/passes.yaml")["outcome"], &of("own/passes.yaml")["why"]),
        (&json!("passed"), &Value::Null)
    );
    let failed = of("own/fails.yaml");
    assert_eq!(failed["outcome"], "failed");
    assert!(failed["why"].as_str().unwrap().contains("418"), "{failed:#}");
    let report = runs.ask(Operation::ADMIN_SCENARIO_REPORT, Method::GET, "/report", None).await;
    assert!(report.text().contains("It fails") && !report.text().contains("<script"));
    assert!(report.header("content-security-policy").starts_with("default-src 'none';"));

    assert_eq!(runs.start(json!({"scenarios": ["own/passes.yaml"]})).await.status, 200);
    let again = runs.ended().await;
    assert_eq!((&again["number"], &again["all"], &again["failed"]), (&json!(2), &json!(1), &json!(0)));
    let later = runs.ask(Operation::ADMIN_SHOW_SCENARIO_RUN, Method::GET, "/run?from=1", None).await.json();
    assert_eq!(later["run"]["results"], json!([]));
}

#[tokio::test]
async fn what_cannot_run_is_said_and_one_run_is_under_way_at_a_time() {
    let slow =
        "scenario: It waits\nsteps:\n  - http: GET jwks/oauth\n    until: { status: 418 }\n    within: 30s\n";
    let runs = Runs::of(&[("slow.yaml", slow)]).await;
    let unknown = runs.start(json!({"scenarios": ["own/none.yaml"]})).await;
    assert_eq!(unknown.error(), (400, "ValidationErrors".to_owned()));
    assert_eq!(runs.start(json!({"scenario": []})).await.status, 400);
    assert_eq!(runs.start(json!({})).await.status, 200);
    assert_eq!(runs.start(json!({})).await.error(), (409, "Conflict".to_owned()));
    let stopped = runs.ask(Operation::ADMIN_STOP_SCENARIOS, Method::DELETE, "/run", None).await;
    assert_eq!(stopped.status, 204);
    let run = runs.ended().await;
    assert_eq!(run["results"][0]["outcome"], "notRun", "{run:#}");

    let wrong = Runs::of(&[("wrong.yaml", "scenario: It is wrong\nsteps:\n  - fly: away\n")]).await;
    let list = wrong.ask(Operation::ADMIN_LIST_SCENARIOS, Method::GET, "", None).await.json();
    assert!(list["problems"][0].as_str().unwrap().contains("fly"), "{list:#}");
    assert_eq!(wrong.start(json!({})).await.status, 200);
    assert!(wrong.ended().await["problem"].as_str().unwrap().contains("fly"));
}
