//! Signing one request, claims and Base64 included, next to a pure-Rust RSA and
//! to the JWT library on AWS-LC.
#![allow(missing_docs, clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{SystemTime, UNIX_EPOCH};

use criterion::{Criterion, criterion_group, criterion_main};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rsa::RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pss::SigningKey;
use rsa::rand_core::OsRng;
use rsa::signature::{RandomizedSigner, SignatureEncoding};
use serde_json::{Value, json};
use sha2::Sha512;

/// The claims of a user's request, new each time.
fn claims() -> Value {
    json!({
        "access_token": "access-token", "client_id": "demoapp_DemoContract01",
        "nonce": "Zx81Kq0vBn72Lm4TyUi9Op3AsDf5GhJ6",
        "timestamp": SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64,
    })
}

fn sign(criterion: &mut Criterion) {
    let pem = support::vector_text("contract-private.pem");
    let mut group = criterion.benchmark_group("sign");

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (client, contract) = (digime::Client::builder(support::APP).build().unwrap(), support::contract());
    group.bench_function("digime", |bench| {
        bench
            .to_async(&runtime)
            .iter(async || digime::bench::authorization(&client, &contract, "access-token").await.unwrap());
    });

    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let header = Header::new(Algorithm::PS512);
    group.bench_function("jsonwebtoken on aws-lc", |bench| {
        bench.iter(|| jsonwebtoken::encode(&header, &claims(), &key).unwrap());
    });

    let key = SigningKey::<Sha512>::new_with_salt_len(RsaPrivateKey::from_pkcs1_pem(&pem).unwrap(), 64);
    let header = support::b64(r#"{"alg":"PS512","typ":"JWT"}"#);
    group.bench_function("rsa", |bench| {
        bench.iter(|| {
            let message = format!("{header}.{}", support::b64(claims().to_string()));
            let signature = key.sign_with_rng(&mut OsRng, message.as_bytes());
            format!("{message}.{}", support::b64(signature.to_bytes()))
        });
    });
    group.finish();
}

criterion_group!(benches, sign);
criterion_main!(benches);
