//! The happy path: consent, exchange, poll, download, decrypt, read.

use std::collections::BTreeSet;

use digime::{Compression, FileMetadata, ReadEvent, SessionOptions, SyncState};
use digime_mock_server::{ContractKind, Operation, Timeline};
use digime_tests::World;
use digime_tests::world::quick;
use futures_util::StreamExt;
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_user_consents_and_the_app_reads_everything() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let all = World::read_all(&user, &session.key).await;

    assert_eq!(all.status.state, SyncState::Completed);
    assert!(all.failures.is_empty());
    assert!(all.files.len() > 10, "{} files", all.files.len());
    for file in &all.files {
        let FileMetadata::Mapped(metadata) = &file.metadata else {
            panic!("{}: {:?}", file.name, file.metadata)
        };
        let objects: Vec<Value> = file.json().unwrap();
        assert_eq!(objects.len() as i64, metadata.object_count, "{}", file.name);
    }
    let accounts = user.read_accounts().await.unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0].service_type_name, "Facebook");
    assert_eq!(all.status.details.keys().collect::<Vec<_>>(), [&accounts[0].id]);
    world.sandbox.requests().expect_no_refusal();
}

#[tokio::test]
async fn the_transcript_of_a_read() {
    let world = World::new().await;
    let (user, session) = world.user_with(ContractKind::Read, World::sample("test")).await;
    let list = user.read_file_list(&session.key).await.unwrap();
    let file = user.read_file(&session.key, &list.files[0].name).await.unwrap();
    user.read_file_metadata(&session.key, &file.name).await.unwrap();
    user.refresh().await.unwrap();
    user.read_session(SessionOptions::new().source_fetch(false)).await.unwrap();
    assert_snapshot!(world.transcript());
}

#[tokio::test]
async fn a_client_in_another_language_reads_the_same_bytes() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let (code, session) = raw.authorize().await;
    let page = raw.page(&code, "&service=1&sampleDataSet=default&sampleDataAutoOnboard=true");
    let callback = raw.get(&page).await;
    assert_eq!(callback.status, 302);
    assert_eq!(callback.location_parameter("success").as_deref(), Some("true"));
    assert_eq!(callback.location_parameter("state").as_deref(), Some("state-1"));
    let token = raw.exchange(&callback.location_parameter("code").unwrap()).await.token();
    let claims = json!({"access_token": token["access_token"]["value"]});
    let list =
        raw.call(Method::GET, &format!("permission-access/query/{session}"), claims.clone()).await.json();
    assert_eq!(list["status"]["state"], "completed");

    let entry = &list["fileList"][0];
    let path = format!("permission-access/query/{session}/{}", entry["name"].as_str().unwrap());
    let answer = raw.call(Method::GET, &path, claims).await;
    let plain = raw.decrypt(&answer.body);
    let expected = world.fixture("default", entry["name"].as_str().unwrap());
    assert_eq!(answer.decompress(&plain), expected, "the file is the fixture's, byte for byte");
}

#[tokio::test]
async fn all_three_states_are_seen_by_who_polls_twice_a_second() {
    let world = World::with(|builder| builder.timeline(Timeline::default())).await;
    let (user, session) = world.user(ContractKind::Read).await;
    let mut states = Vec::new();
    let mut counts = Vec::new();
    // The sandbox's clock stands for the half seconds: no test waits for real ones.
    for _ in 0..6 {
        let list = user.read_file_list(&session.key).await.unwrap();
        states.push(list.status.state.as_str().to_owned());
        counts.push(list.files.len());
        world.sandbox.clock().advance(std::time::Duration::from_millis(500));
    }
    states.dedup();
    assert_eq!(states, ["pending", "running", "completed"]);
    assert!(counts.is_sorted() && counts.iter().collect::<BTreeSet<_>>().len() > 2, "{counts:?}");
}

