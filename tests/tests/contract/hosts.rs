//! The names, paths and proxies under which the server is reached.

use std::net::SocketAddr;

use digime::{Client, PrivateKey, RetryPolicy};
use digime_mock_server::settings::{AdminToken, Settings};
use digime_mock_server::{ContractKind, MockServer, Timeline};
use digime_tests::world::{SOURCE, World};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

async fn server(change: impl FnOnce(&mut Settings) + Send + 'static) -> MockServer {
    MockServer::builder().timeline(Timeline::INSTANT).allow_refusals().settings(change).start().await
}

/// An answer as it came over the wire.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Sends exactly these headers.
async fn ask(address: SocketAddr, line: &str, headers: &[(&str, &str)]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut request = format!("{line} HTTP/1.1\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

/// The API URL that the server tells its client.
async fn api(address: SocketAddr, headers: &[(&str, &str)]) -> String {
    let token = ("Authorization", "Bearer let-me-in");
    let answer = ask(address, "GET /__admin/credentials", &[headers, &[token]].concat()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["urls"]["api"].as_str().unwrap().to_owned()
}

fn with_token(settings: &mut Settings) {
    settings.admin_token = Some(AdminToken::new("let-me-in").unwrap());
}

#[tokio::test]
async fn health_is_open_to_all_and_tells_only_that_the_server_is_up() {
    let server = server(with_token).await;
    let answer = ask(server.address(), "GET /__admin/health", &[("Host", "10.0.0.7:8080")]).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"status":"ok"}"#));
    let foreign =
        [("Host", "evil.example"), ("Origin", "http://evil.example"), ("X-Forwarded-For", "192.0.2.1")];
    assert_eq!(ask(server.address(), "GET /__admin/health", &foreign).await.status, 200);
    assert_eq!(ask(server.address(), "GET /__admin/credentials", &foreign).await.status, 403);
}

#[tokio::test]
async fn loopback_names_administrate_whatever_their_case() {
    let server = server(|_| {}).await;
    for (host, status) in [
        ("localhost", 200),
        ("LOCALHOST:8080", 200),
        ("localhost.", 200),
        ("mock.localhost", 200),
        ("[::1]", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("evillocalhost", 403),
        ("", 403),
    ] {
        let answer = ask(server.address(), "GET /__admin/credentials", &[("Host", host)]).await;
        assert_eq!(answer.status, status, "{host}");
    }
}

#[tokio::test]
async fn what_a_proxy_passes_on_is_not_from_this_machine() {
    let server = server(|settings| settings.trusted_proxies.push("127.0.0.1".parse().unwrap())).await;
    for header in [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Port",
        "X-Forwarded-Prefix",
        "X-Real-IP",
        "Via",
    ] {
        let headers = [("Host", "localhost"), (header, "for=127.0.0.1")];
        assert_eq!(ask(server.address(), "GET /__admin/credentials", &headers).await.status, 403, "{header}");
    }
}

#[tokio::test]
async fn a_proxy_is_believed_only_if_it_is_trusted() {
    let forwarded = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "mock.test"), ("Host", "inner:1")];
    let standard = [("Forwarded", "for=192.0.2.1;proto=https;host=mock.test"), ("Host", "inner:1")];
    let plain = server(with_token).await;
    let elsewhere = server(|settings| {
        with_token(settings);
        settings.trusted_proxies.push("10.0.0.0/8".parse().unwrap());
    })
    .await;
    let trusting = server(|settings| {
        with_token(settings);
        settings.trusted_proxies.push("127.0.0.0/8".parse().unwrap());
    })
    .await;
    for headers in [&forwarded[..], &standard[..]] {
        assert_eq!(api(plain.address(), headers).await, "http://inner:1/v1.7/");
        assert_eq!(api(elsewhere.address(), headers).await, "http://inner:1/v1.7/");
        assert_eq!(api(trusting.address(), headers).await, "https://mock.test/v1.7/");
    }
    let prefixed = [&forwarded[..], &[("X-Forwarded-Prefix", "/mock")]].concat();
    assert_eq!(api(trusting.address(), &prefixed).await, "https://mock.test/mock/v1.7/");
    assert_eq!(api(trusting.address(), &[("Host", "inner:1")]).await, "http://inner:1/v1.7/");
}

#[tokio::test]
async fn a_whole_flow_works_under_a_path_of_a_proxy() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let public = format!("http://{}/mock", proxy.local_addr().unwrap());
    let own = public.clone();
    let server = server(move |settings| settings.public_url = Some(own.parse().unwrap())).await;
    let behind = server.address();
    tokio::spawn(async move {
        while let Ok((mut outer, _)) = proxy.accept().await {
            tokio::spawn(async move {
                let mut inner = TcpStream::connect(behind).await.unwrap();
                copy_bidirectional(&mut outer, &mut inner).await
            });
        }
    });

    let credentials = server.credentials();
    assert_eq!(server.url(), public);
    assert_eq!(credentials.urls.api, format!("{public}/v1.7/"));
    assert_eq!(server.openapi()["servers"][0]["url"], public);
    let client = Client::builder(&credentials.application_id)
        .api_url(&credentials.urls.api)
        .onboard_url(&credentials.urls.onboard)
        .cloud_url(&credentials.urls.cloud)
        .retry(RetryPolicy::default())
        .build()
        .unwrap();
    let contract = credentials.contract(ContractKind::Read).unwrap();
    let key = PrivateKey::from_pem(contract.private_key.as_deref().unwrap()).unwrap();
    let contract = digime::Contract::new(contract.contract_id.as_str(), key).unwrap();
    let options = World::sample("default").service_id(SOURCE);
    let authorization = client.authorize_url(&contract, options).await.unwrap();
    assert!(authorization.url.as_str().starts_with(&public), "{}", authorization.url);
    let location = server.approve(authorization.url.as_str()).unwrap();
    let user = client.connect(authorization.callback(&location).unwrap()).await.unwrap();
    let read = World::read_all(&user, &authorization.session.key).await;
    assert!(!read.files.is_empty());
}

