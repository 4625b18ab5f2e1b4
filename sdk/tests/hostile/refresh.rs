//! Token refresh: once per call, once for all callers, never lost.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use digime::{Account, Error, ErrorKind, Operation, User};
use futures_util::FutureExt;
use serde_json::json;
use wiremock::{Request, ResponseTemplate};

use crate::support::*;

const ACCOUNTS: &str = "/v1.7/permission-access/accounts";
const TOKEN: &str = "/v1.7/oauth/token";

/// A server that accepts one access token and takes some time to issue it.
async fn accepting(access: &'static str) -> Server {
    let server = Server::start().await;
    server
        .get(ACCOUNTS, move |request: &Request| match claims(request)["access_token"] == access {
            true => ResponseTemplate::new(200).set_body_json(json!([])),
            false => invalid_token(),
        })
        .await;
    server
}

async fn issue_slowly(server: &Server, access: &str) {
    let token = sign(&server.jku(), &token_payload(access, "rt-2"));
    let answer = ResponseTemplate::new(200).set_body_json(json!({"token": token}));
    server.post(TOKEN, answer.set_delay(Duration::from_millis(100))).await;
}

async fn used_tokens(server: &Server, path: &str, claim: &str) -> Vec<String> {
    let requests = server.requests(path).await;
    requests.iter().map(|request| claims(request)[claim].as_str().unwrap().to_owned()).collect()
}

/// Waits until a request has arrived.
async fn arrived(server: &Server, path: &str) {
    let seen = async {
        while server.count(path).await == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.unwrap();
}

#[tokio::test]
async fn an_expired_token_is_refreshed_and_the_call_repeated() {
    let server = accepting("at-2").await;
    server.issue("at-2", "rt-2").await;
    let user = server.user();
    user.read_accounts().await.unwrap();
    assert_eq!(used_tokens(&server, ACCOUNTS, "access_token").await, ["at-1", "at-2"]);
    assert_eq!(used_tokens(&server, TOKEN, "refresh_token").await, ["rt-1"]);
    user.read_accounts().await.unwrap();
    assert_eq!(server.count(TOKEN).await, 1, "the new token stays in use");
}

#[tokio::test]
async fn every_kind_of_call_refreshes() {
    let server = Server::start().await;
    server.issue("at-2", "rt-2").await;
    let refused = |path: String, verb: &'static str| (path, verb);
    for (path, verb) in [
        refused(list_path(), "GET"),
        refused(file_path("f.json"), "GET"),
        refused(file_path("f.json"), "HEAD"),
        refused("/v1.7/permission-access/trigger".to_owned(), "POST"),
    ] {
        server.once(verb, &path, invalid_token()).await;
    }
    server.file_list(ResponseTemplate::new(200).set_body_json(list("completed", &[]))).await;
    server.file("f.json", file_answer(seal(b"[]"), None)).await;
    let head = ResponseTemplate::new(200).insert_header("x-metadata", x_metadata(None));
    server.on("HEAD", &file_path("f.json"), head).await;
    let started = json!({"session": {"key": SESSION, "expiry": 1}});
    let started = ResponseTemplate::new(200).set_body_json(started);
    server.post("/v1.7/permission-access/trigger", started).await;
    let user = || server.user();
    user().read_file_list(&session()).await.unwrap();
    user().read_file(&session(), &name("f.json")).await.unwrap();
    user().read_file_metadata(&session(), &name("f.json")).await.unwrap();
    user().read_session(digime::SessionOptions::new()).await.unwrap();
    assert_eq!(server.count(TOKEN).await, 4);
}

#[tokio::test]
async fn a_token_refused_for_ever_is_refreshed_once() {
    for answer in
        [invalid_token(), ResponseTemplate::new(401), ResponseTemplate::new(401).set_body_string("no")]
    {
        let server = Server::start().await;
        server.get(ACCOUNTS, answer).await;
        server.issue("at-2", "rt-2").await;
        let error = server.user().read_accounts().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ReauthorizationRequired);
        assert!(error.needs_reauthorization() && error.to_string().contains("authorize_url"), "{error}");
        assert_eq!((server.count(ACCOUNTS).await, server.count(TOKEN).await), (2, 1));
    }
}

