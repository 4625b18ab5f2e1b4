//! Pushing to postboxes as clients of older generations do, and reading back what was pushed.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use digime_mock_server::phone::Postbox;
use digime_mock_server::requests::Check;
use digime_mock_server::{ContractCredentials, ContractKind, Fault, Operation, SandboxHandle, Timeline};
use digime_tests::postbox_client::{Form, PostboxUser, Push, SealedFile, open_session, sealed_key};
use digime_tests::raw_client::metadata;
use digime_tests::{Answer, RawClient, RawUser, World};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

const HOUR: Duration = Duration::from_secs(3600);

fn receipt() -> Value {
    json!({
        "mimeType": "application/json",
        "accounts": [{ "accountId": "acc-1" }],
        "reference": ["receipt.json"],
        "tags": ["receipt"],
    })
}

/// A user whose files a read-raw contract reads, a postbox for a session and one for an ongoing access.
struct Scene {
    world: World,
    reader: RawUser,
    session: String,
    by_session: Postbox,
    user: PostboxUser,
}

impl Scene {
    async fn new() -> Self {
        Self::of(World::new().await).await
    }

    async fn of(world: World) -> Self {
        let reader = RawUser::consent(world.raw(ContractKind::ReadRaw), &world.sandbox, None, "").await;
        let user =
            PostboxUser::consent(&world.raw(ContractKind::Write), &world.sandbox, Some(&reader.access)).await;
        let session = session(&world, ContractKind::Write).await;
        let by_session = world.sandbox.create_postbox(&session, &user.id).unwrap();
        Self { world, reader, session, by_session, user }
    }

    async fn send(&self, push: Push) -> Answer {
        push.send(&self.world.raw(ContractKind::Write)).await
    }

    fn sealed(&self, plain: &[u8]) -> SealedFile {
        SealedFile::new(&self.user.postbox.public_key, plain, &receipt())
    }

    /// A push of v1.4 to the session's postbox.
    fn by_headers(&self, plain: &[u8]) -> Push {
        let file = SealedFile::new(&self.by_session.public_key, plain, &receipt());
        Push::by_headers("v1.4", &self.by_session, &self.session, &file)
    }

    /// A push of v1.6 to the user's postbox.
    fn by_claims(&self, plain: &[u8]) -> Push {
        let more = json!({ "access_token": self.user.access });
        Push::by_claims("v1.6", &self.user.postbox, more, &self.sealed(plain))
    }

    /// What a read-raw contract reads of what was pushed, oldest first.
    async fn delivered(&self) -> Vec<(Vec<u8>, Value)> {
        let session = self.reader.trigger(json!({ "sourceFetch": false })).await;
        let mut files = Vec::new();
        for name in self.reader.file_names(&session).await.iter().filter(|name| name.starts_with("pushed")) {
            let answer = self.reader.file(&session, name).await;
            let plain = answer.decompress(&self.reader.client.decrypt(&answer.body));
            files.push((plain, metadata(answer.header("x-metadata"))["metadata"].clone()));
        }
        files
    }

    async fn delivered_bytes(&self) -> Vec<Vec<u8>> {
        self.delivered().await.into_iter().map(|(plain, _)| plain).collect()
    }
}

/// A session of a contract that nobody has consented to.
async fn session(world: &World, kind: ContractKind) -> String {
    open_session(&world.raw(kind), &world.credentials(kind)).await
}

#[track_caller]
fn status(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    let expires = json["expires"].as_i64().unwrap();
    assert!(i32::try_from(expires).is_ok() && expires == json["session"]["expiry"].as_i64().unwrap() / 1000);
    json["status"].as_str().unwrap().to_owned()
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str, what: &str) {
    assert_eq!(answer.error(), (status, code.to_owned()), "{what}: {}", answer.text());
}

