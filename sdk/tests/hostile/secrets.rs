//! No secret in any `Debug`, `Display`, trace or log.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::io;
use std::sync::{Arc, Mutex};

use digime::*;
use futures_util::StreamExt;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;
use wiremock::{Request, ResponseTemplate};

use crate::support::{self, *};

const ACCESS: &str = "hush-access-token";
const REFRESH: &str = "hush-refresh-token";
const NEW_ACCESS: &str = "hush-access-token-two";
const NEW_REFRESH: &str = "hush-refresh-token-two";
const STATE: &str = "hush-state";
const CODE: &str = "hush-authorization-code";
const VERIFIER: &str = "hush-code-verifier";
const PREAUTHORIZATION: &str = "hush-preauthorization-code";
const CONTENT: &str = "hush-content-of-a-file";

/// Everything that must not be seen. What starts with `hush` is found by that.
fn secrets() -> Vec<String> {
    let mut secrets = vec!["hush".to_owned(), SESSION.to_owned(), b64("hush-access"), "Bearer ey".to_owned()];
    let pem = vector_text("contract-private.pem");
    secrets.extend(pem.lines().filter(|line| line.len() == 64).map(|line| line[8..40].to_owned()));
    let der = pem_bytes(&pem);
    // Numbers of the key as a derived `Debug` would print them.
    secrets.extend(
        der.chunks_exact(8).skip(34).map(|bytes| format!("{bytes:?}").trim_matches(['[', ']']).to_owned()),
    );
    secrets
}

fn assert_clean(text: &str, what: &str) {
    for secret in secrets() {
        let line = text.lines().find(|line| line.contains(&secret));
        assert!(line.is_none(), "{what} shows {secret:?}: {line:?}");
    }
}

/// What has been shown, by type.
#[derive(Default)]
struct Shown(BTreeMap<&'static str, String>);

impl Shown {
    fn debug<T: Debug>(&mut self, value: &T) -> &mut Self {
        let name = std::any::type_name::<T>().split('<').next().unwrap().rsplit("::").next().unwrap();
        let text = format!("{value:?} {value:#?}");
        assert_clean(&text, name);
        self.0.entry(name).or_default().push_str(&text);
        self
    }

    fn display<T: Debug + Display>(&mut self, value: &T) -> &mut Self {
        assert_clean(&value.to_string(), std::any::type_name::<T>());
        self.debug(value)
    }

    fn error(&mut self, error: &Error) -> &mut Self {
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            assert_clean(&format!("{cause} {cause:?}"), "a cause");
            source = cause.source();
        }
        self.display(error)
    }
}

/// The names that `lib.rs` exports.
fn exported() -> Vec<String> {
    let lib = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs")).unwrap();
    let uses = lib.split("\npub use ").skip(1);
    let names = uses.flat_map(|item| {
        let item = item.split(';').next().unwrap();
        let names =
            item.split_once("::{").map_or_else(|| item.rsplit_once("::").unwrap().1, |(_, names)| names);
        names.trim_matches(['{', '}', '\n']).split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>()
    });
    let elsewhere = |name: &str| OPERATION_TYPES.contains(&name);
    names.filter(|name| !name.is_empty() && name != "Result" && !elsewhere(name)).collect()
}

fn pair() -> UserAccessToken {
    support::token(ACCESS, REFRESH)
}

fn answer_with_session(server: &Server) -> ResponseTemplate {
    let token = sign(&server.jku(), &json!({"preauthorization_code": PREAUTHORIZATION}));
    let session = json!({"key": SESSION, "expiry": 4_102_444_800_000_i64});
    ResponseTemplate::new(200).set_body_json(json!({"token": token, "session": session}))
}

/// A server that plays the whole flow, the token refused once in between.
async fn whole_flow_server() -> Server {
    let server = Server::start().await;
    server.post("/v1.7/oauth/authorize", answer_with_session(&server)).await;
    server.issue(NEW_ACCESS, NEW_REFRESH).await;
    server.post("/v1.7/permission-access/trigger", answer_with_session(&server)).await;
    let list = json!({
        "status": {"state": "partial", "details": {"1_a": {"state": "partial", "error": {"code": "E"}}}},
        "fileList": [{"name": "f.json", "updatedDate": 1}, {"name": "gone", "updatedDate": 1}],
    });
    server
        .file_list(move |request: &Request| match claims(request)["access_token"] == NEW_ACCESS {
            true => ResponseTemplate::new(200).set_body_json(&list),
            false => echo(request, 401, "InvalidToken"),
        })
        .await;
    let content = json!([{"text": CONTENT}]).to_string();
    server.file("f.json", file_answer(seal(content.as_bytes()), None)).await;
    server.file("gone", |request: &Request| echo(request, 404, "hush-code")).await;
    server
        .get("/v1.7/permission-access/accounts", |request: &Request| echo(request, 503, "Overloaded"))
        .await;
    server
}

