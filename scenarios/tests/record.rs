//! `digime-scenarios record`: a client's traffic becomes a scenario that replays green.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/process.rs"]
mod process;

use std::fs;
use std::path::Path;
use std::time::Duration;

use digime::{AuthorizeOptions, Client, Contract, PrivateKey, ReadAllOptions};
use digime_mock_server::{ContractKind, MockServer, Timeline};
use process::run_in;

const CALLBACK: &str = "http://127.0.0.1:9000/callback";

async fn server() -> MockServer {
    let stages = Timeline { pending: Duration::from_millis(50), running: Duration::from_millis(50) };
    let builder = MockServer::builder().sample_data_until("2026-01-31".parse().unwrap()).timeline(stages);
    // A client that records its mistakes is what one of these tests is about.
    builder.allow_refusals().start().await
}

/// Records what the server's own sandbox saw, and gives the file's text.
async fn record(server: &MockServer, file: &Path, code: i32) -> (String, String) {
    let (url, file) = (server.url(), file.to_owned());
    let ran = tokio::task::spawn_blocking(move || {
        let folder = file.parent().unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let ran = run_in(folder, &["record", name, "--base-url", &url]).ends(code, &[]);
        (fs::read_to_string(&file).unwrap_or_default(), ran.text)
    });
    ran.await.unwrap()
}

fn requests(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.trim().strip_prefix("request: ")).collect()
}

