//! What many do at once, and what time takes away.
use std::time::Duration;

use digime_mock_server::ContractKind;
use digime_tests::raw_client::parameter;
use digime_tests::raw_user::SAMPLE;
use digime_tests::{Answer, RawUser, World};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_exchanged_by_twenty_at_once_works_once() {
    let world = World::new().await;
    let client = world.raw(ContractKind::Read);
    let (code, _) = client.authorize().await;
    let callback = world.sandbox.approve(&client.page(&code, SAMPLE)).unwrap();
    let code = parameter(&callback, "code").unwrap();
    let exchanges = (0..20).map(|_| {
        let (client, code) = (client.clone(), code.clone());
        tokio::spawn(async move { client.exchange(&code).await })
    });
    let answers: Vec<_> = join_all(exchanges).await.into_iter().map(Result::unwrap).collect();
    assert_eq!((count(&answers, 200), count(&answers, 400)), (1, 19));
    for refused in answers.iter().filter(|answer| answer.status == 400) {
        assert_eq!(refused.error().1, "InvalidGrant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_decided_by_twenty_at_once_connects_one_account() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let (code, _) = user.refer(json!({})).await;
    let page = user.page("onboard", &code, SAMPLE);
    let answers = join_all((0..20).map(|_| user.client.get(&page))).await;
    let succeeded = answers.iter().filter(|it| it.location_parameter("success").as_deref() == Some("true"));
    assert_eq!(succeeded.count(), 1);
    assert_eq!(user.accounts().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_deleted_by_twenty_at_once_is_deleted_once() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let answers = join_all((0..20).map(|_| user.call(Method::DELETE, "user"))).await;
    assert_eq!((count(&answers, 204), count(&answers, 401)), (1, 19));
}

#[tokio::test]
async fn a_token_that_ran_out_is_recognised_for_a_while_and_then_forgotten() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let renewal = || {
        let challenge = digime_tests::RawClient::authorize_claims()["code_challenge"].clone();
        json!({ "code_challenge": challenge, "code_challenge_method": "S256" })
    };
    world.sandbox.clock().advance(DAY * 30);
    user.refer(renewal()).await;
    world.sandbox.clock().advance(DAY * 31);
    let somebody = world.raw_user(ContractKind::Read).await;
    let refused = user.try_refer(renewal()).await;
    assert_eq!(refused.error(), (401, "InvalidToken".to_owned()));
    let reference = refused.json()["error"]["reference"].as_str().unwrap().to_owned();
    assert!(world.sandbox.explain(&reference).unwrap().contains("there is no such access token"));
    assert_eq!(somebody.accounts().await.len(), 1);
}

#[tokio::test]
async fn a_one_off_contract_reads_once_and_has_no_token_to_reuse() {
    let world = World::new().await;
    let user: RawUser = world.raw_user(ContractKind::OneOff).await;
    assert!(!user.file_names(&user.session).await.is_empty());
    let insufficient = (403, "InsufficientScope".to_owned());
    assert_eq!(user.client.refresh(&user.refresh).await.error(), insufficient);
    assert_eq!(user.call(Method::POST, "permission-access/trigger").await.error(), insufficient);
    assert_eq!(user.try_refer(json!({})).await.error(), insufficient);
}
