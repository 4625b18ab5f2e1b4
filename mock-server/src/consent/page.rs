//! The authorize page: approve, decline, choose a source and a dataset.

use askama::Template;
use digime_fixtures::catalogue::{self, PublishedStatus, Source, SourceType};
use http::StatusCode;

use super::parameters::{BadParameters, PageParameters};
use super::{Choice, DEFAULT_SOURCE, approve, fail};
use crate::call::Call;
use crate::datasets::DatasetChoice;
use crate::dispatch::Outcome;
use crate::domain::consent::{CallbackErrorCode, ConsentProblem};
use crate::domain::refusal::Refusal;
use crate::reply::Reply;

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    language: &'a str,
    application: &'a str,
    contract: &'a str,
    asks: &'static str,
    fixed_source: Option<&'a Source>,
    sources: Vec<&'a Source>,
    default_source: u32,
    datasets: Vec<DatasetChoice>,
    chosen_dataset: &'a str,
}

#[derive(Template)]
#[template(path = "consent_error.html")]
struct ErrorPage<'a> {
    problem: &'a str,
    advice: &'a str,
}

/// `GET authorize`: the page, or straight to the callback.
pub(crate) fn show(call: &mut Call) -> Outcome {
    let page = match PageParameters::read(&call.query()) {
        Ok(page) => page,
        Err(bad) => return bad_parameters(call, &bad),
    };
    if page.skips_the_page() {
        return leave(call, approve(&call.sandbox, &page, &Choice::default()));
    }
    let waiting = call.sandbox.state().waiting_consent(&page.code, call.now()).map(str::to_owned);
    let client_id = match waiting {
        Ok(client_id) => client_id,
        Err(problem) => return leave(call, Err(problem)),
    };
    let fixed_source = page.service.and_then(catalogue::source);
    if page.service.is_some() && fixed_source.is_none() {
        return leave(call, fail(&call.sandbox, &page.code, CallbackErrorCode::OnboardError));
    }
    let contract = call.sandbox.contract(&client_id);
    let (application, contract_id, asks) = contract.as_ref().map_or(("", "", ""), |contract| {
        let asks = if contract.kind.reads() { "read your data" } else { "add data to your library" };
        (contract.application_id.as_str(), contract.contract_id.as_str(), asks)
    });
    let default_source = catalogue::source(DEFAULT_SOURCE);
    let datasets = fixed_source.or(default_source).map(|source| call.sandbox.datasets.choices(source));
    let html = ConsentPage {
        language: page.locale.as_deref().unwrap_or("en"),
        application: call.sandbox.application_name(application),
        contract: contract_id,
        asks,
        fixed_source,
        sources: offered(&page),
        default_source: DEFAULT_SOURCE,
        datasets: datasets.unwrap_or_default(),
        chosen_dataset: page.sample_data_set.as_deref().unwrap_or(super::DEFAULT_DATASET),
    };
    rendered(StatusCode::OK, &html)
}

/// `POST authorize`: the user's decision. The page posts to its own address, so that code and
/// parameters come along.
pub(crate) fn decide(call: &mut Call) -> Outcome {
    let page = match PageParameters::read(&call.query()) {
        Ok(page) => page,
        Err(bad) => return bad_parameters(call, &bad),
    };
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&call.body).into_owned().collect();
    let get = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let location = match get("decision") {
        Some("approve") => {
            let choice = Choice {
                source: get("service").and_then(|text| text.parse().ok()),
                dataset: get("dataSet").map(str::to_owned),
            };
            approve(&call.sandbox, &page, &choice)
        }
        Some("decline") => fail(&call.sandbox, &page.code, CallbackErrorCode::UserCancel),
        other => {
            let problem = format!("decision is {other:?}, expected \"approve\" or \"decline\"");
            return Err(Refusal::validation(problem));
        }
    };
    leave(call, location)
}

fn bad_parameters(call: &mut Call, bad: &BadParameters) -> Outcome {
    call.verdict.passed("page parameters", format!("INITIALIZE_CHECK_FAIL: {}", bad.problem));
    leave(call, fail(&call.sandbox, &bad.code, CallbackErrorCode::InitializeCheckFail))
}

/// Sends the browser to the callback, or says why there is none.
fn leave(call: &mut Call, location: Result<String, ConsentProblem>) -> Outcome {
    match location {
        Ok(location) => Ok(Reply::redirect(&location)),
        Err(ConsentProblem::Closed { location }) => {
            call.verdict.passed("code", "decided before or expired: sent back with INVALID_CODE");
            Ok(Reply::redirect(&location))
        }
        Err(ConsentProblem::UnknownCode) => {
            call.verdict.passed("code", "no consent waits under this code, so no callback is known");
            let page = ErrorPage {
                problem: "This link does not belong to any request for consent.",
                advice: "Go back to the app and start again. Developers: the code in the address is not \
                         one that this server gave out, or the server was restarted or reset since.",
            };
            rendered(StatusCode::NOT_FOUND, &page)
        }
    }
}

/// The sources that the user may choose from.
fn offered(page: &PageParameters) -> Vec<&'static Source> {
    let wanted = page.source_type.unwrap_or(SourceType::Pull);
    let listed = |source: &&Source| match source.status {
        PublishedStatus::Approved => true,
        PublishedStatus::SampleDataOnly => page.include_sample_only,
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

fn rendered(status: StatusCode, page: &impl Template) -> Outcome {
    let html = page.render().map_err(|error| {
        Refusal::new(500, "InternalServerError", "The page could not be made", error.to_string())
    })?;
    Ok(Reply::html(status, html))
}