/// A server that repeats in its error what it was sent.
fn echo(request: &Request, status: u16, code: &str) -> ResponseTemplate {
    let claims = claims(request);
    let secret = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
    let code = if code == "hush-code" { secret("access_token") } else { code.to_owned() };
    let message = format!("{} {} {}", secret("access_token"), secret("refresh_token"), secret("code"));
    let error = json!({"code": code, "message": message, "reference": secret("access_token")});
    ResponseTemplate::new(status).set_body_json(json!({"error": error}))
}

/// Goes through the whole flow and shows everything it meets.
async fn show_the_flow(shown: &mut Shown) {
    let server = whole_flow_server().await;
    let builder =
        server.builder().on_token(|new| assert_clean(&format!("{new:?} {new:#?}"), "TokenRefreshed"));
    shown.debug(&builder);
    let client = builder.build().unwrap();
    let contract = support::contract();
    let options = AuthorizeOptions::new("https://app.example/cb")
        .state(STATE)
        .user_access_token(pair())
        .session_options(SessionOptions::new());
    shown.debug(&client).debug(&contract).debug(&options);
    let login = client.authorize_url(&contract, options).await.unwrap();
    assert!(login.url.as_str().contains(PREAUTHORIZATION), "the secret is there to be hidden");
    let callback = format!("?success=true&state={STATE}&code={CODE}");
    let grant = login.callback(&callback).unwrap();
    let callback = CallbackResult::parse(&callback, STATE).unwrap();
    shown
        .debug(&login)
        .debug(&login.state)
        .debug(&login.code_verifier)
        .debug(&login.session)
        .debug(&login.to_stored())
        .debug(&grant)
        .debug(&callback);
    let code = callback.into_code().unwrap();
    shown.debug(&code);
    let token = client.exchange_code_for_token(&contract, code, &CodeVerifier::new(VERIFIER)).await.unwrap();
    shown.debug(&token).debug(&token.access_token).debug(&token.access_token.value);
    shown.debug(token.user.as_ref().unwrap());

    let user = client.user(&contract, pair());
    let session = user.read_session(SessionOptions::new()).await.unwrap();
    shown.debug(&session.key);
    let list = user.read_file_list(&session.key).await.unwrap();
    shown.debug(&list).debug(&list.status).debug(&list.files[0]);
    let status = &list.status.details[&"1_a".into()];
    shown.debug(&status.state).debug(status).debug(status.error.as_ref().unwrap()).debug(&user);
    let stream = user.read_file_stream(&session.key, &name("f.json")).await.unwrap();
    let raw = user.read_file_raw(&session.key, &name("f.json")).await.unwrap();
    shown.debug(&stream).debug(&raw);

    let mut all = user.read_all_files(&session.key, ReadAllOptions::new());
    shown.debug(&all);
    while let Some(event) = all.next().await {
        shown.debug(&event);
        match event {
            ReadEvent::File(Ok(file)) => {
                assert!(file.json::<serde_json::Value>().unwrap().to_string().contains(CONTENT));
                shown.debug(&file).debug(&file.metadata);
            }
            ReadEvent::File(Err(failure)) => {
                shown.display(&failure).error(&failure.error);
                let api = failure.error.api().unwrap();
                shown.display(api).display(&api.code);
            }
            _ => {}
        }
    }
    let all = user.read_all_files(&session.key, ReadAllOptions::new()).collect_all().await.unwrap();
    shown.debug(&all).error(&user.read_accounts().await.unwrap_err());
    show_failures(&client, shown).await;
}

