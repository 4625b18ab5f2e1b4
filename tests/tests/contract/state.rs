//! A whole sandbox as a file, and a sandbox made of one.

use std::time::Duration;

use digime_mock_server::settings::StatePlace;
use digime_mock_server::state::{ExportOptions, ImportError, ImportStateError, StateFileError};
use digime_mock_server::{ContractKind, Lifetimes, MockServer, MockServerBuilder, SandboxHandle, Timeline};
use digime_tests::openapi::Checker;
use digime_tests::world::{UNTIL, jiff_date};
use digime_tests::{Answer, CloudClient, RawClient, RawUser, World};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Where the scene has a file in its storage, as it stands in a path.
const STORED: &str = "/a%22b%22/%C3%A4.bin";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn builder() -> MockServerBuilder {
    let builder =
        MockServer::builder().sample_data_until(jiff_date(UNTIL)).allow_refusals().allow_unused_faults();
    builder.timeline(Timeline::INSTANT)
}

fn exported(sandbox: &SandboxHandle, options: ExportOptions) -> Vec<u8> {
    let mut file = Vec::new();
    sandbox.export_state(&mut file, options).unwrap();
    file
}

fn all() -> ExportOptions {
    ExportOptions::default().with_secrets()
}

/// A client of one server becomes a client of another one, with all that it holds.
fn moved(user: &RawUser, server: &MockServer, sandbox: &SandboxHandle) -> RawUser {
    let mut client: RawClient = user.client.clone();
    client.origin = server.url();
    RawUser { client, sandbox: sandbox.clone(), ..user.clone() }
}

/// A sandbox that has something of everything.
struct Scene {
    world: World,
    reader: RawUser,
    raw_reader: RawUser,
    storage: String,
    large: Vec<u8>,
}

impl Scene {
    async fn new() -> Self {
        let lifetimes = Lifetimes { access_token: DAY * 3, ..Lifetimes::default() };
        let world = World::with(|builder| {
            builder.timeline(Timeline::INSTANT).lifetimes(lifetimes).allow_unused_faults()
        })
        .await;
        let reader = world.raw_user(ContractKind::Read).await;
        let pusher = RawUser::consent(world.raw(ContractKind::Write), &world.sandbox, None, "").await;
        let large: Vec<u8> = (0..150_000_u32).map(|i| (i % 251) as u8).collect();
        for content in [b"small".to_vec(), Vec::new(), large.clone()] {
            let metadata =
                json!({ "metadata": { "mimeType": "text/plain", "accounts": [{"accountId": "a"}] } });
            let descriptor = pusher.client.sign(&metadata);
            let request = pusher.request(Method::POST, "permission-access/import");
            let pushed = Answer::of(request.header("FileDescriptor", descriptor).body(content)).await;
            assert_eq!(pushed.status, 200, "{}", pushed.text());
        }
        let raw = world.raw(ContractKind::ReadRaw);
        let raw_reader = RawUser::consent(raw, &world.sandbox, Some(&pusher.access), "").await;
        let storage = world.raw(ContractKind::Read).call(Method::POST, "storage", json!({})).await;
        let storage = storage.json()["id"].as_str().unwrap().to_owned();
        let stored = world.cloud(ContractKind::Read).upload(&storage, STORED, &large).await;
        assert_eq!(stored.status, 201, "{}", stored.text());
        let advanced = admin(&world, Method::POST, "clock", Some(json!({ "advance": "36h 5ms" }))).await;
        assert_eq!(advanced.status, 200);
        let application = json!({ "name": "Made", "contracts": [{ "kind": "read" }] });
        assert_eq!(admin(&world, Method::POST, "applications", Some(application)).await.status, 200);
        let fault = json!({ "route": "queryPlatforms", "times": 3, "status": 503 });
        assert_eq!(admin(&world, Method::POST, "faults", Some(fault)).await.status, 200);
        Self { world, reader, raw_reader, storage, large }
    }

    fn cloud(&self, origin: &str) -> CloudClient {
        CloudClient::new(origin, &self.world.credentials(ContractKind::Read))
    }

