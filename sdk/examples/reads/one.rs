//! One large file, to disk.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::time::Instant;

use digime::{Client, FileName};
use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;

use crate::{parts, process, support};

pub(crate) async fn read(folder: &Path, origin: &str, name: &str) {
    let client = Client::builder(support::APP).origin(origin).max_file_size(u64::MAX).build().unwrap();
    let user = client.user(&support::contract(), support::token("at", "rt"));
    let out = folder.join("out");
    let idle = process::peak();
    let (started, before) = (Instant::now(), process::cpu());
    let mut stream = user.read_file_stream(&support::session(), &FileName::new(name)).await.unwrap();
    let mut file = tokio::fs::File::create(&out).await.unwrap();
    let mut bytes = 0;
    while let Some(piece) = stream.next().await {
        let piece = piece.unwrap();
        bytes += piece.len();
        file.write_all(&piece).await.unwrap();
    }
    file.flush().await.unwrap();
    let (wall, cpu) = (started.elapsed().as_secs_f64(), process::cpu() - before);
    let peak = process::peak();
    std::fs::remove_file(&out).unwrap();
    println!("{name}: {} MiB to disk, {} MiB on the wire", bytes >> 20, sealed(folder, name) >> 20);
    println!("  {wall:.2} s; processor {cpu:.2} s; {peak:.1} MiB resident at most, {idle:.1} MiB before");
    tokio::task::block_in_place(|| alone(folder, name, bytes));
}

fn sealed(folder: &Path, name: &str) -> u64 {
    std::fs::metadata(folder.join(name)).unwrap().len()
}

/// The same without the SDK and without a socket, each on one thread.
fn alone(folder: &Path, name: &str, bytes: usize) {
    let sealed =
        || BufReader::with_capacity(1 << 16, parts::Decrypted::of(File::open(folder.join(name)).unwrap()));
    let timed = |work: &dyn Fn()| {
        let started = Instant::now();
        let cpu = parts::cost(work).0;
        (started.elapsed().as_secs_f64(), cpu)
    };
    let aes = timed(&|| assert!(parts::drain(sealed()) > 0));
    let opened = timed(&|| {
        let plain: Box<dyn Read> = match name {
            "gzip" => Box::new(flate2::bufread::GzDecoder::new(sealed())),
            _ => Box::new(brotli::Decompressor::new(sealed(), 1 << 16)),
        };
        assert_eq!(parts::drain(plain), bytes);
    });
    let written = timed(&|| {
        let (mut file, piece) = (File::create(folder.join("out")).unwrap(), vec![7; 1 << 16]);
        (0..bytes >> 16).for_each(|_| file.write_all(&piece).unwrap());
    });
    std::fs::remove_file(folder.join("out")).unwrap();
    let told = |(wall, cpu): (f64, f64)| format!("{wall:.2} s (processor {cpu:.2} s)");
    println!("  alone: AES {}, AES and decompression {}, writing {}", told(aes), told(opened), told(written));
}
