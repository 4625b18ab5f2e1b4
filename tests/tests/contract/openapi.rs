//! The OpenAPI document, and every answer held against it.

use std::collections::BTreeSet;

use digime_mock_server::routes::{self, BodyMode, Route};
use digime_mock_server::{ContractKind, Operation};
use digime_tests::world::CALLBACK;
use digime_tests::{Answer, Checker, RawClient, World};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

async fn admin(world: &World, method: Method, path: &str, body: Option<Value>) -> Answer {
    let raw = world.raw(ContractKind::Read);
    let separator = if path.contains('?') { '&' } else { '?' };
    let path = format!("/__admin/{path}{separator}sandbox={}", world.sandbox.id());
    raw.send(method, &path, None, body).await
}

/// A flow that uses every operation of reading, and some refusals.
async fn read_flow(world: &World) {
    let raw = world.raw(ContractKind::Read);
    let (code, session) = raw.authorize().await;
    raw.get(&raw.page(&code, "&service=16")).await;
    let page = raw.page(&code, "&service=16&sampleDataSet=reauth");
    let back = raw.post_form(&page, "decision=approve").await;
    let token = raw.exchange(&back.location_parameter("code").unwrap()).await.token();
    let user = json!({"access_token": token["access_token"]["value"]});
    raw.refresh(token["refresh_token"]["value"].as_str().unwrap()).await;
    raw.refresh("unknown").await;
    let query = format!("permission-access/query/{session}");
    let list = raw.call(Method::GET, &query, user.clone()).await.json();
    let file = list["fileList"][0]["name"].as_str().unwrap();
    for method in [Method::GET, Method::HEAD] {
        assert_eq!(raw.call(method.clone(), &format!("{query}/{file}"), user.clone()).await.status, 200);
        raw.call(method, &format!("{query}/none"), user.clone()).await;
    }
    raw.call(Method::GET, "permission-access/query/none", user.clone()).await;
    raw.call(Method::GET, "permission-access/accounts", user.clone()).await;
    raw.call(Method::POST, "permission-access/trigger", user).await;
    raw.get(&raw.page("unknown", "")).await;
    raw.get(&format!("{}/jwks/oauth", raw.origin)).await;
    raw.get(&format!("{}/nothing/here", raw.origin)).await;
    raw.call(Method::POST, "discovery/sources", json!({})).await;
}

#[tokio::test]
async fn the_document_is_served_and_says_where() {
    let world = World::new().await;
    let answer = admin(&world, Method::GET, "openapi.json", None).await;
    assert_eq!(answer.header("content-type"), "application/json");
    let document = answer.json();
    assert_eq!(document, world.server.openapi());
    assert_eq!(document["servers"], json!([{"url": world.server.url()}]));
    assert_eq!(document["openapi"], "3.1.0");
}

#[tokio::test]
async fn another_implementation_reads_the_document_and_knows_every_operation() {
    let world = World::new().await;
    let spec = oas3::from_json(world.server.openapi().to_string()).unwrap();
    let read: BTreeSet<_> = spec.operations().filter_map(|(_, _, it)| it.operation_id.clone()).collect();
    for route in routes::all() {
        assert!(read.contains(route.name()), "{}", route.name());
    }
}

#[tokio::test]
async fn a_whole_flow_with_refusals_is_answered_as_documented() {
    let world = World::new().await;
    read_flow(&world).await;
    let seen: BTreeSet<_> =
        world.sandbox.requests().list().iter().filter_map(|entry| Some(entry.operation?.name())).collect();
    assert!(seen.len() >= 10, "{seen:?}");
    world.verify();
}

