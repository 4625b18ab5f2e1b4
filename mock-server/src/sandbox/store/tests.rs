//! Every operation of the store, in memory and in a database of serialised rows: what it answers must be
//! the same.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use digime_fixtures::catalogue;
use serde_json::json;

use super::*;
use crate::clock::RealTime;
use crate::config::settings::SampleDataSettings;
use crate::domain::app_link::{AppLink, SessionName};
use crate::domain::consent::{CallbackErrorCode, Decision, Page, PageLink};
use crate::domain::contract::{Contract, ContractKind};
use crate::domain::library::{Connection, LibraryId};
use crate::domain::postbox::{Delivery, PostboxFile, PostboxKeys, Pusher};
use crate::domain::pull_options::PullOptions;
use crate::domain::pushed::Descriptor;
use crate::domain::session::{Reader, SessionAccess, Unasked};
use crate::domain::state::{
    AuthorizeRequest, CodeExchange, LinkDecision, LinkUser, OpenedPage, ReferenceRequest, Referent,
    quota_used_up,
};
use crate::domain::storage::StorageLimits;
use crate::domain::storage_path::{FilePath, StoragePath};
use crate::domain::timeline::Timeline;
use crate::domain::token::{Proof, TokenPair};
use crate::durable::rows::RowsInMemory;
use crate::durable::{Database, Lifelines};
use crate::sandbox::around::Around;
use crate::sandbox::datasets::Datasets;

const NOW: Moment = Moment::from_millis(1_767_225_600_000);
/// The reference's verifier and challenge (crypto §8.1).
const VERIFIER: &str = "YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY";
const CHALLENGE: &str = "b0Mk1mbbZAcNmukyu-xmEp1PppE0wF_2HE5Q2nc4VBg";

fn datasets() -> Datasets {
    Datasets::new(SampleDataSettings::default(), Vec::new())
}

fn rules() -> Rules {
    Rules {
        push_quota: 400_000,
        timeline: Timeline::INSTANT,
        storage: StorageLimits { quota: 100, file: 60 },
        ..Rules::default()
    }
}

/// A store and what was seen of it.
struct Story {
    store: Store,
    seen: Vec<String>,
}

impl Story {
    fn see(&mut self, what: impl std::fmt::Debug) {
        self.seen.push(format!("{what:?}"));
    }

    fn refused<T>(&mut self, result: Result<T, Refusal>) {
        let refusal = result.err().map(|refusal| (refusal.status, refusal.code, refusal.detail));
        self.see(refusal.expect("a refusal"));
    }

    async fn authorize(&mut self, contract: &Contract, library: Option<LibraryId>) -> OpenedPage {
        let request = AuthorizeRequest {
            redirect_uri: "http://127.0.0.1/".to_owned(),
            state: Some("s".to_owned()),
            code_challenge: CHALLENGE.to_owned(),
            proof: Proof::Required,
            library,
            options: PullOptions::default(),
            session: Some(SessionAccess::Token),
            offers_postbox: true,
        };
        self.store.authorize(contract, request, NOW).await.unwrap()
    }

    /// A user who consented and has tokens.
    async fn user(&mut self, contract: &Contract, decision: Decision) -> (TokenPair, String) {
        let opened = self.authorize(contract, None).await;
        let link = PageLink::new(&opened.code, Page::Authorize);
        let waiting = self.store.waiting_consent(link, NOW).await.unwrap();
        self.see((waiting.client_id, waiting.accounts, waiting.offers_postbox));
        assert!(self.store.page_client(&opened.code).await.unwrap().is_some());
        let callback = self.store.decide(link, decision.clone(), NOW).await.unwrap();
        assert!(self.store.decide(link, decision, NOW).await.is_err());
        let code = callback.split("code=").nth(1).unwrap().split('&').next().unwrap();
        let exchange = CodeExchange { code, code_verifier: Some(VERIFIER), redirect_uri: None };
        let pair = self.store.exchange(contract, exchange, NOW).await.unwrap();
        let again = self.store.exchange(contract, exchange, NOW).await;
        self.refused(again);
        (pair, opened.session.unwrap().key)
    }

