//! Applications and contracts that come and go while the server runs.

use std::time::Duration;

use digime_mock_server::{ContractKind, MockServer, Timeline};
use digime_tests::raw_client::metadata;
use digime_tests::{Answer, RawClient, RawUser, World};
use reqwest::Method;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _, EncodeRsaPublicKey as _, LineEnding};
use rsa::pkcs8::EncodePublicKey as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3600);
const PAGE: &str = "&service=16&sampleDataSet=default&sampleDataAutoOnboard=true";

struct Host {
    world: World,
    raw: RawClient,
}

impl Host {
    async fn new() -> Self {
        let world = World::with(|builder| builder.timeline(Timeline::INSTANT)).await;
        Self { raw: world.raw(ContractKind::Read), world }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let sandbox = self.world.sandbox.id();
        self.raw.send(method, &format!("/__admin/{path}?sandbox={sandbox}"), None, body).await
    }

    async fn ok(&self, method: Method, path: &str, body: Value) -> Value {
        let body = Some(body).filter(|body| !body.is_null());
        let answer = self.send(method, path, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    async fn create(&self, application: Value) -> Value {
        self.ok(Method::POST, "applications", application).await
    }

    /// A client of the first contract of an application, with a key of the test's.
    fn client(&self, application: &Value, pem: &str) -> RawClient {
        let contract = application["contracts"][0]["contractId"].as_str().unwrap();
        let client_id = format!("{}_{contract}", application["applicationId"].as_str().unwrap());
        RawClient::with_key(&self.raw.origin, &client_id, pem)
    }

    async fn consent(&self, client: &RawClient) -> RawUser {
        RawUser::consent(client.clone(), &self.world.sandbox, None, PAGE).await
    }
}

/// The key of another contract, as one that a partner brings.
fn own_key(kind: ContractKind, world: &World) -> (String, RsaPublicKey) {
    let pem = world.credentials(kind).private_key.unwrap();
    let public = RsaPrivateKey::from_pkcs1_pem(&pem).unwrap().to_public_key();
    (pem, public)
}

async fn authorized(client: &RawClient) -> (u16, String) {
    let answer = client.call(Method::POST, "oauth/authorize", RawClient::authorize_claims()).await;
    match answer.status.as_u16() {
        200 => (200, String::new()),
        _ => answer.error(),
    }
}

#[tokio::test]
async fn a_contract_that_is_made_works_at_once_with_a_key_that_is_shown_once() {
    let host = Host::new().await;
    let made = host.create(json!({ "name": "Wonder & Co", "contracts": [{ "kind": "read" }] })).await;
    let pem = made["contracts"][0]["privateKey"].as_str().unwrap();
    let client = host.client(&made, pem);
    let user = host.consent(&client).await;
    let names = user.file_names(&user.session).await;
    let file = user.file(&user.session, &names[0]).await;
    assert!(file.decompress(&client.decrypt(&file.body)).starts_with(b"["), "encrypted for the new key");
    let id = made["applicationId"].as_str().unwrap();
    let shown = host.ok(Method::GET, &format!("applications/{id}"), Value::Null).await;
    assert_eq!(shown["name"], "Wonder & Co");
    assert!(shown["contracts"][0]["privateKey"].is_null(), "it was shown once: {shown}");
    let all = host.ok(Method::GET, "applications", Value::Null).await;
    assert_eq!(all["applications"].as_array().unwrap().len(), 2);
    assert_eq!(all["applications"][1], shown);
    let credentials = host.ok(Method::GET, "credentials", Value::Null).await;
    let listed = &credentials["applications"][1];
    assert_eq!(listed["applicationId"], made["applicationId"]);
    assert!(listed["contracts"][0]["privateKey"].is_null());
}

#[tokio::test]
async fn a_public_key_is_taken_as_pem_and_as_jwk_and_nothing_else_is() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    let host = Host::new().await;
    let (pem, public) = own_key(ContractKind::ReadRaw, &host.world);
    let encoded = |number: &rsa::BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
    let jwk = json!({ "kty": "RSA", "n": encoded(public.n()), "e": encoded(public.e()) });
    for key in [
        json!(public.to_pkcs1_pem(LineEnding::LF).unwrap()),
        json!(public.to_public_key_pem(LineEnding::CRLF).unwrap()),
        jwk.clone(),
        json!({ "kty": "RSA", "use": "sig", "kid": "1", "n": jwk["n"], "e": jwk["e"] }),
    ] {
        let made = host.create(json!({ "contracts": [{ "publicKey": key }] })).await;
        assert!(made["contracts"][0]["privateKey"].is_null());
        assert_eq!(authorized(&host.client(&made, &pem)).await.0, 200, "{key}");
    }
    let small = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 1024).unwrap();
    let small_pem = small.to_public_key().to_pkcs1_pem(LineEnding::LF).unwrap();
    for (key, words) in [
        (json!(pem), "private key"),
        (json!(small.to_pkcs1_pem(LineEnding::LF).unwrap().as_str()), "private key"),
        (json!(small_pem), "1024 bits"),
        (json!("not a key"), "publicKey"),
        (json!({ "kty": "EC", "n": jwk["n"], "e": jwk["e"] }), "RSA"),
        (json!({ "kty": "RSA", "n": "??", "e": jwk["e"] }), "publicKey"),
        (json!({ "kty": "RSA", "n": jwk["n"], "e": "" }), "publicKey"),
        (json!({ "kty": "RSA" }), "publicKey"),
        (json!(7), "publicKey"),
    ] {
        let refused = host
            .send(Method::POST, "applications", Some(json!({ "contracts": [{ "publicKey": key }] })))
            .await;
        assert_eq!(refused.error(), (400, "ValidationErrors".to_owned()), "{key}");
        assert!(refused.text().contains(words), "{key}: {}", refused.text());
        let secret = pem.lines().nth(1).unwrap();
        assert!(!refused.text().contains(secret) && !refused.text().contains("enum"), "{}", refused.text());
    }
    let all = host.ok(Method::GET, "applications", Value::Null).await;
    assert_eq!(all["applications"].as_array().unwrap().len(), 5, "nothing refused was kept");
}

