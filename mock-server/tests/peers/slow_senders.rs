//! Clients that send a byte now and then, or stop in the middle.

use std::time::{Duration, Instant};

use crate::library::Library;
use crate::peer::{Peer, head};
use crate::serving::{Serving, wait_for};
use crate::{is_patient, number};

/// How long this runs if it does not wait for the server's limits.
const SHORT: Duration = Duration::from_secs(3);
/// What the server has for a head.
const HEAD_LIMIT: Duration = Duration::from_secs(30);
/// What it has for a JSON body, and between two pieces of a pushed file.
const PAUSE_LIMIT: Duration = Duration::from_secs(60);

/// What a client has that goes on sending what is refused, and some time to notice.
const REFUSED_PAUSE: Duration = Duration::from_secs(5 + 1);

/// Sends the peers' next byte each second for a while, as long as they take it. Another client is served meanwhile.
fn trickle(serving: &Serving, peers: &mut [Peer], bytes: &[u8], limit: Duration) {
    let start = Instant::now();
    for byte in bytes {
        if start.elapsed() > limit {
            break;
        }
        let second = Instant::now();
        for peer in &mut *peers {
            // The server may have closed it.
            let _ = peer.send(&[*byte]);
        }
        serving.serves_others();
        std::thread::sleep(Duration::from_secs(1).saturating_sub(second.elapsed()));
    }
}

#[test]
fn heads_that_come_byte_by_byte_hinder_nobody_and_have_an_end() {
    let serving = Serving::start(&[]);
    serving.serves_others();
    let before = serving.descriptors();
    let count = number("DIGIME_SENDERS", 100);
    let mut peers: Vec<_> = (0..count).map(|_| Peer::connect(&serving.origin)).collect();
    let large = format!("GET /jwks/oauth HTTP/1.1\r\nHost: x\r\nX-Large: {}", "x".repeat(60_000));
    for peer in &mut peers[count / 2..] {
        peer.send(large.as_bytes()).unwrap();
    }
    let limit = if is_patient() { HEAD_LIMIT + Duration::from_secs(5) } else { SHORT };
    let text = b"GET /jwks/oauth HTTP/1.1\r\nHost: x\r\nX-Slow: as slow as can be, a byte at a time";
    trickle(&serving, &mut peers, text, limit);
    serving.check_memory(&format!("{count} slow heads"));
    if is_patient() {
        for peer in &mut peers {
            let answer = peer.answer(Duration::from_secs(1));
            assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("ValidationErrors"), "{answer}");
        }
    }
    peers.into_iter().for_each(Peer::reset);
    serving.wait_until_free(0, before);
    serving.serves_others();
    serving.check_log();
}

#[test]
fn json_that_stops_before_its_end_takes_a_bounded_room() {
    let serving = Serving::start(&[]);
    serving.serves_others();
    let before = serving.descriptors();
    let count = number("DIGIME_SENDERS", 100);
    let size = 1_000_000;
    let head = head(&serving.origin, "POST /v1.7/oauth/authorize", &[], size);
    let body = vec![b' '; size - 1];
    let mut peers: Vec<_> = (0..count).map(|_| Peer::connect(&serving.origin)).collect();
    for peer in &mut peers {
        // Some are refused meanwhile.
        let _ = peer.send(head.as_bytes()).and_then(|()| peer.send(&body));
    }
    let took = serving.serves_others();
    println!("another client's flow meanwhile: {took:?}");
    serving.check_memory(&format!("{count} JSON bodies of a megabyte without an end"));
    // Those for which there was no room are told so, once they pause.
    std::thread::sleep(REFUSED_PAUSE);
    let mut refused = 0;
    for peer in &mut peers {
        let answer = peer.answer(Duration::from_millis(5));
        if !answer.is_empty() {
            assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\r\nretry-after: "), "{answer}");
            refused += 1;
        }
    }
    println!("{refused} of {count} were refused");
    assert!((1..count).contains(&refused), "{refused}");
    if is_patient() {
        let left: Vec<_> = peers.iter_mut().map(|peer| peer.answer(PAUSE_LIMIT)).collect();
        for answer in left.iter().filter(|answer| !answer.is_empty()) {
            assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        }
        wait_for(PAUSE_LIMIT, "slow bodies are left", || serving.connections() == 0);
    }
    peers.into_iter().for_each(Peer::reset);
    serving.wait_until_free(0, before);
    serving.serves_others();
    serving.check_log();
}

#[test]
fn pushes_that_come_byte_by_byte_hinder_nobody_and_arrive_whole_or_not_at_all() {
    for arguments in [&[][..], &["--state", "$FOLDER/state.db"]] {
        let serving = Serving::start(arguments);
        let library = Library::new(&serving);
        serving.serves_others();
        let before = serving.descriptors();
        let count = number("DIGIME_SENDERS", 100);
        let (first, slow) =
            (60_000, b"0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz");
        let mut peers: Vec<_> = (0..count).map(|_| Peer::connect(&serving.origin)).collect();
        for peer in &mut peers {
            peer.send(library.push_head(first + slow.len()).as_bytes()).unwrap();
            peer.send(&vec![b'x'; first]).unwrap();
        }
        let limit = if is_patient() { PAUSE_LIMIT } else { SHORT };
        trickle(&serving, &mut peers[..count / 2], slow, limit);
        serving.check_memory(&format!("{arguments:?}: {count} slow pushes"));
        assert_eq!(library.count(), 0, "a push that is not over is in the library");
        if is_patient() {
            for peer in &mut peers[count / 2..] {
                let answer = peer.answer(Duration::from_secs(5));
                assert!(
                    answer.starts_with("HTTP/1.1 408 ") && answer.contains("ValidationErrors"),
                    "{answer}"
                );
            }
        }
        peers.into_iter().for_each(Peer::reset);
        serving.wait_until_free(0, before);
        assert_eq!(library.count(), 0, "a push that was broken off is in the library");
        assert_eq!(library.push(60_000).status, 200);
        assert_eq!(library.count(), 1);
        serving.serves_others();
        serving.check_log();
    }
}