#[tokio::test]
async fn every_generation_pushes_in_its_own_form_and_the_file_is_read_back() {
    let scene = Scene::new().await;
    let (by_session, user, session) = (&scene.by_session, &scene.user, scene.session.as_str());
    let for_session = |plain: &str| SealedFile::new(&by_session.public_key, plain.as_bytes(), &receipt());
    let token = || json!({ "access_token": user.access });
    let both = || json!({ "access_token": user.access, "session_key": session });
    // A session made for one generation is used in another: Android 2.0 pushes under v1.
    for version in ["v1", "v1.0", "v1.1", "v1.3", "v1.4"] {
        let answer = scene.send(Push::by_headers(version, by_session, session, &for_session(version))).await;
        assert_eq!(status(&answer), "delivered", "{version}");
        assert_eq!(answer.json()["session"]["key"], session);
        assert_eq!(answer.header("content-length"), answer.body.len().to_string(), "legacy rule 23");
    }
    let ios_4 = for_session("v1.5 without a token");
    let ios_4 = Push::by_claims("v1.5", by_session, json!({ "session_key": session }), &ios_4);
    let node_4 = Push::by_claims("v1.5", &user.postbox, both(), &scene.sealed(b"v1.5"));
    let android_3 = scene.sealed(b"v1.5, Android");
    let android_3 = Push::by_claims("v1.5", &user.postbox, both(), &android_3)
        .and_headers("of no meaning", &for_session("another"))
        .form(Form::Android, &android_3);
    for push in [ios_4, node_4, android_3] {
        let answer = scene.send(push).await;
        assert_eq!(
            (status(&answer).as_str(), &answer.json()["session"]["key"]),
            ("delivered", &json!(session))
        );
    }
    let node_5 = Push::by_claims("v1.6", &user.postbox, token(), &scene.sealed(b"v1.6"));
    let android_4 = scene.sealed(b"v1.6, Android");
    let android_4 = Push::by_claims("v1.6", &user.postbox, token(), &android_4)
        .and_headers(session, &android_4)
        .form(Form::Android, &android_4);
    let mut node_8 = Push::by_claims("v1.7", &user.postbox, token(), &scene.sealed(b"v1.7"));
    node_8.claims.as_mut().unwrap()["redirect_uri"] = Value::Null;
    for (push, keeps) in [(node_5, false), (android_4, true), (node_8, false)] {
        let answer = scene.send(push).await;
        assert_eq!(status(&answer), "delivered");
        let key = answer.json()["session"]["key"].as_str().unwrap().to_owned();
        assert_eq!(key == session, keeps, "a session that is named is kept, otherwise there is a new one");
    }
    let delivered = scene.delivered().await;
    let plain: Vec<_> = delivered.iter().map(|(plain, _)| std::str::from_utf8(plain).unwrap()).collect();
    assert_eq!(
        plain,
        [
            "v1",
            "v1.0",
            "v1.1",
            "v1.3",
            "v1.4",
            "v1.5 without a token",
            "v1.5",
            "v1.5, Android",
            "v1.6",
            "v1.6, Android",
            "v1.7",
        ]
    );
    let credentials = scene.world.credentials(ContractKind::Write);
    for (_, metadata) in &delivered {
        assert!(metadata["created"].is_i64());
        let mut metadata = metadata.clone();
        metadata.as_object_mut().unwrap().remove("created");
        assert_eq!(
            metadata,
            json!({
                "mimetype": "application/json",
                "accounts": [{ "accountid": "acc-1" }],
                "reference": ["receipt.json"],
                "tags": ["receipt"],
                "appid": credentials.application_id,
                "contractid": credentials.contract_id,
            })
        );
    }
    scene.world.sandbox.requests().expect_no_refusal();
}

#[tokio::test]
async fn the_forms_of_all_clients_carry_files_of_any_size() {
    let scene = Scene::new().await;
    let mut sent = Vec::new();
    for form in Form::ALL {
        for (length, chunked) in [(0, false), (1, true), (16, false), (100_000, true), (2_000_000, true)] {
            let plain: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let file = scene.sealed(&plain);
            let more = json!({ "access_token": scene.user.access });
            let push = Push::by_claims("v1.6", &scene.user.postbox, more, &file).form(form, &file);
            let push = if chunked { push.chunked() } else { push };
            assert_eq!(status(&scene.send(push).await), "delivered", "{form:?} {length}");
            sent.push(plain);
        }
    }
    assert!(scene.delivered_bytes().await == sent);
}

