//! All state of one sandbox, changed only by these operations, each of which is atomic.

mod storage;

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::code::{AuthorizationCode, PendingConsent};
use super::consent::{CallbackErrorCode, ConsentProblem, Decision, failure_location, success_location};
use super::contract::{Contract, ContractKind};
use super::library::{Library, LibraryId};
use super::nonce::NonceLog;
use super::pull_options::PullOptions;
use super::refusal::{Refusal, TokenKind};
use super::session::{Read, Session, SessionRef};
use super::storage::{Storage, StorageId};
use super::token::{Grant, RefreshGrant, TokenPair};
use crate::clock::Moment;
use crate::random::SandboxTag;
pub use storage::BindStorageError;

/// How long things live, on the sandbox's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Preauthorization and authorization codes.
    pub code: Duration,
    /// Access tokens.
    pub access_token: Duration,
    /// Refresh tokens; a refresh keeps this end (protocol reference, legacy §4).
    pub refresh_token: Duration,
    /// How long a refresh token still works after it was used.
    pub refresh_grace: Duration,
    /// Read sessions.
    pub session: Duration,
}

impl Default for Lifetimes {
    /// Ten minutes for codes, one day and thirty days for tokens, one hour for sessions.
    fn default() -> Self {
        const MINUTE: u64 = 60;
        const DAY: u64 = 24 * 60 * MINUTE;
        Self {
            code: Duration::from_secs(10 * MINUTE),
            access_token: Duration::from_secs(DAY),
            refresh_token: Duration::from_secs(30 * DAY),
            refresh_grace: Duration::from_secs(MINUTE),
            session: Duration::from_secs(60 * MINUTE),
        }
    }
}

/// What `POST oauth/authorize` asks for, once verified.
#[derive(Clone, Debug)]
pub struct AuthorizeRequest {
    /// The callback, registered with the contract.
    pub redirect_uri: String,
    /// The client's `state`.
    pub state: Option<String>,
    /// PKCE challenge, method S256.
    pub code_challenge: String,
    /// The library to attach to.
    pub library: Option<LibraryId>,
    /// What the session is to read.
    pub options: PullOptions,
}

/// What a code is exchanged with.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// The authorization code.
    pub code: &'a str,
    /// PKCE verifier.
    pub code_verifier: &'a str,
    /// The callback; optional, but it must be the same if it is sent.
    pub redirect_uri: Option<&'a str>,
}

/// All state of one sandbox.
#[derive(Debug)]
pub struct State {
    tag: SandboxTag,
    lifetimes: Lifetimes,
    consents: HashMap<String, PendingConsent>,
    codes: HashMap<String, AuthorizationCode>,
    access: HashMap<String, Grant>,
    refresh: HashMap<String, RefreshGrant>,
    libraries: HashMap<LibraryId, Library>,
    sessions: HashMap<String, Session>,
    storages: HashMap<StorageId, Storage>,
    /// Nonces that were used.
    pub nonces: NonceLog,
    swept: Option<Moment>,
}

/// How often what has expired is thrown away.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How long something expired is still recognised, to say «expired» instead of «unknown», and to
/// let a user be re-authorized with a token that ran out.
const REMEMBER: Duration = Duration::from_secs(30 * 24 * 3600);

impl State {
    /// An empty sandbox.
    pub fn new(tag: SandboxTag, lifetimes: Lifetimes) -> Self {
        Self {
            tag,
            lifetimes,
            consents: HashMap::new(),
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            libraries: HashMap::new(),
            sessions: HashMap::new(),
            storages: HashMap::new(),
            nonces: NonceLog::default(),
            swept: None,
        }
    }

    /// Starts an authorization: a preauthorization code for the page, and a session that waits.
    pub fn authorize(
        &mut self,
        contract: &Contract,
        request: AuthorizeRequest,
        now: Moment,
    ) -> (String, SessionRef) {
        self.sweep(now);
        let session = self.open_session(contract, request.options, None, now);
        let code = self.tag.mint();
        let consent = PendingConsent {
            client_id: contract.client_id(),
            redirect_uri: request.redirect_uri,
            state: request.state,
            code_challenge: request.code_challenge,
            session_key: session.key.clone(),
            library: request.library,
            expires: now.plus(self.lifetimes.code),
            decided: false,
        };
        self.consents.insert(code.clone(), consent);
        (code, session)
    }

