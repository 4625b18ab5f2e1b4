//! Storages, from the provisional one to its last file.

use digime::storage::{StorageFolder, StoragePath};
use digime::{AuthorizeOptions, Content};
use digime_mock_server::ContractKind;
use digime_tests::World;
use digime_tests::world::CALLBACK;
use futures_util::StreamExt;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

#[tokio::test]
async fn a_provisional_storage_becomes_the_users_with_the_consent() {
    let world = World::new().await;
    let (client, contract) = (world.client(), world.contract(ContractKind::Read));
    let provisional = client.create_provisional_storage(&contract).await.unwrap();
    let options = AuthorizeOptions::new(CALLBACK).service_id(1u64).storage_id(provisional.id.clone());
    let (user, _) = world.user_with(ContractKind::Read, options).await;
    let storage = user.storage().await.unwrap();
    assert_eq!((&storage.id, &storage.kid), (&provisional.id, &provisional.kid));

    let (nobody, _) = world.user(ContractKind::Read).await;
    let error = nobody.storage().await.unwrap_err();
    assert_eq!(error.api().unwrap().code.as_str(), "StorageNotFound");
}

#[tokio::test]
async fn files_are_uploaded_listed_downloaded_and_deleted() {
    let world = World::new().await;
    let (client, contract) = (world.client(), world.contract(ContractKind::Read));
    let storage = client.create_provisional_storage(&contract).await.unwrap();
    let files = client.storage_files(&contract, &storage.id);
    let large: Vec<u8> = (0..2_000_000u32).map(|i| (i % 253) as u8).collect();
    let report = StoragePath::new("/Docs/Report.pdf").unwrap();
    files.upload(&report, Content::reader(std::io::Cursor::new(large.clone()))).await.unwrap();
    files.upload(&StoragePath::new("/docs/deep/note.txt").unwrap(), "note").await.unwrap();

    let root = files.list(&StorageFolder::root()).await.unwrap();
    assert_eq!(root.total, 0, "files of folders are not the root's own");
    let all = files.list_all(&StorageFolder::root()).await.unwrap();
    let names: Vec<_> =
        all.files.iter().map(|file| (file.original_path.as_str(), file.original_name.as_str())).collect();
    assert_eq!(names, [("/docs/deep/", "note.txt"), ("/Docs/", "Report.pdf")]);
    assert_eq!(files.download(&all.files[1].location().unwrap()).await.unwrap(), large);

    let mut stream = files.download_stream(&report).await.unwrap();
    let mut streamed = Vec::new();
    while let Some(chunk) = stream.next().await {
        streamed.extend_from_slice(&chunk.unwrap());
    }
    assert!(streamed == large);

    files.delete_file(&report).await.unwrap();
    let gone = files.download(&report).await.unwrap_err();
    assert_eq!((gone.status(), gone.api().unwrap().code.as_str()), (Some(404), "NotFound"));
    files.delete_folder(&StorageFolder::new("/docs/").unwrap()).await.unwrap();
    assert_eq!(files.list_all(&StorageFolder::root()).await.unwrap().total, 0);
}

#[tokio::test]
async fn the_server_cannot_read_what_is_stored() {
    let world = World::new().await;
    let (client, contract) = (world.client(), world.contract(ContractKind::Read));
    let storage = client.create_provisional_storage(&contract).await.unwrap();
    let secret = "nobody but the contract reads this".repeat(10);
    let path = StoragePath::new("/secret.txt").unwrap();
    client.storage_files(&contract, &storage.id).upload(&path, secret.clone()).await.unwrap();
    let cloud = world.cloud(ContractKind::Read);
    let stored = cloud.download(storage.id.as_str(), "/secret.txt").await;
    assert_eq!(stored.status, 200);
    assert!(!stored.body.windows(10).any(|window| secret.as_bytes().starts_with(window)));
    assert_eq!(world.raw(ContractKind::Read).decrypt(&stored.body), secret.as_bytes());
}

#[test]
fn any_path_and_any_bytes_survive() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    let (client, contract) = (world.client(), world.contract(ContractKind::Read));
    let storage = runtime.block_on(client.create_provisional_storage(&contract)).unwrap();
    let files = client.storage_files(&contract, &storage.id);
    let segment = "[A-Za-z0-9äß€🦀!$&'()+,;=@~_-]{1,12}";
    let path = proptest::collection::vec(segment, 1..4).prop_map(|parts| format!("/{}", parts.join("/")));
    let bytes = proptest::collection::vec(any::<u8>(), 0..2000);
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    runner
        .run(&(path, bytes), |(path, bytes)| {
            runtime.block_on(async {
                let path = StoragePath::new(&path).unwrap();
                files.upload(&path, bytes.clone()).await.unwrap();
                prop_assert!(files.download(&path).await.unwrap() == bytes);
                let listed = files.list(&path.folder()).await.unwrap();
                prop_assert!(listed.files.iter().any(|file| file.original_name == path.name()));
                files.delete_file(&path).await.unwrap();
                prop_assert_eq!(files.list(&path.folder()).await.unwrap().total, 0);
                Ok(())
            })
        })
        .unwrap();
}
