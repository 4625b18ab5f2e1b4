//! What a browser is shown in place of the refusal of a page: programs get the refusal.

use http::StatusCode;
use http::header::ACCEPT;

use super::answer;
use super::login::LoginPage;
use super::shell::Shell;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::operations::Operation;

/// The operations that answer pages.
const PAGES: [Operation; 3] = [Operation::CONSOLE_HOME, Operation::CONSOLE_PAGE, Operation::CONSOLE_DETAIL];

/// Whether the client is a browser that wants a page.
pub(crate) fn wants_page(call: &Call) -> bool {
    let accepts = call.headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    accepts.flat_map(|value| value.split(',')).any(|range| range.trim().starts_with("text/html"))
}

/// A page that asks for the token, or the refusal.
pub(crate) fn forbidden(call: &Call, operation: Operation, refusal: Refusal) -> Outcome {
    match PAGES.contains(&operation) && wants_page(call) {
        true => LoginPage::at(call, Some(refusal.message)).answer(call, StatusCode::FORBIDDEN),
        false => Err(refusal),
    }
}

/// A page that says that there is no such sandbox, or the refusal.
pub(crate) fn not_found(call: &Call, operation: Operation, refusal: Refusal) -> Outcome {
    match PAGES.contains(&operation) && wants_page(call) {
        true => answer::page(StatusCode::NOT_FOUND, &Shell::problem(call, format!("{}.", refusal.message))),
        false => Err(refusal),
    }
}
