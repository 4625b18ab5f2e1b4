//! What one server answered, the others know of.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use digime_mock_server::{ContractKind, MockServer};
use serde_json::{Value, json};

use crate::app::{Client, SAMPLE};
use crate::cluster::Cluster;

/// How many requests each of several clients sends.
const REQUESTS: usize = 30;

#[test]
fn a_request_that_one_server_answered_is_known_to_the_others_within_a_second() {
    let Some(cluster) = Cluster::start() else { return };
    let (first, second) = (cluster.server(), cluster.server());
    let mut one = Client::of(&first, ContractKind::Read);
    let mut two = Client::of(&second, ContractKind::Read);

    // A client of both finds its requests in order, each once, at once on the server that answered the last.
    let (code, _) = one.consent(SAMPLE, None);
    let (access, _) = two.exchange(&code).unwrap();
    for _ in 0..REQUESTS {
        one.accounts(&access).unwrap();
        two.accounts(&access).unwrap();
    }
    let own = requests(&mut two);
    assert_eq!(own.last().unwrap().0, "readAccounts");
    let answered: Vec<_> = within_a_second(|| {
        let seen = [requests(&mut one), requests(&mut two)];
        (seen[0] == seen[1]).then(|| seen[0].clone())
    });
    let accounts: Vec<_> = answered.iter().filter(|(operation, ..)| operation == "readAccounts").collect();
    assert_eq!(accounts.len(), 2 * REQUESTS);
    let servers: Vec<_> = accounts.iter().map(|(_, server, _)| server).collect();
    let alternate = servers.windows(2).all(|pair| pair[0] != pair[1]);
    assert!(alternate, "they are in the order in which they were answered: {servers:?}");
    assert!(answered.iter().any(|(operation, ..)| operation == "token"), "{answered:?}");

    // A number is a place on one server alone; pages lead on by their own.
    let page = one.admin("GET /__admin/requests?limit=5", "").unwrap();
    let next = page["next"].as_str().unwrap();
    assert_eq!(
        one.admin(&format!("GET /__admin/requests?limit=5&before={next}"), "").unwrap()["requests"][4]["operation"],
        "readAccounts"
    );
    let refused = one.admin("GET /__admin/requests?before=5", "").unwrap_err().to_string();
    assert!(refused.contains("take the `next` of a page"), "{refused}");

    // A refusal is explained by another server.
    let refusal = one.refusal("none");
    let error: Value = serde_json::from_str(&refusal[refusal.find('{').unwrap()..]).unwrap();
    let explain = format!("GET /__admin/explain/{}", error["error"]["reference"].as_str().unwrap());
    let explained = within_a_second(|| two.admin(&explain, "").ok());
    assert!(explained["text"].as_str().unwrap().contains("access token"), "{explained}");

    // What both saw of the client is one report.
    let sent = answered.iter().filter(|(operation, ..)| operation != "consentPage").count() as u64 + 1;
    let report = within_a_second(|| {
        let report = two.admin("GET /__admin/client-report", "").unwrap();
        (report["clients"][0]["requests"] == json!(sent)).then_some(report)
    });
    let checks = report["clients"][0]["checks"].as_array().unwrap();
    let nonces = checks.iter().find(|it| it["check"] == "freshNonce").unwrap();
    assert_eq!((&nonces["passed"], &nonces["failed"]), (&json!(sent), &json!(0)), "{nonces}");

    // What is forgotten on one server is forgotten.
    let forgotten = one.admin("DELETE /__admin/requests", "").unwrap();
    assert_eq!(forgotten["requests"], json!([]));
    assert!(requests(&mut two).is_empty());
    one.refusal("none");
    within_a_second(|| (requests(&mut two).len() == 1).then_some(()));
    two.admin("POST /__admin/reset", "").unwrap();
    assert!(requests(&mut one).is_empty());
    let report = one.admin("GET /__admin/client-report", "").unwrap();
    assert_eq!(report["clients"], json!([]), "{report}");

    // The journal keeps as many as it is to keep.
    let small = cluster.server_with(|builder| builder.settings(|settings| settings.journal_size = 20));
    let mut three = Client::of(&small, ContractKind::Read);
    for _ in 0..50 {
        three.refusal("none");
    }
    within_a_second(|| {
        let kept: usize = cluster.ask("SELECT count(*) FROM journal").parse().unwrap();
        (requests(&mut three).len() == 20 && kept <= 25).then_some(())
    });

    // Without the database a server has its own.
    cluster.stop();
    assert!(three.refusal("none").contains("503"));
    assert_eq!(requests(&mut three).len(), 20);
    cluster.go();
}

#[test]
fn who_follows_on_with_another_server_sees_nothing_twice() {
    let Some(cluster) = Cluster::start() else { return };
    let (first, second) = (cluster.server(), cluster.server());
    for server in [&first, &second] {
        Client::of(server, ContractKind::Read).refusal("none");
    }
    let seen = events(&first, "");
    let id = seen.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
    let (at, own) = id.split_once(",cleared").unwrap();
    // As if all that was answered were some while ago.
    let later = at.strip_prefix("at:").unwrap().parse::<i64>().unwrap() + 60_000;
    let seen = events(&second, &format!("?after=at:{later},cleared{own}"));
    assert!(seen.contains("event: ready") && !seen.contains("event: request"), "{seen}");
    let seen = events(&second, "?after=0");
    assert!(seen.contains("event: request"), "{seen}");
}

/// What a stream of events has in its first second.
fn events(server: &MockServer, query: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    write!(stream, "GET /__admin/events{query} HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(700))).unwrap();
    let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = stream.read(&mut piece) {
        seen.extend_from_slice(&piece[..length]);
    }
    String::from_utf8(seen).unwrap()
}

/// Operation, server and number of the requests that a server knows.
fn requests(client: &mut Client) -> Vec<(String, String, u64)> {
    let list = client.admin("GET /__admin/requests", "").unwrap();
    let of = |it: &Value| {
        let text = |name: &str| it[name].as_str().unwrap().to_owned();
        (text("operation"), text("server"), it["sequence"].as_u64().unwrap())
    };
    list["requests"].as_array().unwrap().iter().map(of).collect()
}

fn within_a_second<T>(mut found: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(1), "it was not there within a second");
        thread::sleep(Duration::from_millis(50));
    }
}
