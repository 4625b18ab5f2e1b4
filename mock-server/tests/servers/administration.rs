//! What administration changes on one server is so on all of them.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use digime_mock_server::{ContractKind, MockServer};
use serde_json::{Value, json};

use crate::app::{Client, SAMPLE};
use crate::cluster::Cluster;

/// How many administrators change the same sandbox at once, and how often each does.
const ADMINISTRATORS: usize = 8;
const CHANGES: usize = 4;

#[test]
fn what_administration_changes_on_one_server_is_so_on_the_others() {
    let Some(cluster) = Cluster::start() else { return };
    let (first, second) = (cluster.server(), cluster.server());
    let mut one = Client::of(&first, ContractKind::Read);
    let mut two = Client::of(&second, ContractKind::Read);
    sandboxes_come_and_go(&mut one, &mut two);
    of_changes_at_once_none_is_lost([&first, &second]);
    a_fault_strikes_as_often_as_it_says(&cluster, [&first, &second]);
    all_go_by_one_clock(&cluster, &mut one);
}

fn sandboxes_come_and_go(one: &mut Client, two: &mut Client) {
    let made = one.admin("POST /__admin/sandboxes", "").unwrap();
    let sandbox = made["sandbox"].as_str().unwrap();
    let clock = format!("/__admin/clock?sandbox={sandbox}");
    two.admin(&format!("POST {clock}"), r#"{"advance": "2h"}"#).unwrap();
    let shown = one.admin(&format!("GET {clock}"), "").unwrap();
    assert_eq!(shown["offset"], "2h", "{shown}");
    two.admin(&format!("POST /__admin/reset?sandbox={sandbox}"), "").unwrap();
    let shown = one.admin(&format!("GET {clock}"), "").unwrap();
    assert_eq!(shown["offset"], "0s", "{shown}");
    two.admin(&format!("DELETE /__admin/sandboxes?sandbox={sandbox}"), "").unwrap();
    thread::sleep(Duration::from_secs(1));
    assert!(one.admin(&format!("GET {clock}"), "").is_err());

    // A contract made on one signs at the other, and is gone from both.
    let body = r#"{"applicationId":"partner","contracts":[{"contractId":"theirs"}]}"#;
    let made = one.admin("POST /__admin/applications", body).unwrap();
    let shown = two.admin("GET /__admin/applications/partner", "").unwrap();
    assert_eq!(shown["contracts"][0]["publicKey"], made["contracts"][0]["publicKey"]);
    two.admin("DELETE /__admin/applications/partner", "").unwrap();
    assert!(one.admin("GET /__admin/applications/partner", "").is_err());
}

fn of_changes_at_once_none_is_lost(servers: [&MockServer; 2]) {
    let ids = |list: &Value| -> BTreeSet<String> {
        let list = list["applications"].as_array().unwrap();
        list.iter().map(|it| it["applicationId"].as_str().unwrap().to_owned()).collect()
    };
    let mut clients = servers.map(|server| Client::of(server, ContractKind::Read));
    let before = ids(&clients[0].admin("GET /__admin/applications", "").unwrap());
    thread::scope(|scope| {
        for number in 0..ADMINISTRATORS {
            scope.spawn(move || {
                let mut client = Client::of(servers[number % 2], ContractKind::Read);
                for change in 0..CHANGES {
                    let body = json!({ "applicationId": format!("made-{number}-{change}") });
                    client.admin("POST /__admin/applications", &body.to_string()).unwrap();
                    client.admin("POST /__admin/clock", r#"{"advance": "1m"}"#).unwrap();
                }
            });
        }
    });
    for client in &mut clients {
        let after = ids(&client.admin("GET /__admin/applications", "").unwrap());
        assert_eq!(after.difference(&before).count(), ADMINISTRATORS * CHANGES, "{after:?}");
        let clock = client.admin("GET /__admin/clock", "").unwrap();
        assert_eq!(clock["offset"], format!("{}m", ADMINISTRATORS * CHANGES), "{clock}");
    }
}

fn a_fault_strikes_as_often_as_it_says(cluster: &Cluster, servers: [&MockServer; 2]) {
    const TIMES: usize = 7;
    let [mut one, mut two] = servers.map(|server| Client::of(server, ContractKind::Read));
    let fault = json!({ "route": "readAccounts", "times": TIMES + 1, "status": 418 });
    one.admin("POST /__admin/faults", &fault.to_string()).unwrap();
    let struck = thread::scope(|scope| {
        let asking: Vec<_> = (0..TIMES)
            .map(|number| {
                scope.spawn(move || Client::of(servers[number % 2], ContractKind::Read).refusal("none"))
            })
            .collect();
        asking.into_iter().map(|it| it.join().unwrap()).filter(|it| it.contains(" 418 ")).count()
    });
    assert_eq!(struck, TIMES);
    // It is known to a server that starts only now, and strikes there a last time.
    let third = cluster.server();
    let mut three = Client::of(&third, ContractKind::Read);
    assert!(three.refusal("none").contains(" 418 "));
    for client in [&mut one, &mut two, &mut three] {
        assert!(client.refusal("none").contains(" 401 "));
        let faults = client.admin("GET /__admin/faults", "").unwrap();
        assert_eq!(faults["faults"][0]["struck"], TIMES + 1, "{faults}");
    }
    one.admin("POST /__admin/faults", &fault.to_string()).unwrap();
    two.admin("DELETE /__admin/faults", "").unwrap();
    assert!(one.refusal("none").contains(" 401 "), "it was cleared on the other server");
    let faults = three.admin("GET /__admin/faults", "").unwrap();
    assert_eq!(faults["faults"], json!([]));
}

fn all_go_by_one_clock(cluster: &Cluster, one: &mut Client) {
    let ahead = Duration::from_secs(60);
    let fast = cluster.server_with(|builder| builder.settings(move |settings| settings.clock_ahead = ahead));
    let mut other = Client::of(&fast, ContractKind::Read);
    let now =
        |client: &mut Client| client.admin("GET /__admin/clock", "").unwrap()["nowMillis"].as_i64().unwrap();
    let apart = now(&mut other) - now(one);
    assert!(apart.abs() < 1000, "the clocks are {apart} ms apart");
    let (code, _) = one.consent(SAMPLE, None);
    let (access, _) = other.exchange(&code).unwrap();
    assert!(one.accounts(&access).is_ok());
}
