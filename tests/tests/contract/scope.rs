//! What a session is limited to.

use std::collections::BTreeSet;
use std::time::{Duration, UNIX_EPOCH};

use digime::{
    AuthorizeOptions, Scope, ServiceGroup, ServiceType, SessionOptions, SyncState, TimeRange, User,
};
use digime_mock_server::{ContractKind, Timeline};
use digime_tests::World;

/// Months in the names of a session's files: `D202601`.
async fn months(user: &User, options: SessionOptions) -> BTreeSet<String> {
    let session = user.read_session(options).await.unwrap();
    let all = World::read_all(user, &session.key).await;
    all.files
        .iter()
        .filter_map(|file| {
            let part = file.name.as_str().split('_').find(|part| part.starts_with('D'))?;
            Some(part[1..7].to_owned())
        })
        .collect()
}

fn at(date: &str) -> std::time::SystemTime {
    let start = format!("{date}T00:00:00Z").parse::<jiff::Timestamp>().unwrap();
    UNIX_EPOCH + Duration::from_secs(start.as_second() as u64)
}

#[tokio::test]
async fn time_ranges_choose_the_months() {
    let world = World::new().await;
    let (user, _) = world.user(ContractKind::Read).await;
    let all = months(&user, SessionOptions::new()).await;
    assert_eq!(all.len(), 12);

    let november_on = Scope::new().time_range(TimeRange::since(at("2025-11-10")));
    let found = months(&user, SessionOptions::new().scope(november_on)).await;
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["202511", "202512", "202601"]);

    let between = Scope::new()
        .time_range(TimeRange::between(at("2025-03-15"), at("2025-04-02")))
        .time_range(TimeRange::between(at("2025-08-01"), at("2025-08-02")));
    let found = months(&user, SessionOptions::new().scope(between)).await;
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["202503", "202504", "202508"]);
}

#[tokio::test]
async fn service_groups_services_and_object_types_choose_the_files() {
    let world = World::new().await;
    let (user, _) = world.user(ContractKind::Read).await;
    let names = |scope: Scope| {
        let user = user.clone();
        async move {
            let session = user.read_session(SessionOptions::new().scope(scope)).await.unwrap();
            let list = user.read_file_list(&session.key).await.unwrap();
            let names: Vec<_> = list.files.into_iter().map(|entry| entry.name.as_str().to_owned()).collect();
            names
        }
    };
    let everything = names(Scope::new()).await;
    assert_eq!(names(Scope::new().service_group(ServiceGroup::new(1))).await, everything);
    assert!(names(Scope::new().service_group(ServiceGroup::new(3))).await.is_empty());
    let facebook = ServiceGroup::new(1).service_type(ServiceType::new(1).object_type(2));
    let posts = names(Scope::new().service_group(facebook)).await;
    assert!(!posts.is_empty() && posts.len() < everything.len());
    assert!(posts.iter().all(|name| name.split('_').nth(4) == Some("2")), "{posts:?}");
}

#[tokio::test]
async fn the_consent_of_an_authorization_may_carry_the_scope() {
    let world = World::new().await;
    let scope = Scope::new().time_range(TimeRange::since(at("2026-01-01")));
    let options = World::sample("default").session_options(SessionOptions::new().scope(scope));
    let (user, session) = world.user_with(ContractKind::Read, options).await;
    let list = user.read_file_list(&session.key).await.unwrap();
    assert!(!list.files.is_empty());
    assert!(list.files.iter().all(|entry| entry.name.as_str().contains("_D202601_")));
}

#[tokio::test]
async fn a_fetch_limit_that_runs_out_leaves_the_account_partial() {
    let world = World::with(|builder| {
        let timeline = Timeline { pending: Duration::ZERO, running: Duration::from_secs(10) };
        builder.timeline(timeline)
    })
    .await;
    let (user, _) = world.user(ContractKind::Read).await;
    world.sandbox.clock().advance(Duration::from_secs(60));
    let options = SessionOptions::new().source_fetch_limit(Duration::from_secs(5));
    let session = user.read_session(options).await.unwrap();
    world.sandbox.clock().advance(Duration::from_secs(60));
    let list = user.read_file_list(&session.key).await.unwrap();
    assert_eq!(list.status.state, SyncState::Partial);
    let error = list.status.details.values().next().unwrap().error.clone().unwrap();
    assert_eq!(error.code, "SourceFetchDurationQuotaReached");
}

#[tokio::test]
async fn without_a_fetch_nothing_is_synced_and_what_is_there_is_read() {
    let world = World::with(|builder| builder.timeline(Timeline::default())).await;
    let (user, _) = world.user(ContractKind::Read).await;
    world.sandbox.clock().advance(Duration::from_secs(10));
    let session = user.read_session(SessionOptions::new().source_fetch(false)).await.unwrap();
    let list = user.read_file_list(&session.key).await.unwrap();
    assert_eq!(list.status.state, SyncState::Completed, "no sync, so nothing to wait for");
    assert!(!list.files.is_empty());
}

#[tokio::test]
async fn only_the_named_accounts_are_synced() {
    let world = World::new().await;
    let (user, _) = world.user(ContractKind::Read).await;
    let account = user.read_accounts().await.unwrap().remove(0);
    let files = |accounts: Vec<String>| {
        let user = user.clone();
        async move {
            let options = SessionOptions::new().source_fetch_accounts(accounts);
            let session = user.read_session(options).await.unwrap();
            user.read_file_list(&session.key).await.unwrap()
        }
    };
    assert_eq!(files(vec![account.id.as_str().to_owned()]).await.status.details.len(), 1);
    assert_eq!(files(vec!["1_nobody".to_owned()]).await.status.details.len(), 0);
}

#[tokio::test]
async fn two_contracts_read_one_library() {
    let world = World::new().await;
    let (user, _) = world.user(ContractKind::Read).await;
    let options = AuthorizeOptions::new(digime_tests::world::CALLBACK).user_access_token(user.token());
    let (raw_user, _) =
        world.user_with(ContractKind::ReadRaw, options.service_id(1).sample_data("default")).await;
    assert_eq!(raw_user.token().user, user.token().user);
    assert_ne!(raw_user.token().access_token, user.token().access_token);
}
