//! Redirects, broken and endless answers, time limits, and a wrong clock.

use std::time::{Duration, SystemTime};

use digime::{
    AuthorizationCode, AuthorizeOptions, ClientBuilder, CodeVerifier, Error, ErrorKind, RetryPolicy,
    SessionOptions, User,
};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use wiremock::matchers::any;
use wiremock::{Mock, ResponseTemplate};

use crate::support::*;

const ACCOUNTS: &str = "/v1.7/permission-access/accounts";
const SHORT: Duration = Duration::from_millis(80);

fn user_of(builder: ClientBuilder) -> User {
    builder.build().unwrap().user(&contract(), token("at-1", "rt-1"))
}

fn client_at(origin: &str) -> ClientBuilder {
    digime::Client::builder(APP).origin(origin).retry(quick())
}

async fn error_from(answer: ResponseTemplate) -> Error {
    let server = Server::start().await;
    server.get(ACCOUNTS, answer).await;
    server.user().read_accounts().await.unwrap_err()
}

/// The errors of all operations.
async fn all_operations(user: &User, client: &digime::Client) -> Vec<Error> {
    let (contract, pair) = (contract(), token("at-1", "rt-1"));
    let options = AuthorizeOptions::new("https://app.example/cb");
    let (code, verifier) = (AuthorizationCode::new("c"), CodeVerifier::new("v"));
    vec![
        client.authorize_url(&contract, options).await.unwrap_err(),
        client.exchange_code_for_token(&contract, code, &verifier).await.unwrap_err(),
        client.refresh_token(&contract, &pair).await.unwrap_err(),
        user.read_session(SessionOptions::new()).await.unwrap_err(),
        user.read_file_list(&session()).await.unwrap_err(),
        user.read_file(&session(), &name("f.json")).await.unwrap_err(),
        user.read_file_raw(&session(), &name("f.json")).await.unwrap_err(),
        user.read_file_stream(&session(), &name("f.json")).await.unwrap_err(),
        user.read_file_metadata(&session(), &name("f.json")).await.unwrap_err(),
        user.read_accounts().await.unwrap_err(),
    ]
}

#[tokio::test]
async fn redirects_are_followed_by_no_operation() {
    for status in [301, 302, 303, 307, 308] {
        let (server, other) = (Server::start().await, Server::start().await);
        let to = format!("{}/hush-path?hush-query=1", other.origin());
        let answer = ResponseTemplate::new(status).insert_header("location", to);
        Mock::given(any()).respond_with(answer).with_priority(1).mount(&server.mock).await;
        for error in all_operations(&server.user(), &server.client()).await {
            assert_eq!((error.kind(), error.status()), (ErrorKind::UnexpectedResponse, Some(status)));
            let text = error.to_string();
            assert!(text.contains(&other.origin()) && !text.contains("hush"), "{text}");
            assert!(!error.is_retryable() && error.attempts() == 1, "{text}");
        }
        assert_eq!(other.mock.received_requests().await.unwrap().len(), 0);
        assert_eq!(server.mock.received_requests().await.unwrap().len(), 10);
    }
}

#[tokio::test]
async fn loops_odd_targets_and_other_3xx_are_not_followed() {
    for location in [ACCOUNTS, "", "http://", "file:///etc/passwd", "//", "\u{fc}", "https://api.digi.me/"] {
        let answer = ResponseTemplate::new(302).insert_header("location", location);
        assert_eq!(error_from(answer).await.kind(), ErrorKind::UnexpectedResponse, "{location}");
    }
    for status in [300, 302, 304] {
        let error = error_from(ResponseTemplate::new(status)).await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::UnexpectedResponse, Some(status)));
    }
}

#[tokio::test]
async fn a_dead_proxy_is_named_without_its_credentials() {
    let server = Server::start().await;
    let dead = origin_of_nobody().await;
    let with_password = dead.replace("http://", "http://user:hush@");
    let user = user_of(server.builder().retry(RetryPolicy::never()).proxy(with_password));
    let error = user.read_accounts().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    let text = format!("{error} {error:?}");
    assert!(text.contains(&format!("by way of the proxy {dead}")), "{text}");
    assert!(text.contains("ClientBuilder::no_proxy"), "{text}");
    assert!(!text.contains("hush") && !text.contains("user:"), "{text}");
    assert_eq!(server.mock.received_requests().await.unwrap().len(), 0, "an explicit proxy serves loopback");

    let user = user_of(server.builder().proxy(dead).no_proxy());
    assert_eq!(user.read_accounts().await.unwrap_err().status(), Some(404), "no proxy on the way");
}

