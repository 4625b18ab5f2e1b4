//! Partners of one host: each has its token, its sandboxes and its quotas, and sees nothing of the others.

use std::collections::BTreeSet;

use digime_mock_server::settings::{AdminToken, StateKey, StatePlace};
use digime_mock_server::{ContractKind, MockServer, MockServerBuilder, Timeline};
use digime_tests::{Answer, RawClient, RawUser};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const HOST: &str = "the-host's-token";
const PAGE: &str = "&service=16&sampleDataSet=default&sampleDataAutoOnboard=true";

/// A host, and whoever asks it for administration.
struct Host {
    server: MockServer,
    raw: RawClient,
}

/// A partner as its host was told of it.
struct Partner {
    json: Value,
    token: String,
    id: String,
    sandbox: String,
}

impl Host {
    async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    async fn with(change: impl FnOnce(MockServerBuilder) -> MockServerBuilder) -> Self {
        let builder =
            MockServer::builder().timeline(Timeline::INSTANT).allow_refusals().allow_unused_faults();
        let builder = builder.settings(|settings| {
            settings.admin_token = Some(AdminToken::new(HOST).unwrap());
            settings.development_keys = true;
        });
        let server = change(builder).start().await;
        let raw = RawClient::new(&server.url(), server.credentials().contract(ContractKind::Read).unwrap());
        Self { server, raw }
    }

    async fn ask(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.raw.request(method, &format!("/__admin/{path}"), Some(token));
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        Answer::of(request.header("Content-Type", "application/json").body(body)).await
    }

    async fn ok(&self, token: &str, method: Method, path: &str, body: Value) -> Value {
        let answer = self.ask(token, method.clone(), path, Some(body).filter(|it| !it.is_null())).await;
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
        answer.json()
    }

    async fn partner(&self, body: Value) -> Partner {
        let json = self.ok(HOST, Method::POST, "partners", body).await;
        let text = |name: &str| json[name].as_str().unwrap().to_owned();
        let (token, id, sandbox) = (text("token"), text("partnerId"), text("sandbox"));
        Partner { json, token, id, sandbox }
    }

    /// A client of a partner's contract of a kind.
    fn client(&self, partner: &Partner, kind: &str) -> RawClient {
        let contracts = partner.json["application"]["contracts"].as_array().unwrap();
        let contract = contracts.iter().find(|it| it["kind"] == kind).unwrap();
        let client_id = format!(
            "{}_{}",
            partner.json["application"]["applicationId"].as_str().unwrap(),
            contract["contractId"].as_str().unwrap()
        );
        RawClient::with_key(&self.raw.origin, &client_id, contract["privateKey"].as_str().unwrap())
    }

    async fn user(&self, client: &RawClient) -> RawUser {
        RawUser::consent(client.clone(), self.server.default_sandbox(), None, PAGE).await
    }
}

async fn authorized(client: &RawClient) -> (u16, String) {
    let answer = client.call(Method::POST, "oauth/authorize", RawClient::authorize_claims()).await;
    match answer.status.as_u16() {
        200 => (200, String::new()),
        _ => answer.error(),
    }
}

#[tokio::test]
async fn a_partner_works_in_a_sandbox_of_its_own_with_keys_and_a_token_that_are_shown_once() {
    let host = Host::new().await;
    let partner = host.partner(json!({ "partnerId": "wonder", "name": "Wonder & Co" })).await;
    assert_eq!(partner.json["application"]["contracts"].as_array().unwrap().len(), 4);
    let client = host.client(&partner, "read");
    let user = host.user(&client).await;
    let name = user.file_names(&user.session).await[0].clone();
    let file = user.file(&user.session, &name).await;
    assert!(file.decompress(&client.decrypt(&file.body)).starts_with(b"["), "encrypted for its key");
    let requests = host.ok(&partner.token, Method::GET, "requests", Value::Null).await;
    assert!(requests["requests"].as_array().unwrap().len() >= 4, "it sees its traffic: {requests}");
    let of_host = host.ok(HOST, Method::GET, "requests", Value::Null).await;
    assert_eq!(of_host["requests"], json!([]), "which is not in the host's own sandbox");
    let credentials = host.ok(&partner.token, Method::GET, "credentials", Value::Null).await;
    assert_eq!(credentials["sandbox"], json!(partner.sandbox));
    assert_eq!(credentials["applications"].as_array().unwrap().len(), 1, "{credentials}");
    assert!(credentials["contracts"][0]["privateKey"].is_null());
    let shown = host.ok(&partner.token, Method::GET, "partners/wonder", Value::Null).await;
    assert_eq!((&shown["usage"]["users"], &shown["token"]), (&json!(1), &Value::Null));
    let clock = host.ok(&partner.token, Method::POST, "clock", json!({ "advance": "2d" })).await;
    assert!(clock["now"].is_i64() || clock["now"].is_string(), "{clock}");
    let late = user.call(Method::GET, "permission-access/accounts").await;
    assert_eq!(late.error(), (401, "InvalidToken".to_owned()), "its clock has moved");
    assert_eq!(authorized(&host.raw).await.0, 200, "and nobody else's");
}

