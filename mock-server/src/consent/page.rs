//! The pages: approve or decline; on two of them, choose a source and a dataset.

use askama::Template;
use digime_fixtures::catalogue::{self, PublishedStatus, Source, SourceType};
use http::StatusCode;

use super::decision::{
    Choice, DEFAULT_DATASET, account, approve, default_source, fail, needs_no_source, refuse,
    registered_callback,
};
use super::parameters::{BadParameters, PageParameters};
use crate::domain::consent::{CallbackErrorCode, ConsentProblem, Page, PageLink};
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;
use crate::journal::check::Check;
use crate::sandbox::datasets::DatasetChoice;

/// The authorize and the onboard page.
#[derive(Template)]
#[template(path = "consent.html")]
struct ConnectPage<'a> {
    language: &'a str,
    application: &'a str,
    contract: &'a str,
    asks: &'static str,
    fixed_source: Option<&'a Source>,
    sources: Vec<&'a Source>,
    /// Whether the user may go without, which is then the default.
    optional: bool,
    default_source: u32,
    datasets: Vec<DatasetChoice>,
    chosen_dataset: &'a str,
}

/// The pages on which there is nothing to choose.
#[derive(Template)]
#[template(path = "decision.html")]
struct DecisionPage<'a> {
    language: &'a str,
    application: &'a str,
    contract: &'a str,
    asks: &'static str,
    account: Option<String>,
    approve: &'static str,
}

#[derive(Template)]
#[template(path = "consent_error.html")]
struct ErrorPage<'a> {
    problem: &'a str,
    advice: &'a str,
}

/// `GET`: the page, or straight to the callback.
pub(super) async fn show(call: &mut Call, page: Page) -> Outcome {
    let page = match PageParameters::read(page, &call.query()) {
        Ok(page) => page,
        Err(bad) => return bad_parameters(call, &bad).await,
    };
    if page.skips_the_page() {
        let location = approve(&call.sandbox, &page, &Choice::default()).await;
        return leave(call, location);
    }
    match html(call, &page).await {
        Ok(Ok(html)) => Ok(Reply::html(StatusCode::OK, html)),
        Ok(Err(error)) => Err(Refusal::defect("The page could not be made", &error)),
        Err(Stopped::Problem(problem)) => leave(call, Err(problem)),
        Err(Stopped::Failure(error)) => {
            let location = fail(&call.sandbox, &page, error).await;
            leave(call, location)
        }
    }
}

/// Why the user gets no page to decide on.
enum Stopped {
    Problem(ConsentProblem),
    Failure(CallbackErrorCode),
}

async fn html(call: &Call, page: &PageParameters) -> Result<askama::Result<String>, Stopped> {
    let sandbox = &call.sandbox;
    let callback = registered_callback(sandbox, page).await;
    let callback = callback.map_err(|it| Stopped::Problem(it.into()))?;
    let link = PageLink { code: &page.code, page: page.page, callback };
    let waiting = sandbox.store.waiting_consent(link, call.now()).await;
    let waiting = waiting.map_err(Stopped::Problem)?;
    let contract = sandbox.contract(&waiting.client_id);
    let (application_id, contract_name) = contract
        .as_ref()
        .map_or(("", ""), |contract| (contract.application_id.as_str(), contract.shown_name()));
    let application = &sandbox.applications.name(application_id);
    let language = page.locale.as_deref().unwrap_or("en");
    let reads = contract.as_ref().is_some_and(|contract| contract.kind.reads());
    let account = match page.page {
        Page::Reauthorize => Some(account(sandbox, page, &waiting).await.map_err(Stopped::Failure)?),
        Page::Revoke => waiting.account.clone(),
        Page::Authorize | Page::Onboard | Page::UserReauth => None,
    };
    let account = account.and_then(|id| waiting.source_of(&id)).map(str::to_owned);
    let (asks, approve) = match page.page {
        Page::Authorize if reads => ("wants to read your data", "Approve"),
        Page::Authorize => ("wants to add data to your library", "Approve"),
        Page::Onboard => ("wants to connect one more source", "Approve"),
        Page::UserReauth => ("asks you to renew your consent", "Renew"),
        Page::Reauthorize => ("asks you to log in at a source again", "Log in"),
        Page::Revoke => ("lets you withdraw a permission", "Withdraw"),
    };
    if !matches!(page.page, Page::Authorize | Page::Onboard) {
        let page = DecisionPage { language, application, contract: contract_name, asks, account, approve };
        return Ok(page.render());
    }
    let fixed_source = page.service.and_then(catalogue::source);
    if page.service.is_some() && fixed_source.is_none() {
        return Err(Stopped::Failure(CallbackErrorCode::OnboardError));
    }
    let optional = page.page == Page::Authorize && needs_no_source(sandbox, page, &waiting);
    let default = default_source(page);
    let datasets = fixed_source.or(catalogue::source(default)).map(|it| sandbox.datasets.choices(it));
    let page = ConnectPage {
        language,
        application,
        contract: contract_name,
        asks,
        fixed_source,
        sources: offered(page),
        optional,
        default_source: default,
        datasets: datasets.unwrap_or_default(),
        chosen_dataset: page.sample_data_set.as_deref().unwrap_or(DEFAULT_DATASET),
    };
    Ok(page.render())
}

