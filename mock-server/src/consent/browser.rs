//! A user without a browser: decides a consent page by its URL alone.

use url::Url;

use super::decision::{Choice, approve, fail, refuse};
use super::link::{ConsentEnding, decide_without_browser};
use super::parameters::PageParameters;
use crate::domain::app_link::{AppLink, AppLinkError, Intent};
use crate::domain::consent::{CallbackErrorCode, ConsentProblem, Page};
use crate::domain::state::LinkProblem;
use crate::faults::Occasion;
use crate::faults::hostile::{Hostile, with_another_state};
use crate::operations::Operation;
use crate::sandbox::caller::Caller;
use crate::sandbox::{Sandbox, Sandboxes};

/// What the user does with the page.
#[derive(Clone, Debug)]
pub(crate) enum UserDecision {
    Approve(Choice),
    Fail(CallbackErrorCode),
}

impl UserDecision {
    pub(crate) fn decline() -> Self {
        Self::Fail(CallbackErrorCode::UserCancel)
    }

    pub(crate) fn error(code: &str) -> Self {
        // Parsing cannot fail: unknown codes are kept as they are.
        Self::Fail(code.parse().unwrap_or(CallbackErrorCode::ServerError))
    }
}

/// Why a page cannot be decided by its URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// The URL is not one of a consent page.
    #[error(
        "\"{0}\" is not the URL of a consent page: {{onboard}} and authorize, onboard, user-reauth, \
         reauthorize or revoke, with code=…; nor a link of an app, which begins with digime://, \
         digime-ca-master:// or intent:"
    )]
    NoPage(String),
    /// It is a link of an app, but one that cannot be read.
    #[error(transparent)]
    Link(#[from] AppLinkError),
    /// Nothing waits for the link.
    #[error(transparent)]
    Waiting(#[from] LinkProblem),
    /// The link opens no callback: it is a receipt, an import or an intent.
    #[error("this link opens no callback; SandboxHandle::phone tells what it leads to")]
    NoCallback,
    /// No consent waits under its code.
    #[error(
        "no consent waits under the code of this URL: the server did not give it out, \
         or was restarted or reset since"
    )]
    UnknownCode,
    /// The sandbox has no such user, or the page is another one's.
    #[error("the sandbox has no user {0} whom this page could be for; tokens name users by their `sub`")]
    UnknownUser(String),
}

/// Where somebody may decide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach<'a> {
    pub(crate) sandboxes: &'a Sandboxes,
    /// Who asks for it.
    pub(crate) caller: &'a Caller,
    /// The sandbox whose phone a link is for that names no session.
    pub(crate) asked: &'a Sandbox,
}

impl<'a> Reach<'a> {
    /// That of whoever runs the server.
    pub(crate) fn of_host(sandboxes: &'a Sandboxes, asked: &'a Sandbox) -> Self {
        Self { sandboxes, caller: &Caller::Host, asked }
    }
}

/// Decides the page or the link at `url` and says what that leads to.
pub(crate) async fn decide_url(
    reach: Reach<'_>,
    url: &str,
    decision: &UserDecision,
) -> Result<ConsentEnding, ConsentError> {
    match page_of(url) {
        Some((page, query)) => decide_page(reach, page, &query, decision).await.map(ConsentEnding::Location),
        None => match AppLink::parse(url) {
            Ok(link) => decide_link(reach, &link, decision).await,
            Err(AppLinkError::NoLink) => Err(ConsentError::NoPage(url.to_owned())),
            Err(error) => Err(error.into()),
        },
    }
}

/// As [`decide_url`], for an intent.
pub(crate) async fn decide_intent(
    reach: Reach<'_>,
    intent: &Intent,
    decision: &UserDecision,
) -> Result<ConsentEnding, ConsentError> {
    decide_link(reach, &AppLink::of_intent(intent)?, decision).await
}

async fn decide_link(
    reach: Reach<'_>,
    link: &AppLink,
    decision: &UserDecision,
) -> Result<ConsentEnding, ConsentError> {
    let found = reach.caller.of_link(reach.sandboxes, link);
    let sandbox = match (&found, link.minted()) {
        (Some(sandbox), _) => sandbox,
        (None, Some(_)) => return Err(LinkProblem::UnknownSession.into()),
        (None, None) => reach.asked,
    };
    Ok(decide_without_browser(sandbox, link, decision).await?)
}

type Query = Vec<(String, String)>;

/// The page of the consent web client that a URL opens.
fn page_of(url: &str) -> Option<(Page, Query)> {
    let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let page = Page::of_path(parsed.path())?;
    Some((page, parsed.query_pairs().into_owned().collect()))
}

async fn decide_page(
    reach: Reach<'_>,
    page: Page,
    query: &Query,
    decision: &UserDecision,
) -> Result<String, ConsentError> {
    let code = query.iter().find(|(name, _)| name == "code").map_or("", |(_, code)| code.as_str());
    let sandbox = reach.caller.minting(reach.sandboxes, code).ok_or(ConsentError::UnknownCode)?;
    if let UserDecision::Approve(Choice { user: Some(user), .. }) = decision {
        let recognised = sandbox.store.recognise(code, user).await;
        if !recognised.map_err(LinkProblem::Unavailable)? {
            return Err(ConsentError::UnknownUser(user.clone()));
        }
    }
    let decided = match (PageParameters::read(page, query), decision) {
        (Err(bad), _) => refuse(&sandbox, &bad).await,
        (Ok(page), UserDecision::Approve(choice)) => approve(&sandbox, &page, choice).await,
        (Ok(page), UserDecision::Fail(error)) => fail(&sandbox, &page, error.clone()).await,
    };
    match decided {
        Ok(location) | Err(ConsentProblem::Closed { location }) => {
            Ok(delivered(&sandbox, page, code, location).await)
        }
        Err(ConsentProblem::UnknownCode) => Err(ConsentError::UnknownCode),
        Err(ConsentProblem::Unavailable(unavailable)) => Err(LinkProblem::Unavailable(unavailable).into()),
    }
}

/// The callback as the browser gets it: a fault on the page's decision may change its `state`.
async fn delivered(sandbox: &Sandbox, page: Page, code: &str, location: String) -> String {
    let operation = match page {
        Page::Authorize => Operation::CONSENT_DECISION,
        Page::Onboard => Operation::ONBOARD_DECISION,
        Page::UserReauth => Operation::USER_REAUTH_DECISION,
        Page::Reauthorize => Operation::REAUTHORIZE_DECISION,
        Page::Revoke => Operation::REVOKE_DECISION,
    };
    let changes = changes_state(sandbox, operation).await;
    let changed = changes.then(|| with_another_state(&location, &sandbox.tag().mint()));
    sandbox.observer.page_decided(operation, code, changed.as_deref());
    changed.unwrap_or(location)
}

/// Whether a fault on a decision changes the `state` of its callback. The decision is made by then: what
/// cannot be asked just now changes nothing.
pub(super) async fn changes_state(sandbox: &Sandbox, operation: Operation) -> bool {
    let occasion = Occasion { operation, file: None, hostile: Some(Hostile::ChangedState) };
    matches!(sandbox.strike(occasion).await, Ok(Some(_)))
}
