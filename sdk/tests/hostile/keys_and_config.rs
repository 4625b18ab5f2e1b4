//! Private keys and settings as users give them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use digime::{
    AuthorizeOptions, Client, Contract, Error, ErrorKind, Operation, PrivateKey, SourcesScope, StorageId,
};

use crate::support::*;

fn key_error(pem: &str) -> String {
    let error = PrivateKey::from_pem(pem).expect_err(pem);
    assert_eq!(error.kind(), ErrorKind::PrivateKey, "{error}");
    let text = error.to_string();
    assert!(text.contains("needed is an unencrypted RSA private key of at least 2048 bits"), "{text}");
    text
}

#[test]
fn pkcs1_and_pkcs8_are_accepted() {
    for pem in [vector_text("contract-private.pem"), data("contract-pkcs8.pem")] {
        let key = PrivateKey::from_pem(&pem).unwrap();
        assert_eq!(key.bits(), 2048);
        assert_eq!(key.decrypt_container(&seal(b"[]")).unwrap(), "[]");
    }
    assert_eq!(PrivateKey::from_pem(&data("rsa-3072.pem")).unwrap().bits(), 3072);
}

#[test]
fn line_ends_byte_order_marks_and_surrounding_text_are_accepted() {
    let pem = vector_text("contract-private.pem");
    let one_line = pem.replace('\n', "");
    let start = "-----BEGIN RSA PRIVATE KEY-----";
    for variant in [
        pem.replace('\n', "\r\n"),
        pem.replace('\n', "\r"),
        format!("\u{feff}{pem}"),
        format!("Key of the demo contract\n\n{pem}\ntrailing text\n"),
        pem.trim_end().to_owned(),
        pem.replace('\n', "  \n  "),
        one_line.replace(start, &format!("{start} ")),
        format!("{}\n{pem}", data("certificate.pem")),
    ] {
        assert_eq!(PrivateKey::from_pem(&variant).unwrap().bits(), 2048, "{variant}");
    }
}

#[test]
fn line_ends_written_as_two_characters_are_accepted() {
    for name in ["contract-pkcs8.pem", "rsa-3072.pem"] {
        let pem = data(name);
        let bits = PrivateKey::from_pem(&pem).unwrap().bits();
        for variant in [
            pem.replace('\n', "\\n"),
            pem.replace('\n', "\\r\\n"),
            format!("PRIVATE_KEY=\"{}\"", pem.trim_end().replace('\n', "\\n")),
            format!("\u{feff}  '{}'  \r\n", pem.replace('\n', "\\n")),
        ] {
            assert_eq!(PrivateKey::from_pem(&variant).unwrap().bits(), bits, "{variant}");
        }
    }
}

#[test]
fn keys_made_for_rsa_pss_serve_unless_they_are_bound_to_a_hash() {
    assert_eq!(PrivateKey::from_pem(&data("rsa-pss.pem")).unwrap().bits(), 2048);
    assert!(!key_error(&data("rsa-pss-sha256.pem")).contains("elliptic"));
}

#[test]
fn base64_without_a_pem_block_is_named_for_what_it_is() {
    let pem = vector_text("contract-private.pem");
    let whole = STANDARD.encode(&pem);
    let lines: Vec<&str> = whole.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap()).collect();
    for text in [whole.clone(), lines.join("\n"), format!("\u{feff}{whole}\n")] {
        let error = key_error(&text);
        assert!(error.contains("found the Base64 form of a whole PEM text"), "{error}");
        assert!(error.contains("decode it once"), "{error}");
    }
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    assert!(key_error(&body).contains("without its BEGIN and END lines"));
}

#[test]
fn other_keys_are_refused_by_what_they_are() {
    for (pem, found) in [
        (vector_text("contract-public-pkcs1.pem"), "a public key"),
        (vector_text("contract-public-spki.pem"), "a public key"),
        (data("contract-encrypted-pkcs1.pem"), "an encrypted private key"),
        (data("contract-encrypted-pkcs8.pem"), "an encrypted private key"),
        (data("ec-sec1.pem"), "an elliptic-curve private key"),
        (data("ec-pkcs8.pem"), "an elliptic-curve private key"),
        (data("ed25519.pem"), "an Ed25519 private key"),
        (data("rsa-pss-sha256.pem"), "an RSA-PSS private key that is bound to one hash"),
        (data("rsa-1024.pem"), "an RSA key of 1024 bits"),
        (data("certificate.pem"), "a certificate"),
        (String::new(), "an empty text"),
        ("contract.pem".to_owned(), "a text without a PEM block"),
    ] {
        let text = key_error(&pem);
        assert!(text.contains(&format!("found {found}")), "{found}: {text}");
    }
    assert!(key_error(&data("contract-encrypted-pkcs8.pem")).contains("openssl rsa"), "says how to decrypt");
}

#[test]
fn damaged_keys_are_refused_without_repeating_them() {
    let pem = vector_text("contract-private.pem");
    let secret = pem.lines().nth(5).unwrap();
    let middle = pem.len() / 2;
    for damaged in [
        pem.replace("-----END RSA PRIVATE KEY-----", ""),
        pem.replace("RSA PRIVATE KEY-----", "PRIVATE KEY-----").replace("MII", "!!!"),
        pem.lines().filter(|line| *line != secret).collect::<Vec<_>>().join("\n"),
        format!("{}{}", &pem[..200], &pem[pem.len() - 40..]),
        pem.replacen(&pem[middle..middle + 8], "AAAAAAAA", 1),
        pem.replace("BEGIN RSA PRIVATE", "BEGIN RSA PUBLIC"),
    ] {
        let text = key_error(&damaged);
        assert!(!text.contains(&secret[..12]), "{text}");
    }
}

