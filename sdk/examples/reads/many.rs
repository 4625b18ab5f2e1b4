//! Many small files, in memory.

use std::path::Path;
use std::time::Instant;

use digime::{Client, ReadAllOptions};

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
    for round in 1..=ROUNDS {
        let (started, before) = (Instant::now(), process::cpu());
        let options = ReadAllOptions::new();
        let all = user.read_all_files(&support::session(), options).collect_all().await.unwrap();
        let (wall, cpu) = (started.elapsed().as_secs_f64(), process::cpu() - before);
        assert!(all.failures.is_empty() && all.files.len() == FILES, "{:?}", all.failures);
        assert!(all.files.iter().all(|file| file.len() == SMALL));
        drop(all);
        let (sign, unwrap, aes, both) = tokio::task::block_in_place(|| costs(&containers));
        let sum = sign + unwrap + both;
        println!(
            "  round {round}: {wall:.3} s; processor {cpu:.3} s = {:.2} cores, {:.2} of the parts ({sum:.3} s: \
             signatures {sign:.3}, keys {unwrap:.3}, AES {aes:.3}, inflation {:.3})",
            cpu / wall,
            cpu / sum,
            both - aes
        );
    }
    println!("  {:.1} MiB resident at most", process::peak());
}

/// Signatures, decryptions of keys, AES, and AES with inflation, of all files.
fn costs(containers: &[Vec<u8>]) -> (f64, f64, f64, f64) {
    let (sign, unwrap) = (parts::signing(), parts::unwrapping());
    let signing = parts::cost(|| containers.iter().for_each(|_| sign())).0;
    let unwrapping = parts::cost(|| containers.iter().for_each(|container| unwrap(container))).0;
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
    (signing, unwrapping, aes, both)
}
