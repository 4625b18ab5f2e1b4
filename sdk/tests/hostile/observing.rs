//! What an observer sees of a request, its answer and its end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use digime::observe::{AttemptId, Event};
use digime::{ClientBuilder, ErrorKind, PushMetadata};
use wiremock::ResponseTemplate;

use crate::support::*;

const ACCOUNTS: &str = "/v1.7/permission-access/accounts";

/// What was seen, one text an event.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(AttemptId, String)>>>);

impl Seen {
    fn by(&self, builder: ClientBuilder) -> ClientBuilder {
        let seen = self.clone();
        builder.observe(move |attempt: AttemptId, event: Event<'_>| {
            let debug = format!("{event:?}");
            assert!(!debug.contains("Bearer") && !debug.contains("hush"), "{debug}");
            let text = match event {
                Event::Request { method, url, headers, .. } => {
                    let signed = headers["authorization"].to_str().unwrap().starts_with("Bearer ey");
                    assert!(signed && headers.contains_key("user-agent") && headers.contains_key("accept"));
                    format!("{method} {}", url.path())
                }
                Event::RequestBody(piece) => format!("sent {}", piece.len()),
                Event::Answer { status, headers, .. } => {
                    format!("{status} {}", headers.get("x-test").map_or("-", |value| value.to_str().unwrap()))
                }
                Event::AnswerBody(piece) => format!("got {}", String::from_utf8_lossy(piece)),
                other => format!("{other:?}"),
            };
            seen.0.lock().unwrap().push((attempt, text));
        })
    }

    fn texts(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|(_, text)| text.clone()).collect()
    }
}

fn user(builder: ClientBuilder) -> digime::User {
    builder.build().unwrap().user(&contract(), token("at-hush", "rt-hush"))
}

#[tokio::test]
async fn an_observer_that_panics_loses_neither_answer_nor_token() {
    let server = Server::start().await;
    server.once("GET", ACCOUNTS, invalid_token()).await;
    server.get(ACCOUNTS, ResponseTemplate::new(200).set_body_string("[]")).await;
    server.issue("at-2", "rt-2").await;
    let user =
        user(server.builder().observe(|_: AttemptId, _: Event<'_>| panic!("the observer's own fault")));
    assert!(user.read_accounts().await.unwrap().is_empty());
    assert_eq!(user.token().access_token.value.expose(), "at-2");
}

#[tokio::test]
async fn every_attempt_is_seen_from_request_to_end() {
    let server = Server::start().await;
    let busy = ResponseTemplate::new(503).insert_header("x-test", "1").set_body_string("busy");
    server.once("GET", ACCOUNTS, busy).await;
    server.get(ACCOUNTS, ResponseTemplate::new(200).insert_header("x-test", "2").set_body_string("[]")).await;
    let seen = Seen::default();
    user(seen.by(server.builder())).read_accounts().await.unwrap();
    let get = format!("GET {ACCOUNTS}");
    let expected =
        [get.as_str(), "503 1", "got busy", "Complete", get.as_str(), "200 2", "got []", "Complete"];
    assert_eq!(seen.texts(), expected);
    let ids: Vec<AttemptId> = seen.0.lock().unwrap().iter().map(|(id, _)| *id).collect();
    assert!(ids[..4].iter().all(|id| *id == ids[0]) && ids[4..].iter().all(|id| *id == ids[4]));
    assert!(ids[4] > ids[0]);
}

#[tokio::test]
async fn uploads_are_seen_piece_by_piece() {
    let server = Server::start().await;
    server.post("/v1.7/permission-access/import", ResponseTemplate::new(200).set_body_string("{}")).await;
    let seen = Seen::default();
    let user = user(seen.by(server.builder()));
    user.push_to_library(&PushMetadata::new("a/b"), vec![7; 70_003]).await.unwrap();
    let sizes: Vec<usize> =
        seen.texts().iter().filter_map(|text| text.strip_prefix("sent ")?.parse().ok()).collect();
    assert!(sizes.len() > 1 && sizes.iter().sum::<usize>() >= 70_003, "{sizes:?}");
}

#[tokio::test]
async fn broken_and_abandoned_attempts_are_seen_as_such() {
    let seen = Seen::default();
    let nobody = seen.by(digime::Client::builder(APP).origin(origin_of_nobody().await).retry(quick()));
    assert_eq!(user(nobody).read_accounts().await.unwrap_err().kind(), ErrorKind::Transport);
    assert!(seen.texts()[1].starts_with("Broken(\"the server cannot be reached"), "{:?}", seen.texts());

    let cut = raw_server(|mut socket, _| async move {
        write_all(&mut socket, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[").await;
    });
    let seen = Seen::default();
    let builder = digime::Client::builder(APP).origin(cut.await).retry(digime::RetryPolicy::never());
    user(seen.by(builder)).read_accounts().await.unwrap_err();
    let texts = seen.texts();
    assert_eq!(texts[1..3], ["200 -", "got ["]);
    assert!(texts[3].starts_with("Broken(\"the answer broke off"), "{texts:?}");
    assert_eq!(texts.len(), 4);

    let server = Server::start().await;
    server.get(ACCOUNTS, ResponseTemplate::new(200).set_delay(Duration::from_secs(5))).await;
    let seen = Seen::default();
    let builder =
        seen.by(server.builder()).timeout(Duration::from_millis(500)).retry(digime::RetryPolicy::never());
    user(builder).read_accounts().await.unwrap_err();
    assert_eq!(seen.texts()[1..], ["Abandoned"]);
}