    /// The `client_id` whose consent waits under this preauthorization code.
    ///
    /// # Errors
    /// [`ConsentProblem`] if there is none, or it is over.
    pub fn waiting_consent(&self, code: &str, now: Moment) -> Result<&str, ConsentProblem> {
        let consent = self.consents.get(code).ok_or(ConsentProblem::UnknownCode)?;
        if consent.decided || now >= consent.expires {
            let code = CallbackErrorCode::InvalidCode;
            let location = failure_location(&consent.redirect_uri, consent.state.as_deref(), &code);
            return Err(ConsentProblem::Closed { location });
        }
        Ok(&consent.client_id)
    }

    /// Carries out the user's decision, once, and says where the browser goes.
    ///
    /// # Errors
    /// [`ConsentProblem`] if there is nothing to decide under this code.
    pub fn decide(&mut self, code: &str, decision: Decision, now: Moment) -> Result<String, ConsentProblem> {
        self.waiting_consent(code, now)?;
        let consent = self.consents.get_mut(code).ok_or(ConsentProblem::UnknownCode)?;
        consent.decided = true;
        let consent = consent.clone();
        let state = consent.state.as_deref();
        let (connection, trigger) = match decision {
            Decision::Approve { connection, trigger } => (connection, trigger),
            Decision::Fail(error) => return Ok(failure_location(&consent.redirect_uri, state, &error)),
        };
        let library_id = consent.library.clone().unwrap_or_else(|| self.tag.mint());
        let library = self.libraries.entry(library_id.clone()).or_insert_with(Library::new);
        let tag = &self.tag;
        library.consents.entry(consent.client_id.clone()).or_insert_with(|| tag.mint());
        let connected = connection.map(|it| {
            let account = library.connect(&it, tag, now);
            (account.id.clone(), account.reference.clone())
        });
        let left_out = connected.as_ref().map(|(id, _)| id.clone()).filter(|_| !trigger);
        self.begin_read(&consent.session_key, &library_id, left_out.as_deref(), now);
        let authorization_code = self.tag.mint();
        let reference = connected.as_ref().map(|(_, reference)| reference.as_str());
        let location = success_location(&consent.redirect_uri, state, &authorization_code, reference);
        let code = AuthorizationCode {
            client_id: consent.client_id,
            redirect_uri: consent.redirect_uri,
            code_challenge: consent.code_challenge,
            library: library_id,
            expires: now.plus(self.lifetimes.code),
            used: false,
        };
        self.codes.insert(authorization_code, code);
        Ok(location)
    }