/// The SDK logs in, waits for the sync, reads all, refreshes, and lists accounts.
async fn use_the_sdk(server: &MockServer) {
    let credentials = server.credentials();
    let client = Client::builder(&credentials.application_id)
        .api_url(&credentials.urls.api)
        .onboard_url(&credentials.urls.onboard)
        .cloud_url(&credentials.urls.cloud)
        .build()
        .unwrap();
    let read = credentials.contract(ContractKind::Read).unwrap();
    let key = PrivateKey::from_pem(read.private_key.as_deref().unwrap()).unwrap();
    let contract = Contract::new(read.contract_id.as_str(), key).unwrap();
    let options = AuthorizeOptions::new(CALLBACK).service_id(1).sample_data("test");
    let authorization = client.authorize_url(&contract, options).await.unwrap();
    let location = server.approve(authorization.url.as_str()).unwrap();
    let grant = authorization.callback(&location).unwrap();
    let user = client.connect(grant).await.unwrap();
    let options = ReadAllOptions::new().concurrency(1).poll_interval(Duration::from_millis(20));
    let all = user.read_all_files(&authorization.session.key, options).collect_all().await.unwrap();
    assert!(!all.files.is_empty());
    user.refresh().await.unwrap();
    assert_eq!(user.read_accounts().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_s_traffic_replays_green() {
    let server = server().await;
    use_the_sdk(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("recorded.yaml");
    let (text, said) = record(&server, &file, 0).await;
    assert!(said.contains("1 passed"), "{said}");
    let sent = requests(&text);
    for request in ["POST oauth/authorize", "POST oauth/token", "GET permission-access/accounts"] {
        assert!(sent.contains(&request), "{request} is not in\n{text}");
    }
    assert!(text.contains("refresh_token: ${seen_refresh_token}"), "{text}");
    assert!(text.contains("access_token: ${seen_access_token_2}"), "the refreshed one: {text}");
    assert!(text.contains("$.body.status.state: completed"), "polls wait: {text}");
    assert!(!text.contains("[redacted"), "{text}");

    // The scenario asserts: against a server that behaves otherwise it fails.
    let broken = text.replace("status: 200", "status: 201");
    fs::write(&file, broken).unwrap();
    let path = folder.path().to_owned();
    tokio::task::spawn_blocking(move || run_in(&path, &["run", "."]).ends(1, &["the status"])).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raw_client_s_traffic_replays_green_refusals_included() {
    let server = server().await;
    let credentials = server.credentials();
    let read = credentials.contract(ContractKind::Read).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    fs::write(path.join("key.pem"), read.private_key.as_deref().unwrap()).unwrap();
    fs::write(path.join("client.yaml"), RAW_CLIENT).unwrap();
    let args = [
        "run",
        "client.yaml",
        "--base-url",
        &server.url(),
        "--application-id",
        &read.application_id,
        "--contract",
        &read.contract_id,
        "--key-file",
        "key.pem",
    ]
    .map(str::to_owned);
    let ran = tokio::task::spawn_blocking({
        let path = path.clone();
        move || run_in(&path, &args.each_ref().map(String::as_str))
    });
    ran.await.unwrap().ends(0, &["1 passed"]);

    let (text, said) = record(&server, &path.join("recorded.yaml"), 0).await;
    assert!(said.contains("1 passed"), "{said}");
    assert!(text.contains("error: InvalidGrant"), "{text}");
    assert!(said.contains("left out: ") && said.contains("nonce reuse"), "{said}");
    insta::assert_snapshot!(requests(&text).join("\n"), @"
    POST oauth/authorize
    GET ${onboard}authorize?code=${seen_code_of_a_page}&service=1
    POST ${onboard}authorize?code=${seen_code_of_a_page}&service=1
    POST oauth/token
    POST oauth/token
    GET permission-access/query/${session_key}
    GET permission-access/query/${session_key}/${seen_name}
    GET permission-access/query/${session_key}/nothing.json
    GET permission-access/accounts
    GET permission-access/accounts
    ");
}

/// A client in another language: a login in the browser, a code used twice, a nonce sent twice.
const RAW_CLIENT: &str = r#"
scenario: A client in another language
steps:
  - http:
      request: POST oauth/authorize
      jwt: { user: false, claims: { redirect_uri: "${callback}", response_type: code, response_mode: query, state: state-1, code_challenge: "${challenge}", code_challenge_method: S256 } }
      body: {}
    capture: { key: $.body.session.key, page: $.token.preauthorization_code }
  - http: { request: "GET ${onboard}authorize?code=${page}&service=1", jwt: none }
    expect: { status: 200 }
  - http:
      request: POST ${onboard}authorize?code=${page}&service=1
      jwt: none
      form: { decision: approve, dataSet: test }
    expect: { status: 302 }
    capture: { returned: $.parameters.code }
  - http: { request: POST oauth/token, jwt: &exchange { user: false, claims: { grant_type: authorization_code, code: "${returned}", code_verifier: "${verifier}" } } }
    capture: { access: $.token.access_token.value }
  - http: { request: POST oauth/token, jwt: *exchange }
    expect: { status: 400 }
  - http: { request: "GET permission-access/query/${key}", jwt: &user { claims: { access_token: "${access}" } } }
    until: { $.body.status.state: completed }
    every: 50ms
    capture: { file: "$.body.fileList[0].name" }
  - http: { request: "GET permission-access/query/${key}/${file}", jwt: *user }
    expect: { status: 200 }
  - http: { request: "GET permission-access/query/${key}/nothing.json", jwt: *user }
    expect: { status: 404 }
  - http: { request: GET permission-access/accounts, jwt: none }
    expect: { status: 401 }
  - http: { request: GET permission-access/accounts, jwt: *user, at_once: 2 }
    expect: { $.statuses: [200, 400] }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_long_pause_is_waited_for_again() {
    let server = server().await;
    use_the_sdk(&server).await;
    server.clock().advance(Duration::from_secs(25 * 3600));
    use_the_sdk(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let (text, said) = record(&server, &folder.path().join("recorded.yaml"), 0).await;
    assert!(text.contains("wait: 1d 1h") && said.contains("1 passed"), "{said}\n{text}");
    assert!(text.contains("access_token: ${seen_access_token_4}"), "each login has its tokens: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_told() {
    let server = server().await;
    let folder = tempfile::tempdir().unwrap();
    let (text, said) = record(&server, &folder.path().join("a.yaml"), 2).await;
    assert!(text.is_empty() && said.contains("no request that can be sent again"), "{said}");
    use_the_sdk(&server).await;
    fs::write(folder.path().join("b.yaml"), "mine").unwrap();
    let (text, said) = record(&server, &folder.path().join("b.yaml"), 2).await;
    assert!(text == "mine" && said.contains("b.yaml is already there"), "nothing is overwritten: {said}");
    let path = folder.path().to_owned();
    let args = ["record", "c.yaml", "--base-url", "http://127.0.0.1:1"];
    tokio::task::spawn_blocking(move || run_in(&path, &args).ends(3, &["cannot be reached"])).await.unwrap();
}