/// `POST`: the user's decision. The page posts to its own address, so that code and parameters come
/// along.
pub(super) async fn decide(call: &mut Call, page: Page) -> Outcome {
    let page = match PageParameters::read(page, &call.query()) {
        Ok(page) => page,
        Err(bad) => return bad_parameters(call, &bad).await,
    };
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&call.body).into_owned().collect();
    let get = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let location = match get("decision") {
        Some("approve") => {
            let choice = Choice {
                source: get("service").and_then(|text| text.parse().ok()),
                dataset: get("dataSet").map(str::to_owned),
                user: None,
                new_user: false,
            };
            approve(&call.sandbox, &page, &choice).await
        }
        Some("decline") => fail(&call.sandbox, &page, CallbackErrorCode::UserCancel).await,
        other => {
            let problem = format!("decision is {other:?}, expected \"approve\" or \"decline\"");
            return Err(Refusal::validation(problem));
        }
    };
    leave(call, location)
}

async fn bad_parameters(call: &mut Call, bad: &BadParameters) -> Outcome {
    call.verdict.passed(Check::PageParameters, format!("INITIALIZE_CHECK_FAIL: {}", bad.problem));
    let failed = refuse(&call.sandbox, bad).await;
    leave(call, failed)
}

/// Sends the browser to the callback, or says why there is none.
fn leave(call: &mut Call, location: Result<String, ConsentProblem>) -> Outcome {
    match location {
        Ok(location) => Ok(Reply::redirect(&location)),
        Err(ConsentProblem::Closed { location }) => {
            let detail = "decided before, expired, or not for this page: sent back with INVALID_CODE";
            call.verdict.passed(Check::Code, detail);
            Ok(Reply::redirect(&location))
        }
        Err(ConsentProblem::Unavailable(unavailable)) => Err(unavailable.into()),
        Err(ConsentProblem::UnknownCode) => {
            call.verdict.passed(Check::Code, "no consent waits under this code, so no callback is known");
            let page = ErrorPage {
                problem: "This link does not belong to any request for consent.",
                advice: "Go back to the app and start again. Developers: the code in the address is not \
                         one that this server gave out, or the server was restarted or reset since.",
            };
            let html =
                page.render().map_err(|error| Refusal::defect("The page could not be made", &error))?;
            Ok(Reply::html(StatusCode::NOT_FOUND, html))
        }
    }
}

/// The sources that the user may choose from.
fn offered(page: &PageParameters) -> Vec<&'static Source> {
    sources(page.source_type.unwrap_or(SourceType::Pull), page.include_sample_only)
}

/// The sources of a type, by name.
pub(super) fn sources(wanted: SourceType, include_sample_only: bool) -> Vec<&'static Source> {
    let listed = |source: &&Source| match source.status {
        PublishedStatus::Approved => true,
        PublishedStatus::SampleDataOnly => include_sample_only,
        _ => false,
    };
    let mut sources: Vec<_> = catalogue::sources()
        .iter()
        .filter(|source| source.onboardable && source.types.contains(&wanted))
        .filter(listed)
        .collect();
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    sources
}