#[tokio::test]
async fn files_are_reported_while_the_library_is_still_running() {
    let world = World::with(|builder| builder.timeline(Timeline::default())).await;
    let (user, session) = world.user(ContractKind::Read).await;
    let mut events = user.read_all_files(&session.key, quick());
    let mut told = Vec::new();
    while let Some(event) = events.next().await {
        told.push(match event {
            ReadEvent::Status(status) => status.state.as_str().to_owned(),
            ReadEvent::File(file) => file.map(|_| "file".to_owned()).unwrap(),
            ReadEvent::Finished(status) => format!("finished {}", status.state),
            other => panic!("{other:?}"),
        });
    }
    let at = |what: &str| told.iter().position(|it| it == what).unwrap();
    assert!(at("running") < at("file") && at("file") < at("completed"), "{told:?}");
    assert_eq!(told.last().unwrap(), "finished completed");
}

#[tokio::test]
async fn an_account_that_needs_a_login_leaves_the_read_partial() {
    let world = World::new().await;
    let (user, session) = world.user_with(ContractKind::Read, World::sample("reauth")).await;
    let all = World::read_all(&user, &session.key).await;
    assert_eq!(all.status.state, SyncState::Partial);
    let account = all.status.details.values().next().unwrap();
    let error = account.error.as_ref().unwrap();
    assert_eq!(
        (error.code.as_str(), error.status_code, error.reauth),
        ("ServiceAuthorizationError", Some(511), Some(true))
    );
    assert!(!all.files.is_empty(), "what was fetched before is still there");
    let accounts = user.read_accounts().await.unwrap();
    assert!(!accounts[0].access_token_status.as_ref().unwrap().authorized);
}

#[tokio::test]
async fn mapped_and_raw_files_in_all_three_compressions() {
    for kind in [ContractKind::Read, ContractKind::ReadRaw] {
        let world = World::new().await;
        let (user, session) = world.user(kind).await;
        let all = World::read_all(&user, &session.key).await;
        let raw = all.files.iter().filter(|file| matches!(file.metadata, FileMetadata::Raw(_))).count();
        assert_eq!(raw, if kind == ContractKind::ReadRaw { all.files.len() } else { 0 });
        let seen: BTreeSet<_> = all.files.iter().map(|file| format!("{:?}", file.compression)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["Brotli", "Gzip", "None"], "{kind}");
        for file in &all.files {
            assert_eq!(file.bytes(), world.fixture("default", file.name.as_str()), "{}", file.name);
        }
    }
}

#[tokio::test]
async fn the_client_may_ask_for_one_compression() {
    for wanted in [Compression::Gzip, Compression::Brotli, Compression::None] {
        let world = World::new().await;
        let (user, _) = world.user(ContractKind::Read).await;
        let options = SessionOptions::new().accept_compression(wanted);
        let session = user.read_session(options).await.unwrap();
        let all = World::read_all(&user, &session.key).await;
        assert!(all.files.iter().all(|file| file.compression == wanted), "{wanted:?}");
    }
}

#[tokio::test]
async fn metadata_alone_says_what_the_download_says() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let list = user.read_file_list(&session.key).await.unwrap();
    let name = &list.files[0].name;
    let metadata = user.read_file_metadata(&session.key, name).await.unwrap();
    let file = user.read_file(&session.key, name).await.unwrap();
    assert_eq!(metadata, file.metadata);
    world.sandbox.requests().of(Operation::READ_FILE_METADATA).expect(1);
}

#[tokio::test]
async fn a_streamed_file_is_the_same_as_a_whole_one() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let list = user.read_file_list(&session.key).await.unwrap();
    for entry in &list.files {
        let mut stream = user.read_file_stream(&session.key, &entry.name).await.unwrap();
        let mut bytes = Vec::new();
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(&chunk.unwrap());
        }
        assert_eq!(bytes, user.read_file(&session.key, &entry.name).await.unwrap().bytes());
    }
}
