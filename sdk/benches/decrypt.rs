//! Opening a container of 1 MiB, its RSA-encrypted key included, next to
//! pure-Rust RSA and AES.
#![allow(missing_docs, clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../tests/support/mod.rs"]
mod support;

use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use digime::PrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::{Oaep, RsaPrivateKey};
use sha1::Sha1;

const SIZE: usize = 1 << 20;

fn decrypt(criterion: &mut Criterion) {
    let plain: Vec<u8> = (0..=255).cycle().take(SIZE).collect();
    let container = support::seal(&plain);
    let pem = support::vector_text("contract-private.pem");
    let mut group = criterion.benchmark_group("decrypt 1 MiB");
    group.throughput(Throughput::Bytes(SIZE as u64));

    let key = PrivateKey::from_pem(&pem).unwrap();
    assert_eq!(key.decrypt_container(&container).unwrap(), plain);
    group.bench_function("digime", |bench| bench.iter(|| key.decrypt_container(&container).unwrap()));

    let key = RsaPrivateKey::from_pkcs1_pem(&pem).unwrap();
    let open = || {
        let aes = key.decrypt(Oaep::new::<Sha1>(), &container[..256]).unwrap();
        let cipher = cbc::Decryptor::<Aes256>::new_from_slices(&aes, &container[256..272]).unwrap();
        let mut content = container[272..].to_vec();
        let length = cipher.decrypt_padded::<Pkcs7>(&mut content).unwrap().len();
        content.truncate(length);
        content
    };
    assert_eq!(open(), plain);
    group.bench_function("rsa, aes and cbc", |bench| bench.iter(open));
    group.finish();
}

criterion_group!(benches, decrypt);
criterion_main!(benches);