#[tokio::test]
async fn requests_go_through_a_socks_proxy() {
    let server = Server::start().await;
    let proxy = socks5_proxy("me", "hush").await;
    for scheme in ["socks5", "socks5h"] {
        let through = |login: &str| {
            server.builder().retry(RetryPolicy::never()).proxy(format!("{scheme}://{login}@{proxy}"))
        };
        let answered = user_of(through("me:hush")).read_accounts().await.unwrap_err();
        assert_eq!(answered.status(), Some(404), "{answered}");
        let refused = user_of(through("me:guess")).read_accounts().await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Transport);
        let text = format!("{refused} {refused:?}");
        assert!(text.contains(&format!("by way of the proxy {scheme}://{proxy}")), "{text}");
        assert!(!text.contains("guess"), "{text}");
    }
    assert_eq!(server.mock.received_requests().await.unwrap().len(), 2);
}

/// A server that writes this for every request and then holds the connection
/// for as long as told.
async fn writing(answer: impl Into<Vec<u8>>, hold: Duration) -> String {
    let answer = answer.into();
    raw_server(move |mut socket, _| {
        let answer = answer.clone();
        async move {
            write_all(&mut socket, answer).await;
            tokio::time::sleep(hold).await;
        }
    })
    .await
}

async fn errors_of(builder: ClientBuilder) -> [Error; 2] {
    let user = user_of(builder);
    [user.read_accounts().await.unwrap_err(), user.read_file(&session(), &name("f.json")).await.unwrap_err()]
}

fn file_head(rest: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nx-metadata: {}\r\n{rest}\r\n\r\n", x_metadata(None))
}

#[tokio::test]
async fn bodies_that_break_off_are_transport_errors_after_all_attempts() {
    let chunked = "transfer-encoding: chunked";
    for answer in [
        file_head("content-length: 1000") + "[",
        file_head(chunked) + "5\r\n[1,",
        file_head(chunked) + "zz\r\n",
        file_head(chunked) + "2\r\n[]\r\n",
        "HTTP/1.1 200 OK\r\ncontent-le".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: abc\r\n\r\n[]".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n[]".to_owned(),
        "HTTP/1.1 999999 ?\r\n\r\n".to_owned(),
        "SSH-2.0-OpenSSH_9.6\r\n".to_owned(),
        "\u{16}\u{3}\u{1}".to_owned(),
    ] {
        let origin = writing(answer.as_str(), Duration::ZERO).await;
        for error in errors_of(client_at(&origin)).await {
            assert_eq!(error.kind(), ErrorKind::Transport, "{answer:?}: {error}");
            assert_eq!(error.attempts(), 3, "{answer:?}: {error}");
            assert!(!error.to_string().contains(SESSION), "{error}");
        }
    }
}

#[tokio::test]
async fn an_answer_longer_than_it_says_is_cut() {
    let origin = writing("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]garbage", Duration::ZERO).await;
    assert!(user_of(client_at(&origin)).read_accounts().await.unwrap().is_empty());
}

#[tokio::test]
async fn silence_before_the_headers_ends_with_the_request_limit() {
    let origin = writing("", Duration::from_secs(600)).await;
    for error in errors_of(client_at(&origin).timeout(SHORT)).await {
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 3), "{error}");
        assert!(error.is_retryable());
    }
}

#[tokio::test]
async fn silence_within_a_body_ends_with_the_read_limit() {
    let origin = writing(file_head("content-length: 1000") + "[", Duration::from_secs(600)).await;
    for error in errors_of(client_at(&origin).read_timeout(SHORT)).await {
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 3), "{error}");
    }
}

/// A server that never falls silent and never finishes.
async fn dripping() -> String {
    raw_server(|mut socket, _| async move {
        write_all(&mut socket, file_head("connection: close")).await;
        while write_all(&mut socket, " ").await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}

#[tokio::test]
async fn drips_end_with_the_total_limits() {
    let origin = dripping().await;
    let builder = client_at(&origin).timeout(SHORT * 5).download_timeout(SHORT);
    for error in errors_of(builder).await {
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    }
}

/// An address whose queue of new connections is full: the kernel leaves further
/// ones without an answer.
async fn full_queue() -> (String, Vec<TcpStream>, TcpListener) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = timeout(SHORT * 5, TcpStream::connect(address)).await {
        waiting.push(stream.unwrap());
    }
    (format!("http://{address}"), waiting, listener)
}

#[tokio::test]
async fn connections_nobody_accepts_end_with_the_connect_limit() {
    let (origin, _waiting, _listener) = full_queue().await;
    let builder = client_at(&origin).connect_timeout(SHORT).timeout(Duration::from_secs(600));
    let reading = async { user_of(builder).read_accounts().await };
    let error = timeout(Duration::from_secs(60), reading).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 3), "{error}");
}

