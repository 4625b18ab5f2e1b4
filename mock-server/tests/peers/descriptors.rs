//! A server whose file descriptors are used up.

use std::thread;
use std::time::{Duration, Instant};

use crate::client::Connection;
use crate::library::Library;
use crate::peer::{Peer, request};
use crate::serving::{Serving, wait_for};
use crate::user::Told;

/// How many descriptors the server may have.
const FEW: &str = "ulimit -n 64;";
/// How many connections want one.
const MANY: usize = 120;
/// For how long it is watched.
const WATCHED: Duration = Duration::from_secs(2);
/// How much processor time it may take in that while.
const MOST_TIME: Duration = Duration::from_millis(200);
/// How soon somebody is served when there are descriptors again.
const AT_ONCE: Duration = Duration::from_secs(1);

#[test]
fn connections_that_use_up_all_descriptors_wait_and_those_that_are_open_go_on() {
    for arguments in [&[][..], &["--state", "$FOLDER/state.db"]] {
        let serving = Serving::under(FEW, arguments);
        let (mut client, mut told) = (serving.client(), Told::default());
        serving.serves_others();
        let before = serving.descriptors();
        let mut idle: Vec<_> = (0..MANY).map(|_| Peer::connect(&serving.origin)).collect();
        thread::sleep(Duration::from_millis(200));
        // One that was there before does all that it could do, what needs files of its own among it.
        client.live(1, &mut told).unwrap();
        client.verify(&told).unwrap();
        let start = serving.cpu_time();
        thread::sleep(WATCHED);
        let took = serving.cpu_time() - start;
        println!("{arguments:?}: {took:?} of processor time in {WATCHED:?}");
        assert!(took < MOST_TIME, "{took:?}");
        let log = serving.log();
        assert_eq!(log.matches("ulimit -n").count(), 1, "{log}");
        // One more waits, and is served as soon as others go.
        let mut late = Peer::connect(&serving.origin);
        late.send(&request(&serving.origin, "GET /__admin/health", &[], b"")).unwrap();
        let gone = Instant::now();
        idle.drain(..).for_each(drop);
        assert!(late.read(100).unwrap().starts_with(b"HTTP/1.1 200"));
        println!("the next one was served {:?} after the others had gone", gone.elapsed());
        assert!(gone.elapsed() < AT_ONCE, "{:?}", gone.elapsed());
        drop((late, client));
        serving.wait_until_free(0, before);
        serving.serves_others();
        serving.check_memory("no descriptors");
        serving.check_log();
    }
}

/// In memory, each pushed file above 64 KiB is a file without a name, which takes a descriptor.
#[test]
fn pushed_files_never_use_up_the_descriptors_that_connections_need() {
    let serving = Serving::under(FEW, &[]);
    let library = Library::new(&serving);
    let mut pushed = 0;
    let refused = loop {
        assert!(pushed < MANY, "there were descriptors for all of them");
        match library.push(70_000) {
            answer if answer.status == 200 => pushed += 1,
            refused => break refused,
        }
    };
    assert!(pushed > 0 && refused.tells_to_come_again(), "{refused:?}");
    println!("{pushed} files were pushed");
    assert_eq!(library.count(), pushed);
    assert_eq!(library.push(10_000).status, 200);
    let mut told = Told::default();
    let deleted = serving.client().live(1, &mut told).unwrap_err().to_string();
    assert!(deleted.contains(" 503 "), "{deleted}");
    Connection::open(&serving.origin).unwrap().send("POST /__admin/reset", &[], b"").unwrap();
    wait_for(AT_ONCE, "nothing can be pushed", || {
        let (mut client, mut told) = (serving.client(), Told::default());
        client.live(1, &mut told).is_ok() && client.verify(&told).is_ok()
    });
    serving.check_log();
}