    fn user_id(&self) -> String {
        let file = String::from_utf8(exported(&self.world.sandbox, ExportOptions::default())).unwrap();
        let with_account = file.lines().find(|line| line.contains("sampleDataSet-default")).unwrap();
        let line: Value = serde_json::from_str(with_account).unwrap();
        line["key"].as_str().unwrap().to_owned()
    }
}

async fn admin(world: &World, method: Method, path: &str, body: Option<Value>) -> Answer {
    let path = format!("/__admin/{path}?sandbox={}", world.sandbox.id());
    world.raw(ContractKind::Read).send(method, &path, None, body).await
}

async fn post(server: &MockServer, query: &str, file: &[u8]) -> Answer {
    let url = format!("{}/__admin/state{query}", server.url());
    Answer::of(reqwest::Client::new().post(url).body(file.to_vec())).await
}

async fn get(server: &MockServer, query: &str) -> Answer {
    Answer::of(reqwest::Client::new().get(format!("{}/__admin/state{query}", server.url()))).await
}

/// A file with these lines and a last one that is right.
fn sealed(lines: &[String]) -> Vec<u8> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let hash: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    let rows = lines.iter().filter(|line| line.starts_with("{\"table\"")).count();
    format!("{text}{}\n", json!({ "end": { "lines": lines.len(), "rows": rows, "sha256": hash } }))
        .into_bytes()
}

#[tokio::test]
async fn clients_go_on_with_what_they_hold_on_another_server_and_back() {
    let scene = Scene::new().await;
    let id = scene.world.sandbox.id();
    let folder = tempfile::tempdir().unwrap();
    let before = exported(&scene.world.sandbox, all());
    let places = [StatePlace::Memory, StatePlace::File(folder.path().join("state.db")), StatePlace::Memory];
    let mut file = before.clone();
    for place in places {
        let server = builder()
            .settings(move |settings| (settings.state, settings.development_keys) = (place, true))
            .start()
            .await;
        let sandbox = server.import_state(&file[..]).unwrap();
        assert_eq!(sandbox.id(), id);
        file = exported(&sandbox, all());
        assert_eq!(String::from_utf8(file.clone()).unwrap(), String::from_utf8(before.clone()).unwrap());
        let names: Vec<_> =
            sandbox.credentials().applications.iter().map(|application| application.name.clone()).collect();
        assert!(names.contains(&"Made".to_owned()), "{names:?}");
        let faults =
            Answer::of(reqwest::Client::new().get(format!("{}/__admin/faults?sandbox={id}", server.url())));
        assert_eq!(faults.await.json()["faults"][0]["times"], 3);
        let ahead = sandbox.clock().offset();
        assert_eq!(ahead, Duration::from_millis(36 * 3_600_000 + 5));
        let reader = moved(&scene.reader, &server, &sandbox);
        assert_eq!(reader.accounts().await.len(), 1);
        let session = reader.trigger(json!({})).await;
        assert!(!reader.file_names(&session).await.is_empty());
        let raw_reader = moved(&scene.raw_reader, &server, &sandbox);
        let session = raw_reader.trigger(json!({})).await;
        let names = raw_reader.file_names(&session).await;
        assert_eq!(names, ["pushed-1.txt", "pushed-2.txt", "pushed-3.txt"]);
        let large = raw_reader.file(&session, "pushed-3.txt").await;
        assert_eq!(raw_reader.client.decrypt(&large.body), scene.large);
        let stored = scene.cloud(&server.url()).download(&scene.storage, STORED).await;
        assert!(stored.status == 200 && stored.body == scene.large);
        let renewed = reader.client.refresh(&reader.refresh).await;
        assert_eq!(renewed.status, 200, "{}", renewed.text());
    }
}