    async fn files(&mut self, contract: &Contract, user: &LibraryId, key: &str) -> usize {
        let list = self.store.file_list(contract, Reader::User(user), key, NOW).await.unwrap();
        self.see((list.state, list.accounts.len(), list.files.len()));
        let Some(first) = list.files.first().map(|file| file.name.clone()) else { return 0 };
        let wanted = (first.as_str(), Unasked::Uncompressed);
        let file = self.store.session_file(contract, Reader::User(user), key, wanted, NOW).await;
        let file = file.unwrap().unwrap();
        self.see((file.content.len(), file.content.piece(0, 1 << 20).unwrap(), file.updated));
        list.files.len()
    }
}

fn connect(source: u32, storage: Option<String>) -> Decision {
    let source = catalogue::source(source).unwrap();
    let dataset = datasets().get(source, "default", NOW).unwrap();
    let connections = vec![Connection { source, dataset, sample: true }];
    Decision::Connect { connections, trigger: true, storage, postbox: None }
}

async fn reads(story: &mut Story) {
    let contract = Contract::sample(ContractKind::Read);
    let made = story.store.create_storage(&contract).await.unwrap();
    let referent = Referent::Storage(made.id.clone());
    let reference = story.store.reference(&contract, referent.clone(), NOW).await.unwrap();
    let found = story.store.referent(&contract.client_id(), &reference, NOW).await.unwrap();
    assert_eq!(found, Some(referent));
    let (pair, session) = story.user(&contract, connect(1, Some(made.id.clone()))).await;
    let user = &pair.library;
    assert_eq!(story.store.user_storage(user).await.unwrap(), made);
    assert!(story.files(&contract, user, &session).await > 0);
    let access = story.store.access(&contract, &pair.access, NOW).await.unwrap();
    assert_eq!((&access, &story.store.linked_library(&pair.access).await.unwrap()), (user, user));
    let refreshed = story.store.refresh(&contract, &pair.refresh, NOW).await.unwrap();
    assert!(story.store.refresh(&contract, &pair.refresh, NOW).await.is_ok(), "in its grace");
    let late = NOW.plus(Duration::from_secs(61));
    let refused = story.store.refresh(&contract, &pair.refresh, late).await;
    story.refused(refused);
    assert_eq!(&story.store.renewable(&contract, &refreshed.access).await.unwrap(), user);
    let session = (PullOptions::default(), SessionAccess::Token);
    let triggered = story.store.trigger(&contract, user, session, NOW).await.unwrap();
    assert!(story.store.session_client(&triggered.key).await.unwrap().is_some());
    let files = story.files(&contract, user, &triggered.key).await;
    let request = ReferenceRequest {
        redirect_uri: "http://127.0.0.1/".to_owned(),
        state: None,
        code_challenge: None,
        library: user.clone(),
        options: PullOptions::default(),
        access: SessionAccess::Token,
    };
    let page = story.store.refer(&contract, request, NOW).await.unwrap();
    let link = PageLink::new(&page.code, Page::Onboard);
    let callback = story.store.decide(link, connect(1, None), NOW).await.unwrap();
    assert!(callback.contains("accountReference="), "{callback}");
    assert!(story.files(&contract, user, &page.session.unwrap().key).await > files);
    let accounts = story.store.accounts(user).await.unwrap();
    story.see(
        accounts.iter().map(|it| (&it.id, it.index, it.syncs.len(), &it.dataset.account)).collect::<Vec<_>>(),
    );
    let key = triggered.key.as_str();
    let of_session = story.store.session_accounts(&contract, Reader::User(user), key, NOW).await.unwrap();
    assert_eq!((of_session.accounts.len(), &of_session.consent), (2, &pair.consent));
    let report = story.store.report(user, None, None, NOW).await.unwrap();
    story.see(report);
    let revoked =
        story.store.revoke(&contract, user, &accounts[0].id, "http://127.0.0.1/".to_owned(), NOW).await;
    story.refused(revoked);
    let lifeline = of_session.lifeline.clone();
    story.store.delete_account(user, &accounts[0].id).await.unwrap();
    let again = story.store.delete_account(user, &accounts[0].id).await;
    assert_eq!(again.unwrap_err().code.as_str(), "AccountNotFound");
    assert!(of_session.accounts[0].lifeline.is_cut() && !lifeline.is_cut());
    story.files(&contract, user, key).await;
    files_of_storage(story, &contract, &made.id).await;
    story.store.delete_user(user).await.unwrap();
    assert!(lifeline.is_cut());
    for refused in [
        story.store.access(&contract, &refreshed.access, NOW).await.map(|_| ()),
        story.store.user_storage(user).await.map(|_| ()),
        story
            .store
            .storage_room(&contract, "none", &path("a"), 1)
            .await
            .map_err(|it| Refusal { detail: String::new(), ..it }),
        story.store.delete_user(user).await,
    ] {
        story.refused(refused);
    }
}

