//! Storage over the socket (protocol reference, http-api §8).

use digime_mock_server::{BindStorageError, ContractKind, Fault, Lifetimes, Operation, StorageLimits};
use digime_tests::{Answer, CloudClient, RawClient, World};
use futures_util::stream;
use jsonwebtoken::Algorithm;
use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};

/// A storage, as the raw client is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct StorageRef {
    id: String,
    kid: String,
}

async fn create(raw: &RawClient) -> StorageRef {
    let answer = raw.call(Method::POST, "storage", json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    let text = |name: &str| json[name].as_str().unwrap().to_owned();
    StorageRef { id: text("id"), kid: text("kid") }
}

/// A world with a storage and a client for it.
async fn storage() -> (World, CloudClient, String) {
    let world = World::new().await;
    let storage = create(&world.raw(ContractKind::Read)).await.id;
    let cloud = world.cloud(ContractKind::Read);
    (world, cloud, storage)
}

async fn listed(cloud: &CloudClient, storage: &str, path: &str) -> Vec<String> {
    let answer = cloud.download(storage, path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    let files = json["files"].as_array().unwrap();
    assert_eq!(json["total"], files.len());
    let whole =
        |file: &Value| format!("{}{}", file["path"].as_str().unwrap(), file["name"].as_str().unwrap());
    files.iter().map(whole).collect()
}

async fn token(raw: &RawClient) -> Value {
    let (code, _) = raw.authorize().await;
    let page = raw.page(&code, "&service=16&sampleDataSet=test&sampleDataAutoOnboard=true");
    let code = raw.get(&page).await.location_parameter("code").unwrap();
    raw.exchange(&code).await.token()
}

#[tokio::test]
async fn a_provisional_storage_becomes_a_users_when_it_is_bound() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let storage = create(&raw).await;
    let contract = world.credentials(ContractKind::Read);
    assert_eq!(storage.kid, format!("{}_{}_0", contract.contract_id, contract.application_id));
    let token = token(&raw).await;
    let user = token["sub"].as_str().unwrap();
    let access = json!({"access_token": token["access_token"]["value"]});
    let none = raw.call(Method::GET, "storage", access.clone()).await;
    assert_eq!(none.error(), (404, "StorageNotFound".to_owned()));
    world.sandbox.bind_storage(&storage.id, user).unwrap();
    let bound = raw.call(Method::GET, "storage", access).await;
    assert_eq!(bound.json(), json!({"id": storage.id, "kid": storage.kid}));
    let other = create(&raw).await;
    assert_eq!(world.sandbox.bind_storage(&other.id, user), Err(BindStorageError::UserHasOne));
}

#[tokio::test]
async fn creating_and_asking_for_a_storage_require_what_every_signed_request_does() {
    let world = World::with(|builder| {
        builder.lifetimes(Lifetimes { access_token: std::time::Duration::ZERO, ..Lifetimes::default() })
    })
    .await;
    let raw = world.raw(ContractKind::Read);
    for method in [Method::POST, Method::GET] {
        let unsigned = raw.send(method.clone(), "/v1.7/storage", None, None).await;
        assert_eq!(unsigned.error(), (401, "InvalidJWT".to_owned()));
        let stranger = raw.call(method.clone(), "storage", json!({"client_id": "no_such"})).await;
        assert_eq!(stranger.error(), (403, "InvalidClient".to_owned()));
        let stale = raw.call(method.clone(), "storage", json!({"timestamp": 1})).await;
        assert_eq!(stale.error(), (400, "InvalidRequest".to_owned()));
        let jwt = raw.sign(&raw.claims(json!({})));
        let huge = Some(Value::from("x".repeat(2 * 1024 * 1024)));
        let huge = raw.send(method, "/v1.7/storage", Some(&jwt), huge).await;
        assert_eq!(huge.error(), (413, "ValidationErrors".to_owned()));
    }
    let expired = token(&raw).await["access_token"]["value"].clone();
    for (claims, status, code) in [
        (json!({"access_token": expired}), 401, "InvalidToken"),
        (json!({"access_token": "unknown"}), 401, "InvalidToken"),
        (json!({}), 400, "InvalidRequest"),
    ] {
        let answer = raw.call(Method::GET, "storage", claims).await;
        assert_eq!(answer.error(), (status, code.to_owned()));
    }
}

#[tokio::test]
async fn a_file_is_uploaded_listed_downloaded_and_deleted() {
    let (world, cloud, storage) = storage().await;
    let bytes: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    let uploaded = cloud.upload(&storage, "/Docs/Report.PDF", &bytes).await;
    assert_eq!(uploaded.status, 201);
    let id = uploaded.json()["id"].as_str().unwrap().to_owned();
    let app = &cloud.application_id;
    let listing = cloud.download(&storage, "/Docs/?recursive=false").await.json();
    let file = json!({
        "id": id, "name": "report.pdf", "originalName": "Report.PDF",
        "originalPath": format!("/apps/{app}/Docs/"), "path": format!("/apps/{}/docs/", app.to_lowercase()),
    });
    assert_eq!(listing, json!({"files": [file], "total": 1}));
    assert_eq!(uploaded.json(), file);
    let downloaded = cloud.download(&storage, "/docs/report.pdf").await;
    assert_eq!(downloaded.header("content-type"), "application/octet-stream");
    assert_eq!(downloaded.header("content-length"), bytes.len().to_string());
    assert!(downloaded.body == bytes);
    let deleted = cloud.delete(&storage, "/DOCS/REPORT.pdf").await;
    assert_eq!((deleted.status.as_u16(), deleted.body.len()), (204, 0));
    assert_eq!(
        cloud.download(&storage, "/docs/report.pdf").await.storage_error(),
        (404, "NotFound".to_owned())
    );
    let count = |operation| world.sandbox.requests().of(operation).count();
    assert_eq!(
        [
            Operation::CREATE_STORAGE,
            Operation::UPLOAD_STORAGE_FILE,
            Operation::LIST_STORAGE_FILES,
            Operation::DOWNLOAD_STORAGE_FILE,
            Operation::DELETE_STORAGE_FILES,
        ]
        .map(count),
        [1, 1, 1, 2, 1]
    );
}

#[tokio::test]
async fn the_paths_of_every_client_lead_to_the_same_files() {
    let (_world, cloud, storage) = storage().await;
    for path in ["/a.bin", "//b/c.bin", "/b//d/e.bin"] {
        assert_eq!(cloud.upload(&storage, path, b"x").await.status, 201, "{path}");
    }
    let app = cloud.application_id.to_lowercase();
    let root = [format!("/apps/{app}/a.bin")];
    for path in ["", "/", "//", "/?recursive=false", "//?recursive=false"] {
        assert_eq!(listed(&cloud, &storage, path).await, root, "{path}");
    }
    for path in ["/b/", "//b//", "/B/?recursive=false", "/b?recursive=false"] {
        assert_eq!(listed(&cloud, &storage, path).await, [format!("/apps/{app}/b/c.bin")], "{path}");
    }
    assert_eq!(listed(&cloud, &storage, "/?recursive=true").await.len(), 3);
    assert_eq!(listed(&cloud, &storage, "/b/?recursive=true").await.len(), 2);
    assert!(listed(&cloud, &storage, "/none/").await.is_empty());
    assert_eq!(cloud.delete(&storage, "/b/").await.status, 204);
    assert_eq!(listed(&cloud, &storage, "/?recursive=true").await, root);
    assert_eq!(cloud.delete(&storage, "/").await.status, 204);
    assert!(listed(&cloud, &storage, "/?recursive=true").await.is_empty());
}

#[tokio::test]
async fn an_upload_may_be_chunked_empty_and_replace_another() {
    let (_world, cloud, storage) = storage().await;
    let path = format!("/v1/clouds/{storage}/files/apps/{}/f", cloud.application_id);
    let portions = (0..50_u8).map(|i| Ok::<_, std::io::Error>(bytes::Bytes::from(vec![i; 3001])));
    let body = reqwest::Body::wrap_stream(stream::iter(portions));
    let chunked = cloud.send(Method::POST, &path, Some(&cloud.jwt()), body).await;
    assert_eq!(chunked.status, 201);
    let expected: Vec<u8> = (0..50_u8).flat_map(|i| vec![i; 3001]).collect();
    assert!(cloud.download(&storage, "/f").await.body == expected);
    let replaced = cloud.upload(&storage, "/F", b"").await;
    assert_eq!(replaced.json()["id"], chunked.json()["id"]);
    assert_eq!(replaced.json()["originalName"], "F");
    let empty = cloud.download(&storage, "/f").await;
    assert_eq!((empty.status.as_u16(), empty.body.len()), (200, 0));
    assert_eq!(listed(&cloud, &storage, "/").await.len(), 1);
}

#[tokio::test]
async fn limits_are_the_configured_ones_and_a_refused_upload_changes_nothing() {
    let limits = StorageLimits { quota: 5_000_000, file: 3_000_000 };
    let world = World::with(|builder| builder.storage(limits)).await;
    let storage = create(&world.raw(ContractKind::Read)).await.id;
    let cloud = world.cloud(ContractKind::Read);
    let path = format!("/v1/clouds/{storage}/files/apps/{}/f", cloud.application_id);
    assert_eq!(cloud.upload(&storage, "/f", &vec![1; 3_000_000]).await.status, 201);
    let too_large = cloud.upload(&storage, "/f", &vec![2; 3_000_001]).await;
    assert_eq!(too_large.storage_error(), (413, "FileTooLarge".to_owned()));
    // Without a length in the head, the server learns of it on the way only.
    let portions = (0..40).map(|_| Ok::<_, std::io::Error>(bytes::Bytes::from(vec![3; 100_000])));
    let body = reqwest::Body::wrap_stream(stream::iter(portions));
    let too_large = cloud.send(Method::POST, &path, Some(&cloud.jwt()), body).await;
    assert_eq!(too_large.storage_error(), (413, "FileTooLarge".to_owned()));
    let full = cloud.upload(&storage, "/g", &vec![4; 2_000_001]).await;
    assert_eq!(full.storage_error(), (507, "QuotaExceeded".to_owned()));
    assert!(cloud.download(&storage, "/f").await.body == vec![1; 3_000_000]);
    assert_eq!(cloud.upload(&storage, "/g", &vec![4; 2_000_000]).await.status, 201);
}

/// Sends one request of every storage operation.
async fn everywhere(cloud: &CloudClient, storage: &str, jwt: Option<&str>) -> Vec<Answer> {
    let base = format!("/v1/clouds/{storage}/files/apps/{}", cloud.application_id);
    let mut answers = Vec::new();
    for (method, path) in
        [(Method::GET, "/"), (Method::GET, "/f"), (Method::DELETE, "/f"), (Method::POST, "/f")]
    {
        let body = if method == Method::POST { vec![0; 1_000_000] } else { Vec::new() };
        answers.push(cloud.send(method, &format!("{base}{path}"), jwt, body.into()).await);
    }
    answers
}

#[tokio::test]
async fn a_cloud_jwt_must_be_right_in_every_part() {
    let (_world, cloud, storage) = storage().await;
    let other_key = CloudClient::new(&cloud.origin, &{
        let mut credentials = _world.credentials(ContractKind::Read);
        credentials.private_key = Some(digime_fixtures::keys::OTHER.private_pem.to_owned());
        credentials
    });
    let claims = |change: Value| {
        let mut claims = cloud.claims(0);
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        cloud.sign(&cloud.header(), &claims)
    };
    let header = |change: &dyn Fn(&mut jsonwebtoken::Header)| {
        let mut header = cloud.header();
        change(&mut header);
        cloud.sign(&header, &cloud.claims(0))
    };
    let (app, contract) = (&cloud.application_id, &cloud.contract_id);
    let swapped = format!("{app}_{contract}_0");
    let wrong = [
        ("unreadable", "x.y".to_owned()),
        ("algorithm", header(&|it| it.alg = Algorithm::RS512)),
        ("type", header(&|it| it.typ = Some("JWT".to_owned()))),
        ("no type", header(&|it| it.typ = None)),
        ("key id", header(&|it| it.kid = Some(swapped.clone()))),
        ("no key id", header(&|it| it.kid = None)),
        ("key", other_key.jwt()),
        ("audience", claims(json!({"aud": "api"}))),
        ("no audience", claims(json!({"aud": null}))),
        ("issuer", claims(json!({"iss": "other"}))),
        ("subject", claims(json!({"sub": "other"}))),
        ("no lifetime", claims(json!({"exp": null}))),
        ("expired", cloud.sign(&cloud.header(), &cloud.claims(-125))),
        ("not yet", cloud.sign(&cloud.header(), &cloud.claims(125))),
    ];
    for (what, jwt) in &wrong {
        for answer in everywhere(&cloud, &storage, Some(jwt)).await {
            assert_eq!(answer.storage_error(), (401, "InvalidJWT".to_owned()), "{what}");
        }
    }
    for answer in everywhere(&cloud, &storage, None).await {
        assert_eq!(answer.storage_error(), (401, "InvalidJWT".to_owned()));
    }
    // Both are the bounds of what official clients send.
    for expires in [59, 60] {
        let mut claims = cloud.claims(0);
        claims["exp"] = json!(claims["iat"].as_i64().unwrap() + expires);
        let jwt = cloud.sign(&cloud.header(), &claims);
        assert_eq!(everywhere(&cloud, &storage, Some(&jwt)).await[0].status, 200);
    }
}

#[tokio::test]
async fn moving_the_sandboxs_clock_does_not_break_an_honest_client() {
    let (world, cloud, storage) = storage().await;
    world.sandbox.clock().advance(std::time::Duration::from_secs(400 * 24 * 3600));
    assert_eq!(cloud.upload(&storage, "/f", b"x").await.status, 201);
}

#[tokio::test]
async fn only_a_storage_and_a_folder_of_ones_own_are_open() {
    let (world, cloud, storage) = storage().await;
    for unknown in ["unknown", &"x".repeat(32)] {
        for answer in everywhere(&cloud, unknown, Some(&cloud.jwt())).await {
            assert_eq!(answer.storage_error(), (404, "NotFound".to_owned()));
        }
    }
    let foreign = world.server.sandbox().await;
    let foreign =
        CloudClient::new(&cloud.origin, foreign.credentials().contract(ContractKind::Read).unwrap());
    for answer in everywhere(&foreign, &storage, Some(&foreign.jwt())).await {
        assert_eq!(answer.storage_error(), (404, "NotFound".to_owned()));
    }
    // What becomes of `docs/` when a client pastes it behind the application's id without a slash.
    let mut pasted = cloud.clone();
    pasted.application_id.push_str("docs");
    for answer in everywhere(&pasted, &storage, Some(&cloud.jwt())).await {
        assert_eq!(answer.storage_error(), (403, "Forbidden".to_owned()));
    }
    // Another contract of the same application uses it too.
    assert_eq!(world.cloud(ContractKind::Write).upload(&storage, "/f", b"x").await.status, 201);
}

#[tokio::test]
async fn paths_that_the_platform_does_not_allow_are_refused_and_missing_ones_not_found() {
    let (_world, cloud, storage) = storage().await;
    cloud.upload(&storage, "/docs/f", b"x").await;
    for path in ["/a%20b", "/a%0Ab", "/docs/%2e%2e%2fx", &format!("/{}", "x".repeat(1100))] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = cloud.call(method, &storage, path, Vec::new()).await;
            assert_eq!(answer.storage_error(), (400, "ValidationErrors".to_owned()), "{path}");
        }
        let answer = cloud.download(&storage, &format!("{path}/")).await;
        assert_eq!(answer.storage_error(), (400, "ValidationErrors".to_owned()), "{path}/");
    }
    let answer = cloud.download(&storage, "/?recursive=perhaps").await;
    assert_eq!(answer.storage_error(), (400, "ValidationErrors".to_owned()));
    for path in ["", "/", "/docs/"] {
        let answer = cloud.upload(&storage, path, b"x").await;
        assert_eq!(answer.storage_error(), (400, "ValidationErrors".to_owned()), "{path}");
    }
    for path in ["/docs", "/none/", "/none"] {
        assert_eq!(
            cloud.delete(&storage, path).await.storage_error(),
            (404, "NotFound".to_owned()),
            "{path}"
        );
    }
    for path in ["/docs", "/none"] {
        assert_eq!(
            cloud.download(&storage, path).await.storage_error(),
            (404, "NotFound".to_owned()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_is_not_there_at_all_has_the_clouds_error_shape() {
    let (_world, cloud, _) = storage().await;
    let unknown = cloud.send(Method::GET, "/v1/clouds/x/folders", None, Vec::new().into()).await;
    assert_eq!(unknown.storage_error(), (404, "NotFound".to_owned()));
    let path = format!("/v1/clouds/x/files/apps/{}/f", cloud.application_id);
    let wrong = cloud.send(Method::PUT, &path, None, Vec::new().into()).await;
    assert_eq!(wrong.storage_error(), (405, "MethodNotAllowed".to_owned()));
}

#[tokio::test]
async fn faults_strike_uploads_and_downloads_of_a_file() {
    let (world, cloud, storage) = storage().await;
    world.sandbox.inject(Fault::on(Operation::UPLOAD_STORAGE_FILE).file("*.bin").times(1).status(503));
    let failed = cloud.upload(&storage, "/a.bin", &vec![0; 3_000_000]).await;
    assert_eq!(failed.status, 503);
    assert_eq!(cloud.upload(&storage, "/a.bin", &vec![0; 100_000]).await.status, 201);
    world.sandbox.inject(Fault::on(Operation::DOWNLOAD_STORAGE_FILE).times(1).truncate());
    let cut = cloud.download(&storage, "/a.bin").await;
    assert_eq!((cut.status.as_u16(), cut.body.len(), cut.header("content-length")), (200, 50_000, "50000"));
    assert_eq!(cloud.download(&storage, "/a.bin").await.body.len(), 100_000);
}

/// A name of characters that a URL can carry, spaces excluded.
fn name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9._~!$&'()*+,;=:@\u{e9}\u{df}\u{130}\u{4e2d}\u{1f600}-]{1,20}"
        .prop_filter("dots alone are steps, not names", |name| name != "." && name != "..")
}

#[test]
fn any_path_and_bytes_survive_the_round_trip() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (_world, cloud, storage) = runtime.block_on(storage());
    let strategy = (
        prop::collection::vec(name(), 0..4),
        name(),
        prop::collection::vec(any::<u8>(), 0..2000),
        1_usize..80,
    );
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    let tested =
        proptest::test_runner::TestRunner::new(config).run(&strategy, |(folders, name, bytes, times)| {
            let bytes = bytes.repeat(times);
            let folder: String = folders.iter().map(|it| format!("/{it}")).collect();
            let path = format!("{folder}/{name}");
            runtime.block_on(async {
                let uploaded = cloud.upload(&storage, &path, &bytes).await;
                prop_assert_eq!(uploaded.status.as_u16(), 201);
                prop_assert_eq!(&uploaded.json()["originalName"], &Value::from(name.as_str()));
                for spelling in [path.clone(), path.to_lowercase()] {
                    prop_assert!(cloud.download(&storage, &spelling).await.body == bytes);
                }
                let whole = format!("/apps/{}{path}", cloud.application_id).to_lowercase();
                prop_assert_eq!(listed(&cloud, &storage, &format!("{folder}/")).await, [whole]);
                prop_assert_eq!(cloud.delete(&storage, &path).await.status.as_u16(), 204);
                Ok(())
            })
        });
    tested.unwrap();
}