#[tokio::test]
async fn a_file_without_secrets_has_users_and_files_but_nothing_to_get_at_them_with() {
    let scene = Scene::new().await;
    let file = exported(&scene.world.sandbox, ExportOptions::default());
    let text = String::from_utf8(file.clone()).unwrap();
    for table in ["consents", "codes", "access_tokens", "refresh_tokens", "sessions", "postboxes", "nonces"] {
        assert!(!text.contains(&format!("{{\"table\":\"{table}\"")), "{table}");
    }
    assert!(!text.contains("PRIVATE KEY"));
    assert!(text.contains("\"connected\":\"20"), "times can be read: {text}");
    let server = builder().start().await;
    let sandbox = server.import_state(&file[..]).unwrap();
    let reader = moved(&scene.reader, &server, &sandbox);
    let refused = reader.call(Method::GET, "permission-access/accounts").await;
    assert_eq!(refused.error(), (401, "InvalidToken".to_owned()));
    let stored = scene.cloud(&server.url()).download(&scene.storage, STORED).await;
    assert!(stored.status == 200 && stored.body == scene.large);
    // Nothing leads to the user, who stays nevertheless.
    sandbox.clock().advance(DAY * 300);
    for _ in 0..20 {
        reader.client.authorize().await;
    }
    sandbox.clock().reset();
    sandbox.clock().advance(Duration::from_millis(36 * 3_600_000 + 5));
    assert_eq!(exported(&sandbox, ExportOptions::default()), file);
    let (code, session) = reader.client.authorize().await;
    let page = reader.client.page(&code, "");
    let stranger = sandbox.consent(&page).user("somebody").approve().unwrap_err();
    assert!(stranger.to_string().contains("no user somebody"), "{stranger}");
    let callback = sandbox.consent(&page).user(scene.user_id()).approve().unwrap();
    let code = digime_tests::raw_client::parameter(&callback, "code").unwrap();
    let pair = reader.client.exchange(&code).await.token();
    let access = pair["access_token"]["value"].as_str().unwrap().to_owned();
    let again = RawUser { access, session, ..reader };
    assert_eq!(again.accounts().await.len(), 1, "the account of before");
    assert!(!again.file_names(&again.session).await.is_empty());
    let deleted = again.call(Method::DELETE, "user").await;
    assert_eq!(deleted.status, 204, "{}", deleted.text());
    let left = String::from_utf8(exported(&sandbox, all())).unwrap();
    assert!(left.contains("imported/") && !left.contains(&format!("imported/{}", scene.user_id())));
}

#[tokio::test]
async fn a_file_without_contents_keeps_their_lengths() {
    let scene = Scene::new().await;
    let options = all().without_contents();
    let file = exported(&scene.world.sandbox, options);
    assert!(file.len() < 100_000, "{}", file.len());
    let server = builder().start().await;
    let sandbox = server.import_state(&file[..]).unwrap();
    assert_eq!(exported(&sandbox, options), file);
    let raw_reader = moved(&scene.raw_reader, &server, &sandbox);
    let session = raw_reader.trigger(json!({})).await;
    let large = raw_reader.file(&session, "pushed-3.txt").await;
    assert_eq!(raw_reader.client.decrypt(&large.body), vec![0; scene.large.len()]);
}

#[tokio::test]
async fn administration_exports_and_imports_over_the_socket() {
    let scene = Scene::new().await;
    let id = scene.world.sandbox.id();
    let answer = get(&scene.world.server, &format!("?sandbox={id}&secrets=included")).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/x-ndjson"));
    assert_eq!(answer.body, exported(&scene.world.sandbox, all()));
    let lean = get(&scene.world.server, &format!("?sandbox={id}&contents=leftOut")).await;
    assert_eq!(lean.body, exported(&scene.world.sandbox, ExportOptions::default().without_contents()));
    let server = builder().start().await;
    let checker = Checker::new(&server.openapi());
    let imported = post(&server, "", &answer.body).await;
    let rows = answer.text().lines().filter(|line| line.starts_with("{\"table\"")).count();
    assert_eq!((imported.status.as_u16(), imported.json()), (200, json!({ "sandbox": id, "rows": rows })));
    checker.check_answer("adminImportState", &imported).unwrap();
    let again = post(&server, "", &answer.body).await;
    assert_eq!(again.error(), (409, "Conflict".to_owned()));
    checker.check_answer("adminImportState", &again).unwrap();
    let replaced = post(&server, &format!("?sandbox={id}&replace=true"), &answer.body).await;
    assert_eq!(replaced.status, 200, "{}", replaced.text());
    let exported = get(&server, &format!("?sandbox={id}&secrets=included")).await;
    assert_eq!(exported.body, answer.body);
    for (query, status, code) in [
        ("?sandbox=default", 400, "ValidationErrors"),
        ("?sandbox=aaaabbbb", 400, "ValidationErrors"),
        ("?sandbox=nobody", 404, "NotFound"),
        ("?replace=maybe", 400, "ValidationErrors"),
    ] {
        let refused = post(&server, query, &answer.body).await;
        assert_eq!(refused.error(), (status, code.to_owned()), "{query}");
        checker.check_answer("adminImportState", &refused).unwrap();
    }
    let refused = get(&server, "?contents=some").await;
    assert_eq!(refused.error(), (400, "ValidationErrors".to_owned()));
}