fn path(text: &str) -> FilePath {
    StoragePath::parse("app", text).unwrap().file().unwrap()
}

async fn files_of_storage(story: &mut Story, contract: &Contract, id: &str) {
    for (text, size) in
        [("a", 10), ("Docs/b", 20), ("docs/B", 30), ("docs/deep/c", 5), ("big", 61), ("d", 60)]
    {
        let content = Content::from(vec![7; size]);
        let put = story.store.put_storage_file(contract, id, path(text), content).await;
        story.see(put.map(|file| file.path).map_err(|refusal| refusal.detail));
    }
    for (folder, recursive) in [("", false), ("", true), ("docs/", false), ("docs/", true)] {
        let folder = StoragePath::parse("app", folder).unwrap().folder();
        let list = story.store.storage_files(contract, id, &folder, recursive).await.unwrap();
        story.see(list.iter().map(|file| (file.path.to_string(), file.content.len())).collect::<Vec<_>>());
    }
    let content = story.store.storage_file(contract, id, &path("DOCS/b")).await.unwrap().unwrap();
    assert_eq!(content.piece(0, 100).unwrap().as_ref(), [7; 30]);
    for text in ["docs/", "a", "a"] {
        let path = StoragePath::parse("app", text).unwrap();
        let deleted = story.store.delete_storage_files(contract, id, &path).await.unwrap();
        story.see(deleted.map_err(|refusal| refusal.message));
    }
    story.see(story.store.storage_room(contract, id, &path("d"), 60).await);
}

fn described(tag: &str) -> Descriptor {
    let json = json!({ "mimeType": "text/plain", "accounts": [{ "accountId": "a" }], "tags": [tag],
        "objectTypes": [{ "name": "n" }], "serviceGroups": [3, { "serviceGroupId": "4" }],
        "providerName": ["Shop"], "reference": ["r"] });
    serde_json::from_value(json).unwrap()
}

async fn writes(story: &mut Story) {
    let (contract, reader) = (Contract::sample(ContractKind::Write), Contract::sample(ContractKind::ReadRaw));
    let keys = PostboxKeys::generate().unwrap();
    let decision =
        Decision::Connect { connections: Vec::new(), trigger: true, storage: None, postbox: Some(keys) };
    let (pair, session) = story.user(&contract, decision).await;
    let user = &pair.library;
    story.see(story.store.push_room(&contract, NOW).await);
    for size in [100_000, 6, 0] {
        let content = Content::from((0..size).map(|place| (place % 251) as u8).collect::<Vec<_>>());
        story.store.push(&contract, user, described("t"), content, NOW).await.unwrap();
    }
    story.see(story.store.push_room(&contract, NOW).await);
    let opened = story.authorize(&reader, Some(user.clone())).await;
    let decision = Decision::Connect { connections: Vec::new(), trigger: true, storage: None, postbox: None };
    story.store.decide(PageLink::new(&opened.code, Page::Authorize), decision, NOW).await.unwrap();
    assert_eq!(story.files(&reader, user, &opened.session.unwrap().key).await, 3);
    let session_of_push = story.store.pushing_session(&contract, &session, NOW).await.unwrap();
    let made = PostboxKeys::generate().unwrap();
    let postbox =
        story.store.create_session_postbox(&contract, user, &session_of_push.key, made, NOW).await.unwrap();
    assert_eq!(story.store.postbox_client(&postbox.id).await.unwrap(), Some(contract.client_id()));
    let pusher = Pusher::Session(&session);
    let keys = story.store.postbox_keys(&contract, pusher, &postbox.id).await.unwrap();
    assert_eq!(keys.public_pem(), postbox.public_pem);
    let file = |text: &str| PostboxFile {
        descriptor: described("p"),
        content: Content::from(text.as_bytes().to_vec()),
        digest: [7; 32],
    };
    let late = NOW.plus(Duration::from_secs(2 * 24 * 3600));
    let (_, delivery) = story.store.pushing_user(&contract, &pair.access, late).await.unwrap();
    assert_eq!(delivery, Delivery::Pending);
    for delivery in [Delivery::Pending, Delivery::Delivered, Delivery::Pending] {
        story.store.push_to_postbox(&contract, &postbox.id, file("x"), delivery, NOW).await.unwrap();
    }
    story.see(story.store.push_room(&contract, NOW).await);
    assert_eq!(story.store.import_postboxes(user).await, Ok(1));
    let options = PullOptions::default();
    let opened = story.store.trigger(&reader, user, (options, SessionAccess::Token), NOW).await.unwrap();
    assert_eq!(story.files(&reader, user, &opened.key).await, 5);
    let too_large =
        story.store.push(&contract, user, described("t"), Content::from(vec![0; 400_000]), NOW).await;
    assert_eq!(too_large, Err(quota_used_up(400_000)));
    let after = story.store.session_after_push(&contract, user, None, SessionAccess::Key, NOW).await.unwrap();
    let same =
        story.store.session_after_push(&contract, user, Some(&after.key), SessionAccess::Key, NOW).await;
    assert_eq!(same, Ok(after));
    story.refused(story.store.push_target(&contract, user, "none").await);
    story.store.delete_user(user).await.unwrap();
    story.see(story.store.push_room(&contract, NOW).await);
}

