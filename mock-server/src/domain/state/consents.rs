//! Pages of the consent web client: opened by a code, decided once.

use super::State;
use super::consent_page::{AuthorizeRequest, OpenedPage, ReferenceRequest, WaitingConsent};
use crate::clock::Moment;
use crate::domain::code::{AuthorizationCode, PendingConsent, Purpose};
use crate::domain::consent::{
    CallbackErrorCode, ConsentProblem, Decision, PageLink, Success, revoked_location, success_location,
};
use crate::domain::contract::{Contract, ContractKind};
use crate::domain::library::{Connection, Library, LibraryId, Login};
use crate::domain::postbox::PostboxRef;
use crate::domain::quota::Usage;
use crate::domain::refusal::Refusal;
use crate::domain::storage::StorageId;
use crate::domain::token::Proof;
use crate::fingerprint::Fingerprint;

impl State {
    /// Starts an authorization: a preauthorization code for the page, and a session that waits.
    pub(crate) fn authorize(
        &mut self,
        contract: &Contract,
        request: AuthorizeRequest,
        now: Moment,
    ) -> OpenedPage {
        let AuthorizeRequest { redirect_uri, state, code_challenge, proof, library, options, .. } = request;
        let session = request.session.map(|access| self.open_session(contract, options, access, now));
        let key = session.as_ref().map(|session| Fingerprint::of(&[&session.key]));
        let purpose = Purpose::Authorize { session: key, code_challenge, proof, library };
        let offers_postbox = request.offers_postbox && contract.kind == ContractKind::Write;
        let (code, expires) = self.open_page(contract, redirect_uri, state, purpose, now);
        self.consents.change(&Fingerprint::of(&[&code]), |consent| consent.offers_postbox = offers_postbox);
        OpenedPage { code, expires, session }
    }

    /// Starts to onboard a source, to log in at one again, or to renew a user: a reference code for
    /// the page, and a session that waits.
    ///
    /// # Errors
    /// `InsufficientScope` for a one-off contract, which has nothing to come back to.
    pub(crate) fn refer(
        &mut self,
        contract: &Contract,
        request: ReferenceRequest,
        now: Moment,
    ) -> Result<OpenedPage, Refusal> {
        if contract.kind == ContractKind::OneOff {
            return Err(Refusal::insufficient_scope("a one-off contract's consent cannot be extended"));
        }
        let ReferenceRequest { redirect_uri, state, code_challenge, library, options, access } = request;
        let session = self.open_session(contract, options, access, now);
        let key = Fingerprint::of(&[&session.key]);
        let purpose = match code_challenge {
            Some(code_challenge) => Purpose::Renew { session: key, code_challenge, library },
            None => Purpose::Extend { session: key, library },
        };
        let (code, expires) = self.open_page(contract, redirect_uri, state, purpose, now);
        Ok(OpenedPage { code, expires, session: Some(session) })
    }

    /// Starts to revoke the permission that a provider has: a code for the page.
    ///
    /// # Errors
    /// `AccountNotFound`, or `InvalidRequest` if the account's provider has no such permission.
    pub(crate) fn revoke(
        &mut self,
        contract: &Contract,
        library: &LibraryId,
        account: &str,
        redirect_uri: String,
        now: Moment,
    ) -> Result<String, Refusal> {
        let account = self.library(library)?.account(account)?;
        if !account.is_medmij() {
            return Err(Refusal::invalid_request(
                "Only accounts of MedMij have a permission that can be revoked",
                format!("the account is one of {}", account.source.name),
            ));
        }
        let purpose = Purpose::Revoke { library: library.clone(), account: account.id.clone() };
        Ok(self.open_page(contract, redirect_uri, None, purpose, now).0)
    }

    fn open_page(
        &mut self,
        contract: &Contract,
        redirect_uri: String,
        state: Option<String>,
        purpose: Purpose,
        now: Moment,
    ) -> (String, Moment) {
        self.tidy(now);
        let (code, expires) = (self.mint(), now.plus(self.rules.lifetimes.code));
        let client_id = contract.client_id();
        let consent = PendingConsent {
            client_id,
            redirect_uri,
            state,
            purpose,
            offers_postbox: false,
            expires,
            decided: false,
        };
        self.consents.insert(Fingerprint::of(&[&code]), consent);
        (code, expires)
    }