#[tokio::test]
async fn a_file_that_is_not_whole_and_right_changes_nothing() {
    let scene = Scene::new().await;
    let whole = exported(&scene.world.sandbox, all());
    let text = String::from_utf8(whole.clone()).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let lines = &lines[..lines.len() - 1];
    let id = scene.world.sandbox.id();
    let at = |start: &str| lines.iter().position(|line| line.starts_with(start)).unwrap();
    let table = |name: &str| at(&format!("{{\"table\":\"{name}\""));
    let without = |place: usize| [&lines[..place], &lines[place + 1..]].concat();
    let with = |place: usize, change: &dyn Fn(&str) -> String| {
        let mut lines = lines.to_vec();
        lines[place] = change(&lines[place]);
        assert_ne!(lines[place], text.lines().nth(place).unwrap());
        sealed(&lines)
    };
    let swapped = |first: usize, second: usize| {
        let mut lines = lines.to_vec();
        lines.swap(first, second);
        sealed(&lines)
    };
    let library = lines.iter().position(|line| line.contains("sampleDataSet-default")).unwrap();
    let file = table("storage_files");
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", Vec::new(), "no state of a sandbox"),
        ("another format", b"{\"format\":\"zip\",\"version\":1}\n".to_vec(), "no state of a sandbox"),
        ("a picture", b"\x89PNG\r\n\x1a\n\0\0".to_vec(), "no state of a sandbox"),
        ("a newer one", text.replacen("\"version\":1", "\"version\":9", 1).into_bytes(), "use a newer one"),
        ("cut", whole[..whole.len() * 2 / 3].to_vec(), "cut off"),
        ("without its end", whole[..text.rfind("{\"end\"").unwrap()].to_vec(), "cut off"),
        ("changed", text.replacen("\"sample\":true", "\"sample\":false", 1).into_bytes(), "were changed"),
        ("more than a file", [&whole[..], b"{}"].concat(), "follows the closing line"),
        ("twice", sealed(&[&lines[..=library], &lines[library..]].concat()), "stands before this one"),
        ("out of order", swapped(library, table("facts")), "stands before this one"),
        ("no such table", with(library, &|line| line.replacen("libraries", "secrets", 1)), "no table"),
        (
            "no such member",
            with(library, &|line| line.replacen("\"accounts\"", "\"x\":1,\"accounts\"", 1)),
            "x means nothing",
        ),
        (
            "a member twice",
            with(library, &|line| line.replacen("\"push_count\":", "\"push_count\":1,\"push_count\":", 1)),
            "push_count",
        ),
        ("another's user", with(library, &|line| line.replacen(id, "zzzzzzzz", 1)), "minted no zzzzzzzz"),
        (
            "another's account",
            with(library, &|line| {
                line.replacen(&format!("\"reference\":\"{id}"), "\"reference\":\"default0", 1)
            }),
            "minted no default0",
        ),
        (
            "a key of none",
            with(table("sessions"), &|line| line.replacen("\"key\":\"", "\"key\":\"x", 1)),
            "key",
        ),
        (
            "no time",
            with(table("codes"), &|line| line.replacen("\"expires\":\"", "\"expires\":\"soon ", 1)),
            "a time such as",
        ),
        ("no piece", sealed(&without(file + 1)), "before it is missing"),
        ("bad Base64", with(file + 1, &|line| line.replacen("{\"piece\":\"", "{\"piece\":\"!", 1)), "Base64"),
        (
            "a longer content",
            with(file, &|line| line.replacen("\"follows\":150000", "\"follows\":150001", 1)),
            "missing",
        ),
        (
            "a content of its own",
            with(file, &|line| line.replacen("{\"follows\":150000}", "{\"base64\":\"\"}", 1)),
            "not beside it",
        ),
        (
            "a huge nothing",
            with(file, &|line| line.replacen("\"follows\":150000", "\"leftOut\":9000000000000000000", 1)),
            "larger than",
        ),
        ("NUL", with(library, &|line| line.replacen("sampleDataSet", "sample\0", 1)), "no JSON"),
        (
            "deep",
            with(library, &|line| {
                let deep = format!("\"row\":{{\"x\":{}{},", "[".repeat(200), "]".repeat(200));
                line.replacen("\"row\":{", &deep, 1)
            }),
            "recursion",
        ),
        ("endless", [lines[0].as_bytes(), b"\n", &vec![b'['; 9 << 20]].concat(), "longer than"),
        (
            "says it has no secrets",
            with(0, &|line| line.replacen("\"secrets\":\"included\"", "\"secrets\":\"leftOut\"", 1)),
            "no secrets",
        ),
        (
            "broken applications",
            with(0, &|line| line.replacen("BEGIN RSA PUBLIC KEY", "BEGIN NOTHING", 1)),
            "applications",
        ),
    ];
    let server = builder().start().await;
    server.import_state(&whole[..]).unwrap();
    let empty = builder().start().await;
    let mut taken = Vec::new();
    for (name, file, says) in cases {
        for server in [&empty, &server] {
            let refused = post(server, "?replace=true", &file).await;
            if refused.status != 400 || !refused.text().contains(says) {
                taken.push(format!("{name}: {says}: {}", refused.text()));
                continue;
            }
            assert_eq!(refused.error(), (400, "ValidationErrors".to_owned()), "{name}");
        }
        assert_eq!(get(&empty, &format!("?sandbox={id}")).await.status, 404, "{name}");
        let same = get(&server, &format!("?sandbox={id}&secrets=included")).await;
        assert_eq!(same.body, whole, "{name}");
    }
    assert!(taken.is_empty(), "{}", taken.join("\n"));
}

