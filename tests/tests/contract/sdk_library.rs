//! The SDK's operations on a library: further sources, renewals, deletion, pushing, the report.

use std::time::Duration;

use digime::{
    AccountType, AuthorizeOptions, Content, ErrorKind, FhirVersion, FileMetadata, OnboardOptions,
    PortabilityReportOptions, PushMetadata, ReauthorizeAccountOptions, ReauthorizeOptions, SessionOptions,
    SyncState, User,
};
use digime_mock_server::{ContractKind, Operation};
use digime_tests::World;
use digime_tests::world::CALLBACK;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// A source of the Netherlands whose permission can be withdrawn, and one that takes pushed data.
const MEDMIJ: u64 = 30103;
const PUSH_TARGET: u64 = 30112;

async fn onboard(world: &World, user: &User, options: OnboardOptions) -> digime::SessionKey {
    let onboarding = user.onboard_service_url(options).await.unwrap();
    let location = world.sandbox.approve(onboarding.url.as_str()).unwrap();
    let reference = onboarding.callback(&location).unwrap();
    assert!(reference.is_some(), "{location}");
    onboarding.session.key
}

fn spotify() -> OnboardOptions {
    OnboardOptions::new(CALLBACK).service_id(16u64).sample_data("default").auto_onboard(true)
}

#[tokio::test]
async fn a_further_source_brings_its_account_and_its_files() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let before = World::read_all(&user, &session.key).await.files.len();
    let session = onboard(&world, &user, spotify()).await;
    let services: Vec<_> =
        user.read_accounts().await.unwrap().into_iter().map(|account| account.service_type_name).collect();
    assert_eq!(services, ["Facebook", "Spotify"]);
    let all = World::read_all(&user, &session).await;
    assert!(all.files.len() > before);
    assert_eq!(all.status.details.len(), 2);
}

#[tokio::test]
async fn a_source_added_without_a_query_waits_for_the_next_session() {
    let world = World::new().await;
    let (user, _) = world.user(ContractKind::Read).await;
    let session = onboard(&world, &user, spotify().trigger_query(false)).await;
    assert_eq!(World::read_all(&user, &session).await.status.details.len(), 1);
    let next = user.read_session(SessionOptions::new()).await.unwrap();
    assert_eq!(World::read_all(&user, &next.key).await.status.details.len(), 2);
}

