//! Every operation against answers no server should give: an error of a fitting
//! kind, never a panic, never more memory than allowed, never a hang.

use std::time::Duration;

use digime::discovery::{ListQuery, ServicesQuery, SourcesQuery};
use digime::storage::{StorageFolder, StoragePath};
use digime::{
    Client, Error, ErrorKind, FhirVersion, OnboardOptions, PortabilityReportOptions, PushMetadata,
    ReauthorizeAccountOptions, ReauthorizeOptions, SourceId, User,
};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use wiremock::matchers::any;
use wiremock::{Mock, ResponseTemplate};

use crate::support::*;

type Call = fn(Client, User) -> BoxFuture<'static, Result<(), Error>>;

macro_rules! call {
    (|$client:ident, $user:ident| $call:expr) => {
        |$client, $user| {
            async move {
                let _ = (&$client, &$user);
                $call.await.map(drop)
            }
            .boxed()
        }
    };
}

const CALLBACK: &str = "https://app.example/return";

/// Operations that read a JSON answer.
const JSON: &[(&str, Call)] = &[
    ("onboard", call!(|c, u| u.onboard_service_url(OnboardOptions::new(CALLBACK)))),
    ("reauthorize", call!(|c, u| u.reauthorize_url(ReauthorizeOptions::new(CALLBACK)))),
    ("account", call!(|c, u| u.reauthorize_account_url(ReauthorizeAccountOptions::new(CALLBACK, "a")))),
    ("revoke", call!(|c, u| u.revoke_account_permission_url(&"a".into(), CALLBACK))),
    ("sources", call!(|c, u| c.query_sources(u.contract(), &SourcesQuery::new()))),
    (
        "all sources",
        call!(|c, u| async {
            let found = c.all_sources(u.contract(), SourcesQuery::new()).next().await;
            found.transpose()
        }),
    ),
    ("countries", call!(|c, u| c.query_countries(u.contract(), &ListQuery::new()))),
    ("platforms", call!(|c, u| c.query_platforms(u.contract(), &ListQuery::new()))),
    ("categories", call!(|c, u| c.query_categories(u.contract(), &ListQuery::new()))),
    ("source types", call!(|c, u| c.query_source_types(u.contract(), &ListQuery::new()))),
    ("services", call!(|c, u| c.services(&ServicesQuery::new()))),
    ("sample data", call!(|c, u| c.sample_data_sets(u.contract(), SourceId(16)))),
    ("contract", call!(|c, u| c.contract_details(u.contract()))),
    ("create storage", call!(|c, u| c.create_provisional_storage(u.contract()))),
    ("storage", call!(|c, u| u.storage())),
    ("list storage", call!(|c, u| async { u.storage_files(&"s".into()).list(&StorageFolder::root()).await })),
];

/// Operations that do not care what a success says.
const OTHERS: &[(&str, Call)] = &[
    ("push", call!(|c, u| u.push_to_library(&PushMetadata::new("a/b"), "x"))),
    (
        "provider",
        call!(|c, u| async { u.push_to_provider(&"a".into(), FhirVersion::Stu3, &json!({})).await }),
    ),
    ("delete", call!(|c, u| u.delete())),
    ("delete account", call!(|c, u| async { u.delete_account(&"a".into()).await })),
    ("report", call!(|c, u| u.portability_report(PortabilityReportOptions::new()))),
    (
        "upload",
        call!(|c, u| async { u.storage_files(&"s".into()).upload(&StoragePath::new("x")?, "x").await }),
    ),
    (
        "delete file",
        call!(|c, u| async { u.storage_files(&"s".into()).delete_file(&StoragePath::new("x")?).await }),
    ),
];

const DOWNLOAD: (&str, Call) = (
    "download",
    call!(|c, u| async { u.storage_files(&"s".into()).download(&StoragePath::new("x")?).await }),
);

fn everything() -> impl Iterator<Item = (&'static str, Call)> {
    JSON.iter().chain(OTHERS).copied().chain([DOWNLOAD])
}

/// A server with one answer to everything, and a client with tight limits.
async fn answering(answer: ResponseTemplate) -> (Server, Client) {
    let server = Server::without_keys().await;
    Mock::given(any()).respond_with(answer).mount(&server.mock).await;
    let client = server.builder().max_json_size(100_000).max_file_size(100_000).build().unwrap();
    (server, client)
}

async fn run(client: &Client, call: Call) -> Result<(), Error> {
    call(client.clone(), client.user(&contract(), token("at-1", "rt-1"))).await
}