#[tokio::test]
async fn a_former_key_is_good_besides_the_new_one_until_the_overlap_ends() {
    let host = Host::new().await;
    let made = host.create(json!({ "contracts": [{}] })).await;
    let before = host.client(&made, made["contracts"][0]["privateKey"].as_str().unwrap());
    let user = host.consent(&before).await;
    let (application, contract) = (&made["applicationId"], &made["contracts"][0]["contractId"]);
    let path =
        format!("applications/{}/contracts/{}", application.as_str().unwrap(), contract.as_str().unwrap());
    let rotated = host.ok(Method::POST, &format!("{path}/rotate"), json!({ "overlap": "2h" })).await;
    assert_ne!(rotated["publicKey"], made["contracts"][0]["publicKey"]);
    assert!(rotated["formerKeyUntil"].is_i64(), "{rotated}");
    let after = host.client(&made, rotated["privateKey"].as_str().unwrap());
    for client in [&before, &after] {
        // Each reads with the key that it signs with.
        let user = RawUser { client: client.clone(), ..user.clone() };
        let name = user.file_names(&user.session).await[0].clone();
        let file = user.file(&user.session, &name).await;
        assert!(metadata(file.header("x-metadata"))["metadata"].is_object());
        assert!(file.decompress(&client.decrypt(&file.body)).starts_with(b"["));
    }
    host.world.sandbox.clock().advance(HOUR * 3);
    assert_eq!(authorized(&before).await, (401, "InvalidJWT".to_owned()));
    assert_eq!(authorized(&after).await.0, 200);
    let shown = host.ok(Method::GET, &path, Value::Null).await;
    assert!(shown["formerKeyUntil"].is_null());
    let own = own_key(ContractKind::ReadRaw, &host.world);
    let key = own.1.to_pkcs1_pem(LineEnding::LF).unwrap();
    let given = json!({ "publicKey": key, "overlap": "0s" });
    let given = host.ok(Method::POST, &format!("{path}/rotate"), given).await;
    assert!(given["privateKey"].is_null() && given["formerKeyUntil"].is_null(), "{given}");
    assert_eq!(authorized(&after).await, (401, "InvalidJWT".to_owned()), "no overlap was asked for");
    assert_eq!(authorized(&host.client(&made, &own.0)).await.0, 200);
}

