//! The server over https: HTTP/1.1 and HTTP/2, clients of several languages, and what goes wrong.

use std::error::Error as _;
use std::process::Command;
use std::time::Duration;

use digime_mock_server::settings::AdminToken;
use digime_mock_server::{ContractKind, Fault, MockServer, Operation, Timeline};
use digime_tests::World;
use digime_tests::raw_client::RawClient;
use reqwest::header::{HOST, ORIGIN};
use reqwest::{Certificate, Client, ClientBuilder, Method, StatusCode, Version};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

async fn world() -> World {
    World::with(|builder| builder.timeline(Timeline::INSTANT).tls()).await
}

/// A client that trusts the server's CA alone.
fn trusting(server: &MockServer) -> ClientBuilder {
    let ca = Certificate::from_pem(server.ca_certificate_pem().unwrap().as_bytes()).unwrap();
    Client::builder().tls_certs_only([ca]).no_proxy()
}

fn http2(server: &MockServer) -> Client {
    trusting(server).build().unwrap()
}

/// What an error and its causes say.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!("; {inner}"));
        cause = inner.source();
    }
    text
}

#[tokio::test]
async fn our_sdk_reads_and_verifies_over_https() {
    let world = world().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let all = World::read_all(&user, &session.key).await;
    assert!(!all.files.is_empty() && all.failures.is_empty());
    // An answer to HEAD has a length and no body.
    let metadata = user.read_file_metadata(&session.key, &all.files[0].name).await.unwrap();
    assert!(metadata == all.files[0].metadata);
    let urls = world.sandbox.credentials().urls;
    assert!([&urls.api, &urls.onboard, &urls.cloud].iter().all(|url| url.starts_with("https://127.0.0.1:")));
    for entry in world.sandbox.requests().list() {
        assert!(entry.path.starts_with("/v1.7/"), "as over plain http: {}", entry.path);
    }
}

#[tokio::test]
async fn tokens_name_the_key_set_over_https() {
    let world = world().await;
    let client = world.raw(ContractKind::Read);
    let answer = client.call(Method::POST, "oauth/authorize", RawClient::authorize_claims()).await;
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(header.jku.unwrap(), format!("{}/jwks/oauth", world.server.url()));
}

#[tokio::test]
async fn a_client_gets_the_form_of_http_that_it_asks_for_and_the_same_answers() {
    let world = world().await;
    let server = &world.server;
    let port = server.address().port();
    for (client, version) in
        [(http2(server), Version::HTTP_2), (trusting(server).http1_only().build().unwrap(), Version::HTTP_11)]
    {
        // By address there is no server name in the handshake; by name the links are under that name.
        for host in ["127.0.0.1", "localhost"] {
            let origin = format!("https://{host}:{port}");
            let answer = client.get(format!("{origin}/__admin/credentials")).send().await.unwrap();
            assert_eq!((answer.version(), answer.status()), (version, StatusCode::OK));
            let credentials: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
            assert_eq!(credentials["urls"]["api"], format!("{origin}/v1.7/"));
        }
    }
}

#[tokio::test]
async fn many_requests_share_a_connection() {
    let world = world().await;
    let client = http2(&world.server);
    let url = format!("{}/__admin/health", world.server.url());
    let asked = (0..100).map(|_| {
        let request = client.get(&url);
        async move { request.send().await.unwrap().status() }
    });
    let answers = futures_util::future::join_all(asked).await;
    assert!(answers.iter().all(|status| *status == 200));
}

#[tokio::test]
async fn the_guard_of_administration_sees_the_name_in_authority() {
    let world = world().await;
    let server = &world.server;
    let port = server.address().port();
    // The name is not in the certificate, which somebody who attacks would not mind.
    let client = Client::builder()
        .tls_danger_accept_invalid_certs(true)
        .resolve("evil.example", server.address())
        .no_proxy()
        .build()
        .unwrap();
    let answer = client.get(format!("https://evil.example:{port}/__admin/credentials")).send().await.unwrap();
    assert_eq!((answer.version(), answer.status()), (Version::HTTP_2, StatusCode::FORBIDDEN));

    let client = http2(server);
    let own = format!("{}/__admin/health", server.url());
    let differing = client.get(&own).header(HOST, "other.test").send().await.unwrap();
    assert_eq!((differing.version(), differing.status()), (Version::HTTP_2, StatusCode::BAD_REQUEST));
    assert!(differing.text().await.unwrap().contains(":authority"));
    let credentials = format!("{}/__admin/credentials", server.url());
    let page = client.get(&credentials).header(ORIGIN, "https://evil.example").send().await.unwrap();
    assert_eq!(page.status(), 403);
    let page = client.get(&credentials).header(ORIGIN, server.url()).send().await.unwrap();
    assert_eq!(page.status(), 200);
}

#[tokio::test]
async fn a_web_page_of_an_allowed_origin_may_call_over_http2() {
    let page = "http://localhost:3000";
    let server = MockServer::builder()
        .tls()
        .settings(move |settings| settings.cors_origins.push(page.parse().unwrap()))
        .start()
        .await;
    let client = http2(&server);
    let url = format!("{}/__admin/health", server.url());
    let preflight = client
        .request(Method::OPTIONS, &url)
        .header(ORIGIN, page)
        .header("Access-Control-Request-Method", "GET")
        .send()
        .await
        .unwrap();
    assert_eq!((preflight.version(), preflight.status()), (Version::HTTP_2, StatusCode::NO_CONTENT));
    let answer = client.get(&url).header(ORIGIN, page).send().await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], page);
}

