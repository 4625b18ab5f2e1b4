//! Tokens from birth to re-authorization.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use digime::{ErrorKind, SessionOptions};
use digime_mock_server::{ContractKind, Lifetimes, Operation};
use digime_tests::World;
use futures_util::future::join_all;
use serde_json::json;

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn ten_calls_that_meet_an_expired_token_share_one_refresh() {
    let world = World::new().await;
    let told = Arc::new(AtomicUsize::new(0));
    let client = {
        let told = told.clone();
        let urls = world.sandbox.credentials().urls;
        digime::Client::builder(world.sandbox.application_id())
            .api_url(urls.api)
            .onboard_url(urls.onboard)
            .on_token(move |_| {
                told.fetch_add(1, Ordering::SeqCst);
            })
            .build()
            .unwrap()
    };
    let (user, _) = world.user(ContractKind::Read).await;
    let user = client.user(&world.contract(ContractKind::Read), user.token());
    let before = world.sandbox.requests().of(Operation::TOKEN).count();
    world.sandbox.clock().advance(DAY + Duration::from_secs(1));

    let calls = (0..10).map(|_| user.read_accounts());
    for accounts in join_all(calls).await {
        assert_eq!(accounts.unwrap().len(), 1);
    }
    world.sandbox.requests().of(Operation::TOKEN).expect(before + 1);
    assert_eq!(told.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_refresh_gives_a_new_pair_and_keeps_the_refresh_tokens_end() {
    let world = World::new().await;
    let (user, _) = world.user(ContractKind::Read).await;
    let old = user.token();
    world.sandbox.clock().advance(Duration::from_secs(3600));
    let new = user.refresh().await.unwrap();
    assert_ne!(new.access_token.value, old.access_token.value);
    assert_ne!(new.refresh_token.value, old.refresh_token.value);
    assert_eq!(new.refresh_token.expiry, old.refresh_token.expiry);
    assert!(new.access_token.expiry > old.access_token.expiry);
    assert_eq!(new.user, old.user);
}

#[tokio::test]
async fn a_used_refresh_token_works_for_a_minute_and_no_longer() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let (user, _) = world.user(ContractKind::Read).await;
    let used = user.token().refresh_token.value;
    user.refresh().await.unwrap();
    assert_eq!(raw.refresh(used.expose()).await.status, 200, "clients refresh in parallel");
    world.sandbox.clock().advance(Duration::from_secs(61));
    assert_eq!(raw.refresh(used.expose()).await.error(), (401, "InvalidToken".to_owned()));
    assert!(user.read_accounts().await.is_ok(), "the newest pair is not affected");
}

#[tokio::test]
async fn once_the_refresh_token_is_dead_the_user_must_consent_again() {
    let world = World::new().await;
    let (user, _) = world.user(ContractKind::Read).await;
    world.sandbox.clock().advance(31 * DAY);
    let error = user.read_accounts().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReauthorizationRequired);
    assert_eq!(error.api().unwrap().message.as_str(), "The token (refresh_token) is invalid");
    assert!(error.to_string().contains("authorize"), "it says what to do: {error}");
}

#[tokio::test]
async fn a_session_expires() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let list = user.read_file_list(&session.key).await.unwrap();
    world.sandbox.clock().advance(Duration::from_secs(3601));
    for error in [
        user.read_file_list(&session.key).await.unwrap_err(),
        user.read_file(&session.key, &list.files[0].name).await.unwrap_err(),
    ] {
        assert_eq!((error.status(), error.api().unwrap().code.as_str()), (Some(404), "SessionInvalid"));
    }
    let metadata = user.read_file_metadata(&session.key, &list.files[0].name).await.unwrap_err();
    assert_eq!(metadata.status(), Some(404));
    let fresh = user.read_session(SessionOptions::new()).await.unwrap();
    user.read_file_list(&fresh.key).await.unwrap();
}

#[tokio::test]
async fn expiries_are_seconds_for_tokens_and_milliseconds_for_sessions() {
    let lifetimes = Lifetimes {
        access_token: Duration::from_secs(600),
        refresh_token: Duration::from_secs(1200),
        session: Duration::from_secs(300),
        ..Lifetimes::default()
    };
    let world = World::with(|builder| builder.lifetimes(lifetimes)).await;
    let (user, session) = world.user(ContractKind::Read).await;
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;
    let near = |value: i64, expected: i64| assert!((value - expected).abs() < 60, "{value} {expected}");
    near(user.token().access_token.expiry, now + 600);
    near(user.token().refresh_token.expiry, now + 1200);
    near(session.expiry / 1000, now + 300);
}

#[tokio::test]
async fn a_one_off_contract_reads_once_and_renews_nothing() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::OneOff).await;
    let all = World::read_all(&user, &session.key).await;
    assert!(!all.files.is_empty());
    for error in
        [user.read_session(SessionOptions::new()).await.unwrap_err(), user.refresh().await.unwrap_err()]
    {
        assert_eq!((error.status(), error.api().unwrap().code.as_str()), (Some(403), "InsufficientScope"));
    }
}

#[tokio::test]
async fn a_write_contract_cannot_read() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Write);
    let (code, session) = raw.authorize().await;
    let callback = world.sandbox.approve(&raw.page(&code, "")).unwrap();
    let code = digime_tests::raw_client::parameter(&callback, "code").unwrap();
    let token = raw.exchange(&code).await.token();
    let claims = json!({"access_token": token["access_token"]["value"]});
    let list = format!("permission-access/query/{session}");
    let file = format!("{list}/any.json");
    for (method, path) in [
        (reqwest::Method::POST, "permission-access/trigger"),
        (reqwest::Method::GET, list.as_str()),
        (reqwest::Method::GET, file.as_str()),
        (reqwest::Method::HEAD, file.as_str()),
    ] {
        let answer = raw.call(method, path, claims.clone()).await;
        // An answer to HEAD has its error in the headers alone.
        let refusal = (answer.status.as_u16(), answer.header("x-error-code"));
        assert_eq!(refusal, (400, "InvalidContractDataRequest"), "{path}");
    }
}

#[tokio::test]
async fn one_code_exchanged_twenty_times_at_once_gives_one_pair() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let (code, _) = raw.authorize().await;
    let page = raw.page(&code, "&service=1&sampleDataSet=default&sampleDataAutoOnboard=true");
    let code = raw.get(&page).await.location_parameter("code").unwrap();
    let answers = join_all((0..20).map(|_| raw.exchange(&code))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 400).count(), 19);
}
