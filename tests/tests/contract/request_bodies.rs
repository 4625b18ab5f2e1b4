//! Bodies that no operation can take, on every route: refused at once and in the platform's form.

use std::time::Duration;

use digime_mock_server::ContractKind;
use digime_tests::World;
use reqwest::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The whole answer to a request of which nothing more than this is ever sent.
async fn answer_to(world: &World, request: &str) -> String {
    let address = world.server.url().replace("http://", "");
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(request.replace("HOST", &address).as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "no end of the answer to {request}: {}", String::from_utf8_lossy(&answer));
    String::from_utf8_lossy(&answer).into_owned()
}

/// Every route that takes a body, with something for each parameter of its path.
fn lines() -> Vec<(String, bool)> {
    lines_of(&[Method::POST, Method::PUT, Method::DELETE])
}

/// Every route of one of these methods, with something for each parameter of its path.
fn lines_of(methods: &[Method]) -> Vec<(String, bool)> {
    let routes = digime_mock_server::routes::all()
        .filter(|route| methods.iter().any(|it| it.as_str() == route.method.as_str()));
    let filled = routes.map(|route| {
        let path = route.paths().pop().unwrap();
        let segments = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        let line = format!("{} {}", route.method, segments.collect::<Vec<_>>().join("/"));
        (line, route.is_for_cloud())
    });
    filled.collect()
}

#[tokio::test]
async fn what_the_head_of_a_request_rules_out_is_refused_before_a_body_is_sent() {
    let world = World::new().await;
    for (line, for_cloud) in lines() {
        for (headers, status) in [
            ("Content-Length: 1099511627776", "413"),
            ("Content-Length: 1099511627776\r\nExpect: 100-continue", "413"),
            ("Content-Length: 9\r\nContent-Encoding: gzip\r\nExpect: 100-continue", "415"),
        ] {
            let request = format!("{line} HTTP/1.1\r\nHost: HOST\r\n{headers}\r\n\r\n");
            let answer = answer_to(&world, &request).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line} {headers}: {answer}");
            assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
            let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
            let code = if for_cloud { &body["error"] } else { &body["error"]["code"] };
            assert_eq!(code, "ValidationErrors", "{line}");
        }
    }
}

#[tokio::test]
async fn what_its_path_or_method_rules_out_is_refused_before_its_body_is_asked_for_and_ends_the_connection() {
    let world = World::new().await;
    for (line, status) in [("POST /v1.7/no/such/path", "404"), ("POST /v1.7/jwks/oauth", "405")] {
        for headers in ["Content-Length: 9\r\nExpect: 100-continue", "Content-Length: 1099511627776"] {
            let answer =
                answer_to(&world, &format!("{line} HTTP/1.1\r\nHost: HOST\r\n{headers}\r\n\r\n")).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line} {headers}: {answer}");
            assert!(answer.to_lowercase().contains("connection: close"), "{line} {headers}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_content_encoding_is_refused_by_every_route_even_where_no_body_is_expected() {
    let world = World::new().await;
    for (line, _) in lines_of(&[Method::GET, Method::HEAD]) {
        for body in ["Content-Length: 9\r\nExpect: 100-continue", "Connection: close"] {
            let headers = format!("Content-Encoding: gzip\r\n{body}");
            let request = format!("{line} HTTP/1.1\r\nHost: HOST\r\n{headers}\r\n\r\n");
            let answer = answer_to(&world, &request).await;
            assert!(answer.starts_with("HTTP/1.1 415 "), "{line} {body}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_push_that_will_be_refused_is_refused_before_its_body_is_asked_for() {
    let world = World::new().await;
    let head = "POST /v1.7/permission-access/import HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5000000\r\n\
                Expect: 100-continue\r\n\r\n";
    let answer = answer_to(&world, head).await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

#[tokio::test]
async fn a_request_that_is_not_signed_is_refused_before_its_body_is_asked_for() {
    let world = World::new().await;
    let client = world.raw(ContractKind::Read);
    let signed = |claims: Value| client.sign(&client.claims(claims));
    let other = digime_tests::RawClient::with_key(
        &client.origin,
        &client.client_id,
        digime_fixtures::keys::OTHER.private_pem,
    );
    for (authorization, status) in [
        (String::new(), "401"),
        ("Authorization: Bearer x.y.z\r\n".to_owned(), "401"),
        (format!("Authorization: Bearer {}\r\n", other.sign(&other.claims(serde_json::json!({})))), "401"),
        (format!("Authorization: Bearer {}\r\n", signed(serde_json::json!({"client_id": "no_such"}))), "403"),
    ] {
        for path in
            ["oauth/authorize", "permission-access/trigger", "permission-access/import/h:accountId/fhir/stu3"]
        {
            let head = format!(
                "POST /v1.7/{path} HTTP/1.1\r\nHost: HOST\r\n{authorization}Content-Length: 500000\r\n\
                 Expect: 100-continue\r\n\r\n"
            );
            let answer = answer_to(&world, &head).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {authorization}: {answer}");
        }
    }
}

#[tokio::test]
async fn any_other_body_gets_an_answer_in_the_platforms_form_without_names_of_types() {
    let world = World::new().await;
    let client = world.raw(ContractKind::Read);
    for (line, _) in lines().into_iter().filter(|(line, _)| !line.contains("/__admin")) {
        let (method, path) = line.split_once(' ').unwrap();
        for (body, content_type) in [
            ("null", "application/json"),
            ("[]", "application/json"),
            ("\u{feff}{}", "application/json"),
            ("{}", "application/json; charset=utf-8; charset=latin1"),
            ("{}", "application/json; charset=nonsense"),
            ("{}", "text/plain"),
            ("", "application/json"),
        ] {
            let jwt = client.sign(&client.claims(serde_json::json!({})));
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let request = client.request(method, path, Some(&jwt));
            let request = request.header("Content-Type", content_type).body(body);
            let answer = digime_tests::Answer::of(request).await;
            assert!(answer.status.as_u16() < 500, "{line} {body}: {}", answer.text());
            assert!(!answer.text().contains("struct "), "{line} {body}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn head_says_the_length_that_get_sends() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let names = user.file_names(&user.session).await;
    for name in names.iter().take(5).map(String::as_str).chain(["accounts.json"]) {
        let path = format!("permission-access/query/{}/{name}", user.session);
        let (head, get) = (user.call(Method::HEAD, &path).await, user.call(Method::GET, &path).await);
        assert_eq!(head.header("content-length"), get.body.len().to_string(), "{name}");
        assert!(head.body.is_empty());
    }
}

#[tokio::test]
async fn a_wrong_base_url_is_told_the_right_ones() {
    let world = World::new().await;
    let client = world.raw(ContractKind::Read);
    for path in ["//v1.7/oauth/authorize", "/oauth/authorize", "/v1.7/v1.7/oauth/token"] {
        let answer = client.send(Method::POST, path, None, None).await;
        let api = format!("{}/v1.7/", world.server.url());
        assert!(answer.status == 404 && answer.text().contains(&api), "{path}: {}", answer.text());
    }
}