#[tokio::test]
async fn every_administrative_answer_is_as_documented() {
    let world = World::new().await;
    read_flow(&world).await;
    let checker = Checker::new(&world.server.openapi());
    let raw = world.raw(ContractKind::Read);
    let refused = raw.refresh("unknown").await;
    let (waiting, _) = raw.authorize().await;
    let fault = json!({"route": "readFile", "status": 503, "headers": {"Retry-After": "1"}, "delay": "1ms"});
    let users = admin(&world, Method::GET, "users", None).await.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let user = format!("users/{}", text(&users["users"][0]["user"]));
    let shown = admin(&world, Method::GET, &user, None).await.json();
    let files = admin(&world, Method::GET, &format!("{user}/files"), None).await.json();
    let flows = admin(&world, Method::GET, "flows", None).await.json();
    let token = format!("{user}/tokens/{}", text(&shown["tokens"][0]["fingerprint"]));
    let mut seen = BTreeSet::new();
    let own = |id: &str| format!("{id}-{}", world.sandbox.id());
    let application = format!("applications/{}", own("partner"));
    let contracts = format!("{application}/contracts");
    let contract = format!("{contracts}/{}", own("theirs"));
    let made = json!({"applicationId": "partner", "contracts": [{}]});
    for (operation, path, body) in [
        (Operation::ADMIN_HEALTH, "health".to_owned(), None),
        (Operation::ADMIN_READY, "ready".to_owned(), None),
        (Operation::ADMIN_METRICS, "metrics".to_owned(), None),
        (Operation::ADMIN_CREATE_APPLICATION, "applications".to_owned(), Some(made)),
        (Operation::ADMIN_CREATE_APPLICATION, "applications".to_owned(), Some(json!({"name": ""}))),
        (Operation::ADMIN_LIST_APPLICATIONS, "applications".to_owned(), None),
        (Operation::ADMIN_SHOW_APPLICATION, application.clone(), None),
        (Operation::ADMIN_SHOW_APPLICATION, "applications/nobody".to_owned(), None),
        (Operation::ADMIN_CHANGE_APPLICATION, application.clone(), Some(json!({"name": "Wonder"}))),
        (Operation::ADMIN_CREATE_CONTRACT, contracts.clone(), Some(json!({"contractId": "theirs"}))),
        (Operation::ADMIN_LIST_CONTRACTS, contracts, None),
        (Operation::ADMIN_SHOW_CONTRACT, contract.clone(), None),
        (Operation::ADMIN_CHANGE_CONTRACT, contract.clone(), Some(json!({"kind": "write"}))),
        (Operation::ADMIN_ROTATE_KEY, format!("{contract}/rotate"), Some(json!({"overlap": "1h"}))),
        (Operation::ADMIN_REMOVE_CONTRACT, contract, None),
        (Operation::ADMIN_REMOVE_APPLICATION, application, None),
        (Operation::ADMIN_OPENAPI, "openapi.json".to_owned(), None),
        (Operation::ADMIN_EXPORT_STATE, "state".to_owned(), None),
        (Operation::ADMIN_CREDENTIALS, "credentials".to_owned(), None),
        (Operation::ADMIN_CONSENT, "consent".to_owned(), Some(json!({"url": raw.page(&waiting, "")}))),
        (Operation::ADMIN_CLOCK, "clock".to_owned(), None),
        (Operation::ADMIN_MOVE_CLOCK, "clock".to_owned(), Some(json!({"advance": "1h"}))),
        (Operation::ADMIN_INJECT_FAULT, "faults".to_owned(), Some(fault)),
        (Operation::ADMIN_FAULTS, "faults".to_owned(), None),
        (Operation::ADMIN_CLEAR_FAULTS, "faults".to_owned(), None),
        (Operation::ADMIN_REQUESTS, "requests".to_owned(), None),
        (Operation::ADMIN_REQUESTS, "requests?status=4xx&limit=2".to_owned(), None),
        (Operation::ADMIN_SHOW_REQUEST, "requests/1".to_owned(), None),
        (Operation::ADMIN_SHOW_REQUEST, "requests/0".to_owned(), None),
        (Operation::ADMIN_LIST_FLOWS, "flows".to_owned(), None),
        (Operation::ADMIN_SHOW_FLOW, format!("flows/{}", text(&flows["flows"][0]["flow"])), None),
        (Operation::ADMIN_SHOW_FLOW, "flows/none".to_owned(), None),
        (Operation::ADMIN_LIST_USERS, "users?limit=1".to_owned(), None),
        (Operation::ADMIN_SHOW_USER, user.clone(), None),
        (Operation::ADMIN_LIST_USER_FILES, format!("{user}/files"), None),
        (Operation::ADMIN_SHOW_USER_FILE, format!("{user}/files/{}", text(&files["files"][0]["name"])), None),
        (
            Operation::ADMIN_CHANGE_ACCOUNT,
            format!("{user}/accounts/{}", text(&shown["accounts"][0]["id"])),
            Some(json!({ "source": "fails" })),
        ),
        (
            Operation::ADMIN_END_SESSION,
            format!("{user}/sessions/{}", text(&shown["sessions"][0]["fingerprint"])),
            None,
        ),
        (Operation::ADMIN_EXPIRE_TOKEN, format!("{token}/expire"), None),
        (Operation::ADMIN_REVOKE_TOKEN, token.clone(), None),
        (Operation::ADMIN_REMOVE_USER, user.clone(), None),
        (Operation::ADMIN_SHOW_USER, user.clone(), None),
        (Operation::ADMIN_EXPLAIN, format!("explain/{}", refused.header("x-error-reference")), None),
        (Operation::ADMIN_EXPLAIN, "explain/unknown".to_owned(), None),
        (Operation::ADMIN_CLIENT_REPORT, "client-report".to_owned(), None),
        (Operation::ADMIN_FORGET_REQUESTS, "requests".to_owned(), None),
        (Operation::ADMIN_RESET, "reset".to_owned(), None),
        (Operation::ADMIN_CREATE_PARTNER, "partners".to_owned(), Some(json!({"partnerId": "one"}))),
        (Operation::ADMIN_CREATE_PARTNER, "partners".to_owned(), Some(json!({"partnerId": "one"}))),
        (Operation::ADMIN_LIST_PARTNERS, "partners".to_owned(), None),
        (Operation::ADMIN_SHOW_PARTNER, "partners/one".to_owned(), None),
        (Operation::ADMIN_CHANGE_PARTNER, "partners/one".to_owned(), Some(json!({"quotas": {"users": 1}}))),
        (Operation::ADMIN_RENEW_PARTNER_TOKEN, "partners/one/token".to_owned(), None),
        (Operation::ADMIN_REMOVE_PARTNER, "partners/one".to_owned(), None),
        (Operation::ADMIN_REMOVE_PARTNER, "partners/one".to_owned(), None),
        (
            Operation::ADMIN_ROTATE_SIGNING_KEY,
            "signing-keys/rotate".to_owned(),
            Some(json!({"signsIn": "1h"})),
        ),
        (Operation::ADMIN_ROTATE_SIGNING_KEY, "signing-keys/rotate".to_owned(), None),
        (Operation::ADMIN_LIST_SANDBOXES, "sandboxes".to_owned(), None),
        (Operation::ADMIN_CREATE_SANDBOX, "sandboxes".to_owned(), Some(json!({"lifetimes": {"code": "1m"}}))),
        (Operation::ADMIN_CREATE_SANDBOX, "sandboxes".to_owned(), Some(json!({"lifetime": {}}))),
        (Operation::ADMIN_OPERATIONS, "operations".to_owned(), None),
        (Operation::CONSOLE_HOME, "ui".to_owned(), None),
        (Operation::CONSOLE_LOGIN_PAGE, "ui/login".to_owned(), None),
        (Operation::CONSOLE_PAGE, "ui/start".to_owned(), None),
        (Operation::CONSOLE_DETAIL, "ui/traffic/1".to_owned(), None),
        (Operation::CONSOLE_ASSET, "ui/assets/any/api.js".to_owned(), None),
        (Operation::CONSOLE_LOGOUT, "ui/logout".to_owned(), None),
        (Operation::ADMIN_REMOVE_SANDBOX, "sandboxes".to_owned(), None),
    ] {
        let route = routes::all().find(|route| route.operation == operation).unwrap();
        let answer = admin(&world, route.method.clone(), &path, body).await;
        checker.check_answer(operation.name(), &answer).unwrap_or_else(|it| panic!("{operation}: {it}"));
        if answer.status.is_success() || answer.status.is_redirection() {
            seen.insert(operation.name());
        }
    }
    // The tests of states import one, which is no JSON.
    seen.insert(Operation::ADMIN_IMPORT_STATE.name());
    // Those of the journal read streams, which have no end.
    seen.insert(Operation::ADMIN_EVENTS.name());
    // Those of scenarios have a program that runs them.
    for operation in [
        Operation::ADMIN_LIST_SCENARIOS,
        Operation::ADMIN_RUN_SCENARIOS,
        Operation::ADMIN_SHOW_SCENARIO_RUN,
        Operation::ADMIN_STOP_SCENARIOS,
        Operation::ADMIN_SCENARIO_REPORT,
    ] {
        seen.insert(operation.name());
    }
    // Those of the console log in, with a form.
    seen.insert(Operation::CONSOLE_LOGIN.name());
    let all = routes::all().filter(|route| route.is_admin()).map(Route::name);
    assert_eq!(seen, all.collect());
}

