//! A server, a sandbox and clients for it.

use std::sync::OnceLock;
use std::time::Duration;

use digime::{
    AuthorizeOptions, Client, Contract, PrivateKey, ReadAllOptions, RetryPolicy, Session, SessionKey, User,
};
use digime_fixtures::{Dataset, GenerateOptions, catalogue};
use digime_mock_server::settings::StatePlace;
use digime_mock_server::{
    ContractCredentials, ContractKind, MockServer, MockServerBuilder, SandboxHandle, Timeline,
};
use digime_scenarios::Transcript;
use tempfile::TempDir;

use crate::cloud_client::CloudClient;
use crate::evidence;
use crate::openapi::Checker;
use crate::raw_client::RawClient;
use crate::raw_user::{RawUser, SAMPLE};

pub const CALLBACK: &str = "http://127.0.0.1:9000/callback";
/// The source of most tests: Facebook, whose data the scope tests count on.
pub const SOURCE: u64 = 1;
/// The last day of the sample data, whatever today is.
pub const UNTIL: &str = "2026-01-31";

/// A server whose library is completed at once, with a fresh sandbox.
pub struct World {
    pub server: MockServer,
    pub sandbox: SandboxHandle,
    /// Where the state is kept, if it is not in memory.
    _state: Option<TempDir>,
}

/// With `file` servers keep their state in a file each, with `postgres://…` all of them in that database:
/// every test must pass on every engine.
const STATE_VARIABLE: &str = "DIGIME_TEST_STATE";

/// Where the tests are to keep their state, with the folder if it is one.
fn state_place() -> Option<(StatePlace, Option<TempDir>)> {
    let state = std::env::var(STATE_VARIABLE).ok()?;
    if state != "file" {
        return Some((StatePlace::Postgres(state.parse().unwrap()), None));
    }
    let folder = tempfile::tempdir().unwrap();
    Some((StatePlace::File(folder.path().join("state.db")), Some(folder)))
}

/// Whether the default sandbox of a server is the one of all tests' servers.
pub fn default_sandbox_is_shared() -> bool {
    std::env::var(STATE_VARIABLE).is_ok_and(|state| state != "file")
}

impl World {
    pub async fn new() -> Self {
        Self::with(|builder| builder.timeline(Timeline::INSTANT)).await
    }

    /// Refusals are what many of these tests are about.
    pub async fn with(change: impl FnOnce(MockServerBuilder) -> MockServerBuilder) -> Self {
        let until = jiff_date(UNTIL);
        let builder = MockServer::builder().sample_data_until(until).allow_refusals();
        let (builder, state) = match state_place() {
            // The keys of its own that such a server makes take half a second for each test.
            Some((place, folder)) => {
                let builder = builder.settings(|settings| {
                    (settings.state, settings.development_keys) = (place, true);
                });
                (builder, folder)
            }
            None => (builder, None),
        };
        let server = change(builder).start().await;
        let sandbox = server.sandbox().await;
        Self { server, sandbox, _state: state }
    }

    pub fn credentials(&self, kind: ContractKind) -> ContractCredentials {
        self.sandbox.credentials().contract(kind).unwrap().clone()
    }

    /// Our SDK, with delays that suit a test.
    pub fn client(&self) -> Client {
        let urls = self.sandbox.credentials().urls;
        let builder = Client::builder(self.sandbox.application_id());
        let builder = match self.server.ca_certificate_pem() {
            Some(pem) => builder.root_certificate(pem),
            None => builder,
        };
        builder
            .api_url(urls.api)
            .onboard_url(urls.onboard)
            .cloud_url(urls.cloud)
            .retry(RetryPolicy::default().base_delay(Duration::from_millis(10)).jitter(Duration::ZERO))
            .build()
            .unwrap()
    }

    pub fn contract(&self, kind: ContractKind) -> Contract {
        let credentials = self.credentials(kind);
        let key = PrivateKey::from_pem(credentials.private_key.as_deref().unwrap()).unwrap();
        Contract::new(credentials.contract_id, key).unwrap()
    }

