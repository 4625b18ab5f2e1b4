//! Links of apps: what waits for the user's consent, and what the user's answer does.

use super::State;
use super::link_problem::LinkProblem;
use super::rows::Fact;
use crate::clock::Moment;
use crate::domain::app_link::{Agreed, ConsentLink, LinkOutcome, PushComplete, SessionName, Wanted};
use crate::domain::code::{PendingConsent, Purpose};
use crate::domain::consent::CallbackErrorCode;
use crate::domain::contract::Contract;
use crate::domain::library::{Connection, LibraryId};
use crate::domain::postbox::PostboxKeys;
use crate::fingerprint::Fingerprint;

/// The key of [`Fact::Phone`].
pub(super) const PHONE: &str = "phone";

/// Whose library gets the consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkUser {
    /// The user of the sandbox's phone, who has one library there, whatever app asks.
    Phone,
    /// A new user, whose phone it is from now on.
    NewOnPhone,
    /// A user without the app, who has a library for this consent alone.
    Guest,
}

/// What the user decides about a link.
#[derive(Clone, Debug)]
pub(crate) enum LinkDecision {
    /// Agrees.
    Agree {
        /// Who.
        user: LinkUser,
        /// The sources to connect.
        connections: Vec<Connection>,
        /// The keys of the postbox that the link asks for.
        postbox: Option<PostboxKeys>,
    },
    /// Does not, or something goes wrong.
    Fail(CallbackErrorCode),
}

/// What can be known of a link before the user decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WaitingLink {
    /// How many accounts the library has that would give the consent.
    pub accounts: usize,
    /// Whether there is such a library yet.
    pub has_library: bool,
}

/// The session behind a link and, for an ongoing consent, its code and what waits there.
struct FoundLink<'a> {
    session: Fingerprint,
    ongoing: Option<(&'a str, &'a PendingConsent)>,
}

impl State {
    /// The library of the phone's user, once somebody has consented on it.
    pub(crate) fn phone_library(&self) -> Option<&LibraryId> {
        self.phone().filter(|id| self.libraries.contains(*id))
    }

    pub(super) fn phone(&self) -> Option<&LibraryId> {
        match self.facts.get(PHONE) {
            Some(Fact::Phone(library)) => Some(library),
            _ => None,
        }
    }

    /// The `client_id` of the contract whose session a link names.
    pub(crate) fn link_client(&self, session: &SessionName) -> Option<&str> {
        self.sessions.get(&self.session_of(session)?).map(|session| session.client_id.as_str())
    }

    /// What waits for the user behind a link.
    ///
    /// # Errors
    /// [`LinkProblem`] if nothing does, or the link does not fit to it.
    pub(crate) fn waiting_link(
        &self,
        contract: &Contract,
        link: &ConsentLink,
        now: Moment,
    ) -> Result<WaitingLink, LinkProblem> {
        let consent = self.require_link(contract, link, now)?.ongoing;
        let phone = self.phone_library().filter(|_| !link.is_guest());
        let library = consent.and_then(|(_, consent)| consent.library()).or(phone);
        let library = library.and_then(|id| self.libraries.get(id));
        let accounts = library.map_or(0, |library| library.accounts.len());
        Ok(WaitingLink { accounts, has_library: library.is_some() })
    }

