//! Files whose compression is a bomb, mislabelled, cut, or followed by something.

use std::io::Write;

use digime::{Compression, Error, ErrorKind, File};
use flate2::write::GzEncoder;
use futures_util::StreamExt;

use crate::support::*;

const PLAIN: &[u8] = b"[{\"id\":1},{\"id\":2},{\"id\":3}]";

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn brotli(plain: &[u8]) -> Vec<u8> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
    encoder.write_all(plain).unwrap();
    encoder.into_inner()
}

async fn serving(compressed: &[u8], label: Option<&str>) -> Server {
    let server = Server::start().await;
    server.file("f.json", file_answer(seal(compressed), label)).await;
    server
}

async fn read(compressed: &[u8], label: Option<&str>) -> Result<File, Error> {
    serving(compressed, label).await.user().read_file(&session(), &name("f.json")).await
}

async fn kind(compressed: &[u8], label: &str) -> ErrorKind {
    read(compressed, Some(label)).await.unwrap_err().kind()
}

/// Reads whole and as a stream, with a limit.
async fn read_limited(compressed: &[u8], label: &str, limit: u64) -> [Result<usize, ErrorKind>; 2] {
    let server = serving(compressed, Some(label)).await;
    let user = server.builder().max_file_size(limit).build().unwrap().user(&contract(), token("a", "r"));
    let whole = user.read_file(&session(), &name("f.json")).await;
    let mut stream = user.read_file_stream(&session(), &name("f.json")).await.unwrap();
    let mut streamed = Ok(0);
    while let Some(chunk) = stream.next().await {
        streamed = match (streamed, chunk) {
            (Ok(sum), Ok(chunk)) => {
                assert!(chunk.len() <= 600 * 1024, "chunks stay small");
                Ok(sum + chunk.len())
            }
            (_, Err(error)) => Err(error.kind()),
            (Err(_), Ok(_)) => panic!("something follows the error"),
        };
    }
    [whole.map(|file| file.len()).map_err(|error| error.kind()), streamed]
}

#[tokio::test]
async fn both_compressions_and_none_give_the_content() {
    for (bytes, label, compression) in [
        (gzip(PLAIN), Some("gzip"), Compression::Gzip),
        (brotli(PLAIN), Some("brotli"), Compression::Brotli),
        (PLAIN.to_vec(), Some("no-compression"), Compression::None),
        (PLAIN.to_vec(), Some("zstd"), Compression::None),
        (PLAIN.to_vec(), None, Compression::None),
    ] {
        let file = read(&bytes, label).await.unwrap();
        assert_eq!((file.bytes().as_ref(), file.compression), (PLAIN, compression));
    }
}

#[tokio::test]
async fn bombs_end_at_the_limit() {
    let zeros = vec![0u8; 64 << 20];
    for (bomb, label) in [(gzip(&zeros), "gzip"), (brotli(&zeros), "brotli")] {
        assert!(zeros.len() / bomb.len() > 900, "{label} is a bomb");
        for result in read_limited(&bomb, label, 1 << 20).await {
            assert_eq!(result, Err(ErrorKind::TooLarge), "{label}");
        }
    }
}

#[tokio::test]
async fn the_limit_is_exact() {
    let plain = vec![b'x'; 100_000];
    for (bytes, label) in
        [(gzip(&plain), "gzip"), (brotli(&plain), "brotli"), (plain.clone(), "no-compression")]
    {
        for result in read_limited(&bytes, label, 100_000).await {
            assert_eq!(result, Ok(100_000), "{label}");
        }
        for result in read_limited(&bytes, label, 99_999).await {
            assert_eq!(result, Err(ErrorKind::TooLarge), "{label}");
        }
    }
}

#[tokio::test]
async fn without_a_setting_the_limit_is_512_mib() {
    let server = serving(&gzip(&vec![0u8; 64 << 20]).repeat(9), Some("gzip")).await;
    let mut stream = server.user().read_file_stream(&session(), &name("f.json")).await.unwrap();
    let mut read = 0u64;
    let error = loop {
        match stream.next().await.expect("576 MiB are more than the limit") {
            Ok(chunk) => read += chunk.len() as u64,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!((511 << 20..=512 << 20).contains(&read), "{read} bytes were delivered");
}

#[tokio::test]
async fn a_file_that_is_too_large_is_not_received_to_its_end() {
    let origin = raw_server(|mut socket, _| async move {
        let head = format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\nx-metadata: {}\r\n\r\n",
            x_metadata(Some("no-compression"))
        );
        write_all(&mut socket, head).await;
        write_all(&mut socket, seal(&[1; 1 << 16])).await;
        while write_all(&mut socket, [5; 1 << 16]).await {}
    })
    .await;
    let server = Server::start().await;
    let client = server.builder().origin(origin).max_file_size(1 << 20).build().unwrap();
    let user = client.user(&contract(), token("a", "r"));
    let error = user.read_file(&session(), &name("f.json")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(error.attempts(), 1, "a file does not shrink by asking again");
}

#[tokio::test]
async fn wrong_labels_are_decompression_errors() {
    for (bytes, label) in [
        (PLAIN.to_vec(), "gzip"),
        (PLAIN.to_vec(), "brotli"),
        (gzip(PLAIN), "brotli"),
        (brotli(PLAIN), "gzip"),
        (Vec::new(), "gzip"),
        (Vec::new(), "brotli"),
    ] {
        assert_eq!(kind(&bytes, label).await, ErrorKind::Decompress, "{label}");
    }
}

#[tokio::test]
async fn garbage_after_the_end_is_an_error() {
    for garbage in [&b"\0"[..], b"garbage", &[0; 100]] {
        assert_eq!(kind(&[&gzip(PLAIN), garbage].concat(), "gzip").await, ErrorKind::Decompress);
        assert_eq!(kind(&[&brotli(PLAIN), garbage].concat(), "brotli").await, ErrorKind::Decompress);
    }
    let twice = [brotli(PLAIN), brotli(PLAIN)].concat();
    assert_eq!(kind(&twice, "brotli").await, ErrorKind::Decompress);
}

#[tokio::test]
async fn gzip_members_may_follow_one_another() {
    let members = [gzip(PLAIN), gzip(b""), gzip(PLAIN)].concat();
    let file = read(&members, Some("gzip")).await.unwrap();
    assert_eq!(file.bytes(), [PLAIN, PLAIN].concat());
}

#[tokio::test]
async fn truncated_data_is_an_error_wherever_it_ends() {
    for (whole, label) in [(gzip(PLAIN), "gzip"), (brotli(PLAIN), "brotli")] {
        for length in 0..whole.len() {
            assert_eq!(kind(&whole[..length], label).await, ErrorKind::Decompress, "{label} {length}");
        }
    }
}

#[tokio::test]
async fn a_damaged_checksum_is_an_error() {
    let mut damaged = gzip(PLAIN);
    let crc = damaged.len() - 8;
    damaged[crc] ^= 1;
    assert_eq!(kind(&damaged, "gzip").await, ErrorKind::Decompress);
}

#[tokio::test]
async fn what_cannot_be_decompressed_is_not_lost() {
    let server = serving(PLAIN, Some("gzip")).await;
    let error = server.user().read_file(&session(), &name("f.json")).await.unwrap_err();
    assert!(error.to_string().contains("read_file_raw"), "{error}");
    let raw = server.user().read_file_raw(&session(), &name("f.json")).await.unwrap();
    assert_eq!(raw.bytes, PLAIN);
}
