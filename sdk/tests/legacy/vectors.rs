//! The vectors of the protocol reference, read by the SDK
//! (protocol reference, legacy/container §7).

use std::cell::RefCell;
use std::collections::BTreeSet;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PSS_SHA512, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use digime::legacy::{
    Generation, LegacyContract, LegacySession, Postbox, PostboxAccess, PostboxFile, SessionFiles,
    SessionRequest,
};
use digime::{CodeVerifier, Contract, ErrorKind, FileMetadata, PrivateKey, PushMetadata, SyncState};
use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use crate::push::opened;
use crate::server::{Legacy, established, key, name, ok};
use crate::support::{Server, b64, claims, pem_bytes, token, vector};

thread_local! {
    /// What the checks on this thread have read.
    static READ: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

fn read(file: &str) -> Vec<u8> {
    READ.with_borrow_mut(|read| read.insert(file.to_owned()));
    vector(&format!("legacy/{file}"))
}

fn read_text(file: &str) -> String {
    String::from_utf8(read(file)).unwrap()
}

fn read_json(file: &str) -> Value {
    serde_json::from_slice(&read(file)).unwrap()
}

fn contract() -> Contract {
    let key = PrivateKey::from_pem(&read_text("contract-private-key.pem")).unwrap();
    Contract::new("contract-01", key).unwrap()
}

fn legacy_contract() -> LegacyContract {
    LegacyContract::new(contract(), "https://app.example.test/cb?x=1").unwrap()
}

fn files(legacy: &Legacy) -> SessionFiles {
    legacy.client().session_files(&contract(), &key())
}

fn unbase64(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

/// A server that signs with the key of the vectors, and serves their key set.
async fn server_of_the_vectors(generation: Generation) -> Legacy {
    let legacy = Legacy { server: Server::without_keys().await, generation };
    legacy.get("jwks/oauth", ResponseTemplate::new(200).set_body_bytes(read("jwks-oauth.json"))).await;
    legacy
}

fn signed(legacy: &Legacy, payload: &Value) -> Value {
    let key = RsaKeyPair::from_der(&pem_bytes(&read_text("server-private-key.pem"))).unwrap();
    let jku = format!("{}{}", legacy.server.origin(), legacy.path("jwks/oauth"));
    let header = json!({"alg": "PS512", "typ": "JWT", "jku": jku, "kid": "legacy-kid-1"});
    let input = format!("{}.{}", b64(header.to_string()), b64(payload.to_string()));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PSS_SHA512, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
    json!({"token": format!("{input}.{}", b64(signature)), "session": {"key": "session-1", "expiry": 1}})
}

async fn containers() {
    for entry in read_json("containers.json")["files"].as_array().unwrap() {
        let container = read(entry["file"].as_str().unwrap());
        assert_eq!(entry["length"], container.len());
        let header = json!({"compression": entry["compression"]}).to_string();
        for generation in [Generation::V1_5, Generation::V1_6] {
            let legacy = Legacy::start(generation).await;
            let answer = ResponseTemplate::new(200)
                .insert_header("x-metadata", b64(&header))
                .set_body_bytes(container.clone());
            legacy.file("f", answer).await;
            let read = files(&legacy).read(&name("f")).await;
            // Containers of today have no hash, and are none for these generations.
            if entry["expect"] == "ok" && entry["hash_prefix"] == true {
                assert_eq!(read.unwrap().bytes(), unbase64(&entry["plaintext_base64"]), "{entry}");
            } else {
                assert_eq!(read.unwrap_err().kind(), ErrorKind::Decrypt, "{entry}");
            }
        }
    }
}

async fn envelopes() {
    let manifest = read_json("containers.json");
    let plain_of = |container: &str| {
        let mut all = manifest["files"].as_array().unwrap().iter();
        unbase64(&all.find(|entry| entry["file"] == container).unwrap()["plaintext_base64"])
    };
    let all = [
        ("v1.4-file-none.json", "container-hash-none.bin"),
        ("v1.4-file-gzip.json", "container-hash-gzip.bin"),
        ("v1.4-file-raw.json", "container-hash-raw.bin"),
        ("v1.4-accounts.json", "container-hash-accounts.bin"),
    ];
    for generation in [Generation::V1, Generation::V1_0, Generation::V1_3, Generation::V1_4] {
        for (envelope, container) in all {
            let legacy = Legacy::start(generation).await;
            let answer = ResponseTemplate::new(200).set_body_bytes(read(envelope));
            legacy.file("f", answer.clone()).await;
            legacy.file("accounts.json", answer).await;
            let file = files(&legacy).read(&name("f")).await.unwrap();
            assert_eq!(file.bytes(), plain_of(container), "{envelope}");
            assert_eq!(matches!(file.metadata, FileMetadata::Raw(_)), envelope == "v1.4-file-raw.json");
            if envelope == "v1.4-accounts.json" {
                let accounts = files(&legacy).accounts().await.unwrap();
                let whole: Value = serde_json::from_slice(&plain_of(container)).unwrap();
                assert_eq!(serde_json::to_value(accounts).unwrap(), whole);
            }
        }
    }
}

async fn file_lists() {
    for (file, generation, state, dates) in [
        ("v1.0-file-list.json", Generation::V1_0, SyncState::Completed, vec![0, 0]),
        ("v1.4-file-list-running.json", Generation::V1_4, SyncState::Running, vec![1_614_945_600_123]),
        ("v1.4-file-list-completed.json", Generation::V1_6, SyncState::Completed, vec![1_614_945_609_999]),
    ] {
        let legacy = Legacy::start(generation).await;
        legacy.list(ResponseTemplate::new(200).set_body_bytes(read(file))).await;
        let list = files(&legacy).list().await.unwrap();
        assert_eq!(list.status.state, state, "{file}");
        let found: Vec<_> = list.files.iter().map(|file| file.updated_date).collect();
        assert_eq!(found, dates, "{file}");
    }
}

async fn metadata_headers() {
    for (case, vector) in read_json("v1.5-x-metadata.json").as_object().unwrap() {
        for form in ["base64url_nopad", "base64_padded", "both_alphabets"] {
            let gzip = vector["json"]["compression"] == "gzip";
            let container = if gzip { "container-hash-gzip.bin" } else { "container-hash-none.bin" };
            let legacy = Legacy::start(Generation::V1_5).await;
            let answer = ResponseTemplate::new(200)
                .insert_header("x-metadata", vector[form].as_str().unwrap())
                .set_body_bytes(read(container));
            legacy.file("f", answer).await;
            let file = files(&legacy).read(&name("f")).await.unwrap();
            let expected = vector["json"].get("metadata").cloned().unwrap_or_else(|| json!({}));
            assert_eq!(serde_json::to_value(&file.metadata).unwrap(), expected, "{case} {form}");
        }
    }
}

async fn answers_with_tokens() {
    let answers = read_json("jwt-responses.json");
    let payload = |name: &str| &answers[name]["payload"];

    let legacy = server_of_the_vectors(Generation::V1_5).await;
    legacy.post("oauth/authorize", ok(signed(&legacy, payload("preauthorization")))).await;
    let pending = legacy.client().start_consent(&legacy_contract(), &established()).await.unwrap();
    let code = pending.link.into_url().query_pairs().next().unwrap().1.into_owned();
    assert_eq!(payload("preauthorization")["preauthorization_code"], code);

    for (name, generation) in [
        ("token_flat_v1_4_v1_5", Generation::V1_4),
        ("token_flat_v1_4_v1_5", Generation::V1_5),
        ("token_nested_v1_6", Generation::V1_6),
        ("token_nested_v1_7", Generation::V1_6),
    ] {
        let legacy = server_of_the_vectors(generation).await;
        legacy.post("oauth/token", ok(signed(&legacy, payload(name)))).await;
        let client = legacy.client();
        let pair = client.exchange_code(&legacy_contract(), &"c".into(), Some(&"v".into())).await.unwrap();
        assert_eq!(pair.access_token.value.expose(), "access-token-1", "{name}");
        assert_eq!(pair.refresh_token.value.expose(), "refresh-token-1", "{name}");
        assert_eq!(pair.access_token.expiry, 1_615_032_000, "{name}");
        let user = pair.user.and_then(|user| user.id).map(|id| id.to_string());
        assert_eq!(user.as_deref(), payload(name)["identifier"]["id"].as_str(), "{name}");
    }

    let legacy = server_of_the_vectors(Generation::V1_6).await;
    legacy.post("oauth/token/reference", ok(signed(&legacy, payload("reference")))).await;
    let pair = token("at", "rt");
    let onboarding = legacy
        .client()
        .onboard_service(&legacy_contract(), &pair, "https://app.example.test/cb", 19.into())
        .await
        .unwrap();
    let code = onboarding.value.link.into_url().query_pairs().next().unwrap().1.into_owned();
    assert_eq!(payload("reference")["reference_code"], code);
}

async fn code_verifiers() {
    for (client, pair) in read_json("pkce.json").as_object().unwrap() {
        let verifier = CodeVerifier::new(pair["code_verifier"].as_str().unwrap());
        assert_eq!(pair["code_challenge"], verifier.challenge(), "{client}");
    }
}

/// Claims, those that are new each time by their name only.
fn comparable(claims: &Value) -> Value {
    let new =
        ["nonce", "timestamp", "client_id", "code_challenge", "state", "iv", "metadata", "symmetrical_key"];
    let mut claims = claims.clone();
    for name in new {
        if let Some(claim) = claims.get_mut(name) {
            *claim = json!("…");
        }
    }
    claims
}

async fn sent(legacy: &Legacy, below: &str) -> Value {
    comparable(&claims(&legacy.asked(below).await.pop().unwrap()))
}

async fn request_tokens() {
    let vectors = read_json("jwt-requests.json");
    let expected = |name: &str| comparable(&vectors[name]["claims"]);
    let contract = legacy_contract();
    let pair = token("access-token-1", "refresh-token-1");
    let session = digime::SessionKey::new("session-key-1");
    let verifier = CodeVerifier::new("Q29kZVZlcmlmaWVyRXhhbXBsZTAxMjM0NTY3ODkwMTI");

    let legacy = server_of_the_vectors(Generation::V1_4).await;
    legacy.post("oauth/authorize", ok(signed(&legacy, &json!({"preauthorization_code": "p"})))).await;
    let flat = json!({"access_token": "a", "refresh_token": "r"});
    legacy.post("oauth/token", ok(signed(&legacy, &flat))).await;
    legacy.post("permission-access/trigger", ResponseTemplate::new(202)).await;
    let client = legacy.client();
    client.start_consent(&contract, &established()).await.map(drop).unwrap();
    assert_eq!(sent(&legacy, "oauth/authorize").await, expected("authorize_v1_4"));
    client.exchange_code(&contract, &"auth-code-1".into(), Some(&verifier)).await.unwrap();
    assert_eq!(sent(&legacy, "oauth/token").await, expected("token_exchange"));
    client.exchange_code(&contract, &"auth-code-1".into(), None).await.unwrap();
    assert_eq!(sent(&legacy, "oauth/token").await, expected("token_exchange_no_verifier"));
    client.refresh(&contract, &pair).await.unwrap();
    assert_eq!(sent(&legacy, "oauth/token").await, expected("token_refresh"));
    client.prepare_files(&contract, &pair, &session).await.map(drop).unwrap();
    assert_eq!(sent(&legacy, "permission-access/trigger").await, expected("trigger_v1_4"));

    let metadata = || PushMetadata::new("application/json").account("acc-1");
    let postbox = Postbox::new("pb-1", &read_text("postbox-public-key.pem")).unwrap();
    for (generation, access, vector) in [
        (Generation::V1_5, PostboxAccess::Session(&session), "postbox_v1_5"),
        (Generation::V1_6, PostboxAccess::Token(&pair), "postbox_v1_6"),
    ] {
        let legacy = server_of_the_vectors(generation).await;
        legacy.post("permission-access/postbox/pb-1", ok(json!({"status": "delivered"}))).await;
        let file = PostboxFile::new("receipt.json", metadata(), "{}");
        let client = legacy.client();
        client.push_to_postbox_signed(&contract, &postbox, access, file).await.map(drop).unwrap();
        assert_eq!(sent(&legacy, "permission-access/postbox/pb-1").await, expected(vector));
    }

    let legacy = server_of_the_vectors(Generation::V1_6).await;
    legacy.post("permission-access/trigger", ok(json!({"session": {"key": "k", "expiry": 1}}))).await;
    legacy.client().read_session(&contract, &pair, SessionRequest::new()).await.map(drop).unwrap();
    assert_eq!(sent(&legacy, "permission-access/trigger").await, expected("trigger_v1_6"));
    // Without a state, or with a time in floats, other clients sign; this one does not.
    let others = ["authorize_v1_5_no_state", "trigger_float_timestamp", "note"];
    assert_eq!(vectors.as_object().unwrap().len() - others.len(), 8);
}

/// A body with the boundary and the ciphertext taken out.
fn frame(body: &[u8], boundary: &str, ciphertext: usize) -> String {
    let head = body.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    let frame = [&body[..head], &body[head + ciphertext..]].concat();
    String::from_utf8(frame).unwrap().replace(boundary, "BOUNDARY")
}

async fn a_push() {
    let vector = read_json("postbox.json");
    let key = Postbox::new("pb-1", &read_text(vector["postbox_public_key"].as_str().unwrap())).unwrap();
    let metadata =
        PushMetadata::new("application/json").account("acc-1").reference("receipt.json").tag("receipt");
    assert_eq!(vector["file_descriptor_text"], serde_json::to_string(&metadata).unwrap());
    let content = unbase64(&vector["file_plaintext_base64"]);
    let session: LegacySession = serde_json::from_value(json!({
        "sessionKey": vector["v1_4_headers"]["sessionKey"], "sessionExchangeToken": "t", "expiry": 1,
    }))
    .unwrap();

    let legacy = Legacy::start(Generation::V1_4).await;
    legacy.post("permission-access/postbox/pb-1", ok(json!({"status": "delivered"}))).await;
    let file = PostboxFile::new(vector["file_name"].as_str().unwrap(), metadata, content.clone());
    legacy.client().push_to_postbox(&key, &session.session_key, file).await.map(drop).unwrap();
    let sent: Request = legacy.asked("permission-access/postbox/pb-1").await.remove(0);
    for (name, value) in vector["v1_4_headers"].as_object().unwrap() {
        let ours = sent.headers[name.as_str()].to_str().unwrap();
        // Keys and IVs are random, their sizes are not.
        assert_eq!(ours.len(), value.as_str().unwrap().len(), "{name}");
    }
    assert_eq!(vector["v1_4_headers"]["sessionKey"], sent.headers["sessionkey"].to_str().unwrap());
    let value = |name: &str| sent.headers[name].to_str().unwrap();
    let open = opened(&sent, value("symmetricalkey"), value("iv"), value("metadata"));
    assert_eq!(open, (vector["file_descriptor"].clone(), content));

    // The body is framed as that of the Node SDK; iOS frames it otherwise.
    let ciphertext = read("postbox-body.bin");
    let style = |name: &str| {
        let content_type = vector[name]["content_type"].as_str().unwrap();
        let boundary = content_type.split_once("boundary=").unwrap().1;
        frame(&read(vector[name]["file"].as_str().unwrap()), boundary, ciphertext.len())
    };
    let boundary = value("content-type").split_once("boundary=").unwrap().1;
    assert_eq!(frame(&sent.body, boundary, ciphertext.len()), style("multipart_js"));
    assert_ne!(style("multipart_ios"), style("multipart_js"));
    assert!(read_text(vector["postbox_private_key"].as_str().unwrap()).contains("PRIVATE KEY"));
}

async fn public_keys_belong_to_their_private_keys() {
    for name in ["contract", "server", "postbox"] {
        let public = read_text(&format!("{name}-public-key.pem"));
        let private = PrivateKey::from_pem(&read_text(&format!("{name}-private-key.pem"))).unwrap();
        assert_eq!(private.bits(), 2048);
        assert!(Postbox::new("p", &public).is_ok(), "{name}");
    }
}

fn run(check: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(check);
}

/// Makes a test of every check, and one that runs them all to see what they read.
macro_rules! checks {
    ($($check:ident as $test:ident),+ $(,)?) => {
        $(
            #[test]
            fn $test() {
                run($check());
            }
        )+

        #[test]
        fn no_vector_is_unread() {
            $(run($check());)+
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/vectors/legacy");
            let present: BTreeSet<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            // These are read in the modules `links` and `wire`.
            let elsewhere = ["README.md", "deep-links.json", "wire-requests.json"].map(str::to_owned);
            let read = READ.with_borrow(Clone::clone);
            let all: BTreeSet<String> = read.into_iter().chain(elsewhere).collect();
            assert_eq!(present.difference(&all).collect::<Vec<_>>(), Vec::<&String>::new());
        }
    };
}

checks! {
    containers as containers_open_or_are_refused_as_the_manifest_says,
    envelopes as envelopes_are_opened,
    file_lists as file_lists_are_read,
    metadata_headers as metadata_headers_are_read_in_every_base64,
    answers_with_tokens as tokens_of_the_server_are_read,
    code_verifiers as code_verifiers_have_their_challenge,
    request_tokens as requests_claim_what_the_vectors_claim,
    a_push as a_push_has_the_form_of_the_vector,
    public_keys_belong_to_their_private_keys as keys_are_usable,
}