#[tokio::test]
async fn sums_that_a_file_gets_wrong_are_put_right() {
    let scene = Scene::new().await;
    let text = String::from_utf8(exported(&scene.world.sandbox, all())).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut wrong = lines[..lines.len() - 1].to_vec();
    for line in &mut wrong {
        *line = line
            .replace("\"used\":150000", "\"used\":0")
            .replace("\"push_count\":3", "\"push_count\":18446744073709551615");
        if line.contains("PushedBytes") {
            *line = "{\"table\":\"facts\",\"key\":\"pushed_bytes\",\"row\":{\"PushedBytes\":7}}".to_owned();
        }
    }
    let server = builder().start().await;
    let sandbox = server.import_state(&sealed(&wrong)[..]).unwrap();
    assert!(!String::from_utf8(exported(&sandbox, all())).unwrap().contains("{\"PushedBytes\":7}"));
    let cloud = scene.cloud(&server.url());
    assert_eq!(cloud.upload(&scene.storage, STORED, b"less").await.status, 201);
    assert_eq!(cloud.delete(&scene.storage, STORED).await.status, 204);
    let pusher = moved(&scene.raw_reader, &server, &sandbox);
    assert_eq!(pusher.call(Method::DELETE, "user").await.status, 204);
}

#[tokio::test]
async fn a_rust_test_begins_with_a_file() {
    let scene = Scene::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.jsonl");
    std::fs::write(&path, exported(&scene.world.sandbox, all())).unwrap();
    let server = builder().state_file(&path).start().await;
    let refused = server.import_state(std::fs::File::open(&path).unwrap()).unwrap_err();
    assert!(matches!(refused, ImportStateError::Import(ImportError::NotEmpty(_))), "{refused}");
    let reader = moved(&scene.reader, &server, server.default_sandbox());
    assert_eq!(reader.accounts().await.len(), 1);
    let nowhere = builder().state_file(folder.path().join("none")).try_start().unwrap_err();
    assert!(nowhere.to_string().contains("none cannot be read"), "{nowhere}");
    std::fs::write(&path, "{}").unwrap();
    let refused = server.import_state(std::fs::File::open(&path).unwrap()).unwrap_err();
    assert!(matches!(refused, ImportStateError::Import(ImportError::File(StateFileError::Foreign))));
}