#[tokio::test]
async fn what_is_removed_is_refused_from_then_on_and_the_others_go_on() {
    let host = Host::new().await;
    let two =
        json!({ "contracts": [{ "contractId": "first" }, { "contractId": "second", "kind": "write" }] });
    let made = host.create(two).await;
    let id = made["applicationId"].as_str().unwrap();
    let client = |index: usize| {
        let contract = &made["contracts"][index];
        let client_id = format!("{id}_{}", contract["contractId"].as_str().unwrap());
        RawClient::with_key(&host.raw.origin, &client_id, contract["privateKey"].as_str().unwrap())
    };
    let user = host.consent(&client(0)).await;
    let first = made["contracts"][0]["contractId"].as_str().unwrap();
    let removed = host.ok(Method::DELETE, &format!("applications/{id}/contracts/{first}"), Value::Null).await;
    assert_eq!(removed["removed"], first);
    let refused = user.call(Method::GET, "permission-access/accounts").await;
    assert_eq!(refused.error(), (403, "InvalidClient".to_owned()));
    assert_eq!(authorized(&client(1)).await.0, 200);
    host.ok(Method::DELETE, &format!("applications/{id}"), Value::Null).await;
    assert_eq!(authorized(&client(1)).await, (403, "InvalidClient".to_owned()));
    assert_eq!(authorized(&host.raw).await.0, 200);
    let again = host.send(Method::DELETE, &format!("applications/{id}"), None).await;
    assert_eq!(again.error(), (404, "NotFound".to_owned()));
}

#[tokio::test]
async fn what_is_changed_is_so_for_the_next_request() {
    let host = Host::new().await;
    let made = host.create(json!({ "name": "Before", "contracts": [{}] })).await;
    let id = made["applicationId"].as_str().unwrap();
    let client = host.client(&made, made["contracts"][0]["privateKey"].as_str().unwrap());
    let (code, _) = client.authorize().await;
    host.ok(Method::PATCH, &format!("applications/{id}"), json!({ "name": "<After>" })).await;
    let page = host.raw.get(&client.page(&code, "")).await.text();
    assert!(page.contains("&#60;After&#62;") || page.contains("&lt;After&gt;"), "{page}");
    let path =
        format!("applications/{id}/contracts/{}", made["contracts"][0]["contractId"].as_str().unwrap());
    let callbacks = json!({ "redirectUris": ["https://partner.example/back"], "serviceGroups": [1] });
    let changed = host.ok(Method::PATCH, &path, callbacks.clone()).await;
    assert_eq!(
        (&changed["redirectUris"], &changed["serviceGroups"]),
        (&callbacks["redirectUris"], &json!([1]))
    );
    assert_eq!(authorized(&client).await, (404, "InvalidRedirectUri".to_owned()));
    let mut claims = RawClient::authorize_claims();
    claims["redirect_uri"] = json!("https://partner.example/back");
    assert_eq!(client.call(Method::POST, "oauth/authorize", claims).await.status, 200);
    let kept = host.ok(Method::PATCH, &path, json!({})).await;
    assert_eq!(kept, changed, "what is absent stays");
}

