//! Key sets: where they may be, and what they may hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::signature::RSA_PSS_SHA512;
use digime::{AuthorizationCode, Client, CodeVerifier, ErrorKind, Operation};
use futures_util::future::join_all;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::support::*;
use crate::tokens::exchange;

fn server_key() -> Value {
    vector_json("jwks.json")["keys"][0].clone()
}

async fn error_for_jku(jku: &str) -> digime::Error {
    let server = Server::start().await;
    server.token_text(&sign(jku, &token_payload("at-2", "rt-2"))).await;
    let error = exchange(&server).await.expect_err(jku);
    assert_eq!(server.count("/jwks/oauth").await, 0, "{jku} led to a request");
    error
}

#[tokio::test]
async fn key_sets_of_others_are_never_fetched() {
    let evil = Server::start().await;
    let port = evil.origin().rsplit(':').next().unwrap().to_owned();
    for jku in [
        evil.jku(),
        format!("http://127.0.0.1.nip.example:{port}/jwks/oauth"),
        format!("http://user@127.0.0.1:{port}/jwks/oauth"),
        format!("//127.0.0.1:{port}/jwks/oauth"),
        "file:///etc/passwd".to_owned(),
        "data:application/json,{}".to_owned(),
        "https://api.digi.me/v1.7/jwks/oauth".to_owned(),
        "jwks/oauth".to_owned(),
        String::new(),
    ] {
        let error = error_for_jku(&jku).await;
        assert_eq!(error.kind(), ErrorKind::TokenRejected, "{jku}: {error}");
    }
    assert_eq!(evil.mock.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn on_the_own_origin_only_the_documented_places_are_trusted() {
    for tail in [
        "/evil/jwks",
        "/v1.7/../evil/jwks",
        "/jwks/oauth?x=1",
        "/jwks/oauth#x",
        "/v1.7x/jwks",
        "/v1.7/jwks/oauth?redirect=evil",
    ] {
        let server = Server::start().await;
        let jku = format!("{}{tail}", server.origin());
        server.token_text(&sign(&jku, &token_payload("at-2", "rt-2"))).await;
        let error = exchange(&server).await.expect_err(tail);
        assert_eq!(error.kind(), ErrorKind::TokenRejected, "{tail}: {error}");
        assert_eq!(server.mock.received_requests().await.unwrap().len(), 1, "{tail}");
    }
    for tail in ["/v1.7/jwks/oauth", "/jwks/oauth"] {
        let server = Server::start().await;
        let keys = ResponseTemplate::new(200).set_body_bytes(vector("jwks.json"));
        server.get("/v1.7/jwks/oauth", keys).await;
        let jku = format!("{}{tail}", server.origin());
        server.token_text(&sign(&jku, &token_payload("at-2", "rt-2"))).await;
        exchange(&server).await.unwrap();
    }
}

#[tokio::test]
async fn user_information_on_the_own_origin_is_refused() {
    let server = Server::start().await;
    let jku = server.jku().replace("http://", "http://user:pass@");
    server.token_text(&sign(&jku, &token_payload("at-2", "rt-2"))).await;
    let error = exchange(&server).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenRejected);
    assert!(!error.to_string().contains("pass"), "{error}");
}

#[tokio::test]
async fn a_downgrade_from_https_is_refused() {
    let server = Server::start().await;
    // The API is https; the token names the same host over http.
    let client = Client::builder(APP)
        .api_url(format!("{}/v1.7/", server.origin()))
        .trust_jku(server.origin().replace("http://", "https://"))
        .retry(quick())
        .build()
        .unwrap();
    let other = Server::start().await;
    let jku = format!("{}/keys", other.origin());
    server.token_text(&sign(&jku, &token_payload("at-2", "rt-2"))).await;
    let code = AuthorizationCode::new("c");
    let error = client.exchange_code_for_token(&contract(), code, &CodeVerifier::new("v")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenRejected);
    assert_eq!(other.mock.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn others_can_be_trusted_explicitly_by_url_or_origin() {
    let keys = Server::start().await;
    for (trust, works) in
        [(keys.origin(), true), (keys.jku(), true), (format!("{}/jwks", keys.origin()), false)]
    {
        let server = Server::without_keys().await;
        server.token_text(&sign(&keys.jku(), &token_payload("at-2", "rt-2"))).await;
        let client = server.builder().trust_jku(trust.as_str()).build().unwrap();
        let code = AuthorizationCode::new("c");
        let result = client.exchange_code_for_token(&contract(), code, &CodeVerifier::new("v")).await;
        assert_eq!(result.is_ok(), works, "{trust}: {result:?}");
    }
}

#[tokio::test]
async fn a_redirected_key_set_is_refused() {
    let evil = Server::start().await;
    let server = Server::without_keys().await;
    let redirect = ResponseTemplate::new(302).insert_header("location", evil.jku());
    server.get("/jwks/oauth", redirect).await;
    server.issue("at-2", "rt-2").await;
    let error = exchange(&server).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
    assert_eq!(error.operation(), Some(Operation::KeySet));
    assert_eq!(evil.mock.received_requests().await.unwrap().len(), 0);
}

async fn error_for_document(body: impl Into<Vec<u8>>) -> digime::Error {
    let server = Server::without_keys().await;
    server.get("/jwks/oauth", ResponseTemplate::new(200).set_body_bytes(body.into())).await;
    server.issue("at-2", "rt-2").await;
    exchange(&server).await.unwrap_err()
}

#[tokio::test]
async fn documents_that_are_no_key_sets() {
    for body in ["", "<html>", "[]", "{}", "{\"keys\":{}}", "{\"keys\":null}", "{\"keys\":[1,null]}"] {
        let error = error_for_document(body).await;
        assert_eq!(error.kind(), ErrorKind::TokenRejected, "{body}: {error}");
    }
}

#[tokio::test]
async fn oversized_key_sets() {
    let error = error_for_document(vec![b' '; 2 << 20]).await;
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    let many: Vec<Value> = (0..10_000).map(|n| json!({"kid": n.to_string()})).collect();
    let error = error_for_document(json!({"keys": many}).to_string()).await;
    assert!(matches!(error.kind(), ErrorKind::TokenRejected | ErrorKind::TooLarge), "{error}");
}

#[tokio::test]
async fn an_endless_key_set_is_cut_off() {
    let origin = raw_server(|mut socket, _| async move {
        write_all(&mut socket, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await;
        while write_all(&mut socket, [b' '; 1 << 16]).await {}
    })
    .await;
    let server = Server::without_keys().await;
    let jku = format!("{origin}/jwks/oauth");
    server.token_text(&sign(&jku, &token_payload("a", "r"))).await;
    let client = server.builder().trust_jku(jku).build().unwrap();
    let error = client
        .exchange_code_for_token(&contract(), AuthorizationCode::new("c"), &CodeVerifier::new("v"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

/// A modulus of so many bits, with its top and lowest bit set.
fn modulus(bits: usize) -> String {
    let mut bytes = vec![0x80; bits / 8];
    *bytes.last_mut().unwrap() |= 1;
    b64(bytes)
}

#[tokio::test]
async fn unsafe_keys_are_refused_before_use() {
    let good = server_key();
    let change = |name: &str, value: Value| {
        let mut key = good.clone();
        key[name] = value;
        key
    };
    let bare = |n: String, e: &str| json!({"kty": "RSA", "kid": KID, "n": n, "e": e});
    for (case, key) in [
        ("512 bits", bare(modulus(512), "AQAB")),
        ("1024 bits", bare(modulus(1024), "AQAB")),
        ("65536 bits", bare(modulus(65_536), "AQAB")),
        ("e = 1", bare(modulus(2048), "AQ")),
        ("e = 0", bare(modulus(2048), "AA")),
        ("e even", bare(modulus(2048), "AQAC")),
        ("e empty", bare(modulus(2048), "")),
        ("e huge", bare(modulus(2048), &b64([1; 64]))),
        ("n even", bare(b64([0x80; 256]), "AQAB")),
        ("n zero", bare(b64([0; 256]), "AQAB")),
        ("n no text", change("n", json!(5))),
        ("n not base64", change("n", json!("!!!"))),
        ("pem not base64", change("pem", json!("!!!"))),
        ("pem empty", change("pem", json!(""))),
        ("pem no text", change("pem", json!(5))),
        ("pem of another key", change("pem", json!(vector_text("contract-public-pkcs1.pem")))),
        ("private pem", change("pem", json!(vector_text("server-private.pem")))),
        ("encryption key", change("use", json!("enc"))),
        ("other algorithm", change("alg", json!("RS256"))),
        ("other type", change("kty", json!("EC"))),
        ("nothing", json!({"kid": KID})),
    ] {
        let error = error_for_document(json!({"keys": [key]}).to_string()).await;
        assert_eq!(error.kind(), ErrorKind::TokenRejected, "{case}: {error}");
    }
}

#[tokio::test]
async fn members_or_pem_alone_are_enough() {
    let key = server_key();
    let spki = vector_text("server-public-spki.pem");
    for entry in [
        json!({"kty": "RSA", "kid": KID, "n": key["n"], "e": key["e"]}),
        json!({"kid": KID, "pem": key["pem"]}),
        json!({"kid": KID, "pem": spki}),
        json!({"kid": KID, "pem": spki.replace('\n', "\r\n"), "n": key["n"], "e": key["e"]}),
    ] {
        let server = Server::without_keys().await;
        let body = json!({"keys": [{"kid": "other", "kty": "EC"}, entry]});
        server.get("/jwks/oauth", ResponseTemplate::new(200).set_body_json(body)).await;
        server.issue("at-2", "rt-2").await;
        exchange(&server).await.unwrap_or_else(|error| panic!("{entry}: {error}"));
    }
}

#[tokio::test]
async fn two_keys_of_one_id_are_ambiguous_unless_equal() {
    let good = server_key();
    let other = json!({"kid": KID, "pem": vector_text("contract-public-pkcs1.pem")});
    for keys in [json!([good, other]), json!([other, good])] {
        let error = error_for_document(json!({"keys": keys}).to_string()).await;
        assert_eq!(error.kind(), ErrorKind::TokenRejected);
    }
    let server = Server::without_keys().await;
    let body = json!({"keys": [good, good]});
    server.get("/jwks/oauth", ResponseTemplate::new(200).set_body_json(body)).await;
    server.issue("at-2", "rt-2").await;
    exchange(&server).await.unwrap();
}

#[tokio::test]
async fn key_sets_are_cached_and_reread_once_for_unknown_ids() {
    let server = Server::without_keys().await;
    let reads = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&reads);
    server
        .get("/jwks/oauth", move |_: &wiremock::Request| {
            // The key the tokens need appears with the second read.
            let mut key = server_key();
            if counter.fetch_add(1, Ordering::SeqCst) == 0 {
                key["kid"] = json!("old");
            }
            ResponseTemplate::new(200).set_body_json(json!({"keys": [key]}))
        })
        .await;
    let client = server.client();
    let contract = contract();
    let verifier = CodeVerifier::new("v");
    let exchange =
        async || client.exchange_code_for_token(&contract, AuthorizationCode::new("c"), &verifier).await;
    server.issue("at-2", "rt-2").await;
    // The first read lacks the key; a just-read set is not read again for the
    // same call, the next call reads it anew.
    exchange().await.unwrap_err();
    exchange().await.unwrap();
    for _ in 0..3 {
        exchange().await.unwrap();
    }
    assert_eq!(reads.load(Ordering::SeqCst), 2);
    // An unknown id cannot be used to make the client hammer the key set.
    server.mock.reset().await;
    server.get("/jwks/oauth", ResponseTemplate::new(500)).await;
    let header = json!({"alg": "PS512", "jku": server.jku(), "kid": "unknown"});
    server.token_text(&sign_with(&RSA_PSS_SHA512, &header, b"{}")).await;
    for refused in join_all((0..5).map(|_| exchange())).await {
        assert_eq!(refused.unwrap_err().status(), Some(500));
    }
    assert_eq!(server.count("/jwks/oauth").await, 3, "the attempts of one request");
}
