//! Injected faults, and what the SDK makes of them.

use std::time::Duration;

use digime::{ErrorKind, RetryPolicy};
use digime_mock_server::{ContractKind, Fault, Operation};
use digime_tests::World;
use insta::assert_snapshot;

#[tokio::test]
async fn a_corrupted_file_is_a_decryption_error_and_the_others_arrive() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let list = user.read_file_list(&session.key).await.unwrap();
    let victim = &list.files[0].name;
    world.sandbox.inject(Fault::on(Operation::READ_FILE).file(victim.as_str()).corrupt());
    let all = World::read_all(&user, &session.key).await;
    assert_eq!(all.failures.len(), 1);
    assert_eq!(&all.failures[0].name, victim);
    assert_eq!(all.failures[0].error.kind(), ErrorKind::Decrypt);
    assert_eq!(all.files.len(), list.files.len() - 1);
}

#[tokio::test]
async fn a_truncated_file_is_a_decryption_error() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let list = user.read_file_list(&session.key).await.unwrap();
    world.sandbox.inject(Fault::on(Operation::READ_FILE).truncate());
    let error = user.read_file(&session.key, &list.files[0].name).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decrypt);
}

#[tokio::test]
async fn a_server_that_is_unavailable_twice_is_asked_a_third_time() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    world.sandbox.inject(Fault::on(Operation::READ_FILE_LIST).times(2).status(503));
    user.read_file_list(&session.key).await.unwrap();
    world.sandbox.requests().of(Operation::READ_FILE_LIST).expect(3);
    let nonces: std::collections::HashSet<_> = world
        .sandbox
        .requests()
        .of(Operation::READ_FILE_LIST)
        .list()
        .iter()
        .map(|entry| serde_json::to_value(entry).unwrap()["claims"]["nonce"].to_string())
        .collect();
    assert_eq!(nonces.len(), 3, "every attempt is signed anew");
}

#[tokio::test]
async fn a_session_request_is_not_repeated() {
    let world = World::new().await;
    let (user, _) = world.user(ContractKind::Read).await;
    world.sandbox.inject(Fault::on(Operation::READ_SESSION).status(503));
    let error = user.read_session(digime::SessionOptions::new()).await.unwrap_err();
    assert_eq!((error.status(), error.attempts()), (Some(503), 1));
    world.sandbox.requests().of(Operation::READ_SESSION).expect(1);
}

#[tokio::test]
async fn a_rate_limit_is_obeyed() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let fault = Fault::on(Operation::READ_FILE_LIST).times(1).status(429).retry_after(Duration::from_secs(1));
    world.sandbox.inject(fault);
    user.read_file_list(&session.key).await.unwrap();
    let requests = world.sandbox.requests().of(Operation::READ_FILE_LIST);
    let times: Vec<jiff::Timestamp> =
        requests.list().iter().map(|entry| entry.time.parse().unwrap()).collect();
    assert_eq!(times.len(), 2);
    assert!(times[1].duration_since(times[0]) >= jiff::SignedDuration::from_millis(1000));
}

#[tokio::test]
async fn a_wait_longer_than_the_policy_allows_is_told_and_not_waited() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let fault = Fault::on(Operation::READ_FILE_LIST).status(429).retry_after(Duration::from_secs(3600));
    world.sandbox.inject(fault);
    let error = user.read_file_list(&session.key).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(error.api().unwrap().code.as_str(), "TooManyRequests");
    world.sandbox.requests().of(Operation::READ_FILE_LIST).expect(1);
}

#[tokio::test]
async fn a_connection_lost_in_the_middle_of_a_file_is_made_again() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let list = user.read_file_list(&session.key).await.unwrap();
    world.sandbox.inject(Fault::on(Operation::READ_FILE).times(1).disconnect());
    let file = user.read_file(&session.key, &list.files[0].name).await.unwrap();
    assert!(!file.is_empty());
    world.sandbox.requests().of(Operation::READ_FILE).expect(2);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_a_timeout() {
    let world = World::new().await;
    let (user, _) = world.user(ContractKind::Read).await;
    world.sandbox.inject(Fault::on(Operation::READ_ACCOUNTS).delay(Duration::from_secs(60)));
    let urls = world.sandbox.credentials().urls;
    let hasty = digime::Client::builder(world.sandbox.application_id())
        .api_url(urls.api)
        .timeout(Duration::from_millis(300))
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let user = hasty.user(&world.contract(ContractKind::Read), user.token());
    assert_eq!(user.read_accounts().await.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn the_transcript_of_a_fault() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let sandbox = &world.sandbox;
    sandbox.inject(
        Fault::on(Operation::READ_FILE_LIST).times(1).status(500).error("Broken", "Broken on purpose"),
    );
    user.read_file_list(&session.key).await.unwrap();
    let transcript = world.transcript();
    let lists: Vec<_> =
        transcript.split("\n\n").filter(|part| part.starts_with("GET") && part.contains("/query/")).collect();
    assert_snapshot!(lists[0]);
    assert_eq!(sandbox.faults()[0].struck, 1);
}

#[tokio::test]
async fn a_fault_that_could_never_have_an_effect_is_refused_with_advice() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let path = format!("/__admin/faults?sandbox={}", world.sandbox.id());
    for (fault, mentions) in [
        (serde_json::json!({ "route": "readFile" }), "no effect"),
        (serde_json::json!({ "route": "readFile", "times": 0, "status": 503 }), "never strikes"),
        (serde_json::json!({ "route": "token", "status": 503, "file": "a.json" }), "never strikes"),
        (serde_json::json!({ "route": "readFile", "hostile": "unknownKid" }), "no answer of readFile"),
        (serde_json::json!({ "route": "readFil", "status": 503 }), "readFile"),
        (
            serde_json::json!({ "route": "token", "status": 503, "headers": { "Content-Length": "5" } }),
            "use truncate",
        ),
        (
            serde_json::json!({ "route": "token", "headers": { "transfer-encoding": "chunked" } }),
            "use truncate",
        ),
        (serde_json::json!({ "route": "jwks", "status": 503 }), "the default one"),
    ] {
        let answer = raw.send(reqwest::Method::POST, &path, None, Some(fault.clone())).await;
        assert_eq!(answer.error(), (400, "ValidationErrors".to_owned()), "{fault}");
        assert!(answer.text().contains(mentions), "{fault}: {}", answer.text());
    }
    assert!(world.sandbox.faults().is_empty());
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        world.sandbox.inject(Fault::on(Operation::READ_FILE));
    }));
    assert!(refused.is_err(), "in Rust too");
}