#[tokio::test]
async fn a_user_whose_tokens_are_dead_comes_back_to_the_same_library() {
    let world = World::new().await;
    let (user, _) = world.user(ContractKind::Read).await;
    world.sandbox.clock().advance(Duration::from_secs(31 * 86_400));
    let dead = user.read_accounts().await.unwrap_err();
    assert_eq!(dead.kind(), ErrorKind::ReauthorizationRequired);

    let renewal = user.reauthorize_url(ReauthorizeOptions::new(CALLBACK)).await.unwrap();
    let location = world.sandbox.approve(renewal.url.as_str()).unwrap();
    let grant = renewal.callback(&location).unwrap();
    let renewed = world.client().connect(grant).await.unwrap().token();
    assert_eq!(renewed.user, user.token().user);
    user.set_token(renewed);
    assert_eq!(user.read_accounts().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_login_that_ended_is_made_again_and_the_account_is_whole() {
    let world = World::new().await;
    let (user, session) = world.user_with(ContractKind::Read, World::sample("reauth")).await;
    let partial = World::read_all(&user, &session.key).await;
    assert_eq!(partial.status.state, SyncState::Partial);
    let (account, _) = partial.status.details.first_key_value().unwrap();

    let options = ReauthorizeAccountOptions::new(CALLBACK, account.clone());
    let login = user.reauthorize_account_url(options).await.unwrap();
    let location = world.sandbox.approve(login.url.as_str()).unwrap();
    login.callback(&location).unwrap();
    let next = user.read_session(SessionOptions::new()).await.unwrap();
    assert_eq!(World::read_all(&user, &next.key).await.status.state, SyncState::Completed);
}

#[tokio::test]
async fn an_account_at_a_provider_shows_the_providers_icons() {
    let world = World::new().await;
    let options = AuthorizeOptions::new(CALLBACK).service_id(MEDMIJ).sample_data("default");
    let (user, _) = world.user_with(ContractKind::Read, options).await;
    let account = user.read_accounts().await.unwrap().remove(0);
    for url in [account.provider_fav_icon.unwrap(), account.provider_logo.unwrap()] {
        let icon = reqwest::get(&url).await.unwrap();
        assert!(icon.headers()["content-type"].to_str().unwrap().starts_with("image/"), "{url}");
    }
}

#[tokio::test]
async fn a_withdrawn_permission_ends_the_accounts_fetches() {
    let world = World::new().await;
    let options = AuthorizeOptions::new(CALLBACK).service_id(MEDMIJ).sample_data("default");
    let (user, _) = world.user_with(ContractKind::Read, options).await;
    let account = user.read_accounts().await.unwrap().remove(0);
    let page = user.revoke_account_permission_url(&account.id, CALLBACK).await.unwrap();
    let location = world.sandbox.approve(page.url.as_str()).unwrap();
    page.callback(&location).unwrap();
    let next = user.read_session(SessionOptions::new()).await.unwrap();
    assert_eq!(World::read_all(&user, &next.key).await.status.state, SyncState::Partial);
}

#[tokio::test]
async fn a_deleted_account_takes_its_files_along() {
    let world = World::new().await;
    let (user, _) = world.user(ContractKind::Read).await;
    onboard(&world, &user, spotify()).await;
    let accounts = user.read_accounts().await.unwrap();
    user.delete_account(&accounts[0].id).await.unwrap();
    assert_eq!(user.read_accounts().await.unwrap(), accounts[1..]);
    let next = user.read_session(SessionOptions::new()).await.unwrap();
    let all = World::read_all(&user, &next.key).await;
    assert!(!all.files.is_empty() && all.files.iter().all(|file| file.name.as_str().starts_with("18_5_19_")));
    let gone = user.delete_account(&accounts[0].id).await.unwrap_err();
    assert_eq!((gone.status(), gone.api().unwrap().code.as_str()), (Some(404), "AccountNotFound"));
}

#[tokio::test]
async fn a_deleted_user_is_gone_for_every_operation() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    user.delete().await.unwrap();
    for error in [
        user.read_accounts().await.unwrap_err(),
        user.read_file_list(&session.key).await.unwrap_err(),
        user.read_session(SessionOptions::new()).await.unwrap_err(),
        user.delete().await.unwrap_err(),
    ] {
        assert!(error.needs_reauthorization(), "{error}");
    }
}

/// A write contract's user, and a read-raw contract's for the same library.
async fn writer_and_reader(world: &World) -> (User, User) {
    let (writer, _) = world.user_with(ContractKind::Write, AuthorizeOptions::new(CALLBACK)).await;
    let options = AuthorizeOptions::new(CALLBACK).user_access_token(writer.token());
    let (reader, _) = world.user_with(ContractKind::ReadRaw, options).await;
    assert_eq!(writer.token().user, reader.token().user);
    (writer, reader)
}

#[tokio::test]
async fn pushed_data_of_every_kind_of_content_is_read_back() {
    let world = World::new().await;
    let (writer, reader) = writer_and_reader(&world).await;
    let metadata =
        PushMetadata::new("application/pdf").account("patient-7").reference("letter-1").tag("discharge");
    let large: Vec<u8> = (0..3_000_000u32).map(|i| (i % 251) as u8).collect();
    let folder = std::env::temp_dir().join(format!("digime-push-{}", std::process::id()));
    std::fs::write(&folder, &large).unwrap();
    for content in [
        Content::bytes(large.clone()),
        Content::file(&folder),
        Content::reader(std::io::Cursor::new(large.clone())),
        Content::stream(futures_util::stream::iter([
            Ok(large[..9].to_vec().into()),
            Ok(large[9..].to_vec().into()),
        ])),
    ] {
        writer.push_to_library(&metadata, content).await.unwrap();
    }
    std::fs::remove_file(&folder).unwrap();

    let session = reader.read_session(SessionOptions::new()).await.unwrap();
    let all = World::read_all(&reader, &session.key).await;
    assert_eq!(all.files.len(), 4);
    for file in &all.files {
        assert!(file.bytes() == large, "{}", file.name);
        let FileMetadata::Raw(raw) = &file.metadata else { panic!("{:?}", file.metadata) };
        assert_eq!(
            (raw.mime_type.as_str(), &raw.tags[..], &raw.reference[..]),
            ("application/pdf", &["discharge".to_owned()][..], &["letter-1".to_owned()][..])
        );
        assert_eq!(
            raw.contract_id.as_deref(),
            Some(world.credentials(ContractKind::Write).contract_id.as_str())
        );
    }
}

#[test]
fn any_pushed_bytes_survive() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    let (writer, reader) = runtime.block_on(writer_and_reader(&world));
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        (any::<u8>(), 0usize..200_000).prop_map(|(byte, length)| vec![byte; length]),
    ];
    let tags = proptest::collection::vec("[^\\p{Cc}]{1,20}", 0..3);
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let mut seen = std::collections::BTreeSet::new();
    let seen = std::cell::RefCell::new(&mut seen);
    runner
        .run(&(bytes, tags), |(bytes, tags)| {
            runtime.block_on(async {
                let metadata = PushMetadata::new("application/octet-stream").account("a");
                let metadata = tags.iter().fold(metadata, |metadata, tag| metadata.tag(tag));
                writer.push_to_library(&metadata, bytes.clone()).await.unwrap();
                let session = reader.read_session(SessionOptions::new()).await.unwrap();
                let list = reader.read_file_list(&session.key).await.unwrap();
                let new = list.files.iter().find(|entry| !seen.borrow().contains(&entry.name)).unwrap();
                let file = reader.read_file(&session.key, &new.name).await.unwrap();
                seen.borrow_mut().insert(new.name.clone());
                let FileMetadata::Raw(raw) = &file.metadata else { panic!("{:?}", file.metadata) };
                prop_assert_eq!(&raw.tags, &tags);
                prop_assert!(file.bytes() == bytes, "{} bytes became {}", bytes.len(), file.len());
                Ok(())
            })
        })
        .unwrap();
}