#[tokio::test]
async fn what_was_pushed_is_read_in_the_older_container_too() {
    let scene = Scene::new().await;
    assert_eq!(status(&scene.send(scene.by_claims(b"plain")).await), "delivered");
    let reader = &scene.reader.client;
    let jwt = reader.sign(&reader.claims(json!({ "access_token": scene.reader.access })));
    let triggered = reader.send(Method::POST, "/v1.6/permission-access/trigger", Some(&jwt), None).await;
    let session = triggered.json()["session"]["key"].as_str().unwrap().to_owned();
    let query = format!("/v1.6/permission-access/query/{session}");
    let list = reader.send(Method::GET, &query, None, None).await.json();
    let mut names = list["fileList"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap());
    let name = names.rfind(|name| name.starts_with("pushed")).unwrap();
    let answer = reader.send(Method::GET, &format!("{query}/{name}"), None, None).await;
    let plain = reader.decrypt(&answer.body);
    let (hash, payload) = plain.split_at(64);
    assert_eq!((hash, payload), (Sha512::digest(payload).as_slice(), &b"plain"[..]));
    assert_eq!(metadata(answer.header("x-metadata"))["metadata"]["tags"], json!(["receipt"]));
}

#[tokio::test]
async fn a_push_with_an_expired_token_waits_and_is_replaced_by_the_one_after_the_refresh() {
    let scene = Scene::new().await;
    let reader = scene.reader.clone();
    scene.world.sandbox.clock().advance(HOUR * 25);
    // Every client is answered `pending`; Node refreshes and pushes again with a new key and IV.
    for _ in 0..2 {
        assert_eq!(status(&scene.send(scene.by_claims(b"same")).await), "pending");
    }
    assert_eq!(status(&scene.send(scene.by_claims(b"other")).await), "pending");
    let session = session(&scene.world, ContractKind::Write).await;
    let more = json!({ "access_token": scene.user.access, "session_key": session });
    let of_v1_5 = Push::by_claims("v1.5", &scene.user.postbox, more, &scene.sealed(b"v1.5"));
    assert_eq!(status(&scene.send(of_v1_5).await), "pending");
    let reader = RawUser { access: refreshed(&reader).await, ..reader };
    let user = scene.user.refreshed(&scene.world.raw(ContractKind::Write)).await;
    let scene = Scene { reader, user, ..scene };
    assert!(scene.delivered().await.is_empty());
    assert_eq!(status(&scene.send(scene.by_claims(b"same")).await), "delivered");
    assert_eq!(scene.delivered_bytes().await, [b"same"]);
    assert_eq!(scene.world.sandbox.import_postboxes(&scene.user.id), 2);
    assert_eq!(scene.world.sandbox.import_postboxes(&scene.user.id), 0);
    assert_eq!(scene.delivered_bytes().await, [&b"same"[..], b"other", b"v1.5"]);
    // A file that is pushed twice with a good token is two files.
    assert_eq!(status(&scene.send(scene.by_claims(b"same")).await), "delivered");
    assert_eq!(scene.delivered().await.len(), 4);
}

