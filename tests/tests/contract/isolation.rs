//! Sandboxes and servers do not see each other.

use std::time::Duration;

use digime_mock_server::{ContractKind, Fault, MockServer, Operation, Timeline};
use digime_tests::world::default_sandbox_is_shared;
use digime_tests::{RawClient, World};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;

#[tokio::test]
async fn a_hundred_servers_live_in_one_process() {
    let servers = join_all((0..100).map(|_| MockServer::builder().timeline(Timeline::INSTANT).start())).await;
    // Whoever connects and then sends nothing for 30 s is hung up on: all at once may, on a busy machine.
    let flows = stream::iter(&servers).map(|server| async move {
        let contract = server.credentials().contract(ContractKind::Read).unwrap().clone();
        let raw = RawClient::new(&server.url(), &contract);
        let (code, _) = raw.authorize().await;
        let callback = server.approve(&raw.page(&code, "")).unwrap();
        let code = digime_tests::raw_client::parameter(&callback, "code").unwrap();
        raw.exchange(&code).await.token()["access_token"]["value"].as_str().unwrap().to_owned()
    });
    let tokens: std::collections::HashSet<_> = flows.buffer_unordered(10).collect().await;
    assert_eq!(tokens.len(), 100);
}

#[tokio::test]
async fn a_server_is_gone_when_it_is_dropped() {
    let server = MockServer::start().await;
    let url = format!("{}/__admin/health", server.url());
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
    drop(server);
    assert!(reqwest::get(&url).await.unwrap_err().is_connect());
}

#[tokio::test]
async fn sandboxes_of_one_server_share_nothing() {
    let world = World::new().await;
    let other = world.server.sandbox().await;
    other.clock().advance(Duration::from_secs(40 * 86_400));
    other.inject(Fault::on(Operation::READ_ACCOUNTS).status(500));

    let (user, _) = world.user(ContractKind::Read).await;
    assert_eq!(user.read_accounts().await.unwrap().len(), 1);
    assert_eq!(other.requests().count(), 0);
    // On one database the other tests are in it, too.
    if !default_sandbox_is_shared() {
        let of_default = world.server.default_sandbox().requests();
        assert_eq!(of_default.of(Operation::READ_ACCOUNTS).count(), 0);
    }

    let stranger =
        RawClient::new(&world.server.url(), other.credentials().contract(ContractKind::Read).unwrap());
    other.clear_faults();
    let claims = json!({"access_token": user.token().access_token.value.expose()});
    let answer = stranger.call(reqwest::Method::GET, "permission-access/accounts", claims).await;
    assert_eq!(answer.error(), (401, "InvalidToken".to_owned()));
}

#[tokio::test]
async fn a_reset_forgets_users_and_faults_and_keeps_the_credentials() {
    let world = World::new().await;
    let (user, _) = world.user(ContractKind::Read).await;
    world.sandbox.inject(Fault::on(Operation::AUTHORIZE).status(500));
    world.sandbox.clock().advance(Duration::from_secs(7200));
    world.sandbox.reset();
    assert_eq!(world.sandbox.requests().count(), 0);
    assert_eq!(world.sandbox.clock().offset(), Duration::ZERO);
    assert!(user.read_accounts().await.unwrap_err().needs_reauthorization());
    world.user(ContractKind::Read).await;
}