#[tokio::test]
async fn answers_that_are_not_the_documented_json() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_object = "{\"data\":".repeat(5_000);
    for body in [
        "",
        " ",
        "null",
        "7",
        "\"text\"",
        "true",
        "<html>",
        "{",
        "{\"data\":",
        "nonsense",
        "\u{feff}{}",
        "[{}]",
        "{\"data\":{\"services\":[{}]}}",
        "{\"token\":\"a.b.c\",\"session\":{\"key\":\"k\",\"expiry\":1}}",
        "{\"data\":[{\"id\":1e400}],\"limit\":1,\"offset\":0,\"total\":\"1\"}",
        "{\"id\":\"\\ud800\",\"kid\":1}",
        "{\"a\":{\"name\":1}}",
        &deep,
        &deep_object,
    ] {
        let (_server, client) = answering(ResponseTemplate::new(200).set_body_string(body)).await;
        for (name, call) in JSON {
            let error = run(&client, *call).await.expect_err(&format!("{name}: {body:.60}"));
            assert!(
                matches!(error.kind(), ErrorKind::Decode | ErrorKind::TokenRejected),
                "{name}: {body:.60}: {error}"
            );
            assert!(error.operation().is_some(), "{name}");
        }
    }
}

#[tokio::test]
async fn invalid_utf8() {
    let (_server, client) =
        answering(ResponseTemplate::new(200).set_body_bytes([b'"', 0xff, 0xfe, b'"'])).await;
    for (name, call) in JSON {
        assert_eq!(run(&client, *call).await.expect_err(name).kind(), ErrorKind::Decode, "{name}");
    }
}

#[tokio::test]
async fn huge_answers() {
    let (_server, client) = answering(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 3_000_000])).await;
    for (name, call) in JSON.iter().chain(OTHERS) {
        let error = run(&client, *call).await.expect_err(name);
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{name}: {error}");
    }
    // Not a container, which shows before its size does.
    let error = run(&client, DOWNLOAD.1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decrypt);
}

#[tokio::test]
async fn redirects_are_never_followed() {
    for target in ["https://evil.example/x?secret=1", "http://127.0.0.1:1/", "//evil.example", "/again", ":"]
    {
        let (server, client) = answering(ResponseTemplate::new(307).insert_header("location", target)).await;
        for (name, call) in everything() {
            let error = run(&client, call).await.expect_err(name);
            assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{name}: {error}");
            assert!(!error.to_string().contains("secret=1"), "{error}");
        }
        let requests = server.mock.received_requests().await.unwrap();
        assert_eq!(requests.len(), everything().count(), "one request each");
    }
}

#[tokio::test]
async fn refusals_of_every_shape() {
    for body in ["", "<html>", "{}", "{\"error\":7}", "{\"error\":{\"code\":\"X\"}}", "\u{0}\u{1}", "[[[["] {
        let (_server, client) = answering(ResponseTemplate::new(403).set_body_string(body)).await;
        for (name, call) in everything() {
            let error = run(&client, call).await.expect_err(name);
            assert_eq!(
                (error.kind(), error.status()),
                (ErrorKind::Api, Some(403)),
                "{name} {body:?}: {error}"
            );
            assert!(error.operation().is_some(), "{name}");
        }
    }
}

#[tokio::test]
async fn everything_refused_with_401_ends_after_one_refresh() {
    let (server, client) = answering(invalid_token()).await;
    for (name, call) in everything() {
        let before = server.mock.received_requests().await.unwrap().len();
        let error = run(&client, call).await.expect_err(name);
        let made = server.mock.received_requests().await.unwrap().len() - before;
        assert!(made <= 2, "{name} made {made} requests");
        assert!(error.needs_reauthorization(), "{name}: {error}");
    }
}

/// A length that is not reached, a chunk that breaks off, headers and then nothing.
#[tokio::test]
async fn answers_that_break_off() {
    for head in [
        "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"data\":",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"da",
        "HTTP/1.1 200 OK\r\ncontent-le",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n{}",
        "220 smtp.example ESMTP\r\n",
        "",
    ] {
        let origin = raw_server(move |mut socket, _| async move {
            let _ = socket.write_all(head.as_bytes()).await;
            let _ = socket.shutdown().await;
        })
        .await;
        let client = Client::builder(APP).origin(&origin).retry(quick()).build().unwrap();
        for (name, call) in everything() {
            let error = run(&client, call).await.expect_err(name);
            assert_eq!(error.kind(), ErrorKind::Transport, "{name} {head:?}: {error}");
        }
    }
}

#[tokio::test]
async fn answers_that_stall() {
    let origin = raw_server(|mut socket, _| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{").await;
        tokio::time::sleep(Duration::from_secs(120)).await;
    })
    .await;
    let client = Client::builder(APP)
        .origin(&origin)
        .retry(digime::RetryPolicy::never())
        .read_timeout(Duration::from_millis(100))
        .build()
        .unwrap();
    for (name, call) in everything() {
        let error = run(&client, call).await.expect_err(name);
        assert_eq!(error.kind(), ErrorKind::Timeout, "{name}: {error}");
    }
}

#[tokio::test]
async fn an_unreachable_server_is_named_without_detail() {
    let client = Client::builder(APP).origin("http://127.0.0.1:1").retry(quick()).build().unwrap();
    for (name, call) in everything() {
        let error = run(&client, call).await.expect_err(name);
        assert_eq!(error.kind(), ErrorKind::Transport, "{name}");
        let text = error.to_string();
        assert!(text.contains("http://127.0.0.1:1/") && !text.contains("at-1"), "{text}");
    }
}