    /// What waits for the user under this code.
    ///
    /// # Errors
    /// `ConsentProblem` if there is nothing, it is over, or the code is for another page.
    pub(crate) fn waiting_consent(
        &self,
        link: PageLink<'_>,
        now: Moment,
    ) -> Result<WaitingConsent, ConsentProblem> {
        let consent = self.require_waiting(link, now)?;
        let library = consent.library().and_then(|id| self.libraries.get(id));
        let account = match &consent.purpose {
            Purpose::Revoke { account, .. } => Some(account.clone()),
            _ => None,
        };
        let accounts = library.map(|library| {
            let accounts = library.accounts.iter();
            accounts.map(|account| (account.id.clone(), account.source.name.as_str())).collect()
        });
        let (session, code_challenge) = match &consent.purpose {
            Purpose::Authorize { session, code_challenge, .. } => (*session, Some(code_challenge.clone())),
            Purpose::Renew { session, code_challenge, .. } => (Some(*session), Some(code_challenge.clone())),
            Purpose::Extend { session, .. } => (Some(*session), None),
            Purpose::Revoke { .. } => (None, None),
        };
        let session = session.and_then(|session| self.sessions.get(&session));
        Ok(WaitingConsent {
            client_id: consent.client_id.clone(),
            accounts,
            account,
            offers_postbox: consent.offers_postbox,
            redirect_uri: consent.redirect_uri.clone(),
            state: consent.state.clone(),
            code_challenge,
            expires: consent.expires,
            options: session.map(|session| session.options.clone()),
            lifetimes: self.rules.lifetimes,
        })
    }

    /// The `client_id` of the contract that asks under a code.
    pub(crate) fn page_client(&self, code: &str) -> Option<&str> {
        self.consents.get(&Fingerprint::of(&[code])).map(|consent| consent.client_id.as_str())
    }

    /// The consent of a page, if it still waits for the user.
    fn require_waiting(&self, link: PageLink<'_>, now: Moment) -> Result<&PendingConsent, ConsentProblem> {
        let key = Fingerprint::of(&[link.code]);
        let consent = self.consents.get(&key).ok_or(ConsentProblem::UnknownCode)?;
        let library = consent.library().map(|id| self.libraries.get(id));
        let user_is_gone = library.is_some_and(|library| library.is_none());
        if consent.decided || now >= consent.expires || !consent.opens(link.page) || user_is_gone {
            let location = consent.failure(link.callback, &CallbackErrorCode::InvalidCode);
            return Err(ConsentProblem::Closed { location });
        }
        Ok(consent)
    }

    /// Carries out the user's decision, once, and says where the browser goes.
    ///
    /// # Errors
    /// `ConsentProblem` if there is nothing to decide under this code on this page.
    pub(crate) fn decide(
        &mut self,
        link: PageLink<'_>,
        decision: Decision,
        now: Moment,
    ) -> Result<String, ConsentProblem> {
        let consent = self.require_waiting(link, now)?.clone();
        self.consents.change(&Fingerprint::of(&[link.code]), |consent| consent.decided = true);
        let carried_out = match (&consent.purpose, decision) {
            (_, Decision::Fail(error)) => Err(error),
            (
                Purpose::Authorize { session, code_challenge, proof, library },
                Decision::Connect { connections, trigger, storage, postbox },
            ) => {
                let library = library.clone().unwrap_or_else(|| self.mint());
                self.give_consent(&consent.client_id, &library, storage).map(|()| {
                    let added = self.connect(&library, *session, &connections, trigger, now);
                    let keys = postbox.filter(|_| consent.offers_postbox);
                    let postbox =
                        keys.map(|keys| self.create_postbox(&consent.client_id, &library, None, keys));
                    let code = self.mint_code(&consent, (code_challenge, *proof), library, now);
                    success(&consent, None, Some(&code), added.as_deref(), postbox.as_ref())
                })
            }
            (Purpose::Extend { session, library }, Decision::Connect { connections, trigger, .. }) => {
                let added = self.connect(library, Some(*session), &connections, trigger, now);
                Ok(success(&consent, link.callback, None, added.as_deref(), None))
            }
            (Purpose::Extend { session, library }, Decision::LogIn(account)) => {
                let renewed = self.set_login(library, &account, Login::Renewed(now));
                self.begin_read(*session, library, &[], now);
                renewed.map(|()| success(&consent, link.callback, None, None, None))
            }
            (Purpose::Renew { session, code_challenge, library }, Decision::Renew { trigger }) => {
                if !trigger {
                    self.sessions.change(session, |session| session.options.fetch_nothing());
                }
                self.begin_read(*session, library, &[], now);
                let code = self.mint_code(&consent, (code_challenge, Proof::Required), library.clone(), now);
                Ok(success(&consent, None, Some(&code), None, None))
            }
            (Purpose::Revoke { library, account }, Decision::Revoke) => {
                let withdrawn = self.set_login(library, account, Login::Withdrawn(now));
                withdrawn.map(|()| revoked_location(&consent.redirect_uri))
            }
            // A page makes only its own decisions.
            _ => Err(CallbackErrorCode::ServerError),
        };
        Ok(carried_out.unwrap_or_else(|error| consent.failure(link.callback, &error)))
    }

