//! Requests recorded from the official SDK, compared with ours.

use std::collections::BTreeSet;
use std::time::Duration;

use digime::{
    AuthorizationCode, AuthorizeOptions, CodeVerifier, Contract, PrivateKey, ReadAllOptions, Scope,
    SessionKey, SessionOptions, TimeRange,
};
use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use crate::support::{Server, claims, file_answer, invalid_token, list, quick, seal, sign, token};
use crate::{read_json, read_text};

/// What matters of a request: everything but values that are new each time and
/// what identifies the calling SDK.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    method: String,
    path: String,
    accept: Option<String>,
    claims: BTreeSet<(String, String)>,
    body: String,
}

fn fixed_claims(claims: &Value) -> BTreeSet<(String, String)> {
    let value = |(name, value): (&String, &Value)| {
        let new = matches!(name.as_str(), "nonce" | "timestamp" | "code_challenge");
        (name.clone(), if new { String::new() } else { value.to_string() })
    };
    claims.as_object().map(|claims| claims.iter().map(value).collect()).unwrap_or_default()
}

fn body_without_agent(mut body: Value) -> String {
    if let Some(agent) = body.get_mut("agent") {
        assert!(agent["sdk"]["name"].is_string() && agent["sdk"]["version"].is_string(), "{agent}");
        *agent = json!("…");
    }
    body.to_string()
}

fn recorded(request: &Value) -> Shape {
    Shape {
        method: request["method"].as_str().unwrap().to_owned(),
        path: request["path"].as_str().unwrap().to_owned(),
        accept: request["headers"]["accept"].as_str().map(str::to_owned),
        claims: fixed_claims(&request["jwt_claims"]),
        body: body_without_agent(request["body_json"].clone()),
    }
}

fn ours(request: &Request) -> Shape {
    let signed = request.headers.contains_key("authorization");
    let body = if request.body.is_empty() { Value::Null } else { request.body_json().unwrap() };
    Shape {
        method: request.method.to_string(),
        path: request.url.path().to_owned(),
        accept: request.headers.get("accept").map(|value| value.to_str().unwrap().to_owned()),
        claims: if signed { fixed_claims(&claims(request)) } else { BTreeSet::new() },
        body: body_without_agent(body),
    }
}

/// Calls the SDK as the recording called the official one.
async fn play(server: &Server) {
    let key = PrivateKey::from_pem(&read_text("contract-private.pem")).unwrap();
    let contract = Contract::new("con1", key).unwrap();
    let client = digime::Client::builder("app1").origin(server.origin()).retry(quick()).build().unwrap();
    let pair = token("at-1", "rt-1");
    let user = client.user(&contract, pair.clone());
    let month = || Scope::new().time_range(TimeRange::last_months(1));

    let full = AuthorizeOptions::new("https://cb.test/err?y=1").state("st").user_access_token(pair.clone());
    let limited = SessionOptions::new().source_fetch_limit(Duration::from_millis(4_100)).scope(month());
    client.authorize_url(&contract, full.session_options(limited)).await.map(drop).unwrap();
    let least = AuthorizeOptions::new("https://cb.test/err").state("st");
    client.authorize_url(&contract, least).await.map(drop).unwrap();
    let (code, verifier) = (AuthorizationCode::new("c"), CodeVerifier::new("cv"));
    client.exchange_code_for_token(&contract, code, &verifier).await.unwrap();
    user.read_session(SessionOptions::new().scope(month())).await.unwrap();
    user.read_session(SessionOptions::new()).await.unwrap();
    let all = user.read_all_files(&SessionKey::new("sk"), ReadAllOptions::new());
    assert_eq!(all.collect_all().await.unwrap().files.len(), 2);
    user.read_accounts().await.unwrap();
    server.once("POST", "/v1.7/permission-access/trigger", invalid_token()).await;
    user.read_session(SessionOptions::new()).await.unwrap();
}

async fn server() -> Server {
    let server = Server::start().await;
    let preauthorization = sign(&server.jku(), &json!({"preauthorization_code": "p"}));
    let started = json!({"token": preauthorization, "session": {"key": "sk", "expiry": 1}});
    let started = ResponseTemplate::new(200).set_body_json(started);
    server.post("/v1.7/oauth/authorize", started.clone()).await;
    server.post("/v1.7/permission-access/trigger", started).await;
    server.issue("at-2", "rt-2").await;
    let files = list("completed", &[("f1.json", 1), ("f2.json", 1)]);
    server.get("/v1.7/permission-access/query/sk", ResponseTemplate::new(200).set_body_json(files)).await;
    for file in ["f1.json", "f2.json"] {
        let path = format!("/v1.7/permission-access/query/sk/{file}");
        server.get(&path, file_answer(seal(b"[]"), None)).await;
    }
    server.get("/v1.7/permission-access/accounts", ResponseTemplate::new(200).set_body_json(json!([]))).await;
    server
}

pub(crate) async fn the_sdk_sends_what_the_official_sdk_sends() {
    let versions = read_json("legacy/wire-requests.json")["versions"].clone();
    for (version, requests) in versions.as_object().unwrap() {
        assert!(!requests.as_array().unwrap().is_empty(), "{version}");
    }
    // What the SDK does not do: adding sources, pushing, listing services, deleting.
    let beyond = ["onboardUrl", "pushData", "services", "services none", "deleteUser"];
    let newest = versions["12.2.3"].as_array().unwrap().iter();
    let reading = newest.filter(|request| !beyond.contains(&request["during"].as_str().unwrap()));
    let expected: BTreeSet<Shape> = reading
        // Key sets are served where the server says; ours is at its root.
        .filter(|request| request["path"] != "/v1.7/jwks/oauth")
        .map(recorded)
        .collect();
    assert_eq!(expected.len(), 10);

    let server = server().await;
    play(&server).await;
    let sent: BTreeSet<Shape> = server.mock.received_requests().await.unwrap().iter().map(ours).collect();
    for shape in &expected {
        assert!(sent.contains(shape), "not sent: {shape:#?}\nsent: {sent:#?}");
    }
    let more: Vec<_> = sent.difference(&expected).collect();
    assert!(
        more.iter().all(|shape| shape.path == "/jwks/oauth" || shape.claims.contains(&at_2())),
        "sent besides: {more:#?}"
    );
}

/// Requests repeated with the new token are the recorded ones with another value.
fn at_2() -> (String, String) {
    ("access_token".to_owned(), "\"at-2\"".to_owned())
}
