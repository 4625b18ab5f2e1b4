//! The older generations of the API, as their clients speak them (protocol reference, legacy).

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digime_mock_server::{ContractKind, Timeline};
use digime_tests::raw_client::{RawClient, VERIFIER, metadata, parameter};
use digime_tests::{Answer, RawUser, World};
use reqwest::Method;
use serde_json::{Value, json};

const PAGE: &str = "&service=16&sampleDataSet=default&sampleDataAutoOnboard=true";

async fn instant() -> World {
    World::with(|builder| builder.timeline(Timeline::INSTANT)).await
}

/// A user who consented in the browser, to a client of this generation.
async fn consented(world: &World, kind: ContractKind, generation: &str) -> RawUser {
    RawUser::consent(world.raw(kind).speaking(generation), &world.sandbox, None, PAGE).await
}

/// Asks as clients do that show no token.
async fn unsigned(client: &RawClient, generation: &str, path: &str) -> Answer {
    client.send(Method::GET, &format!("/{generation}/permission-access/query/{path}"), None, None).await
}

fn names(list: &Value) -> Vec<String> {
    let name = |entry: &Value| entry["name"].as_str().or(entry.as_str()).unwrap().to_owned();
    list["fileList"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn each_generation_reads_a_session_in_its_own_form() {
    let world = instant().await;
    let user = consented(&world, ContractKind::Read, "v1.6").await;
    let entries = unsigned(&user.client, "v1.6", &user.session).await.json();
    assert_eq!(entries["status"]["state"], "completed");
    assert!(entries["fileList"][0]["updatedDate"].is_i64() && entries["status"]["details"].is_object());
    let wanted = names(&entries);
    for generation in ["v1", "v1.0", "v1.3"] {
        let list = unsigned(&user.client, generation, &user.session).await;
        assert!(list.headers.contains_key("content-length"), "rule 23");
        assert!(list.json()["status"].is_null() && list.json()["fileList"][0].is_string());
        assert_eq!(names(&list.json()), wanted, "{generation}");
    }
    for generation in ["v1.1", "v1.4", "v1.5"] {
        assert_eq!(unsigned(&user.client, generation, &user.session).await.json(), entries, "{generation}");
    }
    for generation in ["v1", "v1.0", "v1.1", "v1.3", "v1.4"] {
        for name in [wanted[0].as_str(), "accounts.json"] {
            let answer = unsigned(&user.client, generation, &format!("{}/{name}", user.session)).await;
            let length: usize = answer.header("content-length").parse().unwrap();
            assert_eq!((length, answer.header("content-type")), (answer.body.len(), "application/json"));
            let envelope = answer.json();
            assert!(envelope.get("compression").is_none(), "rule 5: nothing was asked to be compressed");
            assert!(envelope["fileMetadata"]["serviceName"].is_string(), "{envelope}");
            let container = STANDARD.decode(envelope["fileContent"].as_str().unwrap()).unwrap();
            let content: Value = serde_json::from_slice(&user.client.decrypt_hashed(&container)).unwrap();
            assert!(content.is_array() || content["accounts"][0]["service"]["name"].is_string());
        }
    }
    for generation in ["v1.5", "v1.6"] {
        for name in [wanted[0].as_str(), "accounts.json"] {
            let answer = unsigned(&user.client, generation, &format!("{}/{name}", user.session)).await;
            assert_eq!(answer.header("content-type"), "application/octet-stream");
            let described = metadata(answer.header("x-metadata"));
            assert!(described.get("compression").is_none() && described["metadata"].is_object());
            let content = user.client.decrypt_hashed(&answer.body);
            serde_json::from_slice::<Value>(&content).unwrap();
        }
    }
}

#[tokio::test]
async fn gzip_is_sent_up_to_v1_6_only_to_who_asks_and_never_for_the_accounts() {
    let world = instant().await;
    let user = consented(&world, ContractKind::Read, "v1.6").await;
    for (body, compressed) in [
        (json!({ "accept": { "compression": "gzip" } }), true),
        (json!({ "scope": { "timeRanges": [{ "last": "5y" }] } }), false),
    ] {
        let jwt = user.client.sign(&user.client.claims(user.claims(json!({}))));
        let path = "/v1.6/permission-access/trigger";
        let answer = user.client.send(Method::POST, path, Some(&jwt), Some(body)).await;
        assert_eq!(answer.status, 202);
        let session = answer.json()["session"]["key"].as_str().unwrap().to_owned();
        let list = unsigned(&user.client, "v1.6", &session).await.json();
        let file = format!("{session}/{}", names(&list)[0]);
        let envelope = unsigned(&user.client, "v1.4", &file).await.json();
        assert_eq!(envelope["compression"] == "gzip", compressed);
        let answer = unsigned(&user.client, "v1.6", &file).await;
        let payload = user.client.decrypt_hashed(&answer.body);
        assert_eq!(metadata(answer.header("x-metadata"))["compression"] == "gzip", compressed);
        assert_eq!(payload.starts_with(&[0x1f, 0x8b]), compressed, "the hash is over what is compressed");
        let accounts = unsigned(&user.client, "v1.4", &format!("{session}/accounts.json")).await.json();
        assert!(accounts.get("compression").is_none());
    }
}

#[tokio::test]
async fn a_session_of_today_is_never_read_without_its_token_whatever_the_path() {
    let world = instant().await;
    let user = consented(&world, ContractKind::Read, "v1.7").await;
    let name = user.file_names(&user.session).await[0].clone();
    for generation in ["v1", "v1.0", "v1.1", "v1.3", "v1.4", "v1.5", "v1.6"] {
        for path in ["", "/accounts.json", &format!("/{name}")] {
            let answer = unsigned(&user.client, generation, &format!("{}{path}", user.session)).await;
            assert_eq!(answer.error(), (404, "SessionInvalid".to_owned()), "{generation} {path}");
        }
    }
    let opened = user.trigger(json!({})).await;
    let refused = unsigned(&user.client, "v1.6", &opened).await;
    assert_eq!(refused.error(), (404, "SessionInvalid".to_owned()), "a triggered one");
}

#[tokio::test]
async fn nothing_is_read_in_an_old_session_after_its_user_was_deleted_or_before_the_consent() {
    let world = instant().await;
    let user = consented(&world, ContractKind::Read, "v1.6").await;
    let name = names(&unsigned(&user.client, "v1.6", &user.session).await.json())[0].clone();
    let (_, waiting) = user.client.authorize().await;
    let paths = |key: &str| [key.to_owned(), format!("{key}/accounts.json"), format!("{key}/{name}")];
    for path in paths(&waiting) {
        assert_eq!(unsigned(&user.client, "v1.5", &path).await.error(), (404, "SessionInvalid".to_owned()));
    }
    let deleted = user.client.call(Method::DELETE, "user", user.claims(json!({}))).await;
    assert_eq!(deleted.status, 204);
    for generation in ["v1", "v1.4", "v1.6"] {
        for path in paths(&user.session) {
            let answer = unsigned(&user.client, generation, &path).await;
            assert_eq!(answer.error(), (404, "SessionInvalid".to_owned()), "{generation} {path}");
        }
    }
}

#[tokio::test]
async fn tokens_are_flat_or_nested_as_the_path_of_the_request_says() {
    let world = instant().await;
    let user = consented(&world, ContractKind::Read, "v1.6").await;
    let refresh = |generation: &str| {
        let client = user.client.speaking(generation);
        let token = user.refresh.clone();
        async move { client.refresh(&token).await.token() }
    };
    for generation in ["v1.4", "v1.5"] {
        let flat = refresh(generation).await;
        assert!(flat["access_token"].is_string() && flat["refresh_token"].is_string());
        assert_eq!(flat["token_type"], "Bearer");
        assert!(flat["expires_on"].as_i64().unwrap() < 100_000_000_000, "seconds");
    }
    for generation in ["v1.6", "v1.7"] {
        let nested = refresh(generation).await;
        assert!(nested["access_token"]["value"].is_string() && nested["consentid"].is_string());
        assert_eq!(nested["identifier"]["id"], nested["sub"]);
    }
}

#[tokio::test]
async fn a_code_is_exchanged_without_verifier_only_where_it_was_authorized_so() {
    let world = instant().await;
    let exchange = |client: RawClient, code: String| async move {
        client
            .call(Method::POST, "oauth/token", json!({"grant_type": "authorization_code", "code": code}))
            .await
    };
    for generation in ["v1.6", "v1.7"] {
        let client = world.raw(ContractKind::Read).speaking(generation);
        let (page, _) = client.authorize().await;
        let callback = world.sandbox.approve(&client.page(&page, PAGE)).unwrap();
        let code = parameter(&callback, "code").unwrap();
        let downgraded = exchange(client.speaking("v1.4"), code.clone()).await;
        assert_eq!(downgraded.error(), (400, "InvalidGrant".to_owned()), "{generation}");
        let missing = exchange(client.clone(), code.clone()).await;
        assert_eq!(missing.error(), (400, "InvalidRequest".to_owned()));
        assert_eq!(client.exchange(&code).await.status, 200, "a refused attempt does not use it up");
    }
    world.sandbox.allow_refusals();
}

#[tokio::test]
async fn a_write_contract_of_the_browser_years_gets_a_postbox_and_later_ones_only_where_expected() {
    let world = instant().await;
    let postbox = |callback: &str| {
        parameter(callback, "postboxId").inspect(|_| {
            let pem = parameter(callback, "publicKey").unwrap();
            assert!(pem.starts_with("-----BEGIN RSA PUBLIC KEY-----"), "{pem}");
        })
    };
    let old =
        RawUser::consent(world.raw(ContractKind::Write).speaking("v1.6"), &world.sandbox, None, "").await;
    assert!(postbox(&old.callback).is_some());
    let read = consented(&world, ContractKind::Read, "v1.6").await;
    assert!(postbox(&read.callback).is_none(), "only a write contract");
    let client = world.raw(ContractKind::Write);
    for (agent, expected) in [
        (json!({ "sdk": { "name": "nodejs", "version": "8.0.0" } }), true),
        (json!({ "sdk": { "name": "nodejs", "version": "9.0.0" } }), false),
        (json!({ "sdk": { "name": "nodejs", "version": "12.2.3" } }), false),
        (json!({ "name": "ios", "version": "5.1.0" }), true),
    ] {
        let jwt = client.sign(&client.claims(RawClient::authorize_claims()));
        let body = json!({ "agent": agent });
        let answer = client.send(Method::POST, "/v1.7/oauth/authorize", Some(&jwt), Some(body)).await;
        let code = answer.token()["preauthorization_code"].as_str().unwrap().to_owned();
        let callback = world.sandbox.approve(&client.page(&code, "")).unwrap();
        assert_eq!(postbox(&callback).is_some(), expected, "{agent}");
    }
}

#[tokio::test]
async fn a_registered_callback_of_the_pages_address_is_followed_and_another_is_not() {
    let world = instant().await;
    let user = consented(&world, ContractKind::Read, "v1.6").await;
    let (registered, evil) = ("http://127.0.0.1:7/other?x=1", "https://evil.test/");
    let encoded = |uri: &str| -> String { url::form_urlencoded::byte_serialize(uri.as_bytes()).collect() };
    for (callback, follows) in [(registered, true), (evil, false)] {
        let more = format!("&callback={}", encoded(callback));
        let (code, _) = user.client.authorize().await;
        let page = user.client.page(&code, &more);
        let failed = world.sandbox.consent(&page).decline().unwrap();
        assert_eq!(failed.starts_with(callback), follows, "{failed}");
        assert!(failed.contains("success=false") && failed.contains("errorCode=USER_CANCEL"));
        let (code, _) = user.client.authorize().await;
        let approved = world.sandbox.approve(&user.client.page(&code, &format!("{more}{PAGE}"))).unwrap();
        assert!(approved.starts_with("http://127.0.0.1:9000/callback?success=true"), "{approved}");
        for decline in [false, true] {
            let (code, _) = user.refer(json!({ "redirect_uri": "http://127.0.0.1:9000/callback" })).await;
            let page = user.page("onboard", &code, &format!("{more}&service=1"));
            let visit = world.sandbox.consent(&page);
            let left = if decline { visit.decline() } else { visit.approve() }.unwrap();
            assert_eq!(left.starts_with(callback), follows, "{left}");
            assert!(left.contains(if decline { "errorCode=USER_CANCEL" } else { "success=true" }), "{left}");
        }
    }
}

#[tokio::test]
async fn a_callback_in_a_jwt_must_be_registered_wherever_a_generation_sends_it() {
    let world = instant().await;
    let user = consented(&world, ContractKind::Read, "v1.6").await;
    let evil = json!({ "redirect_uri": "https://evil.test/" });
    for generation in ["v1.6", "v1.7"] {
        let client = user.client.speaking(generation);
        let answer = client.call(Method::POST, "permission-access/trigger", user.claims(evil.clone())).await;
        match generation {
            "v1.6" => assert_eq!(answer.error(), (404, "InvalidRedirectUri".to_owned())),
            _ => assert_eq!(answer.status, 202),
        }
    }
    for uri in ["digime-ca-mock-app", "digime-ca-mock-app://auth", "digime-ca://callback"] {
        let claims = user.claims(json!({ "redirect_uri": uri }));
        let answer = user.client.call(Method::POST, "permission-access/trigger", claims).await;
        assert_eq!(answer.status, 202, "rule 26: {uri}");
    }
    world.sandbox.allow_refusals();
}

#[tokio::test]
async fn every_body_that_a_trigger_was_ever_sent_is_understood() {
    let world = instant().await;
    let user = consented(&world, ContractKind::Read, "v1.6").await;
    let path = "/v1.6/permission-access/trigger?schemaVersion=5.0.0&prefetch=false";
    let odd = json!({ "scope": { "context": "scope", "timeRanges": [
        { "from": "Jan 1, 2021 12:00:00 AM", "to": "Feb 1, 2021 12:00:00 AM", "last": "1y", "type": "x" }] } });
    let group = json!([{ "id": 1 }]);
    for (body, files) in [
        (Some(json!({})), true),
        (None, true),
        (Some(odd), true),
        (
            Some(
                json!({ "agent": { "name": "ios", "version": "5.0.0" }, "accept": { "compression": "gzip" } }),
            ),
            true,
        ),
        (Some(json!({ "limits": { "duration": { "sourceFetch": 30 } } })), true),
        (Some(json!({ "scope": { "serviceGroups": group } })), false),
        (Some(json!({ "serviceGroups": group })), false),
    ] {
        let jwt = user.client.sign(&user.client.claims(user.claims(json!({}))));
        let answer = user.client.send(Method::POST, path, Some(&jwt), body.clone()).await;
        assert_eq!(answer.status, 202, "{body:?}: {}", answer.text());
        let session = answer.json()["session"]["key"].as_str().unwrap().to_owned();
        let list = unsigned(&user.client, "v1.6", &session).await.json();
        assert_eq!(!names(&list).is_empty(), files, "{body:?}: Spotify is in no social group");
    }
}

#[tokio::test]
async fn a_client_is_told_that_it_is_deprecated_where_the_settings_say_so() {
    let world = World::with(|builder| {
        builder.settings(|settings| settings.agents.deprecated.push("js@4".to_owned()))
    })
    .await;
    let credentials = world.credentials(ContractKind::Read);
    let raw = world.raw(ContractKind::Read);
    for (version, status) in [("4.0.0", "deprecated"), ("3.0.2", "")] {
        let body = json!({
            "appId": credentials.application_id,
            "contractId": credentials.contract_id,
            "sdkAgent": { "name": "js", "version": version, "meta": { "node": "v12.22.1" } },
            "accept": { "compression": "gzip" },
        });
        let answer = raw.send(Method::POST, "/v1.5/permission-access/session", None, Some(body)).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-digi-sdk-status")), (200, status));
        assert_eq!(!answer.header("x-digi-sdk-status-message").is_empty(), !status.is_empty());
    }
}

#[tokio::test]
async fn a_list_that_is_read_once_waits_until_every_file_is_there() {
    let world = World::with(|builder| builder.timeline(Timeline::default())).await;
    let user = consented(&world, ContractKind::Read, "v1.6").await;
    let list = unsigned(&user.client, "v1.0", &user.session).await.json();
    let complete = unsigned(&user.client, "v1.6", &user.session).await.json();
    assert_eq!(complete["status"]["state"], "completed");
    assert_eq!(names(&list), names(&complete));
}

#[tokio::test]
async fn a_list_never_says_pending_to_clients_that_would_stop() {
    let world = World::with(|builder| builder.timeline(Timeline::default())).await;
    let user = consented(&world, ContractKind::Read, "v1.6").await;
    let first = unsigned(&user.client, "v1.4", &user.session).await.json();
    assert_eq!(first, json!({ "status": { "state": "running", "details": {} }, "fileList": [] }));
    let first = unsigned(&user.client, "v1.6", &user.session).await.json();
    assert_eq!(first["status"]["state"], "pending");
}

#[tokio::test]
async fn the_files_are_the_same_in_every_form() {
    let world = instant().await;
    let user = consented(&world, ContractKind::Read, "v1.6").await;
    let name = names(&unsigned(&user.client, "v1.6", &user.session).await.json())[0].clone();
    let file = format!("{}/{name}", user.session);
    let envelope = unsigned(&user.client, "v1.4", &file).await.json();
    let container = STANDARD.decode(envelope["fileContent"].as_str().unwrap()).unwrap();
    let by_envelope = user.client.decrypt_hashed(&container);
    let by_bytes = user.client.decrypt_hashed(&unsigned(&user.client, "v1.5", &file).await.body);
    let today = user.client.speaking("v1.7");
    let claims = user.claims(json!({}));
    let answer = today.call(Method::GET, &format!("permission-access/query/{file}"), claims).await;
    let plain = today.decrypt(&answer.body);
    let mut unzipped = Vec::new();
    let today = match metadata(answer.header("x-metadata"))["compression"].as_str() {
        Some("gzip") => {
            flate2::read::GzDecoder::new(&plain[..]).read_to_end(&mut unzipped).unwrap();
            unzipped
        }
        _ => plain,
    };
    assert!(by_envelope == by_bytes && by_bytes == today);
}

#[tokio::test]
async fn what_was_not_answered_is_let_through_again_as_it_was_and_nothing_else() {
    use digime_mock_server::{Fault, Operation};
    let world = instant().await;
    let user = consented(&world, ContractKind::Read, "v1.7").await;
    let path = format!("/v1.7/permission-access/query/{}", user.session);
    let claims = user.client.claims(user.claims(json!({})));
    let send = |claims: Value, path: String| {
        let jwt = user.client.sign(&claims);
        let client = user.client.clone();
        async move { (jwt.clone(), client.send(Method::GET, &path, Some(&jwt), None).await) }
    };
    for status in [408, 413, 429, 500, 503] {
        let claims = user.client.claims(user.claims(json!({})));
        world.sandbox.inject(Fault::on(Operation::READ_FILE_LIST).times(1).status(status));
        let (jwt, answer) = send(claims.clone(), path.clone()).await;
        assert_eq!(answer.status.as_u16(), status);
        let (_, signed_anew) = send(claims.clone(), path.clone()).await;
        assert_eq!(
            signed_anew.error(),
            (400, "InvalidRequest".to_owned()),
            "the same nonce, another signature"
        );
        let again = user.client.send(Method::GET, &path, Some(&jwt), None).await;
        assert_eq!(again.status, 200, "{status}: {}", again.text());
        let once_more = user.client.send(Method::GET, &path, Some(&jwt), None).await;
        assert_eq!(once_more.error(), (400, "InvalidRequest".to_owned()));
    }
    world.sandbox.inject(Fault::on(Operation::READ_FILE_LIST).times(1).status(404));
    let (jwt, _) = send(claims, path.clone()).await;
    let again = user.client.send(Method::GET, &path, Some(&jwt), None).await;
    assert_eq!(again.error(), (400, "InvalidRequest".to_owned()), "404 was an answer");
    for generation in ["v1.4", "v1.6"] {
        let jwt = user
            .client
            .sign(&user.client.claims(json!({ "grant_type": "refresh_token", "refresh_token": "x" })));
        let path = format!("/{generation}/oauth/token");
        for expected in [(401, "InvalidToken"), (400, "InvalidRequest")] {
            let answer = user.client.send(Method::POST, &path, Some(&jwt), None).await;
            assert_eq!(answer.error(), (expected.0, expected.1.to_owned()), "{generation}");
        }
    }
    world.sandbox.allow_refusals();
}

#[tokio::test]
async fn an_exchange_without_verifier_still_checks_one_that_is_sent() {
    let world = instant().await;
    let client = world.raw(ContractKind::Read).speaking("v1.6");
    let (page, _) = client.authorize().await;
    let callback = world.sandbox.approve(&client.page(&page, PAGE)).unwrap();
    let code = parameter(&callback, "code").unwrap();
    let claims =
        json!({"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER.to_lowercase()});
    let answer = client.speaking("v1.4").call(Method::POST, "oauth/token", claims).await;
    assert_eq!(answer.error(), (400, "InvalidGrant".to_owned()));
    world.sandbox.allow_refusals();
}

#[tokio::test]
async fn what_an_older_request_names_must_be_there() {
    let world = instant().await;
    let user = consented(&world, ContractKind::Read, "v1.6").await;
    let evil = "https://evil.test/";
    let refresh =
        json!({ "grant_type": "refresh_token", "refresh_token": user.refresh, "redirect_uri": evil });
    let refused = user.client.call(Method::POST, "oauth/token", refresh).await;
    assert_eq!(refused.error(), (404, "InvalidRedirectUri".to_owned()));
    let refused =
        user.client.call(Method::DELETE, "user", user.claims(json!({ "redirect_uri": evil }))).await;
    assert_eq!(refused.error(), (404, "InvalidRedirectUri".to_owned()));
    let named = user.claims(json!({ "session_key": "unknown" }));
    let refused = user.client.speaking("v1.4").call(Method::POST, "permission-access/trigger", named).await;
    assert_eq!(refused.error(), (404, "SessionInvalid".to_owned()));
    for (application, contract, code) in [
        ("mock-app", "unknown", "InvalidContractId"),
        ("unknown", "mock-read-contract", "InvalidConsentAccessApplication"),
    ] {
        let body = json!({ "appId": application, "contractId": contract });
        let path = "/v1.4/permission-access/session";
        let refused = user.client.send(Method::POST, path, None, Some(body)).await;
        assert_eq!(refused.error(), (404, code.to_owned()));
    }
}

#[tokio::test]
async fn a_trigger_opens_the_session_that_it_names_for_its_user_and_again_without_harm() {
    let world = instant().await;
    let user = consented(&world, ContractKind::Read, "v1.6").await;
    let other = consented(&world, ContractKind::Read, "v1.6").await;
    let credentials = world.credentials(ContractKind::Read);
    let body = json!({ "appId": credentials.application_id, "contractId": credentials.contract_alias });
    let path = "/v1.4/permission-access/session";
    let opened = user.client.send(Method::POST, path, None, Some(body)).await.json();
    let key = opened["sessionKey"].as_str().unwrap().to_owned();
    let trigger = |user: &RawUser| {
        let (client, claims) = (user.client.speaking("v1.4"), user.claims(json!({ "session_key": key })));
        let path = "permission-access/trigger?schemaVersion=5.0.0&prefetch=false";
        async move { client.call(Method::POST, path, claims).await }
    };
    for _ in 0..2 {
        let triggered = trigger(&user).await;
        assert_eq!((triggered.status.as_u16(), triggered.text().as_str()), (202, "{}"));
    }
    assert_eq!(trigger(&other).await.error(), (404, "SessionInvalid".to_owned()));
    let list = unsigned(&user.client, "v1.4", &key).await.json();
    assert!(!names(&list).is_empty());
}
