//! The client report: a client that behaves passes every check, and every misbehaviour is found.

use std::time::Duration;

use digime::PushMetadata;
use digime::storage::StoragePath;
use digime_mock_server::conduct::{CheckOutcome, ClientCheck, Offence};
use digime_mock_server::{ContractKind, Fault, Operation, Timeline};
use digime_tests::raw_client::{RawClient, VERIFIER, parameter};
use digime_tests::raw_user::SAMPLE;
use digime_tests::world::default_sandbox_is_shared;
use digime_tests::{RawUser, World};
use jsonwebtoken::Algorithm;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The offences of the read contract's client against a check.
fn offences(world: &World, check: ClientCheck) -> Vec<Offence> {
    let report = world.sandbox.client_report();
    let client = report.contract(&world.credentials(ContractKind::Read).contract_id).unwrap();
    let found = client.check(check).unwrap();
    assert_eq!(found.offences.len() as u64, found.failed.min(5));
    found.offences.clone()
}

/// Exactly one request of the client was an offence against a check, and it was the last.
#[track_caller]
fn assert_last_was_the_offence(world: &World, check: ClientCheck) -> Offence {
    let [offence] = &offences(world, check)[..] else { panic!("{check:?}: {:?}", offences(world, check)) };
    let requests = world.sandbox.requests();
    let last = requests.list().into_iter().rfind(|entry| entry.verdict.claims.is_some()).unwrap().clone();
    assert_eq!((offence.sequence, offence.operation), (last.sequence, last.operation), "{check:?}");
    assert_eq!(offence.reference, last.refusal.map(|refusal| refusal.reference));
    offence.clone()
}

#[tokio::test]
async fn our_sdk_passes_every_check() {
    let unfolding = Timeline { pending: Duration::from_secs(2), running: Duration::from_secs(2) };
    let world = World::with(|builder| builder.timeline(unfolding)).await;
    let clock = world.sandbox.clock();
    let (client, contract) = (world.client(), world.contract(ContractKind::Read));
    client.query_sources(&contract, &digime::discovery::SourcesQuery::new()).await.unwrap();
    let (user, session) = world.user(ContractKind::Read).await;
    world.user(ContractKind::Read).await;
    // The client waits for three seconds; here, the clock is moved.
    while !user.read_file_list(&session.key).await.unwrap().status.state.is_final() {
        clock.advance(Duration::from_secs(3));
    }
    let list = user.read_file_list(&session.key).await.unwrap();
    user.read_file(&session.key, &list.files[0].name).await.unwrap();
    user.read_file_metadata(&session.key, &list.files[0].name).await.unwrap();

    let busy = Fault::on(Operation::READ_ACCOUNTS).times(1).status(429).retry_after(Duration::from_secs(1));
    world.sandbox.inject(busy);
    user.read_accounts().await.unwrap();
    clock.advance(Duration::from_secs(24 * 3600));
    let (one, two) = tokio::join!(user.read_accounts(), user.read_session(digime::SessionOptions::new()));
    assert!(one.is_ok() && two.is_ok());
    world.sandbox.requests().of(Operation::TOKEN).expect(3);

    let report = world.sandbox.client_report();
    let id = world.credentials(ContractKind::Read).contract_id;
    let conduct = report.contract(&id).unwrap();
    // Only older generations have lists that are read once.
    let exercised: Vec<_> =
        ClientCheck::ALL.iter().copied().filter(|check| *check != ClientCheck::CompleteList).collect();
    assert_eq!(conduct.with_outcome(CheckOutcome::Passed), exercised, "{conduct:#?}");
    assert_eq!(conduct.application_id, Some(world.sandbox.application_id()));
    if default_sandbox_is_shared() {
        return;
    }
    // The key set is asked for without a contract, once by each client.
    let nameless = world.server.default_sandbox().client_report();
    let [nameless] = &nameless.clients[..] else { panic!("{nameless:#?}") };
    assert_eq!((nameless.contract_id.as_deref(), nameless.requests), (None, 2));
    assert_eq!(nameless.with_outcome(CheckOutcome::Failed), []);
}

