//! Establishing sessions.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use digime::legacy::{Generation, SessionRequest};
use digime::{Compression, ErrorCode, ErrorKind, Operation, Scope, TimeRange};
use serde_json::json;
use tracing_subscriber::util::SubscriberInitExt;
use wiremock::ResponseTemplate;

use crate::independent::body;
use crate::server::{ALL, EXPIRY, Legacy, ok};
use crate::support::{APP, CONTRACT, SESSION, api_error, contract};

const PATH: &str = "permission-access/session";

fn answer() -> ResponseTemplate {
    ok(json!({"expiry": EXPIRY, "sessionKey": SESSION, "sessionExchangeToken": "exchange-1"}))
}

#[tokio::test]
async fn a_session_is_established_in_every_generation() {
    for generation in ALL {
        let legacy = Legacy::start(generation).await;
        legacy.post(PATH, answer()).await;
        let request = SessionRequest::new()
            .scope(Scope::new().time_range(TimeRange::last_months(3)))
            .source_fetch_limit(Duration::from_secs(30));
        let session = legacy.client().establish_session(&contract(), request).await.unwrap();
        assert_eq!(session.session_key.expose(), SESSION);
        assert_eq!(session.session_exchange_token.expose(), "exchange-1");
        assert_eq!((session.expiry, session.expires_at().is_some()), (EXPIRY, true));
        let sent = legacy.asked(PATH).await.remove(0);
        assert!(!sent.headers.contains_key("authorization"));
        assert_eq!(
            body(&sent),
            json!({
                "appId": APP, "contractId": CONTRACT,
                "sdkAgent": {"name": "rust", "version": env!("CARGO_PKG_VERSION"), "meta": {}},
                "scope": {"timeRanges": [{"last": "3m"}]},
                "limits": {"duration": {"sourceFetch": 30}},
                "accept": {"compression": "gzip"},
            })
        );
    }
}

#[tokio::test]
async fn a_session_without_compression_does_not_ask_for_any() {
    let legacy = Legacy::start(Generation::V1_4).await;
    legacy.post(PATH, answer()).await;
    let request = SessionRequest::new().accept_compression(Compression::None);
    legacy.client().establish_session(&contract(), request).await.unwrap();
    let sent = body(&legacy.asked(PATH).await[0]);
    assert_eq!((sent.get("accept"), sent.get("scope"), sent.get("limits")), (None, None, None));
}

#[tokio::test]
async fn all_three_members_are_needed() {
    for missing in ["expiry", "sessionKey", "sessionExchangeToken"] {
        let legacy = Legacy::start(Generation::V1_4).await;
        let mut answer = json!({"expiry": EXPIRY, "sessionKey": "k", "sessionExchangeToken": "t"});
        answer.as_object_mut().unwrap().remove(missing);
        legacy.post(PATH, ok(answer)).await;
        let error = legacy.client().establish_session(&contract(), SessionRequest::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(error.operation(), Some(Operation::EstablishSession));
        assert!(error.to_string().contains(missing), "{error}");
    }
}

#[tokio::test]
async fn a_refused_agent_is_an_error_that_says_what_to_do() {
    for (status, code) in [(400, ErrorCode::SDKInvalid), (403, ErrorCode::SDKVersionInvalid)] {
        let legacy = Legacy::start(Generation::V1_4).await;
        legacy.post(PATH, api_error(status, code.as_str())).await;
        let error = legacy.client().establish_session(&contract(), SessionRequest::new()).await.unwrap_err();
        assert_eq!(error.api().unwrap().code, code);
        assert!(error.to_string().contains("ClientBuilder::agent"), "{error}");
    }
}

#[tokio::test]
async fn errors_in_headers_alone_are_read() {
    let legacy = Legacy::start(Generation::V1_4).await;
    let refused = ResponseTemplate::new(400)
        .insert_header("X-Error-Code", "ScopeOutOfBounds")
        .insert_header("X-Error-Message", "too much")
        .insert_header("X-Error-Reference", "ref-7");
    legacy.post(PATH, refused).await;
    let error = legacy.client().establish_session(&contract(), SessionRequest::new()).await.unwrap_err();
    let api = error.api().unwrap();
    assert_eq!((&api.code, api.message.as_str()), (&ErrorCode::ScopeOutOfBounds, "too much"));
    assert_eq!(api.reference.as_deref(), Some("ref-7"));
}

/// What is written to the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_notice_about_the_sdk_is_a_warning() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone());
    let guard = subscriber.finish().set_default();
    let legacy = Legacy::start(Generation::V1_5).await;
    let notice = answer()
        .insert_header("x-digi-sdk-status", "deprecated")
        .insert_header("x-digi-sdk-status-message", format!("use a newer one {}", "x".repeat(5000)));
    legacy.post(PATH, notice).await;
    legacy.client().establish_session(&contract(), SessionRequest::new()).await.unwrap();
    drop(guard);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let line = text.lines().find(|line| line.contains("WARN")).expect("a warning");
    assert!(line.contains("deprecated") && line.contains("use a newer one"), "{line}");
    assert!(line.len() < 1000, "the server does not choose how long a line is");
}