async fn links(story: &mut Story) {
    let contract = Contract::sample(ContractKind::Read);
    assert_eq!(story.store.phone_library().await, Ok(None));
    let mut phone = None;
    for guest in [true, false, false] {
        let session = (PullOptions::default(), SessionAccess::Key);
        let (session, token) = story.store.open_session(&contract, session, NOW).await.unwrap();
        let text =
            format!("digime://consent-access?sessionKey={}&appId=app&callbackUrl=http://a/", session.key);
        let Ok(AppLink::Consent(mut link)) = AppLink::parse(&text) else { panic!("{text}") };
        if guest {
            link.session = SessionName::ExchangeToken(token);
        }
        story.see(story.store.link_client(&link.session).await);
        story.see(story.store.waiting_link(&contract, &link, NOW).await);
        let Decision::Connect { connections, .. } = connect(1, None) else { panic!() };
        let user = if guest { LinkUser::Guest } else { LinkUser::Phone };
        let decision = LinkDecision::Agree { user, connections, postbox: None };
        story.see(story.store.answer_link(&contract, &link, decision.clone(), NOW).await);
        story.see(story.store.answer_link(&contract, &link, decision, NOW).await);
        let list = story.store.file_list(&contract, Reader::Anybody, &session.key, NOW).await.unwrap();
        story.see((list.state, list.accounts.len(), list.files.len()));
        let library = story.store.phone_library().await.unwrap();
        assert!(phone.is_none() || phone == library, "the phone's user stays");
        phone = library;
    }
    assert!(phone.is_some() && story.store.phone_consented(&contract.client_id()).await == Ok(true));
    let declined = LinkDecision::Fail(CallbackErrorCode::UserCancel);
    let unknown = AppLink::parse("digime://consent-access?sessionKey=k&appId=app&callbackUrl=http://a/");
    let Ok(AppLink::Consent(unknown)) = unknown else { panic!() };
    story.see(story.store.answer_link(&contract, &unknown, declined, NOW).await);
}

async fn nonces(story: &mut Story) {
    let (key, request) = (NonceKey::of("client", "nonce"), Fingerprint::of(&["request"]));
    let sent = move || request;
    let used = NonceUse { key, nonce: "nonce", signed: NOW, request: &sent };
    assert_eq!(story.store.take_nonce(used, NOW).await, Ok(()));
    story.refused(story.store.take_nonce(used, NOW).await);
    for _ in 0..2 {
        story.store.allow_repetition(key, request).await.unwrap();
    }
    assert_eq!(story.store.take_nonce(used, NOW).await, Ok(()));
    story.store.reset().await.unwrap();
    assert!(story.store.take_nonce(used, NOW).await.is_err(), "a replay after a reset");
    assert_eq!(story.store.phone_library().await, Ok(None));
}

async fn told(store: Store) -> Vec<String> {
    let mut story = Story { store, seen: Vec::new() };
    reads(&mut story).await;
    writes(&mut story).await;
    links(&mut story).await;
    nonces(&mut story).await;
    story.seen
}

