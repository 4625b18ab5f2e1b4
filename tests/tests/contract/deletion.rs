//! Deleting users and accounts: afterwards nothing of them is answered.
use std::sync::Arc;
use std::time::Duration;

use digime_fixtures::{Dataset, GenerateOptions, catalogue};
use digime_mock_server::{ContractKind, Timeline};
use digime_tests::raw_client::parameter;
use digime_tests::raw_user::SAMPLE;
use digime_tests::{Answer, RawUser, World};
use reqwest::Method;
use serde_json::json;

/// More than any buffer between two ends of a connection.
const LARGE: usize = 64 * 1024 * 1024;
const DELETE_ACCOUNT: &str = "permission-access/service/h:accountId";

#[tokio::test]
async fn everything_of_a_deleted_user_is_refused() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let other =
        RawUser::consent(world.raw(ContractKind::ReadRaw), &world.sandbox, Some(&user.access), "&service=15")
            .await;
    let stranger = world.raw_user(ContractKind::Read).await;
    let name = user.file_names(&user.session).await[0].clone();
    let (reference, _) = user.refer(json!({})).await;
    let mut claims = digime_tests::RawClient::authorize_claims();
    claims["access_token"] = json!(user.access);
    let attaching = user.client.call(Method::POST, "oauth/authorize", claims).await.token();
    let attaching = attaching["preauthorization_code"].as_str().unwrap().to_owned();
    let (unused, _) = user.refer(renewal()).await;
    let callback = world.sandbox.approve(&user.page("user-reauth", &unused, "")).unwrap();
    let unused = parameter(&callback, "code").unwrap();

    let deleted = user.call(Method::DELETE, "user").await;
    assert_eq!((deleted.status.as_u16(), deleted.body.len()), (204, 0));

    let invalid = (401, "InvalidToken".to_owned());
    for user in [&user, &other] {
        assert_eq!(user.file_list(&user.session).await.error(), invalid);
        assert_eq!(user.file(&user.session, &name).await.error(), invalid);
        assert_eq!(user.call(Method::GET, "permission-access/accounts").await.error(), invalid);
        assert_eq!(user.call(Method::DELETE, "user").await.error(), invalid);
        assert_eq!(user.call(Method::POST, "permission-access/trigger").await.error(), invalid);
        assert_eq!(user.client.refresh(&user.refresh).await.error(), invalid);
        assert_eq!(user.try_refer(json!({})).await.error(), invalid);
        assert_eq!(user.try_refer(renewal()).await.error(), invalid);
    }
    assert_eq!(user.client.exchange(&unused).await.error(), (400, "InvalidGrant".to_owned()));
    for (page, code) in [("onboard", &reference), ("authorize", &attaching)] {
        let answer = user.client.get(&user.page(page, code, SAMPLE)).await;
        assert_eq!(answer.location_parameter("errorCode").as_deref(), Some("INVALID_CODE"), "{page}");
    }
    let theirs = stranger.file_list(&user.session).await;
    assert_eq!(theirs.error(), (404, "SessionInvalid".to_owned()));
    assert!(!stranger.file_names(&stranger.session).await.is_empty());
}

fn renewal() -> serde_json::Value {
    let challenge = digime_tests::RawClient::authorize_claims()["code_challenge"].clone();
    json!({ "code_challenge": challenge, "code_challenge_method": "S256" })
}

