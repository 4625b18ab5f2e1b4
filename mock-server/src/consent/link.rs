//! What the digi.me app on the user's phone does with a link, and the guest page with its own.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::browser::{UserDecision, changes_state};
use super::decision::{Choice, DEFAULT_SOURCE, login, postbox_keys};
use crate::domain::app_link::{
    AppLink, ConsentLink, IntentResult, LinkAnswer, PushComplete, Receipt, Wanted,
};
use crate::domain::consent::CallbackErrorCode;
use crate::domain::contract::{Contract, ContractKind};
use crate::domain::state::{LinkDecision, LinkProblem, LinkUser, WaitingLink};
use crate::domain::unavailable::Unavailable;
use crate::faults::hostile::with_another_state;
use crate::operations::Operation;
use crate::sandbox::Sandbox;

/// What the user's decision leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsentEnding {
    /// This address is opened.
    Location(String),
    /// The Android activity that was started ends.
    Result(IntentResult),
    /// Nobody is called back: the phone shows something.
    Shown(PhoneScreen),
}

impl From<LinkAnswer> for ConsentEnding {
    fn from(answer: LinkAnswer) -> Self {
        match answer {
            LinkAnswer::Location(location) => Self::Location(location),
            LinkAnswer::Result(result) => Self::Result(result),
        }
    }
}

/// What the phone shows for a link that calls nobody back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "screen", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PhoneScreen {
    /// The consent that was given to a contract.
    Receipt {
        /// The application's id.
        application_id: String,
        /// The application's name, if the server knows the contract.
        #[serde(skip_serializing_if = "Option::is_none")]
        application_name: Option<String>,
        /// The contract's id.
        contract_id: String,
        /// What the contract is for, if the server knows it.
        #[serde(skip_serializing_if = "Option::is_none")]
        kind: Option<ContractKind>,
        /// Whether the phone's user has consented to it.
        consented: bool,
    },
    /// What was pushed to the user's postboxes has arrived in the library.
    Import {
        /// How many files had been waiting.
        delivered: usize,
    },
}

/// A link that asks for consent, with the contract that it is for.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) contract: Arc<Contract>,
    pub(super) waiting: WaitingLink,
}

/// What waits behind a link.
pub(super) async fn waiting(sandbox: &Sandbox, link: &ConsentLink) -> Result<Waiting, LinkProblem> {
    let client_id = sandbox.store.link_client(&link.session).await?;
    let contract = client_id.and_then(|client_id| sandbox.contract(&client_id));
    let contract = contract.ok_or(LinkProblem::UnknownSession)?;
    let waiting = sandbox.store.waiting_link(&contract, link, sandbox.now()).await?;
    Ok(Waiting { contract, waiting })
}

/// Decides a link.
///
/// # Errors
/// [`LinkProblem`] if nothing waits for it.
pub(crate) async fn decide(
    sandbox: &Sandbox,
    link: &AppLink,
    decision: &UserDecision,
) -> Result<ConsentEnding, LinkProblem> {
    match link {
        AppLink::Consent(link) => consent(sandbox, link, decision).await.map(ConsentEnding::from),
        AppLink::PushComplete(link) => {
            push_complete(sandbox, link, decision).await.map(ConsentEnding::Location)
        }
        AppLink::Import => Ok(ConsentEnding::Shown(import(sandbox, decision).await?)),
        AppLink::Receipt(receipt) => Ok(ConsentEnding::Shown(shown_receipt(sandbox, receipt).await?)),
    }
}

/// As [`decide`], for a user without a browser: a fault on the page's decision may change the `state`.
///
/// # Errors
/// As [`decide`].
pub(crate) async fn decide_without_browser(
    sandbox: &Sandbox,
    link: &AppLink,
    decision: &UserDecision,
) -> Result<ConsentEnding, LinkProblem> {
    let ending = decide(sandbox, link, decision).await?;
    let Some(code) = link.preauthorization_code() else { return Ok(ending) };
    let ConsentEnding::Location(location) = ending else { return Ok(ending) };
    let operation = Operation::PHONE_DECISION;
    let changes = changes_state(sandbox, operation).await;
    let changed = changes.then(|| with_another_state(&location, &sandbox.tag().mint()));
    sandbox.observer.page_decided(operation, code, changed.as_deref());
    Ok(ConsentEnding::Location(changed.unwrap_or(location)))
}