fn durable(database: Arc<dyn Database>) -> Durable {
    let around = Around { datasets: datasets(), lifelines: Lifelines::default() };
    let state_key = "5a".repeat(32).parse().ok();
    Durable::new(database, Arc::new(around), state_key, RealTime::wrong_by(Duration::ZERO))
}

async fn answers_as_memory_does(database: Arc<dyn Database>) {
    let tag = SandboxTag::fresh();
    let in_memory = told(Store::new(tag, rules())).await;
    let in_rows = told(Store::durable(tag, rules(), durable(database))).await;
    for (place, (memory, rows)) in in_memory.iter().zip(&in_rows).enumerate() {
        assert_eq!(memory, rows, "{place}");
    }
    assert!(in_memory.len() == in_rows.len() && in_memory.len() > 50, "{}", in_memory.len());
}

#[tokio::test]
async fn a_database_answers_as_memory_does() {
    let rows = Arc::new(RowsInMemory::with_conflicts_every(3));
    answers_as_memory_does(rows.clone()).await;
    let postboxes = rows.bodies("postboxes").await;
    assert!(!postboxes.is_empty() && postboxes.iter().all(|body| body.starts_with("aes-256-gcm:")));
    assert!(rows.bodies("libraries").await.iter().all(|body| body.starts_with('{')));
}

#[cfg(feature = "sqlite")]
mod in_a_file {
    use std::fs;
    use std::path::Path;

    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{ConnectOptions as _, Connection as _};

    use super::*;
    use crate::config::state_place::StateError;
    use crate::durable::sqlite::Sqlite;

    async fn open(path: &Path) -> Result<Sqlite, StateError> {
        Sqlite::open(path, false).await
    }

    /// The files in the folder of large contents.
    fn large_contents(path: &Path) -> usize {
        let folders = fs::read_dir(path.with_extension("db.contents")).unwrap();
        folders.map(|folder| fs::read_dir(folder.unwrap().path()).unwrap().count()).sum()
    }

