//! Pushing data to a library and to a provider, and reading it back.
use std::io::Read as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digime::PrivateKey;
use digime_mock_server::{ContractKind, Lifetimes, Operation, Timeline};
use digime_tests::raw_client::parameter;
use digime_tests::{Answer, RawClient, RawUser, World};
use futures_util::stream;
use reqwest::{Body, Method};
use serde_json::{Value, json};

const IMPORT: &str = "permission-access/import";
const PROVIDER: &str = "permission-access/import/h:accountId/fhir/stu3";

/// A user of a write contract, and the same user of a read-raw contract.
async fn pusher_and_reader(world: &World) -> (RawUser, RawUser) {
    let pusher = RawUser::consent(world.raw(ContractKind::Write), &world.sandbox, None, "").await;
    let raw = world.raw(ContractKind::ReadRaw);
    let reader = RawUser::consent(raw, &world.sandbox, Some(&pusher.access), "").await;
    (pusher, reader)
}

fn text(tags: &[&str]) -> Value {
    json!({ "mimeType": "text/plain", "accounts": [{ "accountId": "a1" }], "tags": tags, "reference": ["r1"] })
}

async fn push(user: &RawUser, metadata: &Value, body: impl Into<Body>) -> Answer {
    let descriptor = user.client.sign(&json!({ "metadata": metadata }));
    Answer::of(user.request(Method::POST, IMPORT).header("FileDescriptor", descriptor).body(body)).await
}

/// A body of unknown length, in many pieces.
fn streamed(bytes: Vec<u8>) -> Body {
    let pieces: Vec<_> = bytes.chunks(40_000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    Body::wrap_stream(stream::iter(pieces))
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    })
    .take(length)
    .collect()
}

/// The plain bytes and the metadata of a file.
async fn read(world: &World, user: &RawUser, session: &str, name: &str) -> (Vec<u8>, Value) {
    let answer = user.file(session, name).await;
    assert_eq!(answer.status, 200);
    let header = URL_SAFE_NO_PAD.decode(answer.header("x-metadata")).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    let credentials = world.credentials(ContractKind::ReadRaw);
    let key = PrivateKey::from_pem(credentials.private_key.as_deref().unwrap()).unwrap();
    let packed = key.decrypt_container(&answer.body).unwrap().to_vec();
    let plain = match header["compression"].as_str() {
        Some("gzip") => {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut plain).unwrap();
            plain
        }
        None => packed,
        other => panic!("{other:?}"),
    };
    (plain, header["metadata"].clone())
}

#[tokio::test]
async fn a_pushed_file_comes_back_byte_for_byte_with_lower_case_metadata() {
    let world = World::new().await;
    let (pusher, reader) = pusher_and_reader(&world).await;
    for bytes in [Vec::new(), b"x".to_vec(), noise(64 * 1024 + 1), noise(3_000_000)] {
        let answer = push(&pusher, &text(&["receipt"]), streamed(bytes.clone())).await;
        assert_eq!((answer.status.as_u16(), answer.json()["status"].clone()), (200, json!("delivered")));
        for options in [json!({}), json!({ "accept": { "compression": "gzip" } })] {
            let session = reader.trigger(options).await;
            let name = reader.file_names(&session).await.pop().unwrap();
            assert!(name.ends_with(".txt"), "{name}");
            let (read, metadata) = read(&world, &reader, &session, &name).await;
            assert!(read == bytes, "{} bytes came back as {}", bytes.len(), read.len());
            let credentials = world.credentials(ContractKind::Write);
            assert_eq!(metadata["mimetype"], "text/plain");
            assert_eq!(metadata["accounts"], json!([{ "accountid": "a1" }]));
            assert_eq!(metadata["tags"], json!(["receipt"]));
            assert_eq!(metadata["reference"], json!(["r1"]));
            assert_eq!(metadata["contractid"], credentials.contract_id);
            assert_eq!(metadata["appid"], credentials.application_id);
            assert!(metadata.as_object().unwrap().keys().all(|key| *key == key.to_lowercase()));
            let head = reader.call(Method::HEAD, &format!("permission-access/query/{session}/{name}")).await;
            assert!(!head.header("x-metadata").is_empty() && head.body.is_empty());
        }
    }
    let session = reader.trigger(json!({ "sourceFetch": false })).await;
    assert_eq!(reader.file_names(&session).await.len(), 4);
    world.sandbox.requests().expect_no_refusal();
}

