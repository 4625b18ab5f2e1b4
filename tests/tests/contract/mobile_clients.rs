//! What the mobile clients of today send, and what they can read.

use std::time::Duration;

use digime_mock_server::{ContractKind, Operation};
use digime_tests::raw_client::RawClient;
use digime_tests::{RawUser, World};
use reqwest::Method;
use serde_json::json;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn a_token_that_ran_out_consents_again_to_the_same_library_and_an_unknown_one_does_not() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let before = user.accounts().await;
    world.sandbox.clock().advance(DAY * 31);
    let refused = user.call(Method::GET, "permission-access/accounts").await;
    assert_eq!(refused.error(), (401, "InvalidToken".to_owned()));
    let page = "&service=16&sampleDataSet=default&sampleDataAutoOnboard=true";
    let again = RawUser::consent(user.client.clone(), &world.sandbox, Some(&user.access), page).await;
    let accounts = again.accounts().await;
    assert!(accounts.iter().any(|account| account["id"] == before[0]["id"]), "the library is another");
    let mut claims = RawClient::authorize_claims();
    claims["access_token"] = json!("unknown");
    let refused = user.client.call(Method::POST, "oauth/authorize", claims).await;
    assert_eq!(refused.error(), (401, "InvalidToken".to_owned()));
}

#[tokio::test]
async fn every_session_has_an_unlisted_encrypted_file_of_the_accounts() {
    let world = World::new().await;
    for kind in [ContractKind::Read, ContractKind::ReadRaw, ContractKind::OneOff, ContractKind::Write] {
        let user = world.raw_user(kind).await;
        if kind.reads() {
            let names = user.file_names(&user.session).await;
            assert!(!names.contains(&"accounts.json".to_owned()));
        }
        let answer = user.file(&user.session, "accounts.json").await;
        assert_eq!(answer.status, 200, "{kind}: {}", answer.text());
        assert!(answer.body.len() >= 352 && !answer.header("x-metadata").is_empty(), "{kind}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("accounts"), "it is encrypted");
        let refused = user.file("unknown", "accounts.json").await;
        assert_eq!(refused.error(), (404, "SessionInvalid".to_owned()));
    }
}

#[tokio::test]
async fn android_opens_a_session_before_a_write_in_which_nothing_can_be_read() {
    let world = World::new().await;
    let credentials = world.credentials(ContractKind::Read);
    let user = world.raw_user(ContractKind::Read).await;
    let mut body = json!({
        "appId": credentials.application_id,
        "contractId": credentials.contract_id,
        "accept": { "compression": "gzip" },
        "sdkAgent": { "name": "android", "version": "4.1.0" },
    });
    let path = "/v1.7/permission-access/session";
    let answer = user.client.send(Method::POST, path, None, Some(body.clone())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let opened = answer.json();
    assert!(opened["expiry"].is_i64() && opened["sessionExchangeToken"].is_string());
    let list = user.file_list(opened["sessionKey"].as_str().unwrap()).await.json();
    assert!(list["status"]["state"] == "pending" && list["fileList"].is_null(), "{list}");
    body["contractId"] = json!("unknown");
    let refused = user.client.send(Method::POST, path, None, Some(body.clone())).await;
    assert_eq!(refused.error(), (404, "InvalidContractId".to_owned()), "the application is the sandbox's");
    body["appId"] = json!("unknown");
    let refused = user.client.send(Method::POST, path, None, Some(body)).await;
    assert_eq!(refused.error(), (404, "InvalidConsentAccessApplication".to_owned()));
    let refused = user.client.send(Method::POST, path, None, Some(json!({}))).await;
    assert_eq!(refused.error(), (400, "ValidationErrors".to_owned()));
    // The refusal of the wrong contract is the sandbox's too; that of the wrong application is not.
    world.sandbox.requests().of(Operation::OPEN_SESSION).expect(2);
}

#[tokio::test]
async fn the_session_of_older_clients_is_refused_as_every_other_that_opens_one() {
    let refusing = |builder: digime_mock_server::MockServerBuilder| {
        builder.settings(|settings| {
            settings.agents.refused.push("homemade".to_owned());
            settings.agents.outdated.push("android@4.".to_owned());
            for contract in settings.applications.iter_mut().flat_map(|it| &mut it.contracts) {
                contract.service_groups = vec![5];
            }
        })
    };
    let world = World::with(refusing).await;
    let credentials = world.credentials(ContractKind::Read);
    let raw = world.raw(ContractKind::Read);
    let beyond = json!({ "serviceGroups": [{ "id": 1 }] });
    for (name, version, scope, expected) in [
        ("homemade", "1.0.0", json!({}), (400, "SDKInvalid")),
        ("android", "4.1.0", json!({}), (403, "SDKVersionInvalid")),
        ("android", "5.0.0", beyond, (400, "ScopeOutOfBounds")),
    ] {
        let body = json!({
            "appId": credentials.application_id,
            "contractId": credentials.contract_id,
            "scope": scope,
            "sdkAgent": { "name": name, "version": version },
        });
        let answer = raw.send(Method::POST, "/v1.7/permission-access/session", None, Some(body)).await;
        assert_eq!(answer.error(), (expected.0, expected.1.to_owned()), "{name} {version}");
    }
}

#[tokio::test]
async fn a_client_may_move_with_the_sandboxs_clock_and_its_requests_are_no_replay_later() {
    let world = World::new().await;
    let client = world.raw(ContractKind::Read);
    let now = || std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64;
    let sources = "/v1.7/discovery/countries";
    let ahead = now() + DAY.as_millis() as u64;
    let jwt = client.sign(&client.claims(json!({ "timestamp": ahead })));
    let send = || client.send(Method::POST, sources, Some(&jwt), None);
    world.sandbox.clock().advance(DAY);
    assert_eq!(send().await.status, 200, "fresh by the sandbox's clock");
    assert_eq!(client.call(Method::POST, "discovery/countries", json!({})).await.status, 200);
    world.sandbox.reset();
    world.sandbox.clock().advance(DAY);
    let replayed = send().await;
    assert_eq!(replayed.error(), (400, "InvalidRequest".to_owned()));
    assert!(replayed.text().contains("already been used"), "{}", replayed.text());
    let between = client.claims(json!({ "timestamp": ahead - DAY.as_millis() as u64 / 2 }));
    let stale = client.send(Method::POST, sources, Some(&client.sign(&between)), None).await;
    assert_eq!(stale.error(), (400, "InvalidRequest".to_owned()));
}
