//! Three servers behind a load balancer, and many clients at once: what may happen once happens once.
//! `DIGIME_ROUNDS=1000` says how often it is tried.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use digime_mock_server::{ContractKind, MockServer};
use serde_json::json;

use crate::Fallible;
use crate::app::{Client, SAMPLE};
use crate::balancer::balance;
use crate::cluster::Cluster;

/// How many clients ask at once.
const CLIENTS: usize = 50;
/// How often they do, unless the variable says otherwise.
const ROUNDS: usize = 100;
/// How long a busy machine may keep the state from being reached.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a fault strikes, for each round.
const STRIKES: usize = 10;

#[test]
fn many_clients_at_once_get_once_what_there_is_once() {
    let Some(cluster) = Cluster::start() else { return };
    let rounds = std::env::var("DIGIME_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let servers = [cluster.server(), cluster.server(), cluster.server()];
    let origin = balance(servers.iter().map(MockServer::address).collect());
    let client = || Client::at(&origin, &servers[0], ContractKind::Read);
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| client()).collect();
    let mut one = client();
    let fault = json!({ "route": "jwks", "times": STRIKES * rounds, "status": 418 });
    one.admin("POST /__admin/faults", &fault.to_string()).unwrap();
    let (started, mut struck) = (Instant::now(), 0);
    for _ in 0..rounds {
        let (code, _) = one.consent(SAMPLE, None);
        let exchanged = at_once(&mut clients, |client| client.exchange(&code));
        assert_eq!(granted(&exchanged, "InvalidGrant"), 1);
        let pair = exchanged.into_iter().find_map(Result::ok).unwrap();
        let jwt = one.signer.request(json!({ "access_token": pair.0 })).unwrap();
        let used = at_once(&mut clients, |client| client.send("GET /v1.7/permission-access/accounts", &jwt));
        assert_eq!(granted(&used, "already been used"), 1);
        // Each refresh within the grace answers a pair that works, wherever it is used.
        let refreshed = at_once(&mut clients, |client| {
            let (access, _) = client.refresh(&pair.1)?;
            Ok(access)
        });
        assert_eq!(granted(&refreshed, "nothing"), CLIENTS);
        let access: Vec<_> = refreshed.into_iter().map(Result::unwrap).collect();
        assert!(one.accounts(&access[0]).is_ok() && one.accounts(&access[CLIENTS - 1]).is_ok());
        let keys = at_once(&mut clients, |client| client.connection.send("GET /v1.7/jwks/oauth", &[], b""));
        struck += CLIENTS - granted(&keys, " 418 ");
    }
    while patiently(|| one.connection.send("GET /v1.7/jwks/oauth", &[], b"")).is_err() {
        struck += 1;
    }
    assert_eq!(struck, STRIKES * rounds);
    let faults = one.admin("GET /__admin/faults", "").unwrap();
    assert_eq!(faults["faults"][0]["struck"], struck, "{faults}");
    println!("{CLIENTS} clients, {rounds} rounds in {:?}", started.elapsed());
}

/// Lets all clients do something at the same moment, and gives what came of it.
fn at_once<T: Send>(
    clients: &mut [Client],
    doing: impl Fn(&mut Client) -> Fallible<T> + Sync,
) -> Vec<Fallible<T>> {
    let barrier = Barrier::new(clients.len());
    thread::scope(|scope| {
        let asking: Vec<_> = clients
            .iter_mut()
            .map(|client| {
                let (doing, barrier) = (&doing, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    patiently(|| doing(client))
                })
            })
            .collect();
        asking.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

/// Asks again, as clients do, when the state could not be reached in time: nothing was changed then.
fn patiently<T>(mut ask: impl FnMut() -> Fallible<T>) -> Fallible<T> {
    let started = Instant::now();
    loop {
        match ask() {
            Err(error)
                if started.elapsed() < PATIENCE && error.to_string().contains("ServiceUnavailable") =>
            {
                thread::sleep(Duration::from_secs(1));
            }
            answer => return answer,
        }
    }
}

/// How many were answered; the others were refused for this reason.
fn granted<T>(answers: &[Fallible<T>], refusal: &str) -> usize {
    for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert!(error.to_string().contains(refusal), "{error}");
    }
    answers.iter().filter(|answer| answer.is_ok()).count()
}
