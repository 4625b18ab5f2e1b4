//! Connections that ask for nothing: new ones, and those that have been answered once.

use std::time::{Duration, Instant};

use crate::peer::{Peer, request};
use crate::serving::{Serving, wait_for};
use crate::{is_patient, number};

/// How many descriptors of this process are left to others.
const RESERVE: usize = 500;
/// How long another client's flow may take meanwhile.
const LONGEST_FLOW: Duration = Duration::from_secs(15);
/// How long the server may keep a connection that asks for nothing, and some time to notice.
const PATIENCE: Duration = Duration::from_secs(30 + 15);

/// As many connections as are wanted, or as the hard limit of open files allows.
fn allowed(wanted: usize) -> usize {
    let limit = rlimit::increase_nofile_limit(u64::MAX).unwrap() as usize;
    let allowed = wanted.min(limit.saturating_sub(RESERVE));
    if allowed < wanted {
        println!(
            "skipped: {} of {wanted} connections, because of the limit of {limit} open files",
            wanted - allowed
        );
    }
    allowed
}

fn hold_and_let_go(with_request: bool) {
    let wanted = allowed(number("DIGIME_IDLE", 1000));
    let serving = Serving::start(&[]);
    serving.serves_others();
    let before = serving.descriptors();
    let start = Instant::now();
    let mut idle: Vec<_> = (0..wanted).map(|_| Peer::connect(&serving.origin)).collect();
    if with_request {
        let health = request(&serving.origin, "GET /__admin/health", &[], b"");
        for peer in &mut idle {
            peer.send(&health).unwrap();
            assert!(peer.read(1000).unwrap().starts_with(b"HTTP/1.1 200"));
        }
    }
    println!("{wanted} connections after {:?}", start.elapsed());
    let took = serving.serves_others();
    println!("another client's flow meanwhile: {took:?}");
    assert!(took < LONGEST_FLOW, "{took:?}");
    // The first ones may have been closed by then.
    if start.elapsed() < Duration::from_secs(20) {
        assert!(serving.connections() >= wanted, "{} of {wanted}", serving.connections());
    }
    serving.check_memory(&format!("{wanted} idle connections, answered once: {with_request}"));
    if is_patient() {
        wait_for(PATIENCE, "idle connections are left", || serving.connections() == 0);
    }
    drop(idle);
    serving.wait_until_free(0, before);
    serving.serves_others();
    serving.check_log();
}

#[test]
fn connections_that_never_ask_cost_little_and_are_closed() {
    hold_and_let_go(false);
}

#[test]
fn connections_that_ask_no_more_cost_little_and_are_closed() {
    hold_and_let_go(true);
}