#[tokio::test]
async fn a_further_sandbox_has_the_same_keys_and_a_clock_of_its_own() {
    let host = Host::new().await;
    let partner = host.partner(json!({ "quotas": { "sandboxes": 1 } })).await;
    let demo = host.user(&host.client(&partner, "read")).await;
    let made = host.ok(&partner.token, Method::POST, "sandboxes", json!({})).await;
    let sandbox = made["sandbox"].as_str().unwrap();
    let key = partner.json["application"]["contracts"][0]["privateKey"].as_str().unwrap();
    let contract = &made["contracts"][0];
    assert!(contract["contractId"].as_str().unwrap().ends_with(&format!("-{sandbox}")), "{made}");
    let client_id =
        format!("{}_{}", made["applicationId"].as_str().unwrap(), contract["contractId"].as_str().unwrap());
    let developer = host.user(&RawClient::with_key(&host.raw.origin, &client_id, key)).await;
    let path = format!("clock?sandbox={sandbox}");
    host.ok(&partner.token, Method::POST, &path, json!({ "advance": "2d" })).await;
    assert_eq!(developer.call(Method::GET, "permission-access/accounts").await.error().0, 401);
    assert_eq!(demo.call(Method::GET, "permission-access/accounts").await.status, 200);
    let refused = host.ask(&partner.token, Method::POST, "sandboxes", Some(json!({}))).await;
    assert_eq!(refused.error(), (429, "TooManyRequests".to_owned()));
    assert_eq!(refused.header("retry-after"), "60");
    let listed = host.ok(&partner.token, Method::GET, "sandboxes", Value::Null).await;
    let ids: BTreeSet<_> =
        listed["sandboxes"].as_array().unwrap().iter().map(|it| it["sandbox"].as_str().unwrap()).collect();
    assert_eq!(ids, BTreeSet::from([sandbox, &partner.sandbox]));
    for (token, path) in
        [(&partner.token[..], "sandboxes"), (HOST, &format!("sandboxes?sandbox={}", partner.sandbox))]
    {
        let refused = host.ask(token, Method::DELETE, path, None).await;
        assert_eq!(refused.error(), (400, "ValidationErrors".to_owned()), "its home stays");
    }
    host.ok(&partner.token, Method::DELETE, &format!("sandboxes?sandbox={sandbox}"), Value::Null).await;
    host.ok(&partner.token, Method::POST, "sandboxes", json!({})).await;
}

/// What the host sees of a sandbox.
async fn picture(host: &Host, partner: &Partner) -> Value {
    let mut picture = json!({});
    for path in ["applications", "faults", "requests", "client-report", "users"] {
        let path = format!("{path}?sandbox={}", partner.sandbox);
        picture[&path] = host.ok(HOST, Method::GET, &path, Value::Null).await;
    }
    let sandboxes = host.ok(HOST, Method::GET, "sandboxes", Value::Null).await;
    let own = sandboxes["sandboxes"].as_array().unwrap().iter();
    picture["sandboxes"] =
        own.filter(|it| it["partner"] == json!(partner.id)).map(|it| it["sandbox"].clone()).collect();
    let clock = host.ok(HOST, Method::GET, &format!("clock?sandbox={}", partner.sandbox), Value::Null).await;
    picture["offset"] = clock["offset"].clone();
    picture["partner"] = host.ok(HOST, Method::GET, &format!("partners/{}", partner.id), Value::Null).await;
    picture
}