#[tokio::test]
async fn our_sdks_storage_and_push_pass_what_they_exercise() {
    let world = World::new().await;
    let (user, _) = world.user(ContractKind::Write).await;
    user.push_to_library(&PushMetadata::new("text/plain"), b"x".to_vec()).await.unwrap();
    let (client, contract) = (world.client(), world.contract(ContractKind::Read));
    let storage = client.create_provisional_storage(&contract).await.unwrap();
    let files = client.storage_files(&contract, &storage.id);
    let path = StoragePath::new("/a.txt").unwrap();
    files.upload(&path, b"hello".to_vec()).await.unwrap();
    files.list(&path.folder()).await.unwrap();
    files.download(&path).await.unwrap();
    files.delete_file(&path).await.unwrap();
    for client in world.sandbox.client_report().clients {
        assert_eq!(client.with_outcome(CheckOutcome::Failed), [], "{client:#?}");
    }
}

#[tokio::test]
async fn a_signature_that_is_not_as_it_should_be_is_found() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let claims = raw.claims(json!({}));
    let jwt = raw.sign(&claims);
    for _ in 0..2 {
        raw.send(Method::GET, "/v1.7/permission-access/contract", Some(&jwt), None).await;
    }
    let offence = assert_last_was_the_offence(&world, ClientCheck::FreshNonce);
    assert!(offence.reference.is_some() && !offence.detail.contains(claims["nonce"].as_str().unwrap()));

    raw.call(Method::GET, "permission-access/contract", json!({"timestamp": 1})).await;
    assert_last_was_the_offence(&world, ClientCheck::TimestampInRange);

    let jwt = raw.sign_with(Algorithm::RS512, &raw.claims(json!({})));
    raw.send(Method::GET, "/v1.7/permission-access/contract", Some(&jwt), None).await;
    assert_last_was_the_offence(&world, ClientCheck::Ps512);
    let stranger = RawClient::with_key(&raw.origin, &raw.client_id, digime_fixtures::keys::OTHER.private_pem);
    stranger.call(Method::GET, "permission-access/contract", json!({})).await;
    assert_eq!(offences(&world, ClientCheck::Ps512).len(), 2);
}

#[tokio::test]
async fn a_nonce_that_is_sent_again_after_a_lost_answer_is_found_though_it_is_accepted() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let jwt = raw.sign(&raw.claims(json!({})));
    world.sandbox.inject(Fault::on(Operation::CONTRACT_DETAILS).times(1).status(503));
    raw.send(Method::GET, "/v1.7/permission-access/contract", Some(&jwt), None).await;
    let again = raw.send(Method::GET, "/v1.7/permission-access/contract", Some(&jwt), None).await;
    assert_eq!(again.status, 200);
    assert_last_was_the_offence(&world, ClientCheck::FreshNonce);
}

/// Authorizes with these claims, and gives the authorization code.
async fn code(world: &World, raw: &RawClient, claims: Value) -> String {
    let mut all = RawClient::authorize_claims();
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    let answer = raw.call(Method::POST, "oauth/authorize", all).await;
    let page = answer.token()["preauthorization_code"].as_str().unwrap().to_owned();
    parameter(&world.sandbox.approve(&raw.page(&page, SAMPLE)).unwrap(), "code").unwrap()
}

fn challenge(verifier: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

#[tokio::test]
async fn weak_pkce_is_found() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let weak = "abc".repeat(15);
    let code_of_weak = code(&world, &raw, json!({"code_challenge": challenge(&weak), "state": "a"})).await;
    let claims = json!({"grant_type": "authorization_code", "code": code_of_weak, "code_verifier": weak});
    assert_eq!(raw.call(Method::POST, "oauth/token", claims).await.status, 200);
    let offence = assert_last_was_the_offence(&world, ClientCheck::Pkce);
    assert!(offence.detail.contains("71 bits") && !offence.detail.contains(&weak), "{}", offence.detail);

    code(&world, &raw, json!({"state": "b"})).await;
    code(&world, &raw, json!({"state": "c"})).await;
    assert_eq!(offences(&world, ClientCheck::Pkce).len(), 2);
    assert_eq!(offences(&world, ClientCheck::State), []);
}

#[tokio::test]
async fn a_state_that_is_missing_or_used_twice_is_found() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    code(&world, &raw, json!({"state": null})).await;
    assert_last_was_the_offence(&world, ClientCheck::State);
    for verifier in ["x", "y"] {
        code(&world, &raw, json!({"code_challenge": challenge(verifier)})).await;
    }
    assert_eq!(offences(&world, ClientCheck::State).len(), 2);
}

