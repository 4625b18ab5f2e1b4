//! Verifying one token of the server with its key set cached, payload included,
//! next to a pure-Rust RSA and to the JWT library on AWS-LC.
#![allow(missing_docs, clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../tests/support/mod.rs"]
mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use rsa::RsaPublicKey;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::pss::{Signature, VerifyingKey};
use rsa::signature::Verifier;
use serde_json::Value;
use sha2::Sha512;

fn verify(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(support::Server::start());
    let token = support::sign(&server.jku(), &support::token_payload("access-token", "refresh-token"));
    let pem = support::vector_text("server-public-pkcs1.pem");
    let mut group = criterion.benchmark_group("verify");

    let client = server.client();
    group.bench_function("digime", |bench| {
        bench.to_async(&runtime).iter(async || digime::bench::verify(&client, &token).await.unwrap());
    });
    assert_eq!(runtime.block_on(server.count("/jwks/oauth")), 1, "the key set was read once");

    let key = DecodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let mut validation = Validation::new(Algorithm::PS512);
    validation.required_spec_claims.clear();
    group.bench_function("jsonwebtoken on aws-lc", |bench| {
        bench.iter(|| jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap().claims);
    });

    let key = RsaPublicKey::from_pkcs1_pem(&pem).unwrap();
    let key = VerifyingKey::<Sha512>::new_with_salt_len(key, 64);
    group.bench_function("rsa", |bench| {
        bench.iter(|| {
            let (message, signature) = token.rsplit_once('.').unwrap();
            let signature = Signature::try_from(support::unb64(signature).as_slice()).unwrap();
            key.verify(message.as_bytes(), &signature).unwrap();
            let payload = support::unb64(message.split_once('.').unwrap().1);
            serde_json::from_slice::<Value>(&payload).unwrap()
        });
    });
    group.finish();
}

criterion_group!(benches, verify);
criterion_main!(benches);