/// Failures of the steps before the first read, each echoing its secrets.
async fn show_failures(client: &Client, shown: &mut Shown) {
    let server = Server::start().await;
    for path in ["oauth/authorize", "oauth/token"] {
        server.post(&format!("/v1.7/{path}"), |request: &Request| echo(request, 400, "InvalidGrant")).await;
    }
    let contract = support::contract();
    let nobody = Client::builder(APP).origin(origin_of_nobody().await).retry(quick()).build().unwrap();
    for client in [&server.client(), &nobody, client] {
        let options = AuthorizeOptions::new("https://app.example/cb#").state(STATE);
        shown.error(&client.authorize_url(&contract, options).await.unwrap_err());
    }
    for client in [&server.client(), &nobody] {
        let options = AuthorizeOptions::new("https://app.example/cb").state(STATE);
        shown.error(&client.authorize_url(&contract, options).await.unwrap_err());
        let verifier = CodeVerifier::new(VERIFIER);
        let code = AuthorizationCode::new(CODE);
        shown.error(&client.exchange_code_for_token(&contract, code, &verifier).await.unwrap_err());
        shown.error(&client.refresh_token(&contract, &pair()).await.unwrap_err());
        let user = client.user(&contract, pair());
        shown.error(&user.read_file(&support::session(), &name("f.json")).await.unwrap_err());
    }
    shown.error(&CallbackResult::parse(&format!("state={STATE}&code={CODE}"), "x").unwrap_err());
}

/// Values that come without a server.
fn show_plain_values(shown: &mut Shown) {
    let key = PrivateKey::from_pem(&vector_text("contract-private.pem")).unwrap();
    let account: Account = serde_json::from_value(json!({
        "id": "a", "reference": "r", "type": "USER", "createdDate": 1, "updatedDate": 1,
        "serviceGroupId": 1, "serviceGroupName": "g", "serviceTypeId": 1, "serviceTypeName": "t",
        "serviceTypeReference": "t", "sourceId": 1, "accessTokenStatus": {"authorized": true},
    }))
    .unwrap();
    shown
        .debug(&key)
        .debug(&account)
        .debug(&account.kind)
        .debug(&account.access_token_status.clone().unwrap());
    shown.display(&account.id).display(&account.reference).display(&account.source_id);
    shown.display(&ContractId::new("c")).display(&FileName::new("f")).display(&StorageId::new("s"));
    shown.display(&UserId::new("u")).display(&Operation::ReadFile).display(&CallbackErrorCode::UserCancel);
    shown.debug(&Agent::default()).debug(&ErrorKind::Api).debug(&RetryPolicy::default());
    shown.debug(&SourceType::Pull).debug(&SourcesScope::new()).debug(&ReadAllOptions::new());
    shown.debug(&Compression::Gzip).debug(&SessionOptions::new()).debug(&Scope::new());
    shown.debug(&ServiceGroup::new(1)).debug(&ServiceType::new(1)).debug(&TimeRange::last_days(1));
    let mapped: MappedMetadata = serde_json::from_value(mapped()).unwrap();
    shown.debug(mapped.schema.as_ref().unwrap()).debug(&mapped);
    let raw = json!({"mimetype": "a/b", "accounts": [{"accountid": "a"}]});
    let raw: RawMetadata = serde_json::from_value(raw).unwrap();
    shown.debug(&raw.accounts[0]).debug(&raw);
    let pem = vector_text("contract-private.pem");
    shown.error(&PrivateKey::from_pem(&pem.replace("MII", "MIJ")).unwrap_err());
}

#[tokio::test]
async fn no_public_type_shows_a_secret() {
    let mut shown = Shown::default();
    show_plain_values(&mut shown);
    show_the_flow(&mut shown).await;
    for name in exported() {
        // Lives within a call of the listener only, which checks it.
        let seen = shown.0.contains_key(name.as_str()) || name == "TokenRefreshed";
        assert!(seen, "{name} is exported but was not looked at");
    }
}

#[derive(Clone, Default)]
struct Trace(Arc<Mutex<Vec<u8>>>);

impl io::Write for Trace {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Trace {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn traces_and_logs_show_no_secret() {
    // With a single dispatcher alive, a call site that another test meets first
    // would be switched off for all threads.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    let trace = Trace::default();
    // Covers the `log` records of the libraries below as well.
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(trace.clone())
        .finish();
    let guard = subscriber.set_default();
    show_the_flow(&mut Shown::default()).await;
    drop(guard);
    let text = String::from_utf8(trace.0.lock().unwrap().clone()).unwrap();
    for expected in ["digime", "read_file", "trying again", "refreshing", "hyper_util", "status=503"] {
        assert!(text.contains(expected), "{expected} was not traced");
    }
    assert_clean(&text, "the trace");
}