#[tokio::test]
async fn a_contract_gives_no_more_than_its_scope_whatever_a_session_asks_for() {
    let host = Host::new().await;
    let made = host.create(json!({ "contracts": [{ "name": "Half a <year>" }] })).await;
    let client = host.client(&made, made["contracts"][0]["privateKey"].as_str().unwrap());
    let (code, _) = client.authorize().await;
    let page = host.raw.get(&client.page(&code, "")).await.text();
    assert!(page.contains("Half a &#60;year&#62;") || page.contains("Half a &lt;year&gt;"), "{page}");
    let user = host.consent(&client).await;
    let all = user.file_names(&user.session).await;
    let path = format!(
        "applications/{}/contracts/{}",
        made["applicationId"].as_str().unwrap(),
        made["contracts"][0]["contractId"].as_str().unwrap()
    );
    let group = |id: u32| json!({ "scope": { "serviceGroups": [{ "id": id }] } });
    let scope = json!({ "scope": { "timeRanges": [{ "last": "2m" }] } });
    let changed = host.ok(Method::PATCH, &path, scope.clone()).await;
    assert_eq!((&changed["scope"], &changed["name"]), (&scope["scope"], &json!("Half a <year>")));
    let few = user.file_names(&user.session).await;
    assert!(!few.is_empty() && few.len() < all.len() / 2, "{} of {}", few.len(), all.len());
    assert!(few.iter().all(|name| all.contains(name)));
    let own = digime_fixtures::catalogue::source(16).unwrap().group_id;
    let other = digime_fixtures::catalogue::service_groups().iter().find(|it| it.id != own).unwrap().id;
    host.ok(Method::PATCH, &path, group(other)).await;
    assert_eq!(user.file_names(&user.session).await, [""; 0]);
    let jwt = client.sign(&client.claims(RawClient::authorize_claims()));
    let asked = json!({ "actions": { "pull": { "scope": { "serviceGroups": [{ "id": own }] } } } });
    let refused = client.send(Method::POST, "/v1.7/oauth/authorize", Some(&jwt), Some(asked)).await;
    assert_eq!(refused.error(), (400, "ScopeOutOfBounds".to_owned()));
    host.ok(Method::PATCH, &path, group(own)).await;
    assert_eq!(user.file_names(&user.session).await, all);
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_with_its_place_and_changes_nothing() {
    let host = Host::new().await;
    let made =
        host.create(json!({ "applicationId": "partner", "contracts": [{ "contractId": "a.b" }] })).await;
    let id = made["applicationId"].as_str().unwrap();
    let path = format!("applications/{id}/contracts");
    let contract = format!("{path}/{}", made["contracts"][0]["contractId"].as_str().unwrap());
    for (method, path, body, words) in [
        (Method::POST, "applications", json!({ "applicationId": "partner" }), "is set twice"),
        (Method::POST, "applications", json!({ "applicationId": "my partner" }), "applicationId: "),
        (Method::POST, "applications", json!({ "applicationId": "" }), "is no id"),
        (Method::POST, "applications", json!({ "name": " " }), "name: "),
        (Method::POST, "applications", json!({ "names": "x" }), "names"),
        (Method::POST, "applications", json!({ "contracts": [{}, { "kind": "both" }] }), "contracts[1].kind"),
        (
            Method::POST,
            "applications",
            json!({ "contracts": [{ "contractId": "x" }, { "contractId": "x" }] }),
            "is set twice",
        ),
        (Method::POST, &path, json!({ "contractId": "a.b" }), "is set twice"),
        (Method::POST, &path, json!({ "contractId": "a_b" }), "give one of them another id"),
        (
            Method::POST,
            &path,
            json!({ "serviceGroups": [999] }),
            "serviceGroups: there is no service group 999",
        ),
        (Method::POST, &path, json!({ "name": "" }), "name: "),
        (
            Method::POST,
            &path,
            json!({ "scope": { "timeRanges": [{ "last": "soon" }] } }),
            "scope.timeRanges: ",
        ),
        (Method::POST, &path, json!({ "scope": { "serviceGroups": [{ "id": 999 }] } }), "service group 999"),
        (Method::POST, &path, json!({ "scope": { "timeRange": [] } }), "timeRange"),
        (
            Method::PATCH,
            &contract,
            json!({ "scope": { "timeRanges": [{ "last": "" }] } }),
            "scope.timeRanges: ",
        ),
        (Method::POST, &path, json!({ "redirectUris": ["https://*.example/"] }), "redirectUris: "),
        (Method::PATCH, &contract, json!({ "serviceGroups": [999] }), "serviceGroups: "),
        (Method::PATCH, &contract, json!({ "redirectUris": ["https://*.example/"] }), "redirectUris: "),
        (Method::PATCH, &contract, json!({ "publicKey": "x" }), "publicKey"),
        (Method::POST, &format!("{contract}/rotate"), json!({ "overlap": "soon" }), "overlap"),
    ] {
        let refused = host.send(method, path, Some(body.clone())).await;
        assert_eq!(
            refused.error(),
            (400, "ValidationErrors".to_owned()),
            "{path} {body}: {}",
            refused.text()
        );
        assert!(refused.text().contains(words), "{path} {body}: {}", refused.text());
    }
    for (method, path) in [
        (Method::GET, "applications/nobody".to_owned()),
        (Method::PATCH, "applications/nobody".to_owned()),
        (Method::POST, "applications/nobody/contracts".to_owned()),
        (Method::GET, format!("{path}/nothing")),
        (Method::PATCH, format!("{path}/nothing")),
        (Method::DELETE, format!("{path}/nothing")),
        (Method::POST, format!("{path}/nothing/rotate")),
    ] {
        let refused = host.send(method, &path, None).await;
        assert_eq!(refused.error(), (404, "NotFound".to_owned()), "{path}");
    }
    assert_eq!(
        host.ok(Method::GET, &format!("applications/{id}"), Value::Null).await["contracts"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let all = host.ok(Method::GET, "applications", Value::Null).await;
    assert_eq!(all["applications"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_application_belongs_to_the_sandbox_that_it_was_made_in() {
    let server = MockServer::builder().timeline(Timeline::INSTANT).start().await;
    let (one, other) = (server.sandbox().await, server.sandbox().await);
    let raw = RawClient::new(&server.url(), one.credentials().contract(ContractKind::Read).unwrap());
    let made = |sandbox: &str| {
        let path = format!("/__admin/applications?sandbox={sandbox}");
        let body = json!({ "applicationId": "partner", "contracts": [{ "contractId": "theirs" }] });
        let raw = raw.clone();
        async move { raw.send(Method::POST, &path, None, Some(body)).await.json() }
    };
    let (first, second, default) = (made(one.id()).await, made(other.id()).await, made("default").await);
    assert_eq!(first["applicationId"], format!("partner-{}", one.id()));
    assert_eq!(second["contracts"][0]["contractId"], format!("theirs-{}", other.id()));
    assert_eq!(default["applicationId"], "partner");
    for application in [&first, &second, &default] {
        let client_id = format!(
            "{}_{}",
            application["applicationId"].as_str().unwrap(),
            application["contracts"][0]["contractId"].as_str().unwrap()
        );
        let key = application["contracts"][0]["privateKey"].as_str().unwrap();
        assert_eq!(authorized(&RawClient::with_key(&server.url(), &client_id, key)).await.0, 200);
    }
    let path =
        format!("/__admin/applications/{}?sandbox={}", first["applicationId"].as_str().unwrap(), other.id());
    assert_eq!(raw.send(Method::GET, &path, None, None).await.error(), (404, "NotFound".to_owned()));
}

#[tokio::test]
async fn of_twenty_at_once_one_makes_the_application() {
    let host = Host::new().await;
    let key = own_key(ContractKind::Write, &host.world).1.to_pkcs1_pem(LineEnding::LF).unwrap();
    let body = json!({ "applicationId": "one", "contracts": [{ "publicKey": key }] });
    let made = futures_util::future::join_all(
        (0..20).map(|_| host.send(Method::POST, "applications", Some(body.clone()))),
    )
    .await;
    assert_eq!(made.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(made.iter().filter(|answer| answer.status == 400).count(), 19);
}