#[test]
fn every_truncated_key_is_an_error() {
    let pem = vector_text("contract-private.pem");
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    for length in (0..body.len()).step_by(4) {
        key_error(&format!(
            "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n",
            &body[..length]
        ));
    }
}

fn assert_names(error: &Error, field: &str, case: &str) {
    assert_eq!(error.kind(), ErrorKind::Config, "{case:?}: {error}");
    assert!(error.to_string().contains(field), "{case:?}: {error}");
    assert_eq!(error.attempts(), 0);
}

fn key() -> PrivateKey {
    PrivateKey::from_pem(&vector_text("contract-private.pem")).unwrap()
}

#[test]
fn contract_and_application_ids() {
    let long = "x".repeat(2_000);
    for id in ["", " ", "a b", "a\tb", "a\nb", "a\0b", "a\u{a0}b", "a/b", "../x", "a\\b", &long] {
        assert_names(&Contract::new(id, key()).unwrap_err(), "contract_id", id);
        assert_names(&Client::builder(id).build().unwrap_err(), "application_id", id);
    }
    for id in ["a", "with_underscore", "with-dash", "Mixed.Case0123"] {
        assert_eq!(Contract::new(id, key()).unwrap().id().as_str(), id);
    }
}

#[tokio::test]
async fn underscores_arrive_in_the_client_id() {
    let server = Server::start().await;
    let contract = Contract::new("con_tract_1", key()).unwrap();
    let user = server.client().user(&contract, token("a", "r"));
    let _ = user.read_accounts().await;
    let request = &server.requests("/v1.7/permission-access/accounts").await[0];
    assert_eq!(claims(request)["client_id"], "demoapp_con_tract_1");
}

#[test]
fn base_urls_get_their_final_slash() {
    for (given, expected) in [
        ("", "https://api.digi.me/v1.7/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ("http://127.0.0.1:8080/v1.7", "http://127.0.0.1:8080/v1.7/"),
        ("http://127.0.0.1:8080/v1.7/", "http://127.0.0.1:8080/v1.7/"),
        ("HTTPS://API.example/a/../v2", "https://api.example/v2/"),
    ] {
        assert_eq!(Client::builder("app").api_url(given).build().unwrap().api_url().as_str(), expected);
    }
}

#[test]
fn unusable_base_urls_name_their_field() {
    for url in [
        "api.digi.me",
        "/v1.7/",
        "//api.digi.me/v1.7/",
        "ftp://api.digi.me/",
        "file:///etc/",
        "data:,x",
        "javascript:alert(1)",
        "http://",
        "https://api.digi.me/v1.7/?key=1",
        "https://api.digi.me/v1.7/#top",
        "https://hush-user@api.digi.me/",
        "https://user:hush-pass@api.digi.me/",
        "http://127.0.0.1:99999/",
        " \u{0} ",
    ] {
        let errors = [
            ("api_url", Client::builder("app").api_url(url).build()),
            ("onboard_url", Client::builder("app").onboard_url(url).build()),
            ("cloud_url", Client::builder("app").cloud_url(url).build()),
        ];
        for (field, result) in errors {
            let error = result.expect_err(url);
            assert_names(&error, field, url);
            assert!(!error.to_string().contains("hush"), "{error}");
        }
    }
}

#[test]
fn unusable_trusted_key_sets_and_user_agents_name_their_field() {
    for url in ["", "jwks", "ftp://keys.example/", "https://user@keys.example/", "file:///keys"] {
        assert_names(&Client::builder("app").trust_jku(url).build().unwrap_err(), "trust_jku", url);
    }
    for agent in ["a\nb", "a\r\nx: y", "\0"] {
        assert_names(&Client::builder("app").user_agent(agent).build().unwrap_err(), "user_agent", agent);
    }
}

#[tokio::test]
async fn authorize_options_are_checked_before_anything_is_sent() {
    let server = Server::start().await;
    let client = server.client();
    let options = || AuthorizeOptions::new("https://app.example/cb");
    let cases = [
        ("callback_url", AuthorizeOptions::new("")),
        ("callback_url", AuthorizeOptions::new("/cb")),
        ("callback_url", AuthorizeOptions::new("https://app.example/cb#x")),
        ("callback_url", AuthorizeOptions::new("https://app.example/c b")),
        ("callback_url", AuthorizeOptions::new("https://app.example/cb\r\nx: y")),
        ("state", options().state("")),
        ("storage_id", options().storage_id(StorageId::new(""))),
        ("storage_id", options().storage_id(StorageId::new("a b"))),
        ("sources_scope", options().sources_scope(SourcesScope::new().data_type("nothing"))),
        ("sources_scope", options().sources_scope(SourcesScope::new().organization_type(""))),
    ];
    for (field, options) in cases {
        let error = client.authorize_url(&contract(), options).await.unwrap_err();
        assert_names(&error, field, field);
        assert_eq!(error.operation(), Some(Operation::Authorize));
    }
    assert_eq!(server.mock.received_requests().await.unwrap().len(), 0);
}
