//! Repeated attempts: which, how often, when, and signed how.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use digime::{
    AuthorizationCode, AuthorizeOptions, CodeVerifier, Error, ErrorKind, RetryPolicy, SessionOptions,
};
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::signature::Verifier;
use serde_json::{Value, json};
use sha2::Sha512;
use wiremock::{Request, ResponseTemplate};

use crate::support::*;

const ACCOUNTS: &str = "/v1.7/permission-access/accounts";

fn empty() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!([]))
}

/// Reads with a policy; a call that waits longer than a test may is a failure.
async fn read(server: &Server, policy: RetryPolicy) -> Result<(), Error> {
    let client = server.builder().retry(policy).build().unwrap();
    let user = client.user(&contract(), token("at-1", "rt-1"));
    let call = tokio::time::timeout(Duration::from_secs(30), user.read_accounts());
    call.await.expect("the call waits too long").map(drop)
}

/// A policy that would wait for an hour if the server did not say otherwise.
fn hours() -> RetryPolicy {
    let hour = Duration::from_secs(3_600);
    RetryPolicy::default().base_delay(hour).max_delay(hour).budget(hour * 10)
}

/// The signed token of a request.
fn bearer(value: &str) -> String {
    value.strip_prefix("Bearer ").expect("a bearer token").to_owned()
}

fn assert_signed_anew(tokens: &[String]) {
    let key = rsa::RsaPublicKey::from_pkcs1_pem(&vector_text("contract-public-pkcs1.pem")).unwrap();
    let key = rsa::pss::VerifyingKey::<Sha512>::new_with_salt_len(key, 64);
    let mut nonces = HashSet::new();
    for token in tokens {
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = rsa::pss::Signature::try_from(unb64(signature).as_slice()).unwrap();
        key.verify(message.as_bytes(), &signature).expect("signed with the contract's key");
        let claims: Value = serde_json::from_slice(&unb64(message.split_once('.').unwrap().1)).unwrap();
        let nonce = claims["nonce"].as_str().unwrap().to_owned();
        assert!(nonce.len() == 32 && nonce.bytes().all(|b| b.is_ascii_alphanumeric()), "{nonce}");
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), tokens.len(), "a nonce was used twice");
}

#[tokio::test]
async fn every_attempt_is_signed_anew() {
    for status in [408, 429, 500, 502, 503, 504, 521, 522, 524] {
        let server = Server::start().await;
        server.times(2, "GET", ACCOUNTS, ResponseTemplate::new(status)).await;
        server.get(ACCOUNTS, empty()).await;
        read(&server, quick()).await.unwrap();
        let authorization = |request: &Request| bearer(request.headers["authorization"].to_str().unwrap());
        let tokens: Vec<String> = server.requests(ACCOUNTS).await.iter().map(authorization).collect();
        assert_eq!(tokens.len(), 3, "{status}");
        assert_signed_anew(&tokens);
    }
}