#[tokio::test]
async fn no_operation_of_administration_leads_from_one_partner_to_another() {
    let host = Host::new().await;
    let (victim, attacker) = (host.partner(json!({})).await, host.partner(json!({})).await);
    let client = host.client(&victim, "read");
    let user = host.user(&client).await;
    let refused = user.file(&user.session, "no-such-file.json").await;
    let reference = refused.header("x-error-reference").to_owned();
    host.ok(&victim.token, Method::POST, "faults", json!({ "route": "readFile", "status": 503 })).await;
    let further = host.ok(&victim.token, Method::POST, "sandboxes", json!({})).await;
    let (code, _) = client.authorize().await;
    let page = client.page(&code, PAGE);
    let listed = host.ok(&victim.token, Method::GET, "users", Value::Null).await;
    let victims_user = listed["users"][0]["user"].as_str().unwrap().to_owned();
    let shown = host.ok(&victim.token, Method::GET, &format!("users/{victims_user}"), Value::Null).await;
    let victims_token = shown["tokens"][0]["fingerprint"].as_str().unwrap().to_owned();
    let flows = host.ok(&victim.token, Method::GET, "flows", Value::Null).await;
    let victims_flow = flows["flows"][0]["flow"].as_str().unwrap().to_owned();
    let before = picture(&host, &victim).await;
    let application = victim.json["application"]["applicationId"].as_str().unwrap();
    let contract = victim.json["application"]["contracts"][0]["contractId"].as_str().unwrap();
    let secrets = [
        &victim.sandbox[..],
        &victim.id,
        further["sandbox"].as_str().unwrap(),
        &reference,
        &victims_user,
        &victims_flow,
    ];
    let document = host.server.openapi();
    let mut tried = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/__admin/") else { continue };
        let path = path
            .replace("{applicationId}", application)
            .replace("{contractId}", contract)
            .replace("{partnerId}", &victim.id)
            .replace("{reference}", &reference)
            .replace("{sequence}", "1")
            .replace("{flow}", &victims_flow)
            .replace("{userId}", &victims_user)
            .replace("{accountId}", "1_sampleDataSet-default")
            .replace("{fileName}", "file.json")
            .replace("{token}", &victims_token)
            .replace("{session}", &victims_token)
            .replace("{page}", "traffic")
            .replace("{detail}", "1");
        // A stream has no end; its own test is in `journal.rs`.
        if path == "events" {
            continue;
        }
        for method in operations.as_object().unwrap().keys().filter(|key| key.len() <= 6) {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
            let body = match &path[..] {
                "consent" => json!({ "url": page }),
                "clock" => json!({ "advance": "9d" }),
                "faults" => json!({ "route": "token", "status": 500 }),
                _ => json!({}),
            };
            for sandbox in [&format!("?sandbox={}", victim.sandbox), "?sandbox=default", ""] {
                // Without a name it is the attacker's own sandbox, which it may remove all it likes.
                let body = Some(body.clone()).filter(|_| method != Method::GET);
                let answer =
                    host.ask(&attacker.token, method.clone(), &format!("{path}{sandbox}"), body).await;
                let open = ["health", "ready", "openapi.json", "ui/login"].contains(&&path[..]);
                let of_own = sandbox.is_empty() || ["sandboxes", "partners"].contains(&&path[..]);
                let expected: &[u16] = match (open, of_own) {
                    (true, _) => &[200, 403, 404],
                    (false, true) => &[200, 204, 302, 400, 403, 404],
                    (false, false) => &[403, 404],
                };
                assert!(
                    expected.contains(&answer.status.as_u16()),
                    "{method} {path}{sandbox}: {} {}",
                    answer.status,
                    answer.text()
                );
                if answer.status == StatusCode::OK {
                    for secret in secrets {
                        assert!(
                            !answer.text().contains(secret),
                            "{method} {path}{sandbox}: {}",
                            answer.text()
                        );
                    }
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried}");
    assert_eq!(picture(&host, &victim).await, before, "nothing of the victim's has changed");
    assert_eq!(user.call(Method::GET, "permission-access/accounts").await.status, 200);
    let decided = host.ok(&victim.token, Method::POST, "consent", json!({ "url": page })).await;
    assert!(decided["location"].as_str().unwrap().contains("code="), "it still waited: {decided}");
}

#[tokio::test]
async fn a_token_opens_nothing_once_it_was_renewed_or_its_partner_removed_not_even_on_the_hosts_machine() {
    let host = Host::with(|builder| builder.settings(|settings| settings.admin_token = None)).await;
    let (kept, gone) = (host.partner(json!({})).await, host.partner(json!({})).await);
    let renewed = host.ok(HOST, Method::POST, &format!("partners/{}/token", kept.id), Value::Null).await;
    let client = host.client(&gone, "read");
    host.user(&client).await;
    host.ok(HOST, Method::DELETE, &format!("partners/{}", gone.id), Value::Null).await;
    assert_eq!(authorized(&client).await, (403, "InvalidClient".to_owned()), "its sandbox is gone");
    let renewed = renewed["token"].as_str().unwrap();
    host.ok(renewed, Method::GET, "clock", Value::Null).await;
    for token in [&kept.token, &gone.token, "dmp_", &format!("{renewed}x"), &renewed[..renewed.len() - 1]] {
        for path in ["clock", "partners", "metrics", "applications"] {
            let refused = host.ask(token, Method::GET, path, None).await;
            assert_eq!(refused.error(), (403, "AdminForbidden".to_owned()), "{token} {path}");
            assert!(!refused.text().contains(token), "{}", refused.text());
        }
    }
    let listed = host.ok(HOST, Method::GET, "partners", Value::Null).await;
    assert_eq!(listed["partners"].as_array().unwrap().len(), 1);
    assert_eq!(
        host.ok(HOST, Method::GET, "sandboxes", Value::Null).await["sandboxes"].as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn users_and_bytes_are_counted_over_all_sandboxes_of_a_partner() {
    let host = Host::new().await;
    let quotas = json!({ "users": 2, "bytes": 60_000 });
    let partner = host.partner(json!({ "quotas": quotas })).await;
    let client = host.client(&partner, "write");
    let first = host.user(&client).await;
    let made = host.ok(&partner.token, Method::POST, "sandboxes", json!({})).await;
    let contract = &made["contracts"][1];
    let key = partner.json["application"]["contracts"][1]["privateKey"].as_str().unwrap();
    let client_id =
        format!("{}_{}", made["applicationId"].as_str().unwrap(), contract["contractId"].as_str().unwrap());
    let elsewhere = RawClient::with_key(&host.raw.origin, &client_id, key);
    // A page that was opened while there was room, and is decided when there is none.
    let (code, _) = client.authorize().await;
    host.user(&elsewhere).await;
    for client in [&client, &elsewhere] {
        let refused = client.call(Method::POST, "oauth/authorize", RawClient::authorize_claims()).await;
        assert_eq!(refused.error(), (429, "TooManyRequests".to_owned()));
        assert_eq!(refused.header("retry-after"), "60");
    }
    let url = client.page(&code, PAGE);
    let decided = host.ok(&partner.token, Method::POST, "consent", json!({ "url": url })).await;
    assert!(decided["location"].as_str().unwrap().contains("SERVER_ERROR"), "{decided}");
    let storage = first.call(Method::POST, "clouds/storage").await;
    assert!(storage.status.is_success() || storage.status == 404, "{}", storage.text());
    let usage = host.ok(&partner.token, Method::GET, &format!("partners/{}", partner.id), Value::Null).await;
    assert_eq!(usage["usage"]["users"], 2, "{usage}");
    let more = json!({ "quotas": { "users": 3 } });
    let changed = host.ok(HOST, Method::PATCH, &format!("partners/{}", partner.id), more).await;
    assert_eq!((&changed["quotas"]["users"], &changed["quotas"]["bytes"]), (&json!(3), &json!(60_000)));
    assert_eq!(authorized(&client).await.0, 200);
    let deleted = first.call(Method::DELETE, "user").await;
    assert!(deleted.status.is_success(), "{}", deleted.text());
    let usage = host.ok(&partner.token, Method::GET, &format!("partners/{}", partner.id), Value::Null).await;
    assert_eq!(usage["usage"]["users"], 1, "{usage}");
}

#[tokio::test]
async fn a_partner_that_asks_too_often_is_told_to_wait_and_the_others_are_served() {
    let host = Host::new().await;
    let quotas = json!({ "requestsPerSecond": 5 });
    let (busy, calm) = (host.partner(json!({ "quotas": quotas })).await, host.partner(json!({})).await);
    let client = host.client(&busy, "read");
    let asked = futures_util::future::join_all((0..30).map(|_| async {
        client.call(Method::POST, "oauth/authorize", RawClient::authorize_claims()).await
    }));
    let asked = asked.await;
    let refused: Vec<_> = asked.iter().filter(|answer| answer.status == 429).collect();
    assert!(refused.len() >= 15 && refused.len() < 30, "{}", refused.len());
    assert_eq!(refused[0].error().1, "TooManyRequests");
    assert_eq!(refused[0].header("retry-after"), "1");
    host.ok(&calm.token, Method::GET, "clock", Value::Null).await;
    assert_eq!(authorized(&host.raw).await.0, 200);
    let asked =
        futures_util::future::join_all((0..30).map(|_| host.ask(&busy.token, Method::GET, "clock", None)));
    let refused = asked.await.iter().filter(|answer| answer.status == 429).count();
    assert!(refused >= 15, "its administration counts, too: {refused}");
}

#[tokio::test]
async fn a_server_that_others_reach_makes_keys_of_its_own_and_the_committed_ones_open_nothing() {
    let development = digime_fixtures::keys::READ.private_pem;
    let host = Host::with(|builder| builder.settings(|settings| settings.development_keys = false)).await;
    let credentials = host.server.credentials();
    let contract = credentials.contract(ContractKind::Read).unwrap();
    assert_ne!(contract.private_key.as_deref().unwrap().trim(), development.trim());
    let client_id = format!("{}_{}", contract.application_id, contract.contract_id);
    let with_known_key = RawClient::with_key(&host.raw.origin, &client_id, development);
    assert_eq!(authorized(&with_known_key).await, (401, "InvalidJWT".to_owned()));
    assert_eq!(authorized(&host.raw).await.0, 200);
    let set = host.raw.get(&format!("{}/v1.7/jwks/oauth", host.raw.origin)).await.json();
    assert_ne!(
        set["keys"][0]["pem"].as_str().unwrap().trim(),
        digime_fixtures::keys::SIGNING.public_pem.trim()
    );
    let of_sandbox = host.server.sandbox().await.credentials();
    assert_eq!(of_sandbox.contract(ContractKind::Read).unwrap().private_key, contract.private_key);
}

#[tokio::test]
async fn a_new_signing_key_is_published_before_it_signs_and_the_old_one_after() {
    let host = Host::new().await;
    let kids = || async {
        let set = host.raw.get(&format!("{}/v1.7/jwks/oauth", host.raw.origin)).await.json();
        let kids = set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned());
        kids.collect::<Vec<_>>()
    };
    let signed_by = || async {
        let answer = host.raw.call(Method::POST, "oauth/authorize", RawClient::authorize_claims()).await;
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        jsonwebtoken::decode_header(&token).unwrap().kid.unwrap()
    };
    let first = kids().await[0].clone();
    let next = host.ok(HOST, Method::POST, "signing-keys/rotate", Value::Null).await;
    let next_kid = next["kid"].as_str().unwrap();
    assert_eq!(kids().await, [first.as_str(), next_kid]);
    assert_eq!(signed_by().await, first, "for a quarter of an hour");
    let twice = host.ask(HOST, Method::POST, "signing-keys/rotate", None).await;
    assert_eq!(twice.error(), (400, "ValidationErrors".to_owned()));
    let host = Host::new().await;
    let at_once = json!({ "signsIn": "0s" });
    let next = host.ok(HOST, Method::POST, "signing-keys/rotate", at_once).await;
    let set = host.raw.get(&format!("{}/v1.7/jwks/oauth", host.raw.origin)).await.json();
    assert_eq!((&set["keys"][0]["kid"], &set["keys"][1]["kid"]), (&next["kid"], &json!(first)));
    // The client verifies it with the key that the set has.
    let answer = host.raw.call(Method::POST, "oauth/authorize", RawClient::authorize_claims()).await;
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    let key = jsonwebtoken::DecodingKey::from_rsa_pem(set["keys"][0]["pem"].as_str().unwrap().as_bytes());
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::PS512);
    validation.required_spec_claims.clear();
    let read = jsonwebtoken::decode::<Value>(&token, &key.unwrap(), &validation).unwrap();
    assert!(read.claims["preauthorization_code"].is_string());
}

#[tokio::test]
async fn partners_and_keys_outlive_the_server_and_are_encrypted_if_there_is_a_key_for_that() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let key: StateKey = "5a".repeat(32).parse().unwrap();
    let start = |state_key: Option<StateKey>| {
        let file = file.clone();
        Host::with(move |builder| {
            builder.settings(move |settings| {
                settings.state = StatePlace::File(file);
                settings.state_key = state_key;
                settings.development_keys = false;
            })
        })
    };
    let host = start(None).await;
    let partner = host.partner(json!({ "partnerId": "lasting" })).await;
    let made = host.ok(&partner.token, Method::POST, "sandboxes", json!({})).await;
    let access = host.user(&host.client(&partner, "read")).await.access;
    let own_key = host.server.credentials().contracts[0].private_key.clone().unwrap();
    let secret = own_key.lines().nth(3).unwrap().to_owned();
    drop(host);
    let holds = |text: &str| {
        let files = std::fs::read_dir(folder.path()).unwrap();
        files
            .filter_map(|file| std::fs::read(file.unwrap().path()).ok())
            .any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    };
    assert!(holds(&secret), "without a key for it, it is kept as it is");
    assert!(!holds(&partner.token), "a token never is");
    let host = start(Some(key.clone())).await;
    assert_eq!(host.server.credentials().contracts[0].private_key, Some(own_key));
    let shown = host.ok(&partner.token, Method::GET, "partners/lasting", Value::Null).await;
    assert_eq!(shown["usage"]["users"], 1, "{shown}");
    let listed = host.ok(&partner.token, Method::GET, "sandboxes", Value::Null).await;
    assert!(listed.to_string().contains(made["sandbox"].as_str().unwrap()), "{listed}");
    let client = host.client(&partner, "read");
    let known =
        client.call(Method::GET, "permission-access/accounts", json!({ "access_token": access })).await;
    assert_eq!(known.status, 200, "{}", known.text());
    drop(host);
    let builder = MockServer::builder().settings({
        let file = file.clone();
        move |settings| settings.state = StatePlace::File(file)
    });
    let refused = builder.try_start().unwrap_err().to_string();
    assert!(refused.contains("encrypted") && refused.contains("--state-key"), "{refused}");
    let other = file.clone();
    let builder = MockServer::builder().settings(move |settings| {
        settings.state = StatePlace::File(other);
        settings.state_key = Some("a5".repeat(32).parse().unwrap());
    });
    let refused = builder.try_start().unwrap_err().to_string();
    assert!(refused.contains("another key"), "{refused}");
    drop(start(Some(key)).await);
}

#[tokio::test]
async fn what_cannot_be_used_of_a_partner_is_refused_with_its_place_and_leaves_nothing() {
    let host = Host::new().await;
    host.partner(json!({ "partnerId": "one" })).await;
    for (body, words) in [
        (json!({ "partnerId": "one" }), "already"),
        (json!({ "partnerId": "a b" }), "partnerId: "),
        (json!({ "name": "" }), "name: "),
        (json!({ "quotas": { "requestsPerSecond": 0 } }), "requestsPerSecond"),
        (json!({ "quotas": { "users": -1 } }), "users"),
        (json!({ "quotas": { "user": 1 } }), "user"),
        (json!({ "application": { "contracts": [{ "kind": "both" }] } }), "kind"),
        (json!({ "application": { "applicationId": "a b" } }), "applicationId: "),
        (json!({ "token": "mine" }), "token"),
    ] {
        let refused = host.ask(HOST, Method::POST, "partners", Some(body.clone())).await;
        assert_eq!(refused.error(), (400, "ValidationErrors".to_owned()), "{body}: {}", refused.text());
        assert!(refused.text().contains(words), "{body}: {}", refused.text());
    }
    for (method, path) in [
        (Method::GET, "partners/nobody"),
        (Method::PATCH, "partners/nobody"),
        (Method::DELETE, "partners/nobody"),
        (Method::POST, "partners/nobody/token"),
    ] {
        assert_eq!(host.ask(HOST, method, path, None).await.error(), (404, "NotFound".to_owned()), "{path}");
    }
    let sandboxes = host.ok(HOST, Method::GET, "sandboxes?limit=1", Value::Null).await;
    assert_eq!(sandboxes["next"], sandboxes["sandboxes"][0]["sandbox"]);
    let after = format!("sandboxes?after={}", sandboxes["next"].as_str().unwrap());
    let rest = host.ok(HOST, Method::GET, &after, Value::Null).await;
    assert_eq!(rest["sandboxes"].as_array().unwrap().len(), 1, "what was refused left none: {rest}");
    assert_eq!(rest["sandboxes"][0]["partner"], "one");
    let refused = host.ask(HOST, Method::GET, "sandboxes?limit=0", None).await;
    assert_eq!(refused.error(), (400, "ValidationErrors".to_owned()));
}