    #[tokio::test]
    async fn a_file_answers_as_memory_does_and_contents_go_with_what_named_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        answers_as_memory_does(Arc::new(open(&path).await.unwrap())).await;
        assert_eq!(large_contents(&path), 0);
    }

    #[tokio::test]
    async fn what_was_answered_is_there_when_the_file_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let (tag, contract) = (SandboxTag::fresh(), Contract::sample(ContractKind::Write));
        let store = Store::durable(tag, rules(), durable(Arc::new(open(&path).await.unwrap())));
        let mut story = Story { store, seen: Vec::new() };
        let decision =
            Decision::Connect { connections: Vec::new(), trigger: true, storage: None, postbox: None };
        let (pair, _) = story.user(&contract, decision).await;
        let content = Content::from(vec![7; 100_000]);
        story.store.push(&contract, &pair.library, described("t"), content.clone(), NOW).await.unwrap();
        let room = story.store.push_room(&contract, NOW).await.unwrap();
        drop(story);
        let database = open(&path).await.unwrap();
        // A content whose row never was.
        database.keep(&tag, &content).await.unwrap();
        assert_eq!(large_contents(&path), 2);
        drop(database);
        let store = Store::durable(tag, rules(), durable(Arc::new(open(&path).await.unwrap())));
        assert_eq!(large_contents(&path), 1, "what nothing names is swept");
        assert_eq!(store.access(&contract, &pair.access, NOW).await.unwrap(), pair.library);
        assert_eq!(store.push_room(&contract, NOW).await.unwrap(), room);
        store.delete_user(&pair.library).await.unwrap();
        assert_eq!(large_contents(&path), 0);
        let mut story = Story { store, seen: Vec::new() };
        let decision =
            Decision::Connect { connections: Vec::new(), trigger: true, storage: None, postbox: None };
        let (pair, _) = story.user(&contract, decision).await;
        story.store.push(&contract, &pair.library, described("t"), content, NOW).await.unwrap();
        assert_eq!(large_contents(&path), 1);
        story.store.reset().await.unwrap();
        assert_eq!(large_contents(&path), 0, "contents go with what is reset");
    }

    #[tokio::test]
    async fn a_sweep_forgets_what_ended_long_ago_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let database = Arc::new(open(&folder.path().join("state.db")).await.unwrap());
        let store = Store::durable(SandboxTag::fresh(), rules(), durable(database.clone()));
        let contract = Contract::sample(ContractKind::Write);
        let mut story = Story { store, seen: Vec::new() };
        let decision =
            Decision::Connect { connections: Vec::new(), trigger: true, storage: None, postbox: None };
        let (pair, session) = story.user(&contract, decision).await;
        story
            .store
            .push(&contract, &pair.library, described("t"), Content::from(vec![7; 100]), NOW)
            .await
            .unwrap();
        let days = |days: u64| NOW.plus(Duration::from_secs(days * 24 * 3600));
        story.store.sweep(NOW, NOW).await.unwrap();
        assert!(story.store.session_client(&session).await.unwrap().is_some());
        story.store.sweep(days(1), days(1)).await.unwrap();
        assert!(story.store.session_client(&session).await.unwrap().is_none());
        assert_eq!(story.store.renewable(&contract, &pair.access).await.unwrap(), pair.library);
        assert!(story.store.push_room(&contract, NOW).await.unwrap() < rules().push_quota);
        story.store.sweep(days(61), days(61)).await.unwrap();
        assert!(story.store.renewable(&contract, &pair.access).await.is_err());
        assert_eq!(
            story.store.push_room(&contract, NOW).await.unwrap(),
            rules().push_quota,
            "nobody is left"
        );
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_and_what_is_beside_it_are_their_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let _open = open(&folder.path().join("state.db")).await.unwrap();
        for name in ["state.db", "state.db.lock", "state.db-wal", "state.db.contents"] {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = folder.path().join(name).metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{name} has people's data and keys");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_to_a_file_is_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("state.db"), folder.path().join("link.db"));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let first = open(&link).await.unwrap();
        assert!(matches!(open(&file).await, Err(StateError::InUse(_))));
        drop(first);
        let second = open(&file).await.unwrap();
        assert!(matches!(open(&link).await, Err(StateError::InUse(_))));
        drop(second);
        let missing = folder.path().join("missing").join("state.db");
        let refused = open(&missing).await.unwrap_err().to_string();
        assert!(refused.contains("there is no folder"), "{refused}");
    }

    #[tokio::test]
    async fn a_file_in_use_damaged_newer_or_foreign_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let first = open(&path).await.unwrap();
        assert!(matches!(open(&path).await, Err(StateError::InUse(_))));
        drop(first);
        drop(open(&path).await.unwrap());
        let damaged = folder.path().join("damaged.db");
        let mut bytes = fs::read(&path).unwrap();
        let length = bytes.len();
        bytes[100..length / 2].fill(0x55);
        let text = folder.path().join("text.db");
        for (path, bytes) in [(&damaged, bytes), (&text, b"dear diary, ".repeat(1000))] {
            fs::write(path, &bytes).unwrap();
            assert!(matches!(open(path).await, Err(StateError::Damaged { .. })));
            assert!(fs::read(path).unwrap() == bytes, "it is left as it is");
        }
        let (newer, foreign) = (folder.path().join("newer.db"), folder.path().join("foreign.db"));
        drop(open(&newer).await.unwrap());
        for (path, statement) in
            [(&newer, "UPDATE digime_mock SET value = 99"), (&foreign, "CREATE TABLE recipes (name TEXT)")]
        {
            let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
            let mut connection = options.connect().await.unwrap();
            sqlx::query(statement).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
        assert!(matches!(open(&newer).await, Err(StateError::Newer { version: 99, known: 1, .. })));
        let bytes = fs::read(&foreign).unwrap();
        assert!(matches!(open(&foreign).await, Err(StateError::Foreign(_))));
        assert!(fs::read(&foreign).unwrap() == bytes, "it is left as it is");
    }
}

#[tokio::test]
async fn a_database_that_is_lost_is_said_to_be_and_found_again() {
    let rows = Arc::new(RowsInMemory::default());
    let store = Store::durable(SandboxTag::fresh(), rules(), durable(rows.clone()));
    let contract = Contract::sample(ContractKind::Read);
    let made = store.create_storage(&contract).await.unwrap();
    rows.is_lost.store(true, Ordering::Relaxed);
    assert_eq!(store.create_storage(&contract).await, Err(Unavailable));
    let refusal = store.storage_room(&contract, &made.id, &path("a"), 1).await.unwrap_err();
    assert_eq!((refusal.status, refusal.code.as_str()), (503, "ServiceUnavailable"));
    rows.is_lost.store(false, Ordering::Relaxed);
    assert_eq!(store.storage_room(&contract, &made.id, &path("a"), 1).await, Ok(()));
}