#[tokio::test]
async fn a_file_that_is_pushed_after_the_read_began_waits_for_the_next_session() {
    let world = World::new().await;
    let (pusher, reader) = pusher_and_reader(&world).await;
    push(&pusher, &text(&[]), "1").await;
    let session = reader.trigger(json!({})).await;
    push(&pusher, &text(&[]), "2").await;
    assert_eq!(reader.file_names(&session).await, ["pushed-1.txt"]);
    assert_eq!(reader.file(&session, "pushed-2.txt").await.error(), (404, "FileNotFound".to_owned()));
    let next = reader.trigger(json!({})).await;
    assert_eq!(reader.file_names(&next).await, ["pushed-1.txt", "pushed-2.txt"]);
}

#[tokio::test]
async fn criteria_choose_among_pushed_files() {
    let days = |days: u64| Duration::from_secs(days * 24 * 3600);
    let lifetimes = Lifetimes { access_token: days(10), ..Lifetimes::default() };
    let world = World::with(|builder| builder.timeline(Timeline::INSTANT).lifetimes(lifetimes)).await;
    let (pusher, reader) = pusher_and_reader(&world).await;
    let credentials = world.credentials(ContractKind::Write);
    push(&pusher, &text(&["one"]), "1").await;
    world.sandbox.clock().advance(days(3));
    push(&pusher, &json!({ "mimeType": "image/png", "accounts": [], "tags": ["two"] }), "2").await;
    let (one, two) = ("pushed-1.txt", "pushed-2.png");
    for (criteria, names) in [
        (json!([]), vec![one, two]),
        (json!([{ "metadata": { "tags": ["one"] } }]), vec![one]),
        (json!([{ "metadata": { "mimeType": ["image/png"] } }]), vec![two]),
        (json!([{ "metadata": { "reference": ["r1"] } }]), vec![one]),
        (json!([{ "metadata": { "accounts": [{ "accountId": "a1" }] } }]), vec![one]),
        (json!([{ "metadata": { "contractId": [credentials.contract_id] } }]), vec![one, two]),
        (json!([{ "metadata": { "appId": ["another"] } }]), vec![]),
        (json!([{ "last": "1d" }]), vec![two]),
        (json!([{ "metadata": { "tags": ["two"] } }, { "metadata": { "tags": ["one"] } }]), vec![one, two]),
    ] {
        let session = reader.trigger(json!({ "scope": { "criteria": criteria } })).await;
        assert_eq!(reader.file_names(&session).await, names, "{criteria}");
    }
}

#[tokio::test]
async fn only_read_raw_contracts_see_pushed_files() {
    let world = World::new().await;
    let (pusher, _) = pusher_and_reader(&world).await;
    push(&pusher, &text(&[]), "1").await;
    let read = world.raw(ContractKind::Read);
    let reader = RawUser::consent(read, &world.sandbox, Some(&pusher.access), "&service=15").await;
    let names = reader.file_names(&reader.session).await;
    assert!(!names.is_empty() && names.iter().all(|name| !name.starts_with("pushed")));
    let refused = pusher.file_list(&pusher.session).await;
    assert_eq!(refused.error(), (400, "InvalidContractDataRequest".to_owned()));
    let stranger = world.raw_user(ContractKind::ReadRaw).await;
    let names = stranger.file_names(&stranger.session).await;
    assert!(!names.is_empty() && names.iter().all(|name| !name.starts_with("pushed")));
}

