//! Connections that ask for nothing: new ones, and those that have been answered once.

use std::thread;
use std::time::{Duration, Instant};

use crate::peer::{Peer, request};
use crate::serving::{Serving, wait_for};
use crate::{is_patient, number};

/// How many descriptors of this process are left to others.
const RESERVE: usize = 500;
/// How long another client's flow may take meanwhile.
const LONGEST_FLOW: Duration = Duration::from_secs(15);
/// Memory that a connection may take, in bytes: less than the two buffers that it has until it rests.
const MOST_EACH: u64 = 12 * 1024;
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
    let (before, memory) = (serving.descriptors(), serving.most_memory());
    let start = Instant::now();
    let health = request(&serving.origin, "GET /__admin/health", &[], b"");
    let connect = |_| {
        let mut peer = Peer::connect(&serving.origin);
        if with_request {
            peer.send(&health).unwrap();
            assert!(peer.read(1000).unwrap().starts_with(b"HTTP/1.1 200"));
        }
        peer
    };
    let idle: Vec<_> = (0..wanted).map(connect).collect();
    println!("{wanted} connections after {:?}", start.elapsed());
    let took = serving.serves_others();
    println!("another client's flow meanwhile: {took:?}");
    assert!(took < LONGEST_FLOW, "{took:?}");
    // The first ones may have been closed by then.
    if start.elapsed() < Duration::from_secs(20) {
        assert!(serving.connections() >= wanted, "{} of {wanted}", serving.connections());
    }
    serving.check_memory(&format!("{wanted} idle connections, answered once: {with_request}"));
    let each = (serving.most_memory() - memory) / wanted as u64;
    println!("{each} bytes each");
    assert!(each < MOST_EACH, "{each} bytes each");
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

#[test]
fn a_connection_that_rested_is_answered_as_before_however_its_request_comes() {
    let serving = Serving::start(&[]);
    let health = request(&serving.origin, "GET /__admin/health", &[], b"");
    let mut peer = Peer::connect(&serving.origin);
    for pieces in [vec![health.len()], vec![1], vec![1, 30], vec![30], vec![health.len() - 1]] {
        let mut start = 0;
        for end in pieces.into_iter().chain([health.len()]) {
            // Longer than it takes to rest.
            thread::sleep(Duration::from_millis(300));
            peer.send(&health[start..end]).unwrap();
            start = end;
        }
        assert!(peer.read(1000).unwrap().starts_with(b"HTTP/1.1 200"));
    }
    // Two at once, the second of which is there before the first is answered.
    thread::sleep(Duration::from_millis(300));
    peer.send(&health.repeat(2)).unwrap();
    let mut answers = Vec::new();
    wait_for(Duration::from_secs(5), "an answer is missing", || {
        answers.extend(peer.read(1000).unwrap());
        String::from_utf8_lossy(&answers).matches("HTTP/1.1 200").count() == 2
    });
}