#[tokio::test]
async fn what_is_not_as_documented_is_found() {
    let world = World::new().await;
    read_flow(&world).await;
    let entries = serde_json::to_value(world.sandbox.requests().list()).unwrap();
    let checker = Checker::new(&world.server.openapi());
    let of = |operation: &str, status: u64| {
        let mut entries = entries.as_array().unwrap().iter();
        let found = entries.rfind(|it| it["operation"] == operation && it["status"] == status);
        let found = found.unwrap().clone();
        assert_eq!(checker.check_entry(&found), Ok(()));
        found
    };
    for (mut entry, pointer, value, problem) in [
        (of("readAccounts", 200), "/status", json!(418), "not documented to answer 418"),
        (of("readAccounts", 200), "/contentType", json!("text/html"), "text/html is not documented"),
        (of("readAccounts", 200), "/answer/0/type", json!("user"), "/0/type"),
        (of("readAccounts", 200), "/answer/0/id", json!(null), "/0/id"),
        (of("readFileList", 200), "/answer/status/state", json!("done"), "/status/state"),
        (of("readFileList", 404), "/answer/error/code", json!("FileNotFound"), "/error/code"),
        (of("querySources", 200), "/answer/total", json!("75"), "/total"),
        (of("querySources", 200), "/answer/data/0/resource", json!({"href": "x"}), "/data/0/resource"),
        (of("readSession", 202), "/operation", json!("noSuchOperation"), "not in the document"),
    ] {
        *entry.pointer_mut(pointer).unwrap() = value;
        let found = checker.check_entry(&entry).unwrap_err();
        assert!(found.contains(problem), "{pointer}: {found}");
    }
    let mut silent = of("readAccounts", 200);
    silent.as_object_mut().unwrap().remove("answer");
    assert_eq!(checker.check_entry(&silent), Err("the JSON is missing".to_owned()));
    let violations = checker.check_journal(&[of("readAccounts", 200), silent]).unwrap_err();
    assert_eq!(violations.lines().count(), 1);
}

