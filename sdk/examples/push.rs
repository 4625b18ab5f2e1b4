//! Pushes a file to a user's library, and reads it back:
//! `cargo run -p digime --example push`, with the mock server running (`cargo run`).

mod mock_server;

use std::process::ExitCode;

use bytes::Bytes;
use digime::{AuthorizeOptions, File, FileMetadata, PushMetadata, ReadAllOptions, SessionOptions};

use mock_server::Result;

const CALLBACK: &str = "http://localhost:9000/callback";

#[tokio::main]
async fn main() -> ExitCode {
    mock_server::ended(run(&mock_server::origin()).await)
}

pub(crate) async fn run(origin: &str) -> Result<Bytes> {
    // Pushing and reading back what was pushed are two contracts of one library.
    let (client, write) = mock_server::client_and_contract(origin, "write").await?;
    let (_, read_raw) = mock_server::client_and_contract(origin, "read-raw").await?;

    let authorization = client.authorize_url(&write, consent_options()).await?;
    let writer = mock_server::consent(&client, &authorization).await?;
    let options = consent_options().user_access_token(writer.token());
    let authorization = client.authorize_url(&read_raw, options).await?;
    let reader = mock_server::consent(&client, &authorization).await?;

    // Bytes, files, readers and streams can be pushed; each is encrypted on its way.
    let metadata = PushMetadata::new("text/plain").account("my-account").reference("note-1").tag("note");
    writer.push_to_library(&metadata, "remember the milk").await?;
    println!("pushed");

    let session = reader.read_session(SessionOptions::new()).await?;
    let all = reader.read_all_files(&session.key, ReadAllOptions::new()).collect_all().await?;
    let is_ours =
        |file: &File| matches!(&file.metadata, FileMetadata::Raw(raw) if raw.reference == ["note-1"]);
    let file = all.files.into_iter().find(is_ours).ok_or("it did not come back")?;
    println!("read back {}: {}", file.name, String::from_utf8_lossy(&file.bytes()));
    Ok(file.bytes())
}

fn consent_options() -> AuthorizeOptions {
    AuthorizeOptions::new(CALLBACK).service_id(16).sample_data("default").auto_onboard(true)
}