#[tokio::test]
async fn a_refresh_that_answers_the_same_token_does_not_go_round_in_circles() {
    let server = Server::start().await;
    server.get(ACCOUNTS, invalid_token()).await;
    server.issue("at-1", "rt-1").await;
    let error = server.user().read_accounts().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReauthorizationRequired);
    assert_eq!((server.count(ACCOUNTS).await, server.count(TOKEN).await), (2, 1));
}

#[tokio::test]
async fn other_refusals_do_not_refresh() {
    for answer in
        [api_error(401, "InvalidClient"), api_error(403, "InvalidToken"), api_error(400, "InvalidJWT")]
    {
        let server = Server::start().await;
        server.get(ACCOUNTS, answer).await;
        server.issue("at-2", "rt-2").await;
        let error = server.user().read_accounts().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Api);
        assert_eq!((server.count(ACCOUNTS).await, server.count(TOKEN).await), (1, 0));
    }
}

#[tokio::test]
async fn a_dead_refresh_token_calls_for_a_new_consent() {
    for refusal in [
        invalid_token(),
        api_error(400, "InvalidGrant"),
        api_error(400, "InvalidTokenType"),
        api_error(401, "InvalidRefreshToken"),
    ] {
        let server = accepting("at-2").await;
        server.post(TOKEN, refusal).await;
        let user = server.user();
        let error = user.read_accounts().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ReauthorizationRequired, "{error}");
        assert_eq!(error.operation(), Some(Operation::RefreshToken));
        assert_eq!(user.token(), token("at-1", "rt-1"), "the pair is left as it was");
    }
    let server = accepting("at-2").await;
    server.post(TOKEN, api_error(401, "InvalidJWT")).await;
    let error = server.user().read_accounts().await.unwrap_err();
    assert!(!error.needs_reauthorization(), "another consent would not help: {error}");
}

#[tokio::test]
async fn a_failed_refresh_is_not_the_end_of_the_tokens_and_not_repeated() {
    let server = accepting("at-2").await;
    server.once("POST", TOKEN, ResponseTemplate::new(503)).await;
    server.issue("at-2", "rt-2").await;
    let user = server.user();
    let error = user.read_accounts().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(503)));
    assert!(error.is_retryable() && !error.needs_reauthorization());
    assert_eq!(server.count(TOKEN).await, 1);
    user.read_accounts().await.expect("the next call refreshes anew");
}

#[tokio::test]
async fn without_a_refresh_token_nothing_is_asked() {
    let server = accepting("at-2").await;
    let user = server.client().user(&contract(), token("at-1", ""));
    let error = user.read_accounts().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReauthorizationRequired);
    assert_eq!(server.count(TOKEN).await, 0);
}

#[tokio::test]
async fn an_answer_may_leave_out_what_does_not_change() {
    let server = accepting("at-2").await;
    server.token_answer(&json!({"access_token": {"value": "at-2", "expires_on": 5}})).await;
    let user = server.user();
    user.read_accounts().await.unwrap();
    assert_eq!(user.token().refresh_token, token("at-1", "rt-1").refresh_token);
}

type Call = Result<Vec<Account>, Error>;

