//! Administration over HTTP, as a client in another language uses it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digime_mock_server::{ContractKind, MockServer, Timeline};
use digime_tests::{Answer, RawClient, World};
use reqwest::Method;
use rsa::RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs8::DecodePrivateKey as _;
use serde_json::{Value, json};

struct Admin {
    raw: RawClient,
    sandbox: String,
}

impl Admin {
    fn of(world: &World) -> Self {
        Self { raw: world.raw(ContractKind::Read), sandbox: world.sandbox.id().to_owned() }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let path = format!("/__admin/{path}?sandbox={}", self.sandbox);
        self.raw.send(method, &path, None, body).await
    }
}

#[tokio::test]
async fn health_says_that_the_server_is_up() {
    let world = World::new().await;
    let health = Admin::of(&world).call(Method::GET, "health", None).await;
    assert_eq!(health.status, 200);
    assert_eq!(health.json()["status"], "ok");
}

#[tokio::test]
async fn ready_and_metrics_are_for_who_watches_over_the_server() {
    let world = World::new().await;
    let admin = Admin::of(&world);
    let ready = admin.call(Method::GET, "ready", None).await;
    assert_eq!((ready.status.as_u16(), ready.json()), (200, json!({ "status": "ready" })));
    let user = world.raw_user(ContractKind::Read).await;
    let refused = user.file("unknown", "secret-name").await;
    assert_eq!(refused.status, 404);
    let metrics = admin.call(Method::GET, "metrics", None).await;
    assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4");
    let text = metrics.text();
    let figure = |start: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(start));
        let line = line.unwrap_or_else(|| panic!("{start} is missing:\n{text}"));
        line.rsplit_once(' ').unwrap().1.parse().unwrap()
    };
    assert!(figure(r#"digime_requests_total{code="",operation="token",status="200"}"#) >= 1.0);
    assert!(
        figure(r#"digime_requests_total{code="SessionInvalid",operation="readFile",status="404"}"#) >= 1.0
    );
    assert!(figure(r#"digime_request_duration_seconds_count{operation="token"}"#) >= 1.0);
    assert!(figure("digime_open_connections") >= 1.0 && figure("digime_sandboxes") >= 2.0);
    for secret in [&user.access, &user.session, &world.sandbox.id().to_owned(), &"secret-name".to_owned()] {
        assert!(!text.contains(secret.as_str()), "{secret} is no figure");
    }
}

#[tokio::test]
async fn credentials_of_a_fresh_sandbox_run_a_flow() {
    let server = MockServer::builder().timeline(Timeline::INSTANT).start().await;
    let http = reqwest::Client::new();
    let fresh = http.post(format!("{}/__admin/sandboxes", server.url())).send().await.unwrap();
    assert_eq!(fresh.status(), 200);
    let fresh: Value = serde_json::from_slice(&fresh.bytes().await.unwrap()).unwrap();
    assert!(fresh["sandbox"].is_string());
    assert_eq!(fresh["urls"]["api"], format!("{}/v1.7/", server.url()));
    assert_eq!(fresh["urls"]["onboard"], format!("{}/apps/saas/", server.url()));
    assert_eq!(fresh["urls"]["cloud"], format!("{}/v1/", server.url()));
    let kinds: Vec<_> = fresh["contracts"].as_array().unwrap().iter().map(|it| it["kind"].clone()).collect();
    assert_eq!(kinds, ["read", "write", "read-raw", "one-off"]);
    let contract = &fresh["contracts"][0];
    assert_eq!(contract["redirectUris"][0], "http://127.0.0.1:9000/callback");
    let pem = contract["privateKey"].as_str().unwrap();
    assert!(pem.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
    let client_id =
        format!("{}_{}", fresh["applicationId"].as_str().unwrap(), contract["contractId"].as_str().unwrap());
    let raw = RawClient::with_key(&server.url(), &client_id, pem);
    let (code, _) = raw.authorize().await;
    let consent = json!({"url": raw.page(&code, ""), "decision": "approve", "dataSet": "default"});
    let location = raw.send(Method::POST, "/__admin/consent", None, Some(consent)).await.json();
    let code = digime_tests::raw_client::parameter(location["location"].as_str().unwrap(), "code").unwrap();
    assert_eq!(raw.exchange(&code).await.status, 200);
}

#[tokio::test]
async fn the_users_decision_is_made_without_a_browser() {
    let world = World::new().await;
    let admin = Admin::of(&world);
    for (decision, expected) in [
        (json!({"decision": "approve"}), "success=true"),
        (json!({"decision": "decline"}), "errorCode=USER_CANCEL"),
        (json!({"decision": "error", "errorCode": "ONBOARD_ERROR"}), "errorCode=ONBOARD_ERROR"),
        (json!({"decision": "error", "errorCode": "MADE_UP"}), "errorCode=MADE_UP"),
    ] {
        let (code, _) = admin.raw.authorize().await;
        let mut body = decision.clone();
        body["url"] = json!(admin.raw.page(&code, "&service=16"));
        let location = admin.call(Method::POST, "consent", Some(body)).await.json()["location"].clone();
        assert!(location.as_str().unwrap().contains(expected), "{decision}: {location}");
    }
    for body in [
        json!({"url": "http://x/"}),
        json!({"decision": "approve"}),
        json!({"url": "x", "why": 1}),
        json!([]),
    ] {
        let answer = admin.call(Method::POST, "consent", Some(body.clone())).await;
        assert_eq!(answer.error(), (400, "ValidationErrors".to_owned()), "{body}");
    }
    let gone = json!({"url": admin.raw.page("unknown", "")});
    assert_eq!(admin.call(Method::POST, "consent", Some(gone)).await.error(), (404, "NotFound".to_owned()));
}

#[tokio::test]
async fn the_clock_moves_and_tokens_age() {
    let world = World::new().await;
    let admin = Admin::of(&world);
    let (user, _) = world.user(ContractKind::Read).await;
    let before = admin.call(Method::GET, "clock", None).await.json();
    let after = admin.call(Method::POST, "clock", Some(json!({"advance": "31d"}))).await.json();
    let moved = after["nowMillis"].as_i64().unwrap() - before["nowMillis"].as_i64().unwrap();
    assert!((moved - 31 * 86_400_000).abs() < 60_000, "{moved}");
    assert!(user.read_accounts().await.unwrap_err().needs_reauthorization());
    for bad in [json!({"advance": "soon"}), json!({"advance": "-1h"}), json!({"back": "1h"}), json!({})] {
        let answer = admin.call(Method::POST, "clock", Some(bad.clone())).await;
        assert_eq!(answer.error().0, 400, "{bad}");
    }
    assert_eq!(admin.call(Method::POST, "reset", None).await.status.as_u16() / 100, 2);
    let reset = admin.call(Method::GET, "clock", None).await.json();
    assert!((reset["nowMillis"].as_i64().unwrap() - before["nowMillis"].as_i64().unwrap()).abs() < 60_000);
}

#[tokio::test]
async fn the_journal_tells_why_a_request_was_refused_and_keeps_no_secret() {
    let world = World::new().await;
    let admin = Admin::of(&world);
    let (user, session) = world.user(ContractKind::Read).await;
    user.read_file_list(&session.key).await.unwrap();
    let refused = admin.raw.exchange("wrong").await;
    let reference = refused.header("x-error-reference").to_owned();

    let journal = admin.call(Method::GET, "requests", None).await;
    let entries = journal.json()["requests"].as_array().unwrap().clone();
    let entry = entries.iter().find(|entry| entry["refusal"]["reference"] == reference.as_str()).unwrap();
    assert_eq!(entry["refusal"]["code"], "InvalidGrant");
    let failed: Vec<_> =
        entry["checks"].as_array().unwrap().iter().filter(|check| check["passed"] == false).collect();
    assert_eq!(failed.len(), 1, "{entry}");

    let token = user.token();
    let secrets =
        [token.access_token.value.expose(), token.refresh_token.value.expose(), session.key.expose()];
    for secret in secrets {
        let shown = journal.text().matches(secret).count();
        // The session's key is part of paths, and as such the developer's only way to tell sessions apart.
        assert!(shown == 0 || secret == session.key.expose(), "{shown} times");
    }
    let explained = admin.call(Method::GET, &format!("explain/{reference}"), None).await;
    assert_eq!(explained.json()["refusal"]["code"], "InvalidGrant");
    assert_eq!(admin.call(Method::GET, "explain/nothing", None).await.error().0, 404);

    assert_eq!(admin.call(Method::DELETE, "requests", None).await.status.as_u16() / 100, 2);
    assert_eq!(admin.call(Method::GET, "requests", None).await.json()["requests"], json!([]));
}

#[tokio::test]
async fn faults_are_injected_listed_and_removed() {
    let world = World::new().await;
    let admin = Admin::of(&world);
    let rule = json!({
        "route": "POST /v1.7/oauth/authorize", "times": 1, "status": 503,
        "headers": {"Retry-After": "7"}, "error": {"code": "Busy", "message": "Come back"},
    });
    assert_eq!(admin.call(Method::POST, "faults", Some(rule)).await.status.as_u16() / 100, 2);
    let answer = admin.raw.call(Method::POST, "oauth/authorize", RawClient::authorize_claims()).await;
    assert_eq!(answer.error(), (503, "Busy".to_owned()));
    assert_eq!(answer.header("retry-after"), "7");
    admin.raw.authorize().await;
    let faults = admin.call(Method::GET, "faults", None).await.json();
    assert_eq!(faults["faults"][0]["struck"], 1);
    admin.call(Method::DELETE, "faults", None).await;
    assert_eq!(admin.call(Method::GET, "faults", None).await.json()["faults"], json!([]));
    for bad in [
        json!({"route": "GET /nowhere"}),
        json!({"route": "readFile", "status": 42}),
        json!({"route": "readFile", "delay": "soon"}),
        json!({"route": "readFile", "headers": {"a b": "c"}}),
        json!({"route": "readFile", "sometimes": true}),
    ] {
        assert_eq!(admin.call(Method::POST, "faults", Some(bad.clone())).await.error().0, 400, "{bad}");
    }
}

#[tokio::test]
async fn an_unknown_sandbox_route_or_method_is_told_in_the_platforms_shape() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    for path in ["/", "/v1.7/", "/v1.7/nothing", "/v9/oauth/token", "/__admin/nothing", "/apps/saas/nothing"]
    {
        assert_eq!(
            raw.send(Method::GET, path, None, None).await.error(),
            (404, "NotFound".to_owned()),
            "{path}"
        );
    }
    let wrong = raw.send(Method::DELETE, "/v1.7/oauth/token", None, None).await;
    assert_eq!(wrong.error(), (405, "MethodNotAllowed".to_owned()));
    assert_eq!(wrong.header("allow"), "POST");
    let nowhere = raw.send(Method::GET, "/__admin/clock?sandbox=nobody", None, None).await;
    assert_eq!(nowhere.error().0, 404);
}

#[tokio::test]
async fn what_is_misspelt_is_refused_instead_of_left_out() {
    let world = World::new().await;
    let admin = Admin::of(&world);
    let rule = json!({ "route": "readFile", "status": 503 });
    assert_eq!(admin.call(Method::POST, "faults", Some(rule)).await.status, 200);
    world.raw_user(ContractKind::Read).await;
    let kept = admin.call(Method::GET, "requests", None).await.json()["requests"].as_array().unwrap().len();
    for (method, path, body, says) in [
        (Method::POST, "reset?sandboxId=abc", None, "\\\"sandboxId\\\""),
        (Method::POST, "reset", Some(json!({ "sandbox": "abc" })), "takes no body"),
        (Method::DELETE, "faults?id=1", None, "only sandbox, fault"),
        (Method::DELETE, "requests?operation=token", None, "only sandbox"),
        (Method::DELETE, "faults?fault=a&fault=b", None, "\\\"fault\\\" is there twice"),
        (Method::GET, "requests?operation=readfile", None, "near are: readFile"),
        (Method::GET, "requests?operations=token", None, "\\\"operations\\\""),
        (Method::POST, "faults", None, "route is missing"),
    ] {
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = format!("/__admin/{path}{separator}sandbox={}", admin.sandbox);
        let answer = admin.raw.send(method, &path, None, body).await;
        assert_eq!(answer.error(), (400, "ValidationErrors".to_owned()), "{path}");
        assert!(answer.text().contains(says), "{path}: {}", answer.text());
    }
    assert_eq!(admin.call(Method::GET, "faults", None).await.json()["faults"].as_array().unwrap().len(), 1);
    let now = admin.call(Method::GET, "requests", None).await.json()["requests"].as_array().unwrap().len();
    assert_eq!(now, kept);
    assert_eq!(admin.call(Method::POST, "reset", Some(json!({}))).await.status, 200);
}

#[tokio::test]
async fn a_long_message_is_whole_in_the_body_and_short_in_the_header() {
    let world = World::new().await;
    let uri = format!("http://127.0.0.1:9000/other?{}", "x".repeat(20_000));
    let mut claims = RawClient::authorize_claims();
    claims["redirect_uri"] = json!(uri);
    let refused = world.raw(ContractKind::Read).call(Method::POST, "oauth/authorize", claims).await;
    let header = refused.header("x-error-message");
    assert!(header.len() < 1100 && header.ends_with("..."), "{header}");
    assert!(refused.json()["error"]["message"].as_str().unwrap().contains(&uri));
}

#[tokio::test]
async fn a_web_page_cannot_administrate() {
    let world = World::new().await;
    let http = reqwest::Client::new();
    let url = format!("{}/__admin/credentials", world.server.url());
    for (name, value) in [("Host", "evil.example"), ("Origin", "https://evil.example")] {
        let answer = http.get(&url).header(name, value).send().await.unwrap();
        assert_eq!(answer.status(), 403, "{name}");
    }
    let world = World::with(|builder| {
        builder.settings(|settings| {
            settings.admin_token = Some(digime_mock_server::settings::AdminToken::new("let-me-in").unwrap());
        })
    })
    .await;
    let url = format!("{}/__admin/credentials", world.server.url());
    assert_eq!(http.get(&url).send().await.unwrap().status(), 403);
    assert_eq!(http.get(&url).bearer_auth("let-me-out").send().await.unwrap().status(), 403);
    assert_eq!(http.get(&url).bearer_auth("let-me-in").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn keys_are_given_in_the_form_that_is_asked_for() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let asked = async |format: &str| {
        let path = format!("/__admin/credentials?sandbox={}{format}", world.sandbox.id());
        raw.send(Method::GET, &path, None, None).await
    };
    let standard = asked("").await.json()["contracts"][0].clone();
    let pem = standard["privateKey"].as_str().unwrap();
    let key = RsaPrivateKey::from_pkcs1_pem(pem).unwrap();
    for member in ["privateKeyDerHex", "privateKeyPkcs8", "privateKeyP12"] {
        assert!(standard.get(member).is_none(), "{member}");
    }
    let contract = async |format: &str| {
        let credentials = asked(&format!("&keyFormat={format}")).await.json();
        assert_eq!(credentials["contracts"][0], credentials["applications"][0]["contracts"][0]);
        assert_eq!(credentials["contracts"][0]["privateKey"], pem, "{format}");
        credentials["contracts"][0].clone()
    };
    let hex = contract("der-hex").await["privateKeyDerHex"].as_str().unwrap().to_owned();
    let pairs = hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
    let der: Vec<_> = pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    assert_eq!(RsaPrivateKey::from_pkcs1_der(&der).unwrap(), key);
    let pkcs8 = contract("pkcs8").await["privateKeyPkcs8"].as_str().unwrap().to_owned();
    assert_eq!(RsaPrivateKey::from_pkcs8_pem(&pkcs8).unwrap(), key);
    let p12 = contract("p12").await;
    assert_eq!(p12["privateKeyP12Password"], "digime");
    let file = STANDARD.decode(p12["privateKeyP12"].as_str().unwrap()).unwrap();
    assert!(file.len() > 2000 && file[0] == 0x30, "an ASN.1 sequence of {} bytes", file.len());
    let refused = asked("&keyFormat=jks").await;
    assert_eq!(refused.error(), (400, "ValidationErrors".to_owned()));
}