    /// Carries out the user's decision, once.
    ///
    /// # Errors
    /// As [`State::waiting_link`].
    pub(crate) fn answer_link(
        &mut self,
        contract: &Contract,
        link: &ConsentLink,
        decision: LinkDecision,
        now: Moment,
    ) -> Result<LinkOutcome, LinkProblem> {
        let FoundLink { session, ongoing } = self.require_link(contract, link, now)?;
        let consent = ongoing.map(|(code, consent)| (code.to_owned(), consent.clone()));
        self.sessions.change(&session, |session| session.answered = true);
        if let Some((code, _)) = &consent {
            self.consents.change(&Fingerprint::of(&[code]), |pending| pending.decided = true);
        }
        let consent = consent.map(|(_, consent)| consent);
        let state = consent.as_ref().and_then(|consent| consent.state.clone());
        let agreed = match decision {
            LinkDecision::Fail(error) => Err(error),
            LinkDecision::Agree { user, connections, postbox } => {
                let linked = consent.as_ref().and_then(|consent| consent.library().cloned());
                let library = linked.unwrap_or_else(|| self.library_of(user));
                self.give_consent(&contract.client_id(), &library, None).map(|()| {
                    self.connect(&library, Some(session), &connections, true, now);
                    // What an ongoing access pushes, it pushes with its token.
                    let pushing = Some(session).filter(|_| consent.is_none());
                    let postbox = postbox
                        .filter(|_| link.wanted == Wanted::Postbox)
                        .map(|keys| self.create_postbox(&contract.client_id(), &library, pushing, keys));
                    let code = consent.as_ref().and_then(|consent| self.code_for(consent, library, now));
                    Agreed { code, state: state.clone(), postbox }
                })
            }
        };
        let outcome = match agreed {
            Ok(agreed) => LinkOutcome::Agreed(agreed),
            Err(error) => LinkOutcome::Failed { error, state, reference: self.mint() },
        };
        Ok(outcome)
    }

    /// The library that a push went to which is said to be complete.
    ///
    /// # Errors
    /// [`LinkProblem`] if the session is unknown or over, or did not make the postbox.
    pub(crate) fn pushed_library(&self, link: &PushComplete, now: Moment) -> Result<LibraryId, LinkProblem> {
        let key = Fingerprint::of(&[&link.session_key]);
        let session = self.sessions.get(&key).ok_or(LinkProblem::UnknownSession)?;
        if now >= session.expires {
            return Err(LinkProblem::Expired);
        }
        let postbox = self.postboxes.get(&link.postbox_id).ok_or(LinkProblem::UnknownPostbox)?;
        match postbox.session == Some(key) {
            true => Ok(postbox.library.clone()),
            false => Err(LinkProblem::UnknownPostbox),
        }
    }

    /// Whether the phone's user has consented to a contract.
    pub(crate) fn phone_consented(&self, client_id: &str) -> bool {
        let library = self.phone_library().and_then(|id| self.libraries.get(id));
        library.is_some_and(|library| library.consents.contains_key(client_id))
    }

    fn session_of(&self, session: &SessionName) -> Option<Fingerprint> {
        match session {
            SessionName::Key(key) => Some(Fingerprint::of(&[key])),
            SessionName::ExchangeToken(token) => {
                self.exchange_tokens.get(&Fingerprint::of(&[token])).map(|token| token.session)
            }
        }
    }