#[tokio::test]
async fn only_write_contracts_push() {
    let world = World::new().await;
    for kind in [ContractKind::Read, ContractKind::ReadRaw, ContractKind::OneOff] {
        let user = world.raw_user(kind).await;
        let refused = push(&user, &text(&[]), streamed(noise(2_000_000))).await;
        assert_eq!(refused.error(), (400, "InvalidContractDataRequest".to_owned()));
        let id = user.accounts().await[0]["id"].as_str().unwrap().to_owned();
        let refused = Answer::of(
            user.request(Method::POST, PROVIDER).header("accountId", id).body(r#"{"resourceType":"Bundle"}"#),
        );
        assert_eq!(refused.await.error(), (400, "InvalidContractDataRequest".to_owned()));
    }
}

#[tokio::test]
async fn a_push_is_refused_without_a_sound_descriptor_and_token() {
    let world = World::new().await;
    let (pusher, reader) = pusher_and_reader(&world).await;
    let other = RawClient::with_key(&world.server.url(), "x", digime_fixtures::keys::OTHER.private_pem);
    let good = text(&[]);
    for descriptor in [
        None,
        Some(String::new()),
        Some("no.jwt.here".to_owned()),
        Some(other.sign(&json!({ "metadata": good }))),
        Some(pusher.client.sign(&json!({}))),
        Some(pusher.client.sign(&json!({ "metadata": { "mimeType": "text/plain" } }))),
        Some(pusher.client.sign(&json!({ "metadata": { "mimeType": 1, "accounts": [] } }))),
        Some(pusher.client.sign_with(jsonwebtoken::Algorithm::RS512, &json!({ "metadata": good }))),
    ] {
        let mut request = pusher.request(Method::POST, IMPORT).body(streamed(noise(500_000)));
        if let Some(descriptor) = &descriptor {
            request = request.header("FileDescriptor", descriptor);
        }
        assert_eq!(Answer::of(request).await.error(), (400, "ValidationErrors".to_owned()), "{descriptor:?}");
    }
    let expired = RawUser { access: "unknown".to_owned(), ..pusher.clone() };
    let refused = push(&expired, &good, streamed(noise(5_000_000))).await;
    assert_eq!(refused.error(), (401, "InvalidToken".to_owned()));
    let session = reader.trigger(json!({})).await;
    assert!(reader.file_names(&session).await.is_empty());
}

#[tokio::test]
async fn a_file_has_a_limit_and_a_sandbox_a_quota() {
    let world = World::with(|builder| {
        builder.timeline(Timeline::INSTANT).settings(|settings| {
            settings.push_limit = 200_000;
            settings.push_quota = 350_000;
        })
    })
    .await;
    let (pusher, reader) = pusher_and_reader(&world).await;
    for (length, problem) in [
        (20_000_000, Some("The file is larger than 200000 bytes")),
        (200_000, None),
        (150_000, Some("The sandbox takes 350000 bytes")),
    ] {
        let answer = push(&pusher, &text(&[]), streamed(noise(length))).await;
        match problem {
            None => assert_eq!(answer.status, 200),
            Some(problem) => {
                assert_eq!(answer.error(), (413, "ValidationErrors".to_owned()));
                assert!(answer.text().contains(problem), "{}", answer.text());
            }
        }
    }
    let session = reader.trigger(json!({})).await;
    assert_eq!(reader.file_names(&session).await, ["pushed-1.txt"]);
    assert_eq!(pusher.call(Method::DELETE, "user").await.status, 204);
    let (pusher, _) = pusher_and_reader(&world).await;
    assert_eq!(push(&pusher, &text(&[]), noise(150_000)).await.status, 200, "deletion frees the quota");
}

#[tokio::test]
async fn a_push_that_breaks_off_leaves_nothing_behind() {
    let world = World::new().await;
    let (pusher, reader) = pusher_and_reader(&world).await;
    let descriptor = pusher.client.sign(&json!({ "metadata": text(&[]) }));
    let pieces = vec![Ok(noise(100_000)), Err(std::io::Error::other("the client goes away"))];
    let request = pusher.request(Method::POST, IMPORT).header("FileDescriptor", descriptor);
    assert!(request.body(Body::wrap_stream(stream::iter(pieces))).send().await.is_err());
    let session = reader.trigger(json!({})).await;
    assert!(reader.file_names(&session).await.is_empty());
}

#[tokio::test]
async fn data_is_pushed_to_the_provider_behind_a_push_account() {
    let world = World::new().await;
    let write = world.raw(ContractKind::Write);
    let user = RawUser::consent(write, &world.sandbox, None, "&sourceType=push").await;
    let account = user.accounts().await[0].clone();
    assert_eq!(account["type"], "PUSH");
    assert_eq!(parameter(&user.callback, "accountReference").as_deref(), account["reference"].as_str());
    let id = account["id"].as_str().unwrap();
    let bundle = r#"{"resourceType":"Bundle","type":"batch","entry":[]}"#;
    for version in ["stu3", "3.0.2"] {
        let path = format!("permission-access/import/h:accountId/fhir/{version}");
        let answer = Answer::of(user.request(Method::POST, &path).header("accountId", id).body(bundle)).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "status": "delivered" })));
    }
    let (code, _) = user.refer(json!({})).await;
    world.sandbox.approve(&user.page("onboard", &code, "&service=16")).unwrap();
    let spotify = user.accounts().await[1]["id"].as_str().unwrap().to_owned();
    for (path, account, body, status, code) in [
        ("fhir/r4", id, bundle, 400, "ValidationErrors"),
        ("hl7/stu3", id, bundle, 400, "ValidationErrors"),
        ("fhir/stu3", "", bundle, 400, "ValidationErrors"),
        ("fhir/stu3", "99_nobody", bundle, 404, "AccountNotFound"),
        ("fhir/stu3", &spotify, bundle, 400, "ValidationErrors"),
        ("fhir/stu3", id, "[]", 400, "ValidationErrors"),
        ("fhir/stu3", id, "", 400, "ValidationErrors"),
        ("fhir/stu3", id, "{", 400, "ValidationErrors"),
    ] {
        let path = format!("permission-access/import/h:accountId/{path}");
        let request = user.request(Method::POST, &path).header("accountId", account).body(body);
        assert_eq!(Answer::of(request).await.error(), (status, code.to_owned()), "{path} {account} {body}");
    }
    world.sandbox.requests().of(Operation::PUSH_TO_PROVIDER).expect(10);
}
