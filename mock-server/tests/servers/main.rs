//! Several servers on one PostgreSQL answer as one. A private cluster is started for each test; where there is
//! no PostgreSQL, the tests say so and pass. `DIGIME_TEST_POSTGRES` names the folder of its programs.

#![cfg(all(unix, feature = "postgres"))]
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod administration;
mod app;
mod balancer;
#[path = "../../examples/soak/client.rs"]
mod client;
mod cluster;
mod journal;
mod once;
mod state;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use digime_mock_server::{ContractKind, MockServer};
use serde_json::json;

use app::{Client, SAMPLE};
use cluster::Cluster;

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[test]
fn two_servers_on_one_database_answer_as_one() {
    let Some(cluster) = Cluster::start() else { return };
    let (first, second) = (cluster.server(), cluster.server());
    let mut one = Client::of(&first, ContractKind::Read);
    let mut two = Client::of(&second, ContractKind::Read);

    // A user who was deleted on one is unknown to the other.
    let (code, session) = one.consent(SAMPLE, None);
    let (access, _) = two.exchange(&code).unwrap();
    let list = format!("GET /v1.7/permission-access/query/{session}");
    let files = two.ask(&list, json!({ "access_token": access })).unwrap().json().unwrap();
    assert!(!files["fileList"].as_array().unwrap().is_empty());
    two.ask("DELETE /v1.7/user", json!({ "access_token": access })).unwrap();
    assert!(one.accounts(&access).err().unwrap().to_string().contains("InvalidToken"));

    deletion_cuts_the_download_from_another_server(&first, &second);

    // Contents go with the sandbox that they are in.
    pushing(&first, 300_000);
    assert_ne!(cluster.ask("SELECT count(*) FROM content_chunks"), "0");
    one.admin("POST /__admin/reset", "").unwrap();
    assert_eq!(cluster.ask("SELECT count(*) FROM content_chunks"), "0");

    // A server is ready as long as its database is one that it can use.
    let ready = |client: &mut Client| client.admin("GET /__admin/ready", "").map_err(|it| it.to_string());
    assert!(ready(&mut one).is_ok());
    cluster.ask("UPDATE digime_mock SET value = value + 1 WHERE name = 'version'");
    let unready = ready(&mut one).err().unwrap();
    assert!(unready.contains("503") && unready.contains("schema has version 2"), "{unready}");
    cluster.ask("UPDATE digime_mock SET value = value - 1 WHERE name = 'version'");
    assert!(ready(&mut one).is_ok());

    // A database that is lost is answered with 503, and found again.
    cluster.stop();
    let unready = ready(&mut one).err().unwrap();
    assert!(unready.contains("503") && unready.contains("database cannot be used"), "{unready}");
    let lost = one.refusal("none");
    assert!(lost.contains("503") && lost.contains("ServiceUnavailable"), "{lost}");
    cluster.go();
    let started = Instant::now();
    loop {
        let (mut client, claims) =
            (Client::of(&first, ContractKind::Read), json!({ "access_token": "none" }));
        let answer = client.ask("GET /v1.7/permission-access/accounts", claims).err().unwrap().to_string();
        if answer.contains("InvalidToken") {
            break;
        }
        assert!(answer.contains("503") && started.elapsed() < Duration::from_secs(20), "{answer}");
    }
    assert!(ready(&mut one).is_ok());
}

/// A download that is under way on one server ends within a second when its user is deleted on the other.
fn deletion_cuts_the_download_from_another_server(first: &MockServer, second: &MockServer) {
    const SIZE: usize = 60_000_000;
    let (mut writer, access) = pushing(first, SIZE);
    let mut reader = Client::of(second, ContractKind::ReadRaw);
    let (code, session) = reader.consent("", Some(&access));
    let (reading, _) = reader.exchange(&code).unwrap();
    let jwt = reader.signer.request(json!({ "access_token": reading })).unwrap();
    let address = second.address();
    let mut download = TcpStream::connect(address).unwrap();
    let line = format!("GET /v1.7/permission-access/query/{session}/pushed-1.txt HTTP/1.1");
    write!(download, "{line}\r\nHost: {address}\r\nAuthorization: Bearer {jwt}\r\n\r\n").unwrap();
    let mut begun = [0; 1000];
    download.read_exact(&mut begun).unwrap();
    assert!(begun.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&begun));
    writer.ask("DELETE /v1.7/user", json!({ "access_token": access })).unwrap();
    thread::sleep(Duration::from_secs(1));
    // What was on its way when it was cut is still read; an end without all of it may be a reset.
    let mut rest = Vec::new();
    let _ = download.read_to_end(&mut rest);
    assert!(rest.len() < SIZE / 2, "{} bytes came", rest.len());
}

/// A user of a client that pushed a file of this size, and the user's access token.
fn pushing(server: &MockServer, size: usize) -> (Client, String) {
    let mut writer = Client::of(server, ContractKind::Write);
    let (code, _) = writer.consent("", None);
    let (access, _) = writer.exchange(&code).unwrap();
    let metadata = json!({ "mimeType": "text/plain", "accounts": [] });
    let descriptor = writer.signer.sign(&json!({ "metadata": metadata })).unwrap();
    let jwt = writer.signer.request(json!({ "access_token": access })).unwrap();
    let headers = [("Authorization", &*format!("Bearer {jwt}")), ("FileDescriptor", &descriptor)];
    let pushed = writer.connection.send("POST /v1.7/permission-access/import", &headers, &vec![b'x'; size]);
    pushed.unwrap();
    (writer, access)
}
