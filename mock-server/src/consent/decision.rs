//! What approving a page comes to: the source that is connected, the account that is logged in at.

use std::fmt;
use std::str::FromStr;

use digime_fixtures::catalogue::{self, SourceType};

use super::parameters::{BadParameters, PageParameters};
use super::source_list::sources;
use crate::domain::consent::{CallbackErrorCode, ConsentProblem, Decision, Page, PageLink};
use crate::domain::contract::ContractKind;
use crate::domain::library::{AccountId, Connection, LibraryId};
use crate::domain::postbox::PostboxKeys;
use crate::domain::refusal::Refusal;
use crate::domain::state::{Referent, WaitingConsent};
use crate::domain::unavailable::Unavailable;
use crate::sandbox::Sandbox;

/// The source that is connected when neither the app nor the user names one: Spotify.
pub(crate) const DEFAULT_SOURCE: u32 = 16;
/// As [`DEFAULT_SOURCE`], where the app asks for push sources: home measurements for a hospital.
const DEFAULT_PUSH_SOURCE: u32 = 30112;
/// The dataset that every source offers.
pub(crate) const DEFAULT_DATASET: &str = "default";

/// What the user chose on the page, where the app left it open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    pub(crate) source: Option<u32>,
    pub(crate) dataset: Option<String>,
    /// The sources that were chosen before that one.
    pub(crate) also: Vec<SourceChoice>,
    /// The id of the user who consents on a page, if they are known; otherwise it is a new one's.
    pub(crate) user: Option<LibraryId>,
    /// Whether the phone is somebody else's from now on; pages in a browser make a user each.
    pub(crate) new_user: bool,
}

/// A source that was chosen, and the dataset that it delivers; written `15` or `15.busy-user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceChoice {
    pub(crate) source: u32,
    pub(crate) dataset: Option<String>,
}

impl SourceChoice {
    /// How many may be chosen in one visit besides the last one.
    pub(crate) const MOST: usize = 20;

    /// Those that a form or an address names, as far as they can be read.
    pub(super) fn read<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<Self> {
        texts.filter_map(|text| text.parse().ok()).take(Self::MOST).collect()
    }
}

impl FromStr for SourceChoice {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (source, dataset) = text.split_once('.').unwrap_or((text, ""));
        let wrong = || {
            Refusal::validation(format!("also is \"{text}\", expected a source, such as 15 or 15.busy-user"))
        };
        let source = source.parse().map_err(|_| wrong())?;
        Ok(Self { source, dataset: Some(dataset.to_owned()).filter(|it| !it.is_empty()) })
    }
}

/// The source that a form names; none if it leaves the choice to the server.
///
/// # Errors
/// `ValidationErrors` unless it is a number.
pub(super) fn named_source(text: &str) -> Result<Option<u32>, Refusal> {
    let text = text.trim();
    let wrong = |_| {
        Refusal::validation(format!("service is \"{text}\", expected the number of a source, such as 16"))
    };
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(wrong) }
}

impl fmt::Display for SourceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.dataset {
            Some(dataset) => write!(f, "{}.{dataset}", self.source),
            None => write!(f, "{}", self.source),
        }
    }
}

/// Approves a page and says where the browser goes.
pub(crate) async fn approve(
    sandbox: &Sandbox,
    page: &PageParameters,
    choice: &Choice,
) -> Result<String, ConsentProblem> {
    let now = sandbox.now();
    let callback = registered_callback(sandbox, page).await?;
    let link = PageLink { code: &page.code, page: page.page, callback };
    let waiting = sandbox.store.waiting_consent(link, now).await?;
    let decided = match page.page {
        Page::Authorize => consent(sandbox, page, choice, &waiting).await,
        Page::Onboard => {
            let source = page.service.or(choice.source).unwrap_or(default_source(page));
            connections(sandbox, page, choice, Some(source)).map(|connections| Decision::Connect {
                connections,
                trigger: page.trigger,
                storage: None,
                postbox: None,
            })
        }
        Page::UserReauth => Ok(Decision::Renew { trigger: page.trigger }),
        Page::Reauthorize => account(sandbox, page, &waiting).await.map(Decision::LogIn),
        Page::Revoke => Ok(Decision::Revoke),
    };
    // The store looks again whether the page still waits: another tab may have decided meanwhile.
    let decision = decided.unwrap_or_else(Decision::Fail);
    sandbox.store.decide(link, decision, now).await
}

/// Ends a page without approval and says where the browser goes.
pub(crate) async fn fail(
    sandbox: &Sandbox,
    page: &PageParameters,
    error: CallbackErrorCode,
) -> Result<String, ConsentProblem> {
    let callback = registered_callback(sandbox, page).await?;
    let link = PageLink { code: &page.code, page: page.page, callback };
    sandbox.store.decide(link, Decision::Fail(error), sandbox.now()).await
}

/// Ends a page whose parameters cannot be read, at the callback of the request.
pub(crate) async fn refuse(sandbox: &Sandbox, bad: &BadParameters) -> Result<String, ConsentProblem> {
    let link = PageLink::new(&bad.code, bad.page);
    let decision = Decision::Fail(CallbackErrorCode::InitializeCheckFail);
    sandbox.store.decide(link, decision, sandbox.now()).await
}

