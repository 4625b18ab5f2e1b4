//! The consent web client: the pages that a user sees between the app and its callback.
//!
//! The vendor's own pages are not public. What they receive and return is (protocol reference,
//! consent-web); what is between is ours.

pub(crate) mod browser;
pub(crate) mod page;
pub(crate) mod parameters;

use digime_fixtures::catalogue;

use crate::domain::consent::{CallbackErrorCode, ConsentProblem, Decision};
use crate::domain::contract::ContractKind;
use crate::domain::library::Connection;
use crate::sandbox::Sandbox;
use parameters::PageParameters;

/// The source that is connected when neither the app nor the user names one: Spotify.
pub(crate) const DEFAULT_SOURCE: u32 = 16;
/// The dataset that every source offers.
pub(crate) const DEFAULT_DATASET: &str = "default";

/// What the user chose on the page, where the app left it open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    pub(crate) source: Option<u32>,
    pub(crate) dataset: Option<String>,
}

/// Approves a consent and says where the browser goes.
pub(crate) fn approve(
    sandbox: &Sandbox,
    page: &PageParameters,
    choice: &Choice,
) -> Result<String, ConsentProblem> {
    let now = sandbox.now();
    let mut state = sandbox.state();
    let client_id = state.waiting_consent(&page.code, now)?;
    let kind = sandbox.contract(client_id).map(|contract| contract.kind);
    let decision = match connection(sandbox, page, choice, kind) {
        Ok(connection) => Decision::Approve { connection, trigger: page.trigger },
        Err(error) => Decision::Fail(error),
    };
    state.decide(&page.code, decision, now)
}

/// Ends a consent without approval and says where the browser goes.
pub(crate) fn fail(
    sandbox: &Sandbox,
    code: &str,
    error: CallbackErrorCode,
) -> Result<String, ConsentProblem> {
    sandbox.state().decide(code, Decision::Fail(error), sandbox.now())
}

fn connection(
    sandbox: &Sandbox,
    page: &PageParameters,
    choice: &Choice,
    kind: Option<ContractKind>,
) -> Result<Option<Connection>, CallbackErrorCode> {
    let chosen = page.service.or(choice.source);
    // A write contract pushes into the library itself unless a source is named.
    if kind == Some(ContractKind::Write) && chosen.is_none() {
        return Ok(None);
    }
    let source =
        catalogue::source(chosen.unwrap_or(DEFAULT_SOURCE)).ok_or(CallbackErrorCode::OnboardError)?;
    let id = choice.dataset.as_deref().or(page.sample_data_set.as_deref()).unwrap_or(DEFAULT_DATASET);
    let dataset = sandbox.datasets.get(source, id, sandbox.now()).ok_or(CallbackErrorCode::OnboardError)?;
    Ok(Some(Connection { source, dataset, sample: page.sample_data_set.is_some() }))
}