    /// Makes the library if need be, notes what it consents to, and binds the storage. A storage
    /// that cannot be bound is one thing more that cannot be connected.
    pub(super) fn give_consent(
        &mut self,
        client_id: &str,
        library: &LibraryId,
        storage: Option<StorageId>,
    ) -> Result<(), CallbackErrorCode> {
        if let Some(storage) = &storage {
            self.require_bindable(storage, library).map_err(|_| CallbackErrorCode::OnboardError)?;
        }
        if !self.libraries.contains(library) {
            self.require_user_room()?;
            self.count_in(Usage { users: 1, bytes: 0 });
            self.libraries.insert(library.clone(), Library::new());
        }
        let consent = self.mint();
        self.libraries
            .change(library, |library| library.consents.entry(client_id.to_owned()).or_insert(consent).len());
        if let Some(storage) = storage {
            self.storages.change(&storage, |storage| storage.owner = Some(library.clone()));
        }
        Ok(())
    }

    /// Connects sources, starts the session's read, and gives the reference of the new account, of the last one
    /// if there are several: a callback has room for one.
    pub(super) fn connect(
        &mut self,
        library_id: &LibraryId,
        session: Option<Fingerprint>,
        connections: &[Connection],
        trigger: bool,
        now: Moment,
    ) -> Option<String> {
        let references: Vec<String> = connections.iter().map(|_| self.mint()).collect();
        let last = references.last().cloned();
        let added: Vec<_> = self.libraries.change(library_id, |library| {
            let each = connections.iter().zip(references);
            each.map(|(connection, reference)| library.connect(connection, reference, now).id.clone())
                .collect()
        })?;
        if let Some(session) = session {
            let waiting = if trigger { &[] } else { added.as_slice() };
            self.begin_read(session, library_id, waiting, now);
        }
        last
    }

    pub(super) fn mint_code(
        &mut self,
        consent: &PendingConsent,
        (code_challenge, proof): (&str, Proof),
        library: LibraryId,
        now: Moment,
    ) -> String {
        let code = self.mint();
        self.libraries.change(&library, |library| {
            library.callbacks.insert(consent.client_id.clone(), consent.redirect_uri.clone())
        });
        let authorization = AuthorizationCode {
            client_id: consent.client_id.clone(),
            redirect_uri: consent.redirect_uri.clone(),
            code_challenge: code_challenge.to_owned(),
            proof,
            library,
            expires: now.plus(self.rules.lifetimes.code),
            used: false,
        };
        self.codes.insert(Fingerprint::of(&[&code]), authorization);
        code
    }

    fn set_login(
        &mut self,
        library: &LibraryId,
        account: &str,
        login: Login,
    ) -> Result<(), CallbackErrorCode> {
        let set = self.libraries.change(library, |library| {
            let account = library.accounts.iter_mut().find(|known| known.id == account)?;
            account.login = login;
            Some(())
        });
        set.flatten().ok_or(CallbackErrorCode::OnboardError)
    }
}