    /// What waits behind a link.
    fn require_link<'a>(
        &'a self,
        contract: &Contract,
        link: &'a ConsentLink,
        now: Moment,
    ) -> Result<FoundLink<'a>, LinkProblem> {
        let key = self.session_of(&link.session).ok_or(LinkProblem::UnknownSession)?;
        let session = self.sessions.get(&key).ok_or(LinkProblem::UnknownSession)?;
        if session.client_id != contract.client_id() {
            return Err(LinkProblem::UnknownSession);
        }
        if !session.for_link {
            return Err(LinkProblem::NotForLinks);
        }
        if now >= session.expires {
            return Err(LinkProblem::Expired);
        }
        if session.answered {
            return Err(LinkProblem::Answered);
        }
        if let Some(named) = link.application_id.as_ref().filter(|named| **named != contract.application_id) {
            let (named, owner) = (named.clone(), contract.application_id.clone());
            return Err(LinkProblem::OtherApplication { named, owner });
        }
        match (link.wanted, contract.kind.reads()) {
            (Wanted::Data, false) => return Err(LinkProblem::Writes(contract.contract_id.clone())),
            (Wanted::Postbox, true) => return Err(LinkProblem::Reads(contract.contract_id.clone())),
            (Wanted::Data, true) | (Wanted::Postbox, false) => {}
        }
        let Some(code) = link.preauthorization_code.as_deref() else {
            return Ok(FoundLink { session: key, ongoing: None });
        };
        let consent = self.consents.get(&Fingerprint::of(&[code])).ok_or(LinkProblem::UnknownCode)?;
        if consent.client_id != session.client_id {
            return Err(LinkProblem::CodeOfAnotherContract);
        }
        if !matches!(consent.purpose, Purpose::Authorize { session: None, .. }) {
            return Err(LinkProblem::CodeForTheBrowser);
        }
        let user_is_gone = consent.library().is_some_and(|id| !self.libraries.contains(id));
        if consent.decided || now >= consent.expires || user_is_gone {
            return Err(LinkProblem::CodeIsOver);
        }
        if !link.returns_to(&consent.redirect_uri) {
            return Err(LinkProblem::OtherCallback);
        }
        Ok(FoundLink { session: key, ongoing: Some((code, consent)) })
    }

    fn library_of(&mut self, user: LinkUser) -> LibraryId {
        if let (LinkUser::Phone, Some(library)) = (user, self.phone_library()) {
            return library.clone();
        }
        let library = self.mint();
        if user != LinkUser::Guest {
            self.facts.insert(PHONE.to_owned(), Fact::Phone(library.clone()));
        }
        library
    }

    fn code_for(&mut self, consent: &PendingConsent, library: LibraryId, now: Moment) -> Option<String> {
        match &consent.purpose {
            Purpose::Authorize { code_challenge, proof, .. } => {
                Some(self.mint_code(consent, (code_challenge, *proof), library, now))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::app_link::AppLink;
    use crate::domain::contract::ContractKind;
    use crate::domain::pull_options::PullOptions;
    use crate::domain::session::SessionAccess;
    use crate::domain::state::{AuthorizeRequest, Lifetimes, Rules};
    use crate::domain::token::Proof;
    use crate::random::SandboxTag;

    const NOW: Moment = Moment::from_millis(1_767_225_600_000);

    fn state() -> State {
        State::new(SandboxTag::fresh(), Rules::default())
    }

    fn open(state: &mut State, contract: &Contract) -> String {
        state.open_waiting_session(contract, (PullOptions::default(), SessionAccess::Key), NOW).0.key
    }

    fn link(action: &str, key: &str, more: &str) -> ConsentLink {
        let text =
            format!("digime://{action}?sessionKey={key}&appId=app&callbackUrl=http%3A%2F%2Fa%2F{more}");
        match AppLink::parse(&text) {
            Ok(AppLink::Consent(link)) => link,
            other => panic!("{other:?}"),
        }
    }

    fn agree(user: LinkUser) -> LinkDecision {
        LinkDecision::Agree { user, connections: Vec::new(), postbox: None }
    }

    fn authorize(state: &mut State, contract: &Contract, session: Option<SessionAccess>) -> String {
        let request = AuthorizeRequest {
            redirect_uri: "http://a/".to_owned(),
            state: None,
            code_challenge: "challenge".to_owned(),
            proof: Proof::Optional,
            library: None,
            options: PullOptions::default(),
            session,
            offers_postbox: false,
        };
        state.authorize(contract, request, NOW).code
    }

    #[test]
    fn the_phone_has_one_user_until_another_takes_it_or_the_user_is_deleted() {
        let (mut state, contract) = (state(), Contract::sample(ContractKind::Read));
        let consent = |state: &mut State, user: LinkUser| {
            let key = open(state, &contract);
            let link = link("consent-access", &key, "");
            state.answer_link(&contract, &link, agree(user), NOW).unwrap();
            state.sessions.get(&Fingerprint::of(&[&key])).unwrap().read.as_ref().unwrap().library.clone()
        };
        let guest = consent(&mut state, LinkUser::Guest);
        assert_eq!(state.phone_library(), None);
        let first = consent(&mut state, LinkUser::Phone);
        assert_eq!(consent(&mut state, LinkUser::Phone), first);
        let second = consent(&mut state, LinkUser::NewOnPhone);
        assert!(second != first && guest != first);
        assert_eq!(consent(&mut state, LinkUser::Phone), second);
        // Nothing but the phone leads to it when its sessions are over.
        let later = NOW.plus(std::time::Duration::from_secs(10 * 24 * 3600));
        state.sweep(later);
        assert_eq!(state.libraries.iter().map(|(id, _)| id).collect::<Vec<_>>(), [&second]);
        assert!(state.phone_consented(&contract.client_id()));
        state.delete_user(&second).unwrap();
        assert_eq!((state.phone_library(), state.phone()), (None, None));
        assert!(!state.phone_consented(&contract.client_id()));
    }

    #[test]
    fn only_a_session_that_waits_for_a_link_is_answered_and_only_once() {
        let (mut state, contract) = (state(), Contract::sample(ContractKind::Read));
        let writing = Contract::sample(ContractKind::Write);
        let key = open(&mut state, &contract);
        let ask = |state: &State, contract: &Contract, link: &ConsentLink, now: Moment| {
            state.waiting_link(contract, link, now).unwrap_err()
        };
        let right = link("consent-access", &key, "");
        let late = NOW.plus(Lifetimes::default().session);
        assert_eq!(ask(&state, &contract, &right, late), LinkProblem::Expired);
        assert_eq!(
            ask(&state, &contract, &link("consent-access", "k", ""), NOW),
            LinkProblem::UnknownSession
        );
        let stranger = ConsentLink { application_id: Some("other".to_owned()), ..right.clone() };
        assert!(matches!(ask(&state, &contract, &stranger, NOW), LinkProblem::OtherApplication { .. }));
        let wrong = link("postbox/create", &key, "");
        assert_eq!(ask(&state, &contract, &wrong, NOW), LinkProblem::Reads("c-1".to_owned()));
        assert_eq!(ask(&state, &writing, &right, NOW), LinkProblem::Writes("c-1".to_owned()));
        let browser = state.open_session(&contract, PullOptions::default(), SessionAccess::Key, NOW).key;
        assert_eq!(
            ask(&state, &contract, &link("consent-access", &browser, ""), NOW),
            LinkProblem::NotForLinks
        );
        let declined = LinkDecision::Fail(CallbackErrorCode::UserCancel);
        state.answer_link(&contract, &right, declined, NOW).unwrap();
        assert!(state.sessions.get(&Fingerprint::of(&[&key])).unwrap().read.is_none());
        let again = state.answer_link(&contract, &right, agree(LinkUser::Phone), NOW);
        assert_eq!(again, Err(LinkProblem::Answered));
    }

    #[test]
    fn an_ongoing_consent_needs_a_code_of_the_same_contract_that_waits_for_a_link() {
        let (mut state, contract) = (state(), Contract::sample(ContractKind::Read));
        let other = Contract { contract_id: "c-2".to_owned(), ..Contract::sample(ContractKind::Read) };
        let key = open(&mut state, &contract);
        let with = |code: &str| link("consent-access", &key, &format!("&preauthorizationCode={code}"));
        let ask = |state: &State, link: &ConsentLink| state.waiting_link(&contract, link, NOW).unwrap_err();
        assert_eq!(ask(&state, &with("unknown")), LinkProblem::UnknownCode);
        let code = authorize(&mut state, &other, None);
        assert_eq!(ask(&state, &with(&code)), LinkProblem::CodeOfAnotherContract);
        let code = authorize(&mut state, &contract, Some(SessionAccess::Key));
        assert_eq!(ask(&state, &with(&code)), LinkProblem::CodeForTheBrowser);
        let code = authorize(&mut state, &contract, None);
        let elsewhere = link("consent-access", &key, &format!("b&preauthorizationCode={code}"));
        assert_eq!(ask(&state, &elsewhere), LinkProblem::OtherCallback);
        let answered = state.answer_link(&contract, &with(&code), agree(LinkUser::Phone), NOW).unwrap();
        let LinkOutcome::Agreed(agreed) = answered else { panic!("{answered:?}") };
        assert!(agreed.code.is_some() && agreed.state.is_none() && agreed.postbox.is_none());
        let key = open(&mut state, &contract);
        let again = link("consent-access", &key, &format!("&preauthorizationCode={code}"));
        assert_eq!(ask(&state, &again), LinkProblem::CodeIsOver);
    }
}
