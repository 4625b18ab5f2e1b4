//! Clients that ask for much and read it slowly, or not at all.

use std::time::{Duration, Instant};

use crate::library::Library;
use crate::peer::Peer;
use crate::serving::{Serving, wait_for};
use crate::{is_patient, number};

/// Size of a file that is encrypted while it is sent.
const LARGE: usize = 10_000_000;
/// Size of one that is encrypted first.
const MIDDLE: usize = 1_000_000;
/// What the server has for a client that takes nothing in, and some time to notice.
const PATIENCE: Duration = Duration::from_secs(120 + 20);

#[test]
fn big_downloads_that_are_read_slowly_take_a_bounded_room_and_have_an_end() {
    for arguments in [&[][..], &["--state", "$FOLDER/state.db"]] {
        let serving = Serving::start(arguments);
        let library = Library::new(&serving);
        library.push_noise(MIDDLE);
        library.push_noise(LARGE);
        serving.serves_others();
        let before = serving.descriptors();
        let count = number("DIGIME_READERS", 6);
        for (compression, file) in [
            ("no-compression", "/pushed-2.txt"),
            ("no-compression", "/pushed-1.txt"),
            ("gzip", "/pushed-2.txt"),
            ("brotli", "/pushed-2.txt"),
        ] {
            let session = library.session(compression);
            let start = Instant::now();
            let mut peers: Vec<_> = (0..count).map(|_| Peer::with_small_buffer(&serving.origin)).collect();
            for peer in &mut peers {
                peer.send(&library.read_request(&session, file)).unwrap();
            }
            for peer in &mut peers {
                assert!(peer.read(100).unwrap().starts_with(b"HTTP/1.1 200"), "{compression}");
            }
            println!("{count} answers have begun after {:?}", start.elapsed());
            for _ in 0..3 {
                peers.iter_mut().for_each(|peer| drop(peer.read(1000)));
                serving.serves_others();
            }
            serving.check_memory(&format!("{arguments:?}: {count} slow readers of {file}, {compression}"));
            if is_patient() && compression == "no-compression" && file == "/pushed-2.txt" {
                wait_for(PATIENCE, "clients that do not read are left", || serving.connections() == 0);
            }
            peers.into_iter().for_each(Peer::reset);
            serving.wait_until_free(0, before);
        }
        serving.serves_others();
        serving.check_log();
    }
}