/// The callback of a success: the one that the page's link names, if it does.
fn success(
    consent: &PendingConsent,
    named: Option<&str>,
    code: Option<&str>,
    account_reference: Option<&str>,
    postbox: Option<&PostboxRef>,
) -> String {
    let state = consent.state.as_deref();
    let success = Success { state, code, account_reference, postbox };
    success_location(named.unwrap_or(&consent.redirect_uri), success)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::consent::Page;
    use crate::domain::pull_options::PullOptions;
    use crate::domain::session::SessionAccess;
    use crate::domain::state::{Lifetimes, Rules};
    use crate::random::SandboxTag;

    const NOW: Moment = Moment::from_millis(1_767_225_600_000);

    fn request() -> AuthorizeRequest {
        AuthorizeRequest {
            redirect_uri: "http://127.0.0.1/".to_owned(),
            state: None,
            code_challenge: "challenge".to_owned(),
            proof: Proof::Required,
            library: None,
            options: PullOptions::default(),
            session: Some(SessionAccess::Token),
            offers_postbox: false,
        }
    }

    fn consented(storage: Option<&StorageId>) -> Decision {
        Decision::Connect { connections: Vec::new(), trigger: true, storage: storage.cloned(), postbox: None }
    }

    #[test]
    fn a_consent_binds_the_storage_and_a_later_one_without_keeps_it() {
        let mut state = State::new(SandboxTag::fresh(), Rules::default());
        let contract = Contract::sample(ContractKind::Read);
        let storage = state.create_storage(&contract);
        let opened = state.authorize(&contract, request(), NOW);
        state
            .decide(PageLink::new(&opened.code, Page::Authorize), consented(Some(&storage.id)), NOW)
            .unwrap();
        let user = state.libraries.iter().next().unwrap().0.clone();
        assert_eq!(state.user_storage(&user).unwrap(), storage);
        let again = AuthorizeRequest { library: Some(user.clone()), ..request() };
        let opened = state.authorize(&contract, again, NOW);
        state.decide(PageLink::new(&opened.code, Page::Authorize), consented(None), NOW).unwrap();
        assert_eq!(state.user_storage(&user).unwrap(), storage);
        assert_eq!(state.libraries.len(), 1);
    }

    #[test]
    fn a_consent_with_the_storage_of_another_user_makes_no_user() {
        let mut state = State::new(SandboxTag::fresh(), Rules::default());
        let contract = Contract::sample(ContractKind::Read);
        let storage = state.create_storage(&contract);
        for outcome in ["success=true", "errorCode=ONBOARD_ERROR"] {
            let opened = state.authorize(&contract, request(), NOW);
            let decided =
                state.decide(PageLink::new(&opened.code, Page::Authorize), consented(Some(&storage.id)), NOW);
            assert!(decided.unwrap().contains(outcome), "{outcome}");
        }
        assert_eq!(state.libraries.len(), 1);
    }

    #[test]
    fn a_page_is_decided_once_and_only_where_its_code_belongs() {
        let mut state = State::new(SandboxTag::fresh(), Rules::default());
        let contract = Contract::sample(ContractKind::Read);
        let code = state.authorize(&contract, request(), NOW).code;
        let closed = |problem| matches!(problem, Err(ConsentProblem::Closed { .. }));
        for page in [Page::Onboard, Page::UserReauth, Page::Reauthorize, Page::Revoke] {
            assert!(closed(state.decide(PageLink::new(&code, page), consented(None), NOW)), "{page:?}");
        }
        let late = NOW.plus(Lifetimes::default().code);
        assert!(closed(state.decide(PageLink::new(&code, Page::Authorize), consented(None), late)));
        assert!(state.decide(PageLink::new(&code, Page::Authorize), consented(None), NOW).is_ok());
        assert!(closed(state.decide(PageLink::new(&code, Page::Authorize), consented(None), NOW)));
        let unknown = state.decide(PageLink::new("unknown", Page::Authorize), consented(None), NOW);
        assert_eq!(unknown, Err(ConsentProblem::UnknownCode));
    }
}