async fn refreshed(user: &RawUser) -> String {
    user.client.refresh(&user.refresh).await.token()["access_token"]["value"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_push_without_a_token_is_for_the_session_that_the_postbox_was_made_with() {
    let scene = Scene::new().await;
    let push = || scene.by_headers(b"x");
    let with = |key: &str| push().header("sessionKey", Some(key));
    let other = session(&scene.world, ContractKind::Write).await;
    let reading = session(&scene.world, ContractKind::ReadRaw).await;
    let (client, _, contract) = neighbour(&scene.world).await;
    let elsewhere = open_session(&client, &contract).await;
    refused(&scene.send(with(&other)).await, 404, "SessionInvalid", "another session");
    refused(&scene.send(with(&elsewhere)).await, 404, "SessionInvalid", "another sandbox's session");
    refused(&scene.send(with("unknown")).await, 404, "SessionInvalid", "unknown session");
    refused(&scene.send(with(&reading)).await, 400, "InvalidContractDataRequest", "a contract that reads");
    refused(&scene.send(push().header("sessionKey", None)).await, 400, "ValidationErrors", "no session");
    let ongoing = Push { postbox: scene.user.postbox.id.clone(), ..push() };
    refused(&scene.send(ongoing).await, 404, "SessionInvalid", "the postbox of an ongoing access");
    let nowhere = Push { postbox: "unknown".to_owned(), ..push() };
    refused(&scene.send(nowhere).await, 404, "PostboxNotFound", "an unknown postbox");
    let claims = |key: &str| {
        let file = SealedFile::new(&scene.by_session.public_key, b"x", &receipt());
        Push::by_claims("v1.5", &scene.by_session, json!({ "session_key": key }), &file)
    };
    refused(&scene.send(claims(&other)).await, 404, "SessionInvalid", "another session, signed");
    refused(&scene.send(claims(&reading)).await, 404, "SessionInvalid", "another contract's session");
    refused(&scene.send(claims("")).await, 400, "InvalidRequest", "no session, signed");
    scene.world.sandbox.clock().advance(HOUR);
    refused(&scene.send(push()).await, 404, "SessionInvalid", "an expired session");
    assert!(scene.delivered().await.is_empty());
}

#[tokio::test]
async fn a_push_with_a_token_is_for_a_postbox_of_its_user_and_contract() {
    let scene = Scene::new().await;
    let client = scene.world.raw(ContractKind::Write);
    let push = |token: &str, postbox: &Postbox| {
        let file = SealedFile::new(&postbox.public_key, b"x", &receipt());
        Push::by_claims("v1.6", postbox, json!({ "access_token": token }), &file)
    };
    let stranger = PostboxUser::consent(&client, &scene.world.sandbox, None).await;
    let (own, foreign) = (&scene.user.postbox, &stranger.postbox);
    refused(&scene.send(push("unknown", own)).await, 401, "InvalidToken", "an unknown token");
    refused(&scene.send(push("", own)).await, 400, "InvalidRequest", "no token");
    refused(&scene.send(push(&scene.reader.access, own)).await, 401, "InvalidToken", "another contract's");
    refused(&scene.send(push(&scene.user.access, foreign)).await, 404, "PostboxNotFound", "another user's");
    refused(&scene.send(push(&stranger.access, own)).await, 404, "PostboxNotFound", "another user's token");
    let nowhere = Push { postbox: "unknown".to_owned(), ..push(&scene.user.access, own) };
    let unknown = scene.send(nowhere).await;
    let others = scene.send(push(&scene.user.access, foreign)).await;
    assert_eq!(unknown.json()["error"]["message"], others.json()["error"]["message"], "nothing leaks");
    let reading = push(&scene.reader.access, own).send(&scene.reader.client).await;
    refused(&reading, 400, "InvalidContractDataRequest", "a contract that reads");
    let unsigned = Push { claims: None, ..push(&scene.user.access, own) };
    refused(&scene.send(unsigned.clone()).await, 401, "InvalidJWT", "unsigned");
    let headers = unsigned.and_headers(&scene.session, &scene.sealed(b"x"));
    refused(&scene.send(headers).await, 401, "InvalidJWT", "headers alone on v1.6");
    let sent = push(&scene.user.access, own);
    let jwt = client.sign(&client.claims(sent.claims.clone().unwrap()));
    assert_eq!(status(&sent.send_with(&client, Some(&jwt)).await), "delivered");
    refused(&sent.send_with(&client, Some(&jwt)).await, 400, "InvalidRequest", "a replay");
    let mut elsewhere = push(&scene.user.access, own);
    elsewhere.claims.as_mut().unwrap()["redirect_uri"] = json!("https://evil.example/");
    refused(&scene.send(elsewhere).await, 404, "InvalidRedirectUri", "a callback that is not registered");
    let (neighbours_client, sandbox, _) = neighbour(&scene.world).await;
    let neighbour = PostboxUser::consent(&neighbours_client, &sandbox, None).await;
    let other_sandbox = push(&neighbour.access, own).send(&neighbours_client).await;
    refused(&other_sandbox, 404, "PostboxNotFound", "another sandbox's postbox");
    // The session's postbox is the user's too.
    assert_eq!(status(&scene.send(push(&scene.user.access, &scene.by_session)).await), "delivered");
    assert_eq!(scene.delivered().await.len(), 2);
    let jwt = client.sign(&client.claims(json!({ "access_token": scene.user.access })));
    assert_eq!(client.send(Method::DELETE, "/v1.7/user", Some(&jwt), None).await.status, 204);
    refused(&scene.send(push(&scene.user.access, own)).await, 401, "InvalidToken", "the user was deleted");
    refused(&scene.send(scene.by_headers(b"x")).await, 404, "PostboxNotFound", "the user was deleted");
}

/// A client of another sandbox's write contract.
async fn neighbour(world: &World) -> (RawClient, SandboxHandle, ContractCredentials) {
    let sandbox = world.server.sandbox().await;
    let contract = sandbox.credentials().contract(ContractKind::Write).unwrap().clone();
    (RawClient::new(&world.server.url(), &contract), sandbox, contract)
}

/// A push that lacks one thing, and what the refusal says of it.
type Broken = (&'static str, Push, &'static str);

fn broken_crypto(scene: &Scene) -> Vec<Broken> {
    let pem = scene.by_session.public_key.as_str();
    let good = SealedFile::new(pem, b"plain", &receipt());
    let with = |file: SealedFile| Push::by_headers("v1.4", &scene.by_session, &scene.session, &file);
    let described = |metadata: &[u8]| with(SealedFile::with_metadata(pem, b"plain", metadata));
    let other_iv = SealedFile { iv: "0".repeat(32), ..good.clone() };
    let tags = json!({ "mimeType": "text/plain", "accounts": [], "tags": ["t".repeat(6500)] });
    vec![
        ("iv of 31 digits", with(SealedFile { iv: "0".repeat(31), ..good.clone() }), "iv"),
        ("iv that is not hexadecimal", with(SealedFile { iv: "g".repeat(32), ..good.clone() }), "iv"),
        ("iv of another push", with(other_iv), "metadata"),
        ("key that is not Base64", with(SealedFile { key: "%".to_owned(), ..good.clone() }), "Base64"),
        ("key of few bytes", with(SealedFile { key: "YWJj".to_owned(), ..good.clone() }), "OAEP"),
        ("key for another postbox", with(SealedFile { key: scene.sealed(b"x").key, ..good.clone() }), "OAEP"),
        ("key of 16 bytes", with(SealedFile { key: sealed_key(pem, &[1; 16]), ..good.clone() }), "16 bytes"),
        (
            "key of another push",
            with(SealedFile { key: sealed_key(pem, &[1; 32]), ..good.clone() }),
            "metadata",
        ),
        (
            "metadata that is not Base64",
            with(SealedFile { metadata: "%".to_owned(), ..good.clone() }),
            "Base64",
        ),
        ("metadata of 3 bytes", with(SealedFile { metadata: "YWJj".to_owned(), ..good.clone() }), "3 bytes"),
        ("metadata that is no JSON", described(b"text"), "no JSON"),
        ("metadata that is no object", described(b"[1]"), "metadata"),
        ("metadata without a type", described(br#"{"mimeType":""}"#), "metadata.mimeType"),
        ("metadata with a wrong type", described(br#"{"mimeType":1}"#), "metadata.mimeType"),
        ("metadata with a wrong account", described(br#"{"accounts":[{}]}"#), "metadata.accounts[0]"),
        ("metadata that is too large", described(tags.to_string().as_bytes()), "x-metadata"),
    ]
}

fn broken_forms(scene: &Scene) -> Vec<Broken> {
    let pem = scene.by_session.public_key.as_str();
    let good = SealedFile::new(pem, b"plain", &receipt());
    let push = Push::by_headers("v1.4", &scene.by_session, &scene.session, &good);
    let body = |body: Vec<u8>| Push { body, ..push.clone() };
    let file = |ciphertext: &[u8]| body(Form::Node.around(ciphertext));
    // What is changed in one block of CBC changes the same bit of the next: here the length of the padding.
    let mut damaged = SealedFile::new(pem, &[1; 20], &receipt());
    damaged.ciphertext[15] ^= 0x40;
    let whole_damaged = Push::by_headers("v1.4", &scene.by_session, &scene.session, &damaged);
    let whole = Form::Node.around(&good.ciphertext);
    let renamed = String::from_utf8_lossy(&Form::Node.around(b"")).replace("name=\"file\"", "name=\"data\"");
    vec![
        ("no content type", Push { content_type: String::new(), ..push.clone() }, "multipart/form-data"),
        ("JSON", Push { content_type: "application/json".to_owned(), ..push.clone() }, "multipart/form-data"),
        (
            "no boundary",
            Push { content_type: "multipart/form-data".to_owned(), ..push.clone() },
            "multipart/form-data",
        ),
        (
            "another boundary",
            Push { content_type: "multipart/form-data; boundary=x".to_owned(), ..push.clone() },
            "form",
        ),
        ("no body", body(Vec::new()), "form"),
        ("no form", body(good.ciphertext.clone()), "form"),
        ("half a form", body(whole[..whole.len() - 40].to_vec()), "form"),
        ("no part file", body(renamed.into_bytes()), "no part named file"),
        ("a file of nothing", file(b""), "0 bytes"),
        ("a file of 15 bytes", file(&[1; 15]), "15 bytes"),
        ("a file of 17 bytes", file(&[1; 17]), "17 bytes"),
        ("a damaged file", whole_damaged, "padding"),
    ]
}

#[tokio::test]
async fn whatever_is_wrong_with_a_push_is_said_in_words_and_nothing_is_stored() {
    let scene = Scene::new().await;
    let push = || scene.by_headers(b"plain");
    let mut cases = broken_crypto(&scene);
    cases.extend(broken_forms(&scene));
    for name in ["symmetricalKey", "iv", "metadata"] {
        cases.push(("a header is missing", push().header(name, None), name));
        cases.push(("a header is empty", push().header(name, Some("")), name));
    }
    for (what, push, says) in cases {
        for push in [push.clone(), push.chunked()] {
            let answer = scene.send(push).await;
            refused(&answer, 400, "ValidationErrors", what);
            assert!(answer.text().contains(says), "{what}: {}", answer.text());
        }
    }
    for name in ["symmetrical_key", "iv", "metadata"] {
        for (value, code) in [
            (Value::Null, "InvalidRequest"),
            (json!(1), "InvalidRequest"),
            (json!(""), "InvalidRequest"),
            (json!("%"), "ValidationErrors"),
        ] {
            let mut push = scene.by_claims(b"plain");
            push.claims.as_mut().unwrap()[name] = value.clone();
            refused(&scene.send(push).await, 400, code, &format!("{name} {value}"));
        }
    }
    assert!(scene.delivered().await.is_empty());
    assert_eq!(scene.world.sandbox.import_postboxes(&scene.user.id), 0);
}

#[tokio::test]
async fn values_that_other_clients_write_a_little_otherwise_are_understood() {
    let scene = Scene::new().await;
    let file = scene.sealed(b"plain");
    let bare = |text: &str| STANDARD_NO_PAD.encode(STANDARD.decode(text).unwrap());
    let lines = |text: &str| format!("{}\r\n{}", &text[..8], &text[8..]);
    for changed in [
        SealedFile { iv: file.iv.to_uppercase(), ..file.clone() },
        SealedFile { key: bare(&file.key), metadata: bare(&file.metadata), ..file.clone() },
        SealedFile { key: lines(&file.key), metadata: lines(&file.metadata), ..file.clone() },
    ] {
        let more = json!({ "access_token": scene.user.access });
        let push = Push::by_claims("v1.6", &scene.user.postbox, more, &changed);
        assert_eq!(status(&scene.send(push).await), "delivered");
    }
    let bare = SealedFile::with_metadata(&scene.user.postbox.public_key, b"bare", b"{}");
    let more = json!({ "access_token": scene.user.access });
    assert_eq!(
        status(&scene.send(Push::by_claims("v1.6", &scene.user.postbox, more, &bare)).await),
        "delivered"
    );
    assert_eq!(scene.delivered().await[3].1["mimetype"], "application/octet-stream");
}

#[tokio::test]
async fn a_push_has_the_limits_of_a_library_push_and_what_waits_counts_too() {
    let world = World::with(|builder| {
        builder.timeline(Timeline::INSTANT).settings(|settings| {
            settings.push_limit = 200_000;
            settings.push_quota = 350_000;
        })
    })
    .await;
    let scene = Scene::of(world).await;
    for (length, problem) in [
        (20_000_000, Some("The file is larger than 200000 bytes")),
        (200_001, Some("The file is larger than 200000 bytes")),
        (200_000, None),
        (150_000, Some("The sandbox takes 350000 bytes")),
    ] {
        scene.world.sandbox.clock().advance(if problem.is_none() { HOUR * 25 } else { Duration::ZERO });
        let answer = scene.send(scene.by_claims(&vec![1; length]).chunked()).await;
        match problem {
            None => assert_eq!(status(&answer), "pending"),
            Some(problem) => {
                refused(&answer, 413, "ValidationErrors", problem);
                assert!(answer.text().contains(problem), "{}", answer.text());
            }
        }
    }
    let too_large = Push { chunked: false, ..scene.by_claims(&vec![1; 400_000]) };
    refused(&scene.send(too_large).await, 413, "ValidationErrors", "announced");
    assert_eq!(scene.world.sandbox.import_postboxes(&scene.user.id), 1);
}

#[tokio::test]
async fn a_file_of_the_largest_size_is_taken_whatever_its_form_adds() {
    let world = World::with(|builder| {
        builder.timeline(Timeline::INSTANT).settings(|settings| {
            settings.push_limit = 200_000;
            settings.storage.file = 200_000;
        })
    })
    .await;
    let scene = Scene::of(world).await;
    let largest = Push { chunked: false, ..scene.by_claims(&vec![1; 200_000]) };
    assert_eq!(status(&scene.send(largest).await), "delivered");
    let larger = Push { chunked: false, ..scene.by_claims(&vec![1; 200_001]) };
    refused(&scene.send(larger).await, 413, "ValidationErrors", "one byte more");
}

#[tokio::test]
async fn a_push_that_breaks_off_leaves_nothing_behind() {
    let scene = Scene::new().await;
    let push = scene.by_claims(&[1; 300_000]);
    let client = scene.world.raw(ContractKind::Write);
    let jwt = client.sign(&client.claims(push.claims.clone().unwrap()));
    let path = format!("/v1.6/permission-access/postbox/{}", push.postbox);
    for length in [10, 100_000, push.body.len() - 1] {
        let pieces =
            vec![Ok(push.body[..length].to_vec()), Err(std::io::Error::other("the client goes away"))];
        let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
        let request = client.request(Method::POST, &path, Some(&jwt));
        assert!(request.header("Content-Type", &push.content_type).body(body).send().await.is_err());
    }
    assert!(scene.delivered().await.is_empty());
}

#[tokio::test]
async fn the_journal_shows_no_key_and_says_whose_push_it_was() {
    let scene = Scene::new().await;
    let file = SealedFile::new(&scene.by_session.public_key, b"plain text", &receipt());
    let push = Push::by_headers("v1.4", &scene.by_session, &scene.session, &file);
    assert_eq!(status(&scene.send(push).await), "delivered");
    let claims = json!({ "access_token": scene.user.access, "session_key": scene.session });
    let sealed = scene.sealed(b"plain text");
    let signed = Push::by_claims("v1.5", &scene.user.postbox, claims, &sealed);
    assert_eq!(status(&scene.send(signed).await), "delivered");
    let requests = scene.world.sandbox.requests().of(Operation::PUSH_TO_POSTBOX);
    let entries: Vec<_> = requests.list().into_iter().cloned().collect();
    assert_eq!(entries.len(), 2);
    for entry in &entries {
        let mut sent = serde_json::to_value(entry).unwrap();
        sent.as_object_mut().unwrap().remove("answer");
        let text = sent.to_string();
        for secret in
            [&file.key, &file.metadata, &sealed.key, &sealed.metadata, &scene.session, &scene.user.access]
        {
            assert!(!text.contains(secret.as_str()), "{text}");
        }
        assert!(entry.body.is_none() && !text.contains("plain text"));
        let checks: Vec<_> = entry.verdict.checks.iter().map(|it| it.check).collect();
        assert!(
            checks.ends_with(&[
                Check::Postbox,
                Check::SymmetricalKey,
                Check::InitializationVector,
                Check::PushMetadata,
                Check::InitializationVector,
                Check::SymmetricalKey,
                Check::PushMetadata,
                Check::Body,
                Check::Body,
                Check::Library,
            ]),
            "{checks:?}"
        );
    }
    let contract = scene.world.credentials(ContractKind::Write).contract_id;
    let report = scene.world.sandbox.client_report();
    let client = report.clients.iter().find(|it| it.contract_id.as_ref() == Some(&contract)).unwrap();
    assert_eq!(client.requests, 5, "the unsigned push is counted as the contract's");
}

#[tokio::test]
async fn a_fault_strikes_a_push_and_the_nonce_of_a_lost_answer_is_not_used_up() {
    let scene = Scene::new().await;
    let client = scene.world.raw(ContractKind::Write);
    scene.world.sandbox.inject(Fault::on(Operation::PUSH_TO_POSTBOX).disconnect().times(1));
    let push = scene.by_claims(b"plain");
    let jwt = client.sign(&client.claims(push.claims.clone().unwrap()));
    let path = format!("/v1.6/permission-access/postbox/{}", push.postbox);
    let request = || {
        let request = client.request(Method::POST, &path, Some(&jwt));
        request.header("Content-Type", &push.content_type).body(push.body.clone())
    };
    // The connection may break off before or after the head of the answer.
    let lost = match request().send().await {
        Ok(answer) => answer.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(lost);
    assert_eq!(status(&Answer::of(request()).await), "delivered");
}