#[tokio::test]
async fn data_is_pushed_to_the_provider_behind_an_account() {
    let world = World::new().await;
    let options =
        AuthorizeOptions::new(CALLBACK).service_id(PUSH_TARGET).source_type(digime::SourceType::Push);
    let (user, _) = world.user_with(ContractKind::Write, options).await;
    let account = user.read_accounts().await.unwrap().remove(0);
    assert_eq!(account.kind, AccountType::Push);
    let bundle = serde_json::json!({"resourceType": "Bundle", "type": "batch", "entry": []});
    for version in [FhirVersion::Stu3, FhirVersion::V3_0_2] {
        user.push_to_provider(&account.id, version, &bundle).await.unwrap();
    }
    world.sandbox.requests().of(Operation::PUSH_TO_PROVIDER).expect(2);
    let nobody = user.push_to_provider(&"nobody".into(), FhirVersion::Stu3, &bundle).await.unwrap_err();
    assert_eq!(nobody.api().unwrap().code.as_str(), "AccountNotFound");
}

#[tokio::test]
async fn the_portability_report_is_xml_and_keeps_to_its_bounds() {
    let world = World::new().await;
    let options = AuthorizeOptions::new(CALLBACK).service_id(MEDMIJ).sample_data("default");
    let (user, session) = world.user_with(ContractKind::Read, options).await;
    World::read_all(&user, &session.key).await;
    let entries = |xml: String| {
        let document = roxmltree::Document::parse(&xml).unwrap();
        document.descendants().filter(|node| node.tag_name().name() == "GegevensdienstId").count()
    };
    let whole = entries(user.portability_report(PortabilityReportOptions::new()).await.unwrap());
    let long_ago = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let none =
        entries(user.portability_report(PortabilityReportOptions::new().until(long_ago)).await.unwrap());
    assert!(whole > none, "{whole} {none}");
}