#[tokio::test]
async fn the_files_of_a_deleted_account_are_gone_and_the_others_stay() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let (code, session) = user.refer(json!({})).await;
    let page = user.page("onboard", &code, "&service=15&sampleDataSet=default");
    world.sandbox.approve(&page).unwrap();
    let names = user.file_names(&session).await;
    let (facebook, fitbit): (Vec<_>, Vec<_>) = names.iter().partition(|name| name.starts_with("18_1_1_"));
    let id = user.accounts().await[0]["id"].as_str().unwrap().to_owned();

    let deleted = user.call_account(Method::DELETE, DELETE_ACCOUNT, &id).await;
    assert_eq!((deleted.status.as_u16(), deleted.body.len()), (204, 0));
    assert_eq!(user.accounts().await.len(), 1);
    assert_eq!(user.file_names(&session).await, fitbit.into_iter().cloned().collect::<Vec<_>>());
    let gone = user.file(&session, facebook[0]).await;
    assert_eq!(gone.error(), (404, "FileNotFound".to_owned()));
    assert!(user.file_list(&session).await.json()["status"]["details"].get(&id).is_none());

    let (code, _) = user.refer(json!({})).await;
    world.sandbox.approve(&user.page("onboard", &code, SAMPLE)).unwrap();
    assert_eq!(user.accounts().await.len(), 2);
    let gone = user.file(&session, facebook[0]).await;
    assert_eq!(gone.error(), (404, "FileNotFound".to_owned()), "an old session stays without it");
}

#[tokio::test]
async fn an_account_that_is_not_there_cannot_be_deleted() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let stranger = world.raw_user(ContractKind::Read).await;
    world.sandbox.clock().advance(Duration::from_secs(1));
    let missing = user.call(Method::DELETE, DELETE_ACCOUNT).await;
    assert_eq!(missing.error(), (400, "ValidationErrors".to_owned()));
    let unknown = user.call_account(Method::DELETE, DELETE_ACCOUNT, "99_nobody").await;
    assert_eq!(unknown.error(), (404, "AccountNotFound".to_owned()));
    assert_eq!(stranger.accounts().await.len(), 1);
}

/// A world in which Facebook's dataset `large` is one file of [`LARGE`] bytes that nothing compresses away.
async fn world_with_a_large_file() -> World {
    let source = catalogue::source(1).unwrap();
    let options = GenerateOptions { files: Some(1), ..GenerateOptions::default() };
    let mut dataset = Dataset::generate(source, "default", &options).unwrap();
    dataset.id = "large".to_owned();
    dataset.files[0].compression = digime_fixtures::Compression::None;
    dataset.files[0].content = vec![b' '; LARGE].into();
    let dataset = Arc::new(dataset);
    World::with(move |builder| {
        builder.timeline(Timeline::INSTANT).settings(move |settings| settings.datasets.push(dataset))
    })
    .await
}

/// Begins a download, deletes, and reads on: the rest must fail, and soon.
async fn download_through(world: &World, delete: impl AsyncFnOnce(&RawUser) -> Answer) {
    let page = "&service=1&sampleDataSet=large&sampleDataAutoOnboard=true";
    let user = RawUser::consent(world.raw(ContractKind::Read), &world.sandbox, None, page).await;
    let name = user.file_names(&user.session).await[0].clone();
    let path = format!("permission-access/query/{}/{name}", user.session);
    let mut download = user.request(Method::GET, &path).send().await.unwrap();
    assert!(!download.chunk().await.unwrap().unwrap().is_empty());
    assert_eq!(delete(&user).await.status, 204);
    let rest = async {
        let mut length = 0;
        loop {
            match download.chunk().await {
                Ok(Some(piece)) => length += piece.len(),
                Ok(None) => panic!("the download ended as if it were whole"),
                Err(_) => return length,
            }
        }
    };
    let length = tokio::time::timeout(Duration::from_secs(30), rest).await.expect("the download hangs");
    assert!(length < LARGE, "{length}");
}

#[tokio::test]
async fn a_download_under_way_ends_with_an_error_when_its_user_is_deleted() {
    let world = world_with_a_large_file().await;
    download_through(&world, async |user| user.call(Method::DELETE, "user").await).await;
}

#[tokio::test]
async fn a_download_under_way_ends_with_an_error_when_its_account_is_deleted() {
    let world = world_with_a_large_file().await;
    download_through(&world, async |user| {
        let id = user.accounts().await[0]["id"].as_str().unwrap().to_owned();
        user.call_account(Method::DELETE, DELETE_ACCOUNT, &id).await
    })
    .await;
}
