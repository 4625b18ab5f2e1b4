//! Consent: pages, the phone, and its end.

use super::Store;
use crate::clock::Moment;
use crate::domain::app_link::{ConsentLink, LinkOutcome, PushComplete, SessionName};
use crate::domain::consent::{ConsentProblem, Decision, PageLink};
use crate::domain::contract::Contract;
use crate::domain::library::LibraryId;
use crate::domain::refusal::Refusal;
use crate::domain::state::{
    AuthorizeRequest, LinkDecision, LinkProblem, OpenedPage, ReferenceRequest, WaitingConsent, WaitingLink,
};
use crate::domain::unavailable::Unavailable;

impl Store {
    /// As [`crate::domain::state::State::authorize`].
    pub(crate) async fn authorize(
        &self,
        contract: &Contract,
        request: AuthorizeRequest,
        now: Moment,
    ) -> Result<OpenedPage, Unavailable> {
        self.run(|state| state.authorize(contract, request.clone(), now)).await
    }

    /// As [`crate::domain::state::State::refer`].
    pub(crate) async fn refer(
        &self,
        contract: &Contract,
        request: ReferenceRequest,
        now: Moment,
    ) -> Result<OpenedPage, Refusal> {
        self.run(|state| state.refer(contract, request.clone(), now)).await?
    }

    /// As [`crate::domain::state::State::revoke`].
    pub(crate) async fn revoke(
        &self,
        contract: &Contract,
        user: &LibraryId,
        account: &str,
        redirect_uri: String,
        now: Moment,
    ) -> Result<String, Refusal> {
        self.run(|state| state.revoke(contract, user, account, redirect_uri.clone(), now)).await?
    }

    /// As [`crate::domain::state::State::waiting_consent`].
    pub(crate) async fn waiting_consent(
        &self,
        link: PageLink<'_>,
        now: Moment,
    ) -> Result<WaitingConsent, ConsentProblem> {
        self.run(|state| state.waiting_consent(link, now)).await?
    }

    /// As [`crate::domain::state::State::recognise`].
    pub(crate) async fn recognise(&self, code: &str, user: &LibraryId) -> Result<bool, Unavailable> {
        self.run(|state| state.recognise(code, user)).await
    }

    /// As [`crate::domain::state::State::page_client`].
    pub(crate) async fn page_client(&self, code: &str) -> Result<Option<String>, Unavailable> {
        self.run(|state| state.page_client(code).map(str::to_owned)).await
    }

    /// As [`crate::domain::state::State::decide`].
    pub(crate) async fn decide(
        &self,
        link: PageLink<'_>,
        decision: Decision,
        now: Moment,
    ) -> Result<String, ConsentProblem> {
        self.run(|state| state.decide(link, decision.clone(), now)).await?
    }

    /// As [`crate::domain::state::State::link_client`].
    pub(crate) async fn link_client(&self, session: &SessionName) -> Result<Option<String>, Unavailable> {
        self.run(|state| state.link_client(session).map(str::to_owned)).await
    }

    /// As [`crate::domain::state::State::waiting_link`].
    pub(crate) async fn waiting_link(
        &self,
        contract: &Contract,
        link: &ConsentLink,
        now: Moment,
    ) -> Result<WaitingLink, LinkProblem> {
        self.run(|state| state.waiting_link(contract, link, now)).await?
    }

    /// As [`crate::domain::state::State::answer_link`].
    pub(crate) async fn answer_link(
        &self,
        contract: &Contract,
        link: &ConsentLink,
        decision: LinkDecision,
        now: Moment,
    ) -> Result<LinkOutcome, LinkProblem> {
        self.run(|state| state.answer_link(contract, link, decision.clone(), now)).await?
    }

    /// As [`crate::domain::state::State::pushed_library`].
    pub(crate) async fn pushed_library(
        &self,
        link: &PushComplete,
        now: Moment,
    ) -> Result<LibraryId, LinkProblem> {
        self.run(|state| state.pushed_library(link, now)).await?
    }

    /// As [`crate::domain::state::State::phone_library`].
    pub(crate) async fn phone_library(&self) -> Result<Option<LibraryId>, Unavailable> {
        self.run(|state| state.phone_library().cloned()).await
    }

    /// As [`crate::domain::state::State::phone_consented`].
    pub(crate) async fn phone_consented(&self, client_id: &str) -> Result<bool, Unavailable> {
        self.run(|state| state.phone_consented(client_id)).await
    }

    /// As [`crate::domain::state::State::delete_user`].
    pub(crate) async fn delete_user(&self, user: &LibraryId) -> Result<(), Refusal> {
        self.run(|state| state.delete_user(user)).await?
    }

    /// As [`crate::domain::state::State::delete_account`].
    pub(crate) async fn delete_account(&self, user: &LibraryId, account: &str) -> Result<(), Refusal> {
        self.run(|state| state.delete_account(user, account)).await?
    }
}