#[tokio::test]
async fn a_disconnect_over_http2_resets_the_stream_and_spares_the_connection() {
    let world = world().await;
    let user = world.raw_user(ContractKind::Read).await;
    world.sandbox.inject(Fault::on(Operation::READ_ACCOUNTS).times(1).disconnect());
    let answer = user.request(Method::GET, "permission-access/accounts").send().await.unwrap();
    assert_eq!((answer.version(), answer.status()), (Version::HTTP_2, StatusCode::OK));
    let error = answer.bytes().await.unwrap_err();
    assert!(causes(&error).contains("stream error"), "{}", causes(&error));

    let whole = user.accounts().await;
    assert!(!whole.is_empty());
    world.sandbox.inject(Fault::on(Operation::READ_ACCOUNTS).truncate());
    let answer = user.call(Method::GET, "permission-access/accounts").await;
    assert_eq!(answer.status, 200);
    assert!(serde_json::from_slice::<Value>(&answer.body).is_err(), "half of it is no JSON");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_over_http2() {
    let world = world().await;
    let client = world.raw(ContractKind::Read);
    let body = json!({ "much": "x".repeat(2 * 1024 * 1024) });
    let refused = client.send(Method::POST, "/v1.7/discovery/sources", None, Some(body)).await;
    assert_eq!(refused.error(), (413, "ValidationErrors".to_owned()));
    assert_eq!(client.call(Method::POST, "discovery/countries", json!({})).await.status, 200);
}

#[tokio::test]
async fn plain_http_is_told_that_the_server_speaks_https() {
    let world = world().await;
    let address = world.server.address();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /v1.7/jwks HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains(&format!("https://{address}/v1.7/jwks")), "{answer}");
}

#[tokio::test]
async fn a_client_that_trusts_somebody_else_is_refused_and_others_are_served() {
    let world = world().await;
    let stranger = MockServer::builder().tls().start().await;
    assert_ne!(world.server.ca_certificate_pem(), stranger.ca_certificate_pem());
    let url = format!("{}/__admin/health", world.server.url());
    for client in [http2(&stranger), Client::builder().no_proxy().build().unwrap()] {
        let error = client.get(&url).send().await.unwrap_err();
        assert!(causes(&error).contains("certificate"), "{}", causes(&error));
    }
    let sdk = digime::Client::builder(world.sandbox.application_id());
    let sdk = sdk.api_url(format!("{}/v1.7/", world.server.url())).build().unwrap();
    let contract = world.contract(ContractKind::Read);
    let refused = sdk.authorize_url(&contract, World::sample("default")).await.unwrap_err();
    assert_eq!(refused.kind(), digime::ErrorKind::Transport, "{refused}");
    assert_eq!(http2(&world.server).get(&url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn slow_and_broken_handshakes_keep_nobody_waiting() {
    let world = world().await;
    let mut slow = Vec::new();
    for bytes in [&[][..], &[0x16], &[0x16, 3, 1, 2, 0, 1], b"\x16\x03\x01\x00\x02xx"].repeat(25) {
        let mut stream = TcpStream::connect(world.server.address()).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        slow.push(stream);
    }
    let url = format!("{}/__admin/health", world.server.url());
    let answer = http2(&world.server).get(&url).timeout(Duration::from_secs(5)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(slow.len(), 100);
}

#[tokio::test]
async fn plain_http_stays_plain() {
    let server = MockServer::start().await;
    assert!(server.url().starts_with("http://") && server.ca_certificate_pem().is_none());
}

/// Runs a program, if the machine has it.
fn ran(program: &str, command: &mut Command) -> Option<(bool, String)> {
    match command.output() {
        Ok(output) => {
            let text = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
            Some((output.status.success(), text.concat()))
        }
        Err(error) => {
            eprintln!("not run, because {program} cannot be started: {error}");
            None
        }
    }
}

#[tokio::test]
async fn curl_and_node_trust_the_ca() {
    let server = MockServer::builder()
        .tls()
        .settings(|settings| settings.admin_token = Some(AdminToken::new("secret").unwrap()))
        .start()
        .await;
    let folder = std::env::temp_dir().join(format!("digime-https-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("ca.pem");
    std::fs::write(&file, server.ca_certificate_pem().unwrap()).unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("https://{host}:{}/__admin/health", server.address().port());
        for version in ["--http1.1", "--http2"] {
            let curl = || {
                let mut curl = Command::new("curl");
                curl.args(["-sS", "--noproxy", "*", version, "-w", " %{http_code}", url.as_str()]);
                curl
            };
            let Some((good, text)) = ran("curl", curl().arg("--cacert").arg(&file)) else { break };
            // A curl without HTTP/2 says so, and nothing else.
            assert!(good && text.ends_with(" 200") || text.contains("libcurl"), "{text}");
            let Some((good, text)) = ran("curl", &mut curl()) else { break };
            assert!(!good && (text.contains("certificate") || text.contains("libcurl")), "{text}");
        }
        let script = "fetch(process.argv[1]).then(async (it) => console.log(it.status, await it.text()), \
                      (error) => { console.error(error.cause); process.exit(1); })";
        let node = || {
            let mut node = Command::new("node");
            node.args(["-e", script, url.as_str()]).env_remove("NODE_TLS_REJECT_UNAUTHORIZED");
            node
        };
        let Some((good, text)) = ran("node", node().env("NODE_EXTRA_CA_CERTS", &file)) else { continue };
        assert!(good && text.starts_with("200 "), "{text}");
        let Some((good, text)) = ran("node", node().env_remove("NODE_EXTRA_CA_CERTS")) else { continue };
        assert!(!good && text.contains("certificate"), "{text}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
