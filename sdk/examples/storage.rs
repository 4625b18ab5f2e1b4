//! Keeps files for a user, readable by the contract's key alone:
//! `cargo run -p digime --example storage`, with the mock server running (`cargo run`).

mod mock_server;

use std::process::ExitCode;

use bytes::Bytes;
use digime::AuthorizeOptions;
use digime::storage::{StorageFolder, StoragePath};

use mock_server::Result;

#[tokio::main]
async fn main() -> ExitCode {
    mock_server::ended(run(&mock_server::origin()).await)
}

pub(crate) async fn run(origin: &str) -> Result<Bytes> {
    let (client, contract) = mock_server::client_and_contract(origin, "read").await?;

    // A storage is made first, and becomes the user's with the consent.
    let provisional = client.create_provisional_storage(&contract).await?;
    let options = AuthorizeOptions::new("http://localhost:9000/callback")
        .service_id(16)
        .sample_data("default")
        .auto_onboard(true)
        .storage_id(provisional.id);
    let authorization = client.authorize_url(&contract, options).await?;
    let user = mock_server::consent(&client, &authorization).await?;

    let storage = user.storage().await?;
    let files = user.storage_files(&storage.id);
    let path = StoragePath::new("/notes/milk.txt")?;
    files.upload(&path, "remember the milk").await?;
    for file in files.list_all(&StorageFolder::root()).await?.files {
        println!("{}{}", file.original_path, file.original_name);
    }

    let content = files.download(&path).await?;
    println!("{}", String::from_utf8_lossy(&content));
    files.delete_file(&path).await?;
    Ok(content)
}