async fn fifty_calls(user: &User) -> Vec<Call> {
    let calls = (0..50).map(|_| {
        let user = user.clone();
        tokio::spawn(async move { user.read_accounts().await })
    });
    futures_util::future::join_all(calls).await.into_iter().map(|call| call.unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_calls_share_one_refresh() {
    let server = accepting("at-2").await;
    issue_slowly(&server, "at-2").await;
    let user = server.user();
    for call in fifty_calls(&user).await {
        call.unwrap();
    }
    assert_eq!(server.count(TOKEN).await, 1);
    assert_eq!(user.token().access_token.value.expose(), "at-2");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_calls_share_one_failure() {
    let server = accepting("at-2").await;
    server.post(TOKEN, invalid_token().set_delay(Duration::from_secs(2))).await;
    for call in fifty_calls(&server.user()).await {
        assert_eq!(call.unwrap_err().kind(), ErrorKind::ReauthorizationRequired);
    }
    assert_eq!(server.count(TOKEN).await, 1);
}

#[tokio::test]
async fn callers_that_go_away_do_not_stop_the_refresh() {
    let server = accepting("at-2").await;
    issue_slowly(&server, "at-2").await;
    let user = server.user();
    let mut tokens = user.subscribe();
    let callers: Vec<_> = (0..3)
        .map(|_| {
            let user = user.clone();
            tokio::spawn(async move { user.read_accounts().await })
        })
        .collect();
    arrived(&server, TOKEN).await;
    for caller in callers {
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
    }
    tokio::time::timeout(Duration::from_secs(20), tokens.changed()).await.unwrap().unwrap();
    assert_eq!(user.token().access_token.value.expose(), "at-2");
    user.read_accounts().await.unwrap();
    assert_eq!(server.count(TOKEN).await, 1, "nobody had to refresh again");
}

#[tokio::test]
async fn a_caller_that_stays_gets_the_refresh_of_one_that_left() {
    let server = accepting("at-2").await;
    issue_slowly(&server, "at-2").await;
    let user = server.user();
    let leaving = {
        let user = user.clone();
        tokio::spawn(async move { user.refresh().await })
    };
    arrived(&server, TOKEN).await;
    let mut staying = Box::pin(user.refresh());
    assert!((&mut staying).now_or_never().is_none(), "the refresh is under way");
    leaving.abort();
    assert_eq!(staying.await.unwrap().access_token.value.expose(), "at-2");
    assert_eq!(server.count(TOKEN).await, 1);
}

#[tokio::test]
async fn the_new_pair_is_handed_over_before_its_first_use() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let server = Server::start().await;
    server.issue("at-2", "rt-2").await;
    let used = Arc::clone(&log);
    server
        .get(ACCOUNTS, move |request: &Request| {
            let access = claims(request)["access_token"].as_str().unwrap().to_owned();
            used.lock().unwrap().push(format!("used {access}"));
            match access.as_str() {
                "at-2" => ResponseTemplate::new(200).set_body_json(json!([])),
                _ => invalid_token(),
            }
        })
        .await;
    let stored = Arc::clone(&log);
    let listener = move |new: &digime::TokenRefreshed<'_>| {
        assert_eq!((new.contract_id.as_str(), new.previous), (CONTRACT, &token("at-1", "rt-1")));
        stored.lock().unwrap().push(format!("stored {}", new.current.access_token.value.expose()));
    };
    let client = server.builder().on_token(listener).build().unwrap();
    client.user(&contract(), token("at-1", "rt-1")).read_accounts().await.unwrap();
    assert_eq!(*log.lock().unwrap(), ["used at-1", "stored at-2", "used at-2"]);
}

#[tokio::test]
async fn a_listener_that_panics_does_not_lose_the_token() {
    let server = accepting("at-2").await;
    server.issue("at-2", "rt-2").await;
    let client = server.builder().on_token(|_| panic!("the database is down")).build().unwrap();
    let user = client.user(&contract(), token("at-1", "rt-1"));
    user.read_accounts().await.unwrap();
    assert_eq!(user.token().refresh_token.value.expose(), "rt-2");
}

#[test]
fn a_refresh_whose_runtime_ends_is_reported_and_can_be_started_anew() {
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (serving, dying) = (runtime(), runtime());
    let server = serving.block_on(accepting("at-2"));
    serving.block_on(server.times(1, "POST", TOKEN, invalid_token().set_delay(Duration::from_secs(600))));
    let user = server.user();
    let started = user.clone();
    dying.spawn(async move { started.refresh().await });
    serving.block_on(arrived(&server, TOKEN));
    let joining = user.clone();
    let joined = serving.spawn(async move { joining.refresh().await });
    serving.block_on(async { tokio::time::sleep(Duration::from_millis(20)).await });
    dying.shutdown_background();
    let error = serving.block_on(joined).unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    serving.block_on(server.issue("at-2", "rt-2"));
    assert_eq!(serving.block_on(user.refresh()).unwrap().access_token.value.expose(), "at-2");
}

#[test]
fn a_refresh_whose_runtime_ends_before_it_begins_holds_nobody_up() {
    let serving = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = serving.block_on(accepting("at-2"));
    serving.block_on(server.issue("at-2", "rt-2"));
    let user = server.user();
    let short = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // It is polled once, which spawns a task that never has its turn.
    short.block_on(async { assert!(user.refresh().now_or_never().is_none()) });
    drop(short);
    assert_eq!(serving.block_on(server.count(TOKEN)), 0);
    assert_eq!(serving.block_on(user.refresh()).unwrap().access_token.value.expose(), "at-2");
}