#[tokio::test]
async fn a_large_answer_is_left_out_of_the_journal_and_still_checked() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let jwt = raw.sign(&raw.claims(json!({})));
    let body = Some(json!({"limit": 500}));
    let answer = raw.send(Method::POST, "/v1.7/discovery/sources", Some(&jwt), body).await;
    assert!(answer.body.len() > 64 * 1024);
    let requests = world.sandbox.requests();
    let entry = requests.list()[0];
    assert_eq!((&entry.answer, entry.answer_left_out), (&None, Some(answer.body.len())));
    let checker = Checker::new(&world.server.openapi());
    assert_eq!(checker.check_answer("querySources", &answer), Ok(()));
}

/// An address of a route, with parameters that have the right form and mean nothing.
fn address(route: &Route) -> String {
    let path = route.paths().pop().unwrap();
    let parts = path.split(['{', '}']).enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { "1" } else { part }).collect()
}

/// Status and code of an error from its headers alone: an answer to HEAD has no body.
fn refusal(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.header("x-error-code").to_owned())
}

/// The refusals that are the same for whole groups of operations, for each operation that lists
/// them: what a further operation lists is tested without another line here.
#[tokio::test]
async fn shared_refusals_are_answered_by_every_operation_that_lists_them() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let huge = Value::from("x".repeat(1024 * 1024));
    let document = world.server.openapi();
    let items = document["paths"].as_object().unwrap().values();
    let operations: Vec<_> = items.flat_map(|item| item.as_object().unwrap().values()).collect();
    let checker = Checker::new(&document);
    let mut tested = 0;
    for route in routes::all() {
        let (method, path) = (route.method.clone(), address(route));
        let lists =
            |status, code: &str| route.refusals().any(|it| (it.status, it.code.as_str()) == (status, code));
        let described = operations.iter().find(|it| it["operationId"] == route.name()).unwrap();
        let is_user = described["security"] == json!([{"userJwt": []}]);
        let signed = lists(401, "InvalidJWT") && lists(403, "InvalidClient");
        let mut cases = Vec::new();
        // What takes its body in pieces has limits of its own, and verifies before it reads.
        if lists(413, "ValidationErrors") && route.body == BodyMode::Whole {
            let answer = raw.send(method.clone(), &path, None, Some(huge.clone())).await;
            cases.push((answer, 413, "ValidationErrors"));
        }
        if lists(400, "ValidationErrors") && route.body == BodyMode::Whole {
            assert_eq!(broken_body(&world, route, &path).await, 400, "{}", route.name());
            tested += 1;
        }
        if signed {
            let unsigned = raw.send(method.clone(), &path, None, None).await;
            cases.push((unsigned, 401, "InvalidJWT"));
            let stranger = raw.sign(&raw.claims(json!({"client_id": "no_such"})));
            cases.push((raw.send(method.clone(), &path, Some(&stranger), None).await, 403, "InvalidClient"));
            let stale = raw.sign(&raw.claims(json!({"timestamp": 1})));
            cases.push((raw.send(method.clone(), &path, Some(&stale), None).await, 400, "InvalidRequest"));
        }
        if is_user {
            let unknown = raw.sign(&raw.claims(json!({"access_token": "unknown", "redirect_uri": CALLBACK})));
            cases.push((raw.send(method.clone(), &path, Some(&unknown), None).await, 401, "InvalidToken"));
        }
        if lists(403, "AdminForbidden") {
            let elsewhere = reqwest::Client::new().request(method.clone(), format!("{}{path}", raw.origin));
            let answer = elsewhere.header("Host", "evil.example").send().await.unwrap();
            assert_eq!(answer.status(), 403, "{}", route.name());
            let nowhere = format!("{path}?sandbox=none");
            cases.push((raw.send(method.clone(), &nowhere, None, None).await, 404, "NotFound"));
        }
        for (answer, status, code) in cases {
            assert_eq!(refusal(&answer), (status, code.to_owned()), "{}", route.name());
            if method != Method::HEAD {
                checker
                    .check_answer(route.name(), &answer)
                    .unwrap_or_else(|it| panic!("{}: {it}", route.name()));
            }
            tested += 1;
        }
    }
    assert!(tested > routes::all().count() * 2, "{tested}");
}

/// The status that a body in pieces gets which is not as HTTP has it.
async fn broken_body(world: &World, route: &Route, path: &str) -> u16 {
    let host = world.server.url().replace("http://", "");
    let mut socket = tokio::net::TcpStream::connect(&host).await.unwrap();
    let head = format!("{} {path} HTTP/1.1\r\nHost: {host}\r\n", route.method);
    let body = "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nno length\r\n";
    socket.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    answer.split(' ').nth(1).unwrap_or_else(|| panic!("{}: {answer:?}", route.name())).parse().unwrap()
}

#[tokio::test]
async fn only_the_cloud_host_has_errors_of_the_clouds_form() {
    let world = World::new().await;
    let raw: RawClient = world.raw(ContractKind::Read);
    for route in routes::all().filter(|route| route.operation != Operation::READ_FILE_METADATA) {
        let refused = raw.send(Method::PATCH, &address(route), None, None).await;
        match route.is_for_cloud() {
            true => drop(refused.storage_error()),
            _ => drop(refused.error()),
        }
    }
}