/// The callback that the page's own address names. Anybody can write it there, so that it counts only if
/// it is registered for the contract; otherwise the one of the request does.
pub(crate) async fn registered_callback<'a>(
    sandbox: &Sandbox,
    page: &'a PageParameters,
) -> Result<Option<&'a str>, Unavailable> {
    let Some(named) = page.callback.as_deref() else { return Ok(None) };
    let client_id = sandbox.store.page_client(&page.code).await?;
    let contract = client_id.and_then(|client_id| sandbox.contract(&client_id));
    Ok(contract.is_some_and(|contract| contract.allows_redirect(named)).then_some(named))
}

/// The source that is connected when nobody names one.
pub(crate) fn default_source(page: &PageParameters) -> u32 {
    let direction = page.source_type.unwrap_or(SourceType::Pull);
    let scope = page.sources_scope.as_ref();
    let narrowed = scope.and_then(|_| sources(direction, page.include_sample_only, scope).first().copied());
    match (narrowed, direction) {
        (Some(source), _) => source.id,
        (None, SourceType::Push) => DEFAULT_PUSH_SOURCE,
        (None, SourceType::Pull) => DEFAULT_SOURCE,
    }
}

/// Whether a first consent may leave the library without a further source: a contract that pushes,
/// or one that joins a library which already has what it reads.
pub(crate) fn needs_no_source(sandbox: &Sandbox, page: &PageParameters, waiting: &WaitingConsent) -> bool {
    let kind = sandbox.contract(&waiting.client_id).map(|contract| contract.kind);
    let named = page.sample_data_set.is_some() || page.service.is_some();
    match (kind, &waiting.accounts) {
        _ if named => false,
        (Some(ContractKind::Write), _) => page.source_type != Some(SourceType::Push),
        (Some(ContractKind::ReadRaw), Some(_)) => true,
        (_, accounts) => accounts.as_ref().is_some_and(|accounts| !accounts.is_empty()),
    }
}

async fn consent(
    sandbox: &Sandbox,
    page: &PageParameters,
    choice: &Choice,
    waiting: &WaitingConsent,
) -> Result<Decision, CallbackErrorCode> {
    let storage = match &page.storage_ref {
        Some(reference) => {
            match sandbox.store.referent(&waiting.client_id, reference, sandbox.now()).await? {
                Some(Referent::Storage(id)) => Some(id),
                _ => return Err(CallbackErrorCode::InitializeCheckFail),
            }
        }
        None => None,
    };
    let without = needs_no_source(sandbox, page, waiting);
    let source = page.service.or(choice.source).or((!without).then(|| default_source(page)));
    let connections = connections(sandbox, page, choice, source)?;
    let postbox = match waiting.offers_postbox {
        true => Some(postbox_keys().await?),
        false => None,
    };
    Ok(Decision::Connect { connections, trigger: page.trigger, storage, postbox })
}

/// The keys of a new postbox. They are made on a thread of their own, which others need not wait for.
pub(crate) async fn postbox_keys() -> Result<PostboxKeys, CallbackErrorCode> {
    let failed = |error: &dyn std::fmt::Display| {
        tracing::error!("a postbox could not be made: {error}");
        CallbackErrorCode::ServerError
    };
    let made = tokio::task::spawn_blocking(PostboxKeys::generate).await.map_err(|error| failed(&error))?;
    made.map_err(|error| failed(&error))
}

/// The sources that the user chose, in their order, with `last` at the end.
fn connections(
    sandbox: &Sandbox,
    page: &PageParameters,
    choice: &Choice,
    last: Option<u32>,
) -> Result<Vec<Connection>, CallbackErrorCode> {
    // A source that the app names is the only one.
    let also = if page.service.is_none() { choice.also.as_slice() } else { &[] };
    let before = also.iter().map(|it| (it.source, it.dataset.as_deref()));
    let all = before.chain(last.map(|source| (source, choice.dataset.as_deref())));
    all.map(|(source, dataset)| {
        let connection = login(sandbox, source, dataset.or(page.sample_data_set.as_deref()))?;
        Ok(Connection { sample: page.sample_data_set.is_some(), ..connection })
    })
    .collect()
}

/// A login at a source, which delivers a dataset.
pub(super) fn login(
    sandbox: &Sandbox,
    source: u32,
    dataset: Option<&str>,
) -> Result<Connection, CallbackErrorCode> {
    let source = catalogue::source(source).ok_or(CallbackErrorCode::OnboardError)?;
    let dataset = sandbox.datasets.get(source, dataset.unwrap_or(DEFAULT_DATASET), sandbox.now());
    Ok(Connection { source, dataset: dataset.ok_or(CallbackErrorCode::OnboardError)?, sample: false })
}

/// The account of the reauthorize page. The reference alone does not say whose it is: it must be
/// one of the user who is asked.
pub(crate) async fn account(
    sandbox: &Sandbox,
    page: &PageParameters,
    waiting: &WaitingConsent,
) -> Result<AccountId, CallbackErrorCode> {
    let reference = page.account_ref.as_deref().unwrap_or_default();
    match sandbox.store.referent(&waiting.client_id, reference, sandbox.now()).await? {
        Some(Referent::Account(id)) => {
            waiting.source_of(&id).is_some().then_some(id).ok_or(CallbackErrorCode::OnboardError)
        }
        _ => Err(CallbackErrorCode::InitializeCheckFail),
    }
}