async fn consent(
    sandbox: &Sandbox,
    link: &ConsentLink,
    decision: &UserDecision,
) -> Result<LinkAnswer, LinkProblem> {
    let Waiting { contract, waiting } = waiting(sandbox, link).await?;
    let decided = match decision {
        UserDecision::Fail(error) => LinkDecision::Fail(error.clone()),
        UserDecision::Approve(choice) => {
            let agreed = agree(sandbox, &contract, link, choice, &waiting).await;
            agreed.unwrap_or_else(LinkDecision::Fail)
        }
    };
    // The store looks again whether the link still waits: it may have been answered meanwhile.
    let outcome = sandbox.store.answer_link(&contract, link, decided, sandbox.now()).await?;
    Ok(link.answer(link.session.key(), &outcome))
}

async fn agree(
    sandbox: &Sandbox,
    contract: &Contract,
    link: &ConsentLink,
    choice: &Choice,
    waiting: &WaitingLink,
) -> Result<LinkDecision, CallbackErrorCode> {
    let user = match (link.is_guest(), choice.new_user) {
        (true, _) => LinkUser::Guest,
        (false, true) => LinkUser::NewOnPhone,
        (false, false) => LinkUser::Phone,
    };
    let without = user == LinkUser::Phone && needs_no_source(contract, waiting);
    let without = without || contract.kind == ContractKind::Write;
    let source = choice.source.or((!without).then_some(DEFAULT_SOURCE));
    let logins = source.map(|source| login(sandbox, source, choice.dataset.as_deref()));
    let connections = logins.into_iter().collect::<Result<_, _>>()?;
    let postbox = match link.wanted {
        Wanted::Postbox => Some(postbox_keys().await?),
        Wanted::Data => None,
    };
    Ok(LinkDecision::Agree { user, connections, postbox })
}

/// Whether a consent may leave the library without a further source, as on the authorize page.
pub(super) fn needs_no_source(contract: &Contract, waiting: &WaitingLink) -> bool {
    match contract.kind {
        ContractKind::Write => true,
        ContractKind::ReadRaw => waiting.has_library,
        ContractKind::Read | ContractKind::OneOff => waiting.accounts > 0,
    }
}

async fn push_complete(
    sandbox: &Sandbox,
    link: &PushComplete,
    decision: &UserDecision,
) -> Result<String, LinkProblem> {
    let library = sandbox.store.pushed_library(link, sandbox.now()).await?;
    let agreed = matches!(decision, UserDecision::Approve(_));
    if agreed {
        sandbox.store.import_postboxes(&library).await?;
    }
    Ok(link.answer(agreed))
}

async fn import(sandbox: &Sandbox, decision: &UserDecision) -> Result<PhoneScreen, Unavailable> {
    let library = sandbox.store.phone_library().await?;
    let delivered = match (library, decision) {
        (Some(library), UserDecision::Approve(_)) => sandbox.store.import_postboxes(&library).await?,
        _ => 0,
    };
    Ok(PhoneScreen::Import { delivered })
}

pub(super) async fn shown_receipt(sandbox: &Sandbox, receipt: &Receipt) -> Result<PhoneScreen, Unavailable> {
    let Receipt { application_id, contract_id } = receipt.clone();
    let named = format!("{application_id}_{contract_id}");
    let contract = sandbox.contract(&named);
    // The contract may be named by an alias.
    let client_id = contract.as_ref().map_or(named, |contract| contract.client_id());
    Ok(PhoneScreen::Receipt {
        application_name: contract.as_ref().map(|_| sandbox.applications.name(&application_id)),
        kind: contract.map(|contract| contract.kind),
        consented: sandbox.store.phone_consented(&client_id).await?,
        application_id,
        contract_id,
    })
}
