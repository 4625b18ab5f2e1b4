//! The end of a page: the way to the callback, or a page that says why there is none.

use askama::Template;
use http::StatusCode;
use http::header::ACCEPT;

use super::decision::refuse;
use super::frame::{self, Frame};
use super::parameters::BadParameters;
use super::texts::fill;
use crate::domain::consent::ConsentProblem;
use crate::http::call::Call;
use crate::http::reply::{Outcome, Reply};
use crate::journal::check::Check;

/// A page on which nothing can be decided.
#[derive(Template)]
#[template(path = "consent_over.html")]
struct OverPage {
    frame: Frame,
    problem: &'static str,
    advice: String,
    detail: &'static str,
    location: Option<String>,
    back: String,
}

/// Ends a page whose parameters cannot be read.
pub(super) async fn bad_parameters(call: &mut Call, bad: &BadParameters) -> Outcome {
    call.verdict.passed(Check::PageParameters, format!("INITIALIZE_CHECK_FAIL: {}", bad.problem));
    let failed = refuse(&call.sandbox, bad).await;
    leave(call, &bad.code, None, failed).await
}

/// Sends the browser to the callback, or says why there is none.
pub(super) async fn leave(
    call: &mut Call,
    code: &str,
    locale: Option<&str>,
    location: Result<String, ConsentProblem>,
) -> Outcome {
    match location {
        Ok(location) => Ok(Reply::redirect(&location)),
        Err(ConsentProblem::Closed { location }) => {
            let detail = "decided before, expired, or not for this page: sent back with INVALID_CODE";
            call.verdict.passed(Check::Code, detail);
            match wants_page(call) {
                true => over(call, code, locale, location).await,
                false => Ok(Reply::redirect(&location)),
            }
        }
        Err(ConsentProblem::Unavailable(unavailable)) => Err(unavailable.into()),
        Err(ConsentProblem::UnknownCode) => {
            call.verdict.passed(Check::Code, "no consent waits under this code, so no callback is known");
            let frame = Frame::new(call, locale, None);
            let page = OverPage {
                problem: frame.texts.unknown,
                advice: frame.texts.unknown_advice.to_owned(),
                detail: "The code in the address is not one that this server gave out, or the server was restarted \
                         or reset since. Without it no callback can be trusted, so that nobody is sent back.",
                location: None,
                back: String::new(),
                frame,
            };
            frame::answer(StatusCode::NOT_FOUND, &page, false)
        }
    }
}

/// A person who opens a page again gets one that helps; a program is sent on at once.
fn wants_page(call: &Call) -> bool {
    call.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|it| it.contains("text/html"))
}

async fn over(call: &Call, code: &str, locale: Option<&str>, location: String) -> Outcome {
    let client_id = call.sandbox.store.page_client(code).await?;
    let contract = client_id.and_then(|client_id| call.sandbox.contract(&client_id));
    let frame = Frame::new(call, locale, contract.as_deref());
    let app = |text: &str| fill(text, &[("app", &frame.name)]);
    let page = OverPage {
        problem: frame.texts.closed,
        advice: app(frame.texts.closed_advice),
        detail: "A code opens its page until the decision, until it expires, and no other page. A program that asks \
                 for no text/html is sent to this callback at once.",
        back: app(frame.texts.back_to_app),
        location: Some(location),
        frame,
    };
    frame::answer(StatusCode::GONE, &page, false)
}
