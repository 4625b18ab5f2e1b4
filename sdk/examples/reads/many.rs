//! Many small files, in memory.

use std::fmt;
use std::path::Path;
use std::time::Instant;

use digime::{Client, ReadAllOptions, ReadEvent, User};
use futures_util::StreamExt;

use crate::content::{SMALL, name};
use crate::{FILES, parts, process, support};

const ROUNDS: usize = 5;

pub(crate) async fn read(folder: &Path, origin: &str) {
    let containers: Vec<Vec<u8>> =
        (0..FILES).map(|it| std::fs::read(folder.join(name(it))).unwrap()).collect();
    let sealed: usize = containers.iter().map(Vec::len).sum();
    println!("{FILES} files of {SMALL} bytes, {} bytes each on the wire", sealed / FILES);
    let client = Client::builder(support::APP).origin(origin).build().unwrap();
    let user = client.user(&support::contract(), support::token("at", "rt"));
    println!("  each dropped once it is there:");
    rounds(&containers, || one_by_one(&user), Parts::sum).await;
    println!("  all kept, with their memory among the parts:");
    rounds(&containers, || all_kept(&user), |parts| parts.sum() + parts.memory).await;
    println!("  {:.1} MiB resident at most", process::peak());
}

/// Reads again and again, and says each time what it took, and how much that is of what the parts cost.
async fn rounds(containers: &[Vec<u8>], read: impl AsyncFn(), cost: impl Fn(&Parts) -> f64) {
    for round in 1..=ROUNDS {
        let taken = measured(read()).await;
        let parts = tokio::task::block_in_place(|| Parts::of(containers));
        println!("    round {round}: {}; {parts}", taken.of(cost(&parts)));
    }
}

/// As the official SDKs read: each file is handed over, and gone.
async fn one_by_one(user: &User) {
    let mut events = user.read_all_files(&support::session(), ReadAllOptions::new());
    let mut read = 0;
    while let Some(event) = events.next().await {
        match event {
            ReadEvent::File(file) => read += file.unwrap().len(),
            ReadEvent::Failed(error) => panic!("{error}"),
            _ => {}
        }
    }
    assert_eq!(read, FILES * SMALL);
}

async fn all_kept(user: &User) {
    let all = user.read_all_files(&support::session(), ReadAllOptions::new()).collect_all().await.unwrap();
    assert!(all.failures.is_empty() && all.files.len() == FILES, "{:?}", all.failures);
    assert!(all.files.iter().all(|file| file.len() == SMALL));
}

/// What a read took, in seconds.
struct Taken {
    wall: f64,
    cpu: f64,
}

async fn measured(read: impl Future<Output = ()>) -> Taken {
    let (started, before) = (Instant::now(), process::cpu());
    read.await;
    Taken { wall: started.elapsed().as_secs_f64(), cpu: process::cpu() - before }
}

impl Taken {
    fn of(&self, parts: f64) -> String {
        let Self { wall, cpu } = self;
        format!(
            "{wall:.3} s; processor {cpu:.3} s = {:.2} cores, {:.2} of the parts",
            cpu / wall,
            cpu / parts
        )
    }
}

/// Processor time of what reading cannot do without, for all files, in seconds.
struct Parts {
    signatures: f64,
    keys: f64,
    aes: f64,
    inflation: f64,
    /// New memory for all that is read.
    memory: f64,
}

impl Parts {
    fn of(containers: &[Vec<u8>]) -> Self {
        let (sign, unwrap) = (parts::signing(), parts::unwrapping());
        let signatures = parts::cost(|| containers.iter().for_each(|_| sign())).0;
        let keys = parts::cost(|| containers.iter().for_each(|container| unwrap(container))).0;
        let decrypted = |container: &Vec<u8>| parts::drain(parts::Decrypted::of(&container[..]));
        let aes = parts::cost(|| containers.iter().map(decrypted).sum::<usize>()).0;
        let inflated = |container: &Vec<u8>| {
            parts::drain(flate2::bufread::GzDecoder::new(std::io::BufReader::with_capacity(
                1 << 16,
                parts::Decrypted::of(&container[..]),
            )))
        };
        let (both, bytes) = parts::cost(|| containers.iter().map(inflated).sum::<usize>());
        assert_eq!(bytes, FILES * SMALL);
        let memory = parts::cost(|| containers.iter().map(|_| vec![1; SMALL]).collect::<Vec<Vec<u8>>>()).0;
        Self { signatures, keys, aes, inflation: both - aes, memory }
    }

    fn sum(&self) -> f64 {
        self.signatures + self.keys + self.aes + self.inflation
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signatures, keys, aes, inflation, memory } = self;
        write!(
            f,
            "signatures {signatures:.3} s, keys {keys:.3} s, AES {aes:.3} s, inflation {inflation:.3} s, memory \
             {memory:.3} s"
        )
    }
}