#[tokio::test]
async fn a_code_that_is_exchanged_twice_is_found() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let code = code(&world, &raw, json!({})).await;
    for _ in 0..2 {
        raw.exchange(&code).await;
    }
    assert_last_was_the_offence(&world, ClientCheck::CodeExchangedOnce);
    assert_eq!(offences(&world, ClientCheck::Pkce), [], "{VERIFIER} belongs to this code");
}

#[tokio::test]
async fn a_refresh_that_comes_too_early_or_with_an_old_token_is_found() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    user.client.refresh(&user.refresh).await;
    let offence = assert_last_was_the_offence(&world, ClientCheck::RefreshAfterExpiry);
    assert!(offence.detail.contains("23h 59m"), "{}", offence.detail);
    world.sandbox.clock().advance(Duration::from_secs(61));
    user.client.refresh(&user.refresh).await;
    assert_last_was_the_offence(&world, ClientCheck::CurrentRefreshToken);
}

#[tokio::test]
async fn polling_without_a_pause_is_found() {
    let world = World::with(|builder| builder).await;
    let user = world.raw_user(ContractKind::Read).await;
    for _ in 0..2 {
        user.file_list(&user.session).await;
    }
    assert_last_was_the_offence(&world, ClientCheck::PollingInterval);
}

#[tokio::test]
async fn who_does_not_wait_when_told_to_is_found() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let busy = Fault::on(Operation::READ_ACCOUNTS).times(1).status(503).retry_after(Duration::from_secs(60));
    world.sandbox.inject(busy);
    for _ in 0..2 {
        user.call(Method::GET, "permission-access/accounts").await;
    }
    let offence = assert_last_was_the_offence(&world, ClientCheck::RetryAfter);
    assert!(offence.detail.ends_with("not 1m"), "{}", offence.detail);
}

#[tokio::test]
async fn what_older_clients_used_is_found() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let contract_id = world.credentials(ContractKind::Read).contract_id;
    // Neither has a JWT: the header and the path say whose it is.
    let services = raw.request(Method::GET, "/v1.7/discovery/services", None);
    services.header("contractId", &contract_id).send().await.unwrap();
    let path = format!("/v1.7/permission-access/contract/{contract_id}/{}", world.sandbox.application_id());
    raw.send(Method::GET, &path, None, None).await;
    let jwt = raw.sign(&raw.claims(json!({})));
    raw.send(Method::POST, "/v1.5/oauth/token", Some(&jwt), None).await;
    let found = offences(&world, ClientCheck::CurrentEndpoints);
    let operations: Vec<_> = found.iter().map(|offence| offence.operation).collect();
    assert_eq!(
        operations,
        [
            Some(Operation::AVAILABLE_SERVICES),
            Some(Operation::NAMED_CONTRACT_DETAILS),
            Some(Operation::TOKEN)
        ]
    );
}

#[tokio::test]
async fn what_is_missing_in_a_request_or_too_much_in_its_url_is_found() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let accept = offences(&world, ClientCheck::AcceptHeader);
    assert!(accept[0].detail.contains("*/*"), "{accept:?}");
    let agent = offences(&world, ClientCheck::Agent);
    assert_eq!(agent.iter().map(|it| it.operation).collect::<Vec<_>>(), [Some(Operation::AUTHORIZE)]);

    user.call(Method::GET, &format!("permission-access/accounts?access_token={}", user.access)).await;
    let offence = assert_last_was_the_offence(&world, ClientCheck::NoSecretInUrl);
    assert!(!offence.detail.contains(&user.access));
}

#[tokio::test]
async fn the_report_over_http_is_the_one_of_the_handle_and_a_reset_forgets_it() {
    let world = World::new().await;
    let user: RawUser = world.raw_user(ContractKind::Read).await;
    let path = format!("/__admin/client-report?sandbox={}", world.sandbox.id());
    let answer = user.client.send(Method::GET, &path, None, None).await;
    let report = answer.json();
    assert_eq!(report, serde_json::to_value(world.sandbox.client_report()).unwrap());
    let checks = report["clients"][0]["checks"].as_array().unwrap();
    assert_eq!(checks.len(), ClientCheck::ALL.len());
    let agent = checks.iter().find(|it| it["check"] == "agent").unwrap();
    assert_eq!((&agent["outcome"], &agent["failed"]), (&json!("failed"), &json!(1)));
    let secrets = [&user.access, &user.refresh, &user.session];
    assert!(secrets.into_iter().all(|secret| !answer.text().contains(secret.as_str())));
    world.sandbox.reset();
    assert!(world.sandbox.client_report().clients.is_empty());
}
