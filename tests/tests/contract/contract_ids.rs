//! Contracts under their second id, which clients need that accept only `A-Z a-z 0-9 _`, 6 to 63 of them.

use digime::{Contract, PrivateKey};
use digime_mock_server::{ContractCredentials, ContractKind, Credentials, Operation, SandboxHandle};
use digime_tests::raw_client::RawClient;
use digime_tests::raw_user::SAMPLE;
use digime_tests::{CloudClient, RawUser, World};
use reqwest::Method;
use serde_json::json;

fn under_alias(credentials: &Credentials, kind: ContractKind) -> ContractCredentials {
    let mut contract = credentials.contract(kind).unwrap().clone();
    contract.contract_id.clone_from(&contract.contract_alias);
    contract
}

fn sandboxes(world: &World) -> [&SandboxHandle; 2] {
    [&world.sandbox, world.server.default_sandbox()]
}

#[tokio::test]
async fn every_contract_of_every_sandbox_has_an_id_that_all_clients_accept() {
    let world = World::new().await;
    for sandbox in sandboxes(&world) {
        let credentials = sandbox.credentials();
        for contract in &credentials.contracts {
            let alias = &contract.contract_alias;
            assert!((6..=63).contains(&alias.len()), "{alias}");
            assert!(alias.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{alias}");
        }
        // Callbacks to phones begin with digime-ca-<application id>, which is a URI scheme.
        let id = &credentials.application_id;
        assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')), "{id}");
    }
    let standard = world.server.credentials();
    let read = standard.contract(ContractKind::Read).unwrap();
    assert_eq!(
        (read.contract_id.as_str(), read.contract_alias.as_str()),
        ("mock-read-contract", "mock_read_contract")
    );
}

#[tokio::test]
async fn a_client_reads_under_the_second_id() {
    let world = World::new().await;
    for sandbox in sandboxes(&world) {
        let contract = under_alias(&sandbox.credentials(), ContractKind::Read);
        let client = RawClient::new(&world.server.url(), &contract);
        let user = RawUser::consent(client, sandbox, None, SAMPLE).await;
        assert!(!user.file_names(&user.session).await.is_empty());
    }
}

#[tokio::test]
async fn both_ids_are_one_contract() {
    let world = World::new().await;
    let sandbox = &world.sandbox;
    let own = world.raw_user(ContractKind::Read).await;
    let contract = under_alias(&sandbox.credentials(), ContractKind::Read);
    let alias = RawClient::new(&world.server.url(), &contract);
    // A token that was given out under the one is good under the other.
    let claims = own.claims(json!({}));
    let accounts = alias.call(Method::GET, "permission-access/accounts", claims).await;
    assert_eq!(accounts.status, 200, "{}", accounts.text());

    let body = json!({ "appId": contract.application_id, "contractId": contract.contract_id });
    let opened = alias.send(Method::POST, "/v1.7/permission-access/session", None, Some(body)).await;
    assert_eq!(opened.status, 200, "{}", opened.text());
    let session = opened.json()["sessionKey"].as_str().unwrap().to_owned();
    assert!(session.starts_with(sandbox.id()), "the sandbox is found by it: {session}");

    let path =
        format!("/v1.7/permission-access/contract/{}/{}", contract.contract_id, contract.application_id);
    let details = alias.send(Method::GET, &path, None, None).await;
    assert_eq!(details.status, 200, "{}", details.text());
    let services = alias.request(Method::GET, "/v1.7/discovery/services", None);
    let services = services.header("contractId", &contract.contract_id).send().await.unwrap();
    assert_eq!(services.status(), 200);
    sandbox.requests().of(Operation::AVAILABLE_SERVICES).expect(1);
    sandbox.requests().expect_no_refusal();
}

#[tokio::test]
async fn a_storage_is_asked_under_the_second_id() {
    let world = World::new().await;
    let contract = under_alias(&world.sandbox.credentials(), ContractKind::Read);
    let cloud = CloudClient::new(&world.server.url(), &contract);
    let answer = cloud.download("unknown", "/a").await;
    assert_eq!(answer.storage_error(), (404, "NotFound".to_owned()), "the JWT is taken");
}

#[tokio::test]
async fn our_sdk_takes_the_second_id() {
    let world = World::new().await;
    let credentials = under_alias(&world.sandbox.credentials(), ContractKind::Read);
    let key = PrivateKey::from_pem(credentials.private_key.as_deref().unwrap()).unwrap();
    let contract = Contract::new(credentials.contract_id, key).unwrap();
    let client = world.client();
    let authorization = client.authorize_url(&contract, World::sample("default")).await.unwrap();
    let location = world.sandbox.approve(authorization.url.as_str()).unwrap();
    let session = authorization.session.clone();
    let user = client.connect(authorization.callback(&location).unwrap()).await.unwrap();
    assert!(!World::read_all(&user, &session.key).await.files.is_empty());
}
