//! Reads everything a user shares:
//!
//! ```sh
//! cargo run                                 # in one terminal: the mock server
//! cargo run -p digime --example read_flow   # in another
//! ```

mod mock_server;

use std::process::ExitCode;

use digime::{AllRead, AuthorizeOptions, FileMetadata, ReadAllOptions, ReadEvent};
use futures_util::StreamExt;

use mock_server::Result;

#[tokio::main]
async fn main() -> ExitCode {
    mock_server::ended(run(&mock_server::origin()).await)
}

pub(crate) async fn run(origin: &str) -> Result<AllRead> {
    let (client, contract) = mock_server::client_and_contract(origin, "read").await?;

    // Spotify with sample data; without `auto_onboard` a person would choose and agree.
    let options = AuthorizeOptions::new("http://localhost:9000/callback")
        .service_id(16)
        .sample_data("default")
        .auto_onboard(true);
    let authorization = client.authorize_url(&contract, options).await?;
    let user = mock_server::consent(&client, &authorization).await?;

    // Files come as they are ready, while the platform still fetches others.
    let session = &authorization.session.key;
    let mut events = user.read_all_files(session, ReadAllOptions::new());
    while let Some(event) = events.next().await {
        match event {
            ReadEvent::File(Ok(file)) => {
                let kind = match &file.metadata {
                    FileMetadata::Mapped(mapped) => mapped.object_type.as_str(),
                    _ => "raw file",
                };
                println!("{:>9} bytes  {kind:<20} {}", file.len(), file.name);
            }
            ReadEvent::File(Err(failure)) => println!("not read: {failure}"),
            ReadEvent::Failed(error) => return Err(error.into()),
            _ => {}
        }
    }
    for account in user.read_accounts().await? {
        println!("account at {}", account.service_type_name);
    }

    // The same in one call, for when nothing is to be shown meanwhile.
    Ok(user.read_all_files(session, ReadAllOptions::new()).collect_all().await?)
}