#[tokio::test]
async fn paths_are_taken_with_and_without_the_public_one() {
    let server =
        server(|settings| settings.public_url = Some("http://proxy.test/mock".parse().unwrap())).await;
    for (line, status) in [
        ("GET /mock/v1.7/jwks/oauth", 200),
        ("GET /v1.7/jwks/oauth", 200),
        ("GET /mock/__admin/credentials?sandbox=default0", 200),
        ("GET /mocked/v1.7/jwks/oauth", 404),
    ] {
        assert_eq!(ask(server.address(), line, &[("Host", "proxy.test")]).await.status, status, "{line}");
    }
    let foreign = [("Host", "other.test")];
    assert_eq!(ask(server.address(), "GET /mock/__admin/credentials", &foreign).await.status, 403);
}

#[tokio::test]
async fn web_pages_call_the_server_only_if_their_origin_is_named() {
    const PAGE: &str = "http://localhost:3000";
    let preflight = [
        ("Host", "127.0.0.1"),
        ("Origin", PAGE),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization, content-type"),
    ];
    let line = "OPTIONS /v1.7/oauth/token";
    let plain = server(|_| {}).await;
    let refused = ask(plain.address(), line, &preflight).await;
    assert_eq!(refused.status, 405);
    assert!(!refused.head.contains("access-control"), "{}", refused.head);
    assert!(refused.body.contains("A web page of http://localhost:3000 asks"), "{}", refused.body);

    let open = server(|settings| settings.cors_origins.push(PAGE.parse().unwrap())).await;
    let answer = ask(open.address(), line, &preflight).await;
    assert_eq!(answer.status, 204);
    for header in [
        "access-control-allow-origin: http://localhost:3000",
        "access-control-allow-methods: post",
        "access-control-allow-headers: authorization, content-type",
        "vary: origin",
    ] {
        assert!(answer.head.contains(header), "{header}: {}", answer.head);
    }
    for path in ["GET /v1.7/jwks/oauth", "GET /__admin/credentials"] {
        let own = ask(open.address(), path, &[("Host", "127.0.0.1"), ("Origin", PAGE)]).await;
        assert_eq!(own.status, 200, "{path}");
        assert!(own.head.contains("access-control-allow-origin: http://localhost:3000"), "{}", own.head);
    }
    for other in ["http://localhost:3001", "https://localhost:3000", "http://evil.example", "null"] {
        let headers = [("Host", "127.0.0.1"), ("Origin", other)];
        let answer = ask(open.address(), "GET /__admin/credentials", &headers).await;
        assert_eq!(answer.status, 403, "{other}");
        assert!(!answer.head.contains("access-control"), "{}", answer.head);
    }
}

#[tokio::test]
async fn a_consent_page_works_under_a_path_that_a_proxy_puts_before_it() {
    let server =
        server(|settings| settings.public_url = Some("https://proxy.test/mock".parse().unwrap())).await;
    let contract = server.credentials().contract(ContractKind::Read).unwrap().clone();
    let raw = digime_tests::RawClient::new(&format!("http://{}", server.address()), &contract);
    for prefix in ["", "/mock"] {
        let (code, _) = raw.authorize().await;
        let page = format!("{}{prefix}/apps/saas/authorize?code={code}&service=16", raw.origin);
        let shown = raw.get(&page).await;
        assert_eq!(shown.status, 200, "{prefix}");
        // The form posts to the page's own address, and so comes back through the same proxy.
        assert!(
            shown.text().contains("<form id=\"decision\" method=\"post\" action=\"?code="),
            "{}",
            shown.text()
        );
        assert!(!shown.text().contains("href=\"/") && !shown.text().contains("src=\"/"), "{}", shown.text());
        let left = raw.post_form(&page, "decision=approve").await;
        assert_eq!(left.status, 302);
        assert!(left.location_parameter("code").is_some(), "{}", left.header("location"));
    }
}
