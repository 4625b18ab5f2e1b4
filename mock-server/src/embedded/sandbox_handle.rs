//! A sandbox as a test holds it.

use std::sync::Arc;

use digime_fixtures::catalogue;

use crate::client_report::ClientReport;
use crate::clock::SandboxClock;
use crate::consent::browser::{ConsentError, Reach, UserDecision, decide_url};
use crate::consent::decision::Choice;
use crate::consent::link::ConsentEnding;
use crate::domain::app_link::AppLink;
use crate::domain::consent::CallbackErrorCode;
use crate::domain::contract::ContractKind;
use crate::domain::library::Connection;
use crate::domain::state::BindStorageError;
use crate::embedded::requests::Requests;
use crate::faults::Fault;
use crate::http::server::Server;
use crate::sandbox::Sandbox;
use crate::sandbox::credentials::Credentials;

/// A sandbox as a test holds it: everything that administration can do, as methods. Clones are the same sandbox.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use std::time::Duration;
/// use digime_mock_server::{Fault, MockServer, Operation};
///
/// let server = MockServer::builder().allow_unused_faults().start().await;
/// let sandbox = server.sandbox().await;
/// sandbox.clock().advance(Duration::from_secs(24 * 60 * 60)); // access tokens have expired
/// sandbox.inject(Fault::on(Operation::TOKEN).times(1).status(503)); // and the first refresh fails
/// // … the app does its work …
/// sandbox.requests().of(Operation::TOKEN).expect(0);
/// # });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SandboxHandle {
    pub(crate) server: Arc<Server>,
    pub(crate) sandbox: Arc<Sandbox>,
}

impl SandboxHandle {
    /// The sandbox's id, which administration takes as `?sandbox=ID`.
    pub fn id(&self) -> &str {
        self.sandbox.id()
    }

    /// The (first) application's id.
    pub fn application_id(&self) -> String {
        self.credentials().application_id
    }

    /// What a client needs to use the sandbox.
    pub fn credentials(&self) -> Credentials {
        Credentials::of(&self.sandbox, &self.server.local_url())
    }

    /// The clock that all lifetimes and the sync run on.
    pub fn clock(&self) -> &SandboxClock {
        &self.sandbox.clock
    }

    /// Approves the consent page at `url` as a user would who changes nothing, and gives the
    /// callback that the browser is sent to. What apps of older generations open the digi.me app with,
    /// `digime://…` and `digime-ca-master://…`, is understood too; see [`SandboxHandle::phone`].
    ///
    /// # Errors
    /// [`ConsentError`] if `url` is no consent page of this server.
    pub fn approve(&self, url: &str) -> Result<String, ConsentError> {
        self.consent(url).approve()
    }

    /// Visits the consent page at `url`.
    pub fn consent<'a>(&'a self, url: &'a str) -> ConsentVisit<'a> {
        ConsentVisit { handle: self, url, choice: Choice::default() }
    }

    /// Binds a provisional storage to a user, whom clients know as `sub`, as the consent page does
    /// for a `storageRef`.
    ///
    /// # Errors
    /// [`BindStorageError`].
    pub fn bind_storage(&self, storage_id: &str, user_id: &str) -> Result<(), BindStorageError> {
        self.sandbox.wait(self.sandbox.store.bind_storage(storage_id, &user_id.to_owned()))
    }

    /// Makes users who consented to the contract for reading and have tokens, without a request: for figures.
    /// Says how many there are.
    #[doc(hidden)]
    pub fn make_users(&self, count: usize) -> usize {
        const AT_ONCE: usize = 500;
        let now = self.sandbox.now();
        let contracts = self.sandbox.contracts();
        let Some(contract) = contracts.iter().find(|it| it.kind == ContractKind::Read) else { return 0 };
        let Some(source) = catalogue::source(1) else { return 0 };
        let Some(dataset) = self.sandbox.datasets.get(source, "test", now) else { return 0 };
        let connection = Connection { source, dataset, sample: true };
        let mut made = 0;
        while made < count {
            let some = AT_ONCE.min(count - made);
            let store = &self.sandbox.store;
            match self.sandbox.wait(store.make_users(contract, &connection, some, now)) {
                Ok(more) if more > 0 => made += more,
                _ => break,
            }
        }
        made
    }

    /// Opens sessions for the users that there are, all of which are read, without a request: for figures. Says how many
    /// there are. The state must be in memory.
    #[doc(hidden)]
    pub fn make_sessions(&self, count: usize) -> usize {
        let contracts = self.sandbox.contracts();
        let Some(contract) = contracts.iter().find(|it| it.kind == ContractKind::Read) else { return 0 };
        self.sandbox.wait(self.sandbox.store.make_sessions(contract, count, self.sandbox.now())).unwrap_or(0)
    }

    /// Injects a fault.
    ///
    /// # Panics
    /// If the fault could never have an effect, which the test would not notice otherwise, or cannot be kept.
    /// The text says why.
    #[allow(clippy::panic)]
    #[track_caller]
    pub fn inject(&self, fault: Fault) {
        let route = self.server.routes().find(|route| route.operation == fault.operation);
        if let Some(problem) = route.and_then(|route| self.sandbox.problem_of(&fault, route)) {
            panic!("{problem}");
        }
        if let Err(error) = self.sandbox.wait(self.sandbox.inject(fault)) {
            panic!("the fault is not injected: {error}");
        }
    }