#[tokio::test]
async fn endless_errors_are_kept_to_64_kib() {
    let origin = raw_server(|mut socket, _| async move {
        write_all(&mut socket, "HTTP/1.1 400 Bad\r\nconnection: close\r\n\r\n{\"error\":\"").await;
        while write_all(&mut socket, [b'x'; 1 << 16]).await {}
    })
    .await;
    for error in errors_of(client_at(&origin)).await {
        assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(400)));
        assert_eq!(error.response_body().unwrap().len(), 64 * 1024);
        assert!(error.api().is_none() && error.to_string().len() < 500);
    }
}

#[tokio::test]
async fn an_error_whose_body_breaks_off_or_stalls_keeps_its_status() {
    let cut = writing("HTTP/1.1 400 Bad\r\ncontent-length: 1000\r\n\r\n{\"err", Duration::ZERO).await;
    let stall = writing("HTTP/1.1 403 No\r\ncontent-length: 9\r\n\r\nNo", Duration::from_secs(600)).await;
    for (origin, status, body) in [(cut, 400, "{\"err"), (stall, 403, "No")] {
        for error in errors_of(client_at(&origin).read_timeout(SHORT)).await {
            assert_eq!((error.status(), error.response_body()), (Some(status), Some(body)), "{error}");
        }
    }
}

#[tokio::test]
async fn errors_that_are_not_json() {
    for (body, kept) in [
        (&b"<html><h1>502 Bad Gateway</h1></html>"[..], "<html><h1>502 Bad Gateway</h1></html>"),
        (b"\xff\xfe", "\u{fffd}\u{fffd}"),
        (b"", ""),
        (b"null", "null"),
        (b"{\"error\":null}", "{\"error\":null}"),
        (b"{\"error\":{\"code\":1}}", "{\"error\":{\"code\":1}}"),
    ] {
        let error = error_from(ResponseTemplate::new(400).set_body_bytes(body)).await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(400)));
        assert_eq!((error.response_body(), error.api()), (Some(kept), None));
        assert!(error.to_string().contains("the server answered 400"), "{error}");
    }
}

#[tokio::test]
async fn oversized_answers_are_refused_with_and_without_a_length() {
    let with_length = {
        let server = Server::start().await;
        server.get(ACCOUNTS, ResponseTemplate::new(200).set_body_bytes(vec![b' '; 2 << 20])).await;
        let user = user_of(server.builder().max_json_size(1 << 20));
        user.read_accounts().await.unwrap_err()
    };
    let endless = raw_server(|mut socket, _| async move {
        write_all(&mut socket, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n[").await;
        while write_all(&mut socket, [b' '; 1 << 16]).await {}
    })
    .await;
    let without = user_of(client_at(&endless).max_json_size(1 << 20)).read_accounts().await.unwrap_err();
    for error in [with_length, without] {
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::TooLarge, 1), "{error}");
    }
}

#[tokio::test]
async fn a_length_beyond_the_limit_of_files_is_no_reason_to_reserve_memory() {
    let answer = file_head(&format!("content-length: {}", u64::MAX / 2)) + "x";
    let origin = writing(answer.as_str(), Duration::ZERO).await;
    let error = user_of(client_at(&origin)).read_file(&session(), &name("f.json")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Transport | ErrorKind::TooLarge), "{error}");
}

#[tokio::test]
async fn a_wrong_clock_of_the_host_is_suspected() {
    const DAY: Duration = Duration::from_secs(24 * 3_600);
    let now = SystemTime::now();
    let refused = |date: SystemTime| {
        api_error(400, "InvalidRequest").insert_header("date", httpdate::fmt_http_date(date))
    };
    for (date, word) in [(now - DAY, "ahead of"), (now + DAY, "behind")] {
        let text = error_from(refused(date)).await.to_string();
        assert!(text.contains("this host's clock is 14") && text.contains(word), "{text}");
    }
    let text = error_from(refused(now)).await.to_string();
    assert!(!text.contains("clock"), "{text}");
}

#[tokio::test]
async fn a_wrong_clock_is_suspected_when_a_token_seems_expired() {
    let server = Server::start().await;
    let server_now = SystemTime::now() - Duration::from_secs(24 * 3_600);
    let expiry = server_now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + 60;
    let mut payload = token_payload("at-2", "rt-2");
    payload["exp"] = serde_json::json!(expiry);
    let body = serde_json::json!({"token": sign(&server.jku(), &payload)});
    let answer = ResponseTemplate::new(200).set_body_json(body);
    server.post("/v1.7/oauth/token", answer.insert_header("date", httpdate::fmt_http_date(server_now))).await;
    let error = crate::tokens::exchange(&server).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenRejected);
    assert!(error.to_string().contains("clock is 14"), "{error}");
}
