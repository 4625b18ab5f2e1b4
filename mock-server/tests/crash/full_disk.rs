//! A file that can grow no further.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use digime_mock_server::MockServer;
use serde_json::json;

use crate::serving::Serving;
use crate::user::{Client, Told};

/// How large files may become, in KiB.
const LIMIT: u32 = 2048;
/// How many users there is room for at most.
const MOST_USERS: usize = 500;

#[test]
fn a_full_disk_refuses_requests_until_there_is_room_and_loses_nothing() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        println!("skipped: this machine has no prlimit");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.db");
    let credentials = MockServer::builder().try_start().unwrap();
    let serving = Serving::with_little_room(&state, LIMIT);
    let mut client = Client::new(&serving.origin, &credentials).unwrap();
    let mut users: Vec<Told> = Vec::new();
    let refused = loop {
        assert!(users.len() < MOST_USERS, "there is room for all of them");
        let mut told = Told::default();
        let ended = client.live(users.len(), &mut told);
        users.push(told);
        if let Err(refused) = ended {
            break refused.to_string();
        }
    };
    assert!(refused.contains(" 503 ") && refused.contains("ServiceUnavailable"), "{refused}");
    // There may still be room for something small.
    let mut heads = (0..MOST_USERS).map(|_| head(&serving.origin, &client));
    let head = heads.find(|head| head.starts_with("http/1.1 503")).unwrap();
    assert!(head.contains("\r\nretry-after: "), "{head}");
    // It goes on by itself when there is room again.
    serving.make_room();
    let mut told = Told::default();
    client.live(1, &mut told).unwrap();
    users.push(told);
    drop((client, serving));
    let serving = Serving::start(&state);
    let mut client = Client::new(&serving.origin, &credentials).unwrap();
    for told in &users {
        client.verify(told).unwrap_or_else(|problem| panic!("{problem}\n{told:?}"));
    }
    println!("{} users had room", users.len() - 2);
}

/// The head of the answer to a request that would change something.
fn head(origin: &str, client: &Client) -> String {
    let host = origin.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let jwt = client.write.request(json!({ "access_token": "none" })).unwrap();
    let request = format!(
        "GET /v1.7/permission-access/accounts HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Authorization: Bearer {jwt}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split("\r\n\r\n").next().unwrap_or_default().to_ascii_lowercase()
}