    /// A client that is not our SDK.
    pub fn raw(&self, kind: ContractKind) -> RawClient {
        let client = RawClient::new(&self.server.url(), &self.credentials(kind));
        match self.server.ca_certificate_pem() {
            Some(pem) => client.trusting(pem),
            None => client,
        }
    }

    /// A user of a client that is not our SDK, who consented with Facebook's default dataset.
    pub async fn raw_user(&self, kind: ContractKind) -> RawUser {
        RawUser::consent(self.raw(kind), &self.sandbox, None, SAMPLE).await
    }

    /// A client of storage files that is not our SDK.
    pub fn cloud(&self, kind: ContractKind) -> CloudClient {
        CloudClient::new(&self.server.url(), &self.credentials(kind))
    }

    /// Options that lead straight to the callback, with a dataset of [`SOURCE`].
    pub fn sample(dataset: &str) -> AuthorizeOptions {
        AuthorizeOptions::new(CALLBACK).service_id(SOURCE).sample_data(dataset).auto_onboard(true)
    }

    /// A user who consented, and the session of the consent.
    pub async fn user(&self, kind: ContractKind) -> (User, Session) {
        self.user_with(kind, Self::sample("default")).await
    }

    pub async fn user_with(&self, kind: ContractKind, options: AuthorizeOptions) -> (User, Session) {
        let (client, contract) = (self.client(), self.contract(kind));
        let authorization = client.authorize_url(&contract, options).await.unwrap();
        let location = self.sandbox.approve(authorization.url.as_str()).unwrap();
        let grant = authorization.callback(&location).unwrap();
        (client.connect(grant).await.unwrap(), authorization.session)
    }

    /// Everything of a session, polled quickly.
    pub async fn read_all(user: &User, session: &SessionKey) -> digime::AllRead {
        user.read_all_files(session, quick()).collect_all().await.unwrap()
    }

    /// What a file of a dataset of [`SOURCE`] holds, from the fixtures.
    pub fn fixture(&self, dataset: &str, name: &str) -> Vec<u8> {
        let source = catalogue::source(SOURCE as u32).unwrap();
        let options = GenerateOptions { until: jiff_date(UNTIL), ..GenerateOptions::default() };
        let dataset = Dataset::generate(source, dataset, &options).unwrap();
        let file = dataset.files.iter().find(|file| file.name_for_account(1) == name).unwrap();
        file.content().to_vec()
    }

    /// Every answer that the journal keeps agrees with the server's OpenAPI document.
    ///
    /// # Panics
    /// If one does not; the text names every such answer.
    pub fn verify(&self) {
        let default = self.server.default_sandbox().requests();
        for requests in [self.sandbox.requests(), default] {
            let entries = serde_json::to_value(requests.list()).unwrap();
            if let Err(violations) = checker(&self.server).check_journal(entries.as_array().unwrap()) {
                panic!("answers differ from /__admin/openapi.json:\n{violations}");
            }
        }
    }

    /// What went over the wire, redacted.
    pub fn transcript(&self) -> String {
        let entries = serde_json::to_value(self.sandbox.requests().list()).unwrap();
        let transcript = Transcript::of_journal(entries.as_array().unwrap()).to_string();
        transcript.replace(self.sandbox.id(), "[sandbox]")
    }
}

impl Drop for World {
    /// A test that did not fail otherwise fails if an answer was not as documented; what it saw
    /// counts as evidence for the ledger.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.verify();
            // What names no contract of the sandbox is the default sandbox's.
            let (own, rest) = (self.sandbox.requests(), self.server.default_sandbox().requests());
            evidence::record(own.list().into_iter().chain(rest.list()));
        }
    }
}

/// The document is the same for every server of a process, but for the origin.
fn checker(server: &MockServer) -> &'static Checker {
    static CHECKER: OnceLock<Checker> = OnceLock::new();
    CHECKER.get_or_init(|| Checker::new(&server.openapi()))
}

/// Polling that suits a test.
pub fn quick() -> ReadAllOptions {
    ReadAllOptions::new().poll_interval(Duration::from_millis(20)).deadline(Duration::from_secs(30))
}

pub fn jiff_date(text: &str) -> jiff::civil::Date {
    text.parse().unwrap()
}
