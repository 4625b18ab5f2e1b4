//! A user without a browser: decides a consent page by its URL alone.

use url::Url;

use super::decision::{Choice, approve, fail, refuse};
use super::parameters::PageParameters;
use crate::domain::consent::{CallbackErrorCode, ConsentProblem, Page};
use crate::faults::hostile::{Hostile, with_another_state};
use crate::operations::Operation;
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
         reauthorize or revoke, with code=…"
    )]
    NoPage(String),
    /// No consent waits under its code.
    #[error(
        "no consent waits under the code of this URL: the server did not give it out, \
         or was restarted or reset since"
    )]
    UnknownCode,
}

/// Decides the page at `url` and says where the user's browser is sent.
pub(crate) async fn decide_url(
    sandboxes: &Sandboxes,
    url: &str,
    decision: &UserDecision,
) -> Result<String, ConsentError> {
    let no_page = || ConsentError::NoPage(url.to_owned());
    let parsed = Url::parse(url).map_err(|_| no_page())?;
    let page = Page::of_path(parsed.path()).ok_or_else(no_page)?;
    let query: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
    let code = query.iter().find(|(name, _)| name == "code").map_or("", |(_, code)| code.as_str());
    let sandbox = sandboxes.minting(code).ok_or(ConsentError::UnknownCode)?;
    let decided = match (PageParameters::read(page, &query), decision) {
        (Err(bad), _) => refuse(&sandbox, &bad).await,
        (Ok(page), UserDecision::Approve(choice)) => approve(&sandbox, &page, choice).await,
        (Ok(page), UserDecision::Fail(error)) => fail(&sandbox, &page, error.clone()).await,
    };
    match decided {
        Ok(location) | Err(ConsentProblem::Closed { location }) => {
            Ok(delivered(&sandbox, page, code, location))
        }
        Err(ConsentProblem::UnknownCode) => Err(ConsentError::UnknownCode),
    }
}

/// The callback as the browser gets it: a fault on the page's decision may change its `state`.
fn delivered(sandbox: &Sandbox, page: Page, code: &str, location: String) -> String {
    let operation = match page {
        Page::Authorize => Operation::CONSENT_DECISION,
        Page::Onboard => Operation::ONBOARD_DECISION,
        Page::UserReauth => Operation::USER_REAUTH_DECISION,
        Page::Reauthorize => Operation::REAUTHORIZE_DECISION,
        Page::Revoke => Operation::REVOKE_DECISION,
    };
    let changes = sandbox.faults.strike_hostile(operation, Hostile::ChangedState).is_some();
    let changed = changes.then(|| with_another_state(&location, &sandbox.tag().mint()));
    sandbox.observer.page_decided(operation, code, changed.as_deref());
    changed.unwrap_or(location)
}