#[tokio::test]
async fn dropped_connections_are_tried_again_and_signed_anew() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let origin = raw_server(move |mut socket, head| {
        let attempt = {
            let mut seen = seen.lock().unwrap();
            seen.push(head);
            seen.len()
        };
        async move {
            match attempt {
                1 => {}
                2 => drop(write_all(&mut socket, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[").await),
                _ => respond(&mut socket, 200, &[], b"[]").await,
            }
        }
    })
    .await;
    let client = digime::Client::builder(APP).origin(origin).retry(quick()).build().unwrap();
    client.user(&contract(), token("a", "r")).read_accounts().await.unwrap();
    let authorization = |head: &String| {
        let line = head.lines().find(|line| line.starts_with("authorization: ")).unwrap();
        bearer(line.trim_start_matches("authorization: "))
    };
    let tokens: Vec<String> = heads.lock().unwrap().iter().map(authorization).collect();
    assert_eq!(tokens.len(), 3);
    assert_signed_anew(&tokens);
}

#[tokio::test]
async fn a_storm_ends_with_the_attempts() {
    for attempts in [1, 2, 5] {
        let server = Server::start().await;
        server.get(ACCOUNTS, api_error(503, "Overloaded")).await;
        let error = read(&server, quick().attempts(attempts)).await.unwrap_err();
        assert_eq!((error.attempts(), error.status()), (attempts, Some(503)));
        assert!(error.is_retryable() && error.api().is_some());
        assert_eq!(server.count(ACCOUNTS).await, attempts as usize);
    }
}

#[tokio::test]
async fn other_statuses_are_final() {
    for status in [400, 403, 404, 406, 409, 410, 413, 422, 501, 505] {
        let server = Server::start().await;
        server.get(ACCOUNTS, ResponseTemplate::new(status)).await;
        let error = read(&server, quick()).await.unwrap_err();
        assert_eq!((error.attempts(), error.status()), (1, Some(status)));
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn too_large_is_tried_again_only_if_the_server_says_when() {
    let server = Server::start().await;
    let later = ResponseTemplate::new(413).insert_header("retry-after", "0");
    server.once("GET", ACCOUNTS, later).await;
    server.get(ACCOUNTS, empty()).await;
    read(&server, quick()).await.unwrap();
}

#[tokio::test]
async fn posts_are_never_repeated() {
    for status in [429, 500, 503] {
        let server = Server::start().await;
        let answer = ResponseTemplate::new(status).insert_header("retry-after", "0");
        for path in ["oauth/authorize", "oauth/token", "permission-access/trigger"] {
            server.post(&format!("/v1.7/{path}"), answer.clone()).await;
        }
        for (path, error) in all_posts(&server.client()).await {
            assert_eq!((error.status(), error.attempts()), (Some(status), 1), "{path}: {error}");
        }
        assert_eq!(server.mock.received_requests().await.unwrap().len(), 4);
    }
}

#[tokio::test]
async fn posts_are_not_repeated_when_the_connection_breaks() {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let origin = raw_server(move |socket, _| {
        seen.fetch_add(1, Ordering::SeqCst);
        async move { drop(socket) }
    })
    .await;
    let client = digime::Client::builder(APP).origin(origin).retry(quick()).build().unwrap();
    for (path, error) in all_posts(&client).await {
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1), "{path}: {error}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 4);
}

/// The error of every request that is not idempotent.
async fn all_posts(client: &digime::Client) -> [(&'static str, Error); 4] {
    let (contract, pair) = (contract(), token("at-1", "rt-1"));
    let user = client.user(&contract, pair.clone());
    let options = AuthorizeOptions::new("https://app.example/cb");
    let code = AuthorizationCode::new("c");
    let verifier = CodeVerifier::new("v");
    [
        ("authorize", client.authorize_url(&contract, options).await.unwrap_err()),
        ("exchange", client.exchange_code_for_token(&contract, code, &verifier).await.unwrap_err()),
        ("refresh", client.refresh_token(&contract, &pair).await.unwrap_err()),
        ("trigger", user.read_session(SessionOptions::new()).await.unwrap_err()),
    ]
}

fn http_date(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}

/// Answers 503 with a `Retry-After` made from the time, then succeeds.
async fn asking(status: u16, header: impl Fn(SystemTime) -> String + Send + Sync + 'static) -> Server {
    let server = Server::start().await;
    let first = AtomicUsize::new(0);
    server
        .get(ACCOUNTS, move |_: &Request| match first.fetch_add(1, Ordering::SeqCst) {
            0 => {
                let now = SystemTime::now();
                ResponseTemplate::new(status)
                    .insert_header("date", http_date(now))
                    .insert_header("retry-after", header(now).as_str())
            }
            _ => empty(),
        })
        .await;
    server
}

#[tokio::test]
async fn a_servers_wait_is_honoured_instead_of_ones_own() {
    for status in [429, 503] {
        read(&asking(status, |_| "1".to_owned()).await, hours()).await.unwrap();
        let in_a_second = |now| http_date(now + Duration::from_secs(1));
        read(&asking(status, in_a_second).await, hours()).await.unwrap();
    }
}

#[tokio::test]
async fn a_date_counts_by_the_servers_clock() {
    let server = Server::start().await;
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let answer = ResponseTemplate::new(503)
        .insert_header("date", http_date(long_ago))
        .insert_header("retry-after", http_date(long_ago + Duration::from_secs(1)).as_str());
    server.once("GET", ACCOUNTS, answer).await;
    server.get(ACCOUNTS, empty()).await;
    read(&server, hours()).await.unwrap();
}

#[tokio::test]
async fn a_wait_of_ten_years_ends_the_call_and_is_told() {
    const TEN_YEARS: u64 = 10 * 365 * 24 * 3_600;
    let seconds = asking(429, |_| TEN_YEARS.to_string()).await;
    let date = asking(503, |now| http_date(now + Duration::from_secs(TEN_YEARS))).await;
    for server in [seconds, date] {
        let error = read(&server, quick()).await.unwrap_err();
        assert_eq!(error.attempts(), 1);
        assert!(error.is_retryable());
        assert!(error.retry_after().unwrap() > Duration::from_secs(TEN_YEARS - 10));
    }
    let absurd = asking(503, |_| "9".repeat(50)).await;
    assert_eq!(read(&absurd, quick()).await.unwrap_err().attempts(), 1);
}

#[tokio::test]
async fn the_cap_is_a_setting() {
    let capped = quick().max_retry_after(Duration::from_millis(500));
    let error = read(&asking(503, |_| "1".to_owned()).await, capped).await.unwrap_err();
    assert_eq!((error.attempts(), error.retry_after()), (1, Some(Duration::from_secs(1))));
}

#[tokio::test]
async fn unreadable_waits_fall_back_to_ones_own() {
    for garbage in ["soon", "-1", "1.5", "", "1 s", "Mon, 99 Foo 2020", "\u{fc}"] {
        let server = asking(503, move |_| garbage.to_owned()).await;
        read(&server, quick()).await.unwrap();
        assert_eq!(server.count(ACCOUNTS).await, 2, "{garbage}");
    }
    let past = |now: SystemTime| http_date(now - Duration::from_secs(100));
    read(&asking(503, past).await, quick()).await.unwrap();
}

#[tokio::test]
async fn waits_stay_within_the_budget() {
    let server = Server::start().await;
    server.get(ACCOUNTS, ResponseTemplate::new(500)).await;
    let policy =
        quick().attempts(1_000).base_delay(Duration::from_millis(4)).budget(Duration::from_millis(30));
    let error = read(&server, policy).await.unwrap_err();
    // 4 + 8 + 16 milliseconds; another 32 would exceed the budget.
    assert_eq!(error.attempts(), 4);
    let none = hours().budget(Duration::ZERO);
    assert_eq!(read(&server, none).await.unwrap_err().attempts(), 1);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_and_named_by_its_origin() {
    let origin = origin_of_nobody().await;
    let client = digime::Client::builder(APP).origin(origin.as_str()).retry(quick()).build().unwrap();
    let user = client.user(&contract(), token("a", "r"));
    let error = user.read_file_list(&session()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 3));
    let text = error.to_string();
    assert!(text.contains(&origin) && text.contains("cannot be reached"), "{text}");
    assert!(!text.contains(SESSION), "{text}");
}