    /// Exchanges an authorization code for tokens, once.
    ///
    /// # Errors
    /// `InvalidGrant` if the code is unknown, expired, used, another contract's or the verifier is
    /// wrong. A wrong attempt does not use the code up.
    pub fn exchange(
        &mut self,
        contract: &Contract,
        exchange: Exchange<'_>,
        now: Moment,
    ) -> Result<TokenPair, Refusal> {
        let client_id = contract.client_id();
        let code = self
            .codes
            .get_mut(exchange.code)
            .filter(|code| code.client_id == client_id)
            .ok_or_else(|| Refusal::invalid_grant("this contract was given no such code"))?;
        if code.used {
            return Err(Refusal::invalid_grant("the code was exchanged before; it works once"));
        }
        if now >= code.expires {
            return Err(Refusal::invalid_grant("the code has expired on the sandbox's clock"));
        }
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(exchange.code_verifier.as_bytes()));
        if !same(&challenge, &code.code_challenge) {
            return Err(Refusal::invalid_grant(
                "BASE64URL(SHA256(code_verifier)) is not the code_challenge of the authorization",
            ));
        }
        if exchange.redirect_uri.is_some_and(|uri| uri != code.redirect_uri) {
            return Err(Refusal::invalid_grant("redirect_uri is not the one of the authorization"));
        }
        code.used = true;
        let library = code.library.clone();
        let refresh_expires = now.plus(self.lifetimes.refresh_token);
        self.issue(client_id, library, refresh_expires, now)
    }

    /// Exchanges a refresh token for a new pair; the old refresh token keeps working for the grace
    /// period.
    ///
    /// # Errors
    /// `InvalidToken` if it is unknown, expired, replaced or another contract's;
    /// `InsufficientScope` for a one-off contract.
    pub fn refresh(&mut self, contract: &Contract, token: &str, now: Moment) -> Result<TokenPair, Refusal> {
        let invalid = |detail: &str| Refusal::invalid_token(TokenKind::Refresh, detail);
        let client_id = contract.client_id();
        let grace = self.lifetimes.refresh_grace;
        let entry = self
            .refresh
            .get_mut(token)
            .filter(|entry| entry.grant.client_id == client_id)
            .ok_or_else(|| invalid("this contract was given no such refresh token"))?;
        if now >= entry.grant.expires {
            return Err(invalid("the refresh token has expired on the sandbox's clock"));
        }
        if entry.superseded.is_some_and(|at| now.since(at) > grace) {
            return Err(invalid("the refresh token was replaced by a refresh, and its grace period is over"));
        }
        if contract.kind == ContractKind::OneOff {
            return Err(Refusal::insufficient_scope("a one-off contract's token cannot be refreshed"));
        }
        entry.superseded.get_or_insert(now);
        let Grant { library, expires, .. } = entry.grant.clone();
        self.issue(client_id, library, expires, now)
    }

    /// The library that an access token opens for a contract.
    ///
    /// # Errors
    /// `InvalidToken` if it is unknown, expired or another contract's.
    pub fn access(&self, contract: &Contract, token: &str, now: Moment) -> Result<&LibraryId, Refusal> {
        let grant = self.grant(token, now)?;
        if grant.client_id != contract.client_id() {
            let detail = format!("the access token belongs to {}", grant.client_id);
            return Err(Refusal::invalid_token(TokenKind::Access, detail));
        }
        Ok(&grant.library)
    }

    /// The library that an access token of any contract of the same application opens: how a
    /// further contract is attached to a library (protocol reference, consent-web §2.3).
    ///
    /// # Errors
    /// `InvalidToken` if it is unknown or expired.
    pub fn linked_library(&self, token: &str, now: Moment) -> Result<&LibraryId, Refusal> {
        Ok(&self.grant(token, now)?.library)
    }

    fn grant(&self, token: &str, now: Moment) -> Result<&Grant, Refusal> {
        let invalid = |detail: &str| Refusal::invalid_token(TokenKind::Access, detail);
        let grant = self.access.get(token).ok_or_else(|| invalid("there is no such access token"))?;
        if now >= grant.expires {
            return Err(invalid("the access token has expired on the sandbox's clock"));
        }
        Ok(grant)
    }

    /// Opens a session that reads at once.
    ///
    /// # Errors
    /// `InvalidContractDataRequest` for a write contract, `InsufficientScope` for a one-off one.
    pub fn trigger(
        &mut self,
        contract: &Contract,
        library: &LibraryId,
        options: PullOptions,
        now: Moment,
    ) -> Result<SessionRef, Refusal> {
        match contract.kind {
            ContractKind::Write => {
                return Err(Refusal::wrong_contract_kind("a write contract reads nothing"));
            }
            ContractKind::OneOff => {
                return Err(Refusal::insufficient_scope(
                    "a one-off contract reads only in the session of its authorization",
                ));
            }
            ContractKind::Read | ContractKind::ReadRaw => {}
        }
        self.sweep(now);
        let session = self.open_session(contract, options, None, now);
        self.begin_read(&session.key, library, None, now);
        Ok(session)
    }

    /// The session and the library that it reads, for a contract and user.
    ///
    /// # Errors
    /// `SessionInvalid` if the session is unknown, expired, another contract's or another user's;
    /// `InvalidContractDataRequest` for a write contract.
    pub fn session(
        &self,
        contract: &Contract,
        user: &LibraryId,
        key: &str,
        now: Moment,
    ) -> Result<(&Session, &Library), Refusal> {
        if !contract.kind.reads() {
            return Err(Refusal::wrong_contract_kind("a write contract reads nothing"));
        }
        let session =
            self.sessions.get(key).ok_or_else(|| Refusal::invalid_session("there is no such session"))?;
        if now >= session.expires {
            return Err(Refusal::invalid_session("the session has expired on the sandbox's clock"));
        }
        if session.client_id != contract.client_id() {
            return Err(Refusal::invalid_session("the session belongs to another contract"));
        }
        if session.read.as_ref().is_some_and(|read| &read.library != user) {
            return Err(Refusal::invalid_session("the session belongs to another user"));
        }
        Ok((session, self.library(user)?))
    }

    /// A user's library.
    ///
    /// # Errors
    /// `InvalidToken` if it no longer exists.
    pub fn library(&self, id: &LibraryId) -> Result<&Library, Refusal> {
        self.libraries
            .get(id)
            .ok_or_else(|| Refusal::invalid_token(TokenKind::Access, "the token's library no longer exists"))
    }

    fn open_session(
        &mut self,
        contract: &Contract,
        options: PullOptions,
        read: Option<Read>,
        now: Moment,
    ) -> SessionRef {
        let key = self.tag.mint();
        let expires = now.plus(self.lifetimes.session);
        let session = Session { client_id: contract.client_id(), options, expires, read };
        self.sessions.insert(key.clone(), session);
        SessionRef { key, expires }
    }

    /// Starts the read of a session; the account `left_out` waits for the next one.
    fn begin_read(&mut self, key: &str, library_id: &LibraryId, left_out: Option<&str>, now: Moment) {
        let (Some(session), Some(library)) = (self.sessions.get_mut(key), self.libraries.get_mut(library_id))
        else {
            return;
        };
        let mut accounts = Vec::new();
        for account in &mut library.accounts {
            if Some(account.id.as_str()) == left_out || !session.options.includes_account(&account.id) {
                continue;
            }
            if session.options.fetches() {
                account.first_sync.get_or_insert(now);
            }
            accounts.push(account.id.clone());
        }
        session.read = Some(Read { library: library_id.clone(), started: now, accounts });
    }

    fn issue(
        &mut self,
        client_id: String,
        library_id: LibraryId,
        refresh_expires: Moment,
        now: Moment,
    ) -> Result<TokenPair, Refusal> {
        let consent = self.library(&library_id)?.consents.get(&client_id).cloned();
        let (access, refresh) = (self.tag.mint(), self.tag.mint());
        // An access token that outlives its refresh token would hide the end of the consent.
        let access_expires = now.plus(self.lifetimes.access_token).min(refresh_expires);
        let grant = |expires| Grant { client_id: client_id.clone(), library: library_id.clone(), expires };
        self.access.insert(access.clone(), grant(access_expires));
        let entry = RefreshGrant { grant: grant(refresh_expires), superseded: None };
        self.refresh.insert(refresh.clone(), entry);
        Ok(TokenPair {
            access,
            access_expires,
            refresh,
            refresh_expires,
            library: library_id,
            consent: consent.unwrap_or_default(),
        })
    }

    /// Throws away what expired so long ago that nobody asks for it any more.
    fn sweep(&mut self, now: Moment) {
        if self.swept.is_some_and(|at| now.since(at) < SWEEP_EVERY) {
            return;
        }
        self.swept = Some(now);
        let alive = |expires: Moment| now < expires.plus(REMEMBER);
        let fresh = |expires: Moment| now < expires.plus(self.lifetimes.session);
        self.consents.retain(|_, consent| fresh(consent.expires));
        self.codes.retain(|_, code| fresh(code.expires));
        self.sessions.retain(|_, session| fresh(session.expires));
        self.access.retain(|_, grant| alive(grant.expires));
        self.refresh.retain(|_, entry| alive(entry.grant.expires));
    }
}

/// Compares secrets without telling by the time it takes where they differ.
fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}