    /// Says that refused requests are what the test is about. Otherwise the server fails the test when
    /// it is dropped, if a request was refused for a defect of the client: a wrong signature, a nonce
    /// that was used, a claim, header or body of the wrong form, a path that leads nowhere. What a test
    /// causes itself, such as expiry, a declined consent, deletion or a fault, never counts.
    pub fn allow_refusals(&self) {
        self.sandbox.expectations.allow_refusals();
    }

    /// Says that faults may stay without effect. Otherwise the server fails the test when it is
    /// dropped, if a fault never struck.
    pub fn allow_unused_faults(&self) {
        self.sandbox.expectations.allow_unused_faults();
    }

    /// The injected faults and how often each has struck.
    ///
    /// # Panics
    /// If the state of the sandbox cannot be reached.
    #[allow(clippy::panic)]
    #[track_caller]
    pub fn faults(&self) -> Vec<Fault> {
        match self.sandbox.wait(self.sandbox.faults()) {
            Ok(faults) => faults,
            Err(error) => panic!("the faults are not known: {error}"),
        }
    }

    /// Removes all faults.
    ///
    /// # Panics
    /// If the state of the sandbox cannot be reached.
    #[allow(clippy::panic)]
    #[track_caller]
    pub fn clear_faults(&self) {
        if let Err(error) = self.sandbox.wait(self.sandbox.clear_faults()) {
            panic!("the faults are not removed: {error}");
        }
    }

    /// The requests that the journal keeps.
    pub fn requests(&self) -> Requests {
        Requests { entries: self.sandbox.wait(self.sandbox.requests()), narrowed_to: None }
    }

    /// Why a request was refused, by the `error.reference` of its answer.
    pub fn explain(&self, reference: &str) -> Option<String> {
        self.sandbox.wait(self.sandbox.request(reference)).map(|entry| entry.to_string())
    }

    /// How well the clients of the sandbox keep the platform's contract, as their traffic shows it.
    pub fn client_report(&self) -> ClientReport {
        self.sandbox.wait(self.sandbox.client_report())
    }

    /// Forgets users, tokens, sessions, faults, the journal and the client report, and sets the clock to real time.
    pub fn reset(&self) {
        if let Err(error) = self.sandbox.wait(self.sandbox.reset()) {
            tracing::error!("the sandbox was not reset: {error}");
        }
    }
}

/// A user on a consent page.
#[derive(Debug)]
#[must_use = "nothing is decided until the user approves, declines or fails"]
pub struct ConsentVisit<'a> {
    handle: &'a SandboxHandle,
    url: &'a str,
    choice: Choice,
}

impl ConsentVisit<'_> {
    /// Chooses the source to connect, if the app left it open.
    pub fn source(mut self, id: u32) -> Self {
        self.choice.source = Some(id);
        self
    }

    /// Chooses the dataset that the source delivers.
    pub fn data_set(mut self, id: impl Into<String>) -> Self {
        self.choice.dataset = Some(id.into());
        self
    }

    /// Consents in the browser as a user whom the sandbox has, by the `sub` of their tokens, and not as a new one.
    pub fn user(mut self, id: impl Into<String>) -> Self {
        self.choice.user = Some(id.into());
        self
    }

    /// Consents on the phone as a new user, whose phone it is from now on. In a browser every first
    /// consent is a new user's.
    pub fn new_user(mut self) -> Self {
        self.choice.new_user = true;
        self
    }

    /// Approves.
    ///
    /// # Errors
    /// [`ConsentError`] if the URL is no consent page of this server, or leads to no callback.
    pub fn approve(self) -> Result<String, ConsentError> {
        let decision = UserDecision::Approve(self.choice.clone());
        self.decide(&decision)
    }

    /// Declines: `errorCode=USER_CANCEL`.
    ///
    /// # Errors
    /// As [`ConsentVisit::approve`].
    pub fn decline(self) -> Result<String, ConsentError> {
        self.fail(CallbackErrorCode::UserCancel)
    }

    /// Is sent back with an error.
    ///
    /// # Errors
    /// As [`ConsentVisit::approve`].
    pub fn fail(self, code: CallbackErrorCode) -> Result<String, ConsentError> {
        self.decide(&UserDecision::Fail(code))
    }

    fn decide(self, decision: &UserDecision) -> Result<String, ConsentError> {
        if AppLink::parse(self.url).is_ok_and(|link| !link.has_callback()) {
            return Err(ConsentError::NoCallback);
        }
        let SandboxHandle { server, sandbox } = self.handle;
        match sandbox.wait(decide_url(Reach::of_host(&server.sandboxes, sandbox), self.url, decision))? {
            ConsentEnding::Location(location) => Ok(location),
            ConsentEnding::Result(_) | ConsentEnding::Shown(_) => Err(ConsentError::NoCallback),
        }
    }
}
