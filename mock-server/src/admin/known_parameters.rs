//! What administration does not know is refused: a misspelt parameter would ask for something else, such as that all
//! of the journal is forgotten instead of some.

use std::collections::HashSet;

use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::Endpoint;
use crate::openapi::exchange::Exchange;
use crate::openapi::schemas::Schemas;
use crate::operations::route::Route;
use crate::sandbox::caller::Caller;

/// Checks that an operation takes the parameters of the query that a request gives it, and a body if it has one.
/// Pages, which browsers open, and what is open to all take any.
///
/// # Errors
/// `ValidationErrors` naming what is not known, and what is.
pub(crate) fn require_known(call: &Call, endpoint: &Endpoint) -> Result<(), Refusal> {
    let takes_any = endpoint.route.is_of_console() || matches!(call.caller, Caller::Client);
    if takes_any || (call.uri.query().is_none() && call.body.is_empty()) {
        return Ok(());
    }
    let exchange = (endpoint.exchange)(&mut Schemas::new());
    require_known_parameters(call, &exchange)?;
    let is_empty = || matches!(call.body.trim_ascii(), b"" | b"{}");
    if exchange.request.is_none() && call.stream.is_none() && !is_empty() {
        let parameters = "this operation takes no body; what it takes are parameters of the query";
        return Err(Refusal::validation(format!("{parameters}: {}", names(&exchange).join(", "))));
    }
    Ok(())
}

/// The route that a text names, by its operation or by method and path.
///
/// # Errors
/// `ValidationErrors` naming what is near, if there is none; `what` says what the text is meant to be.
pub(super) fn named_route(call: &Call, what: &str, text: &str) -> Result<&'static Route, Refusal> {
    Route::find(call.server.routes(), text).map_err(|near| {
        Refusal::validation(format!("there is no {what} \"{text}\"; near are: {}", near.join(", ")))
    })
}

fn require_known_parameters(call: &Call, exchange: &Exchange) -> Result<(), Refusal> {
    let known = names(exchange);
    let query = call.query();
    let mut seen = HashSet::new();
    if let Some((name, _)) = query.iter().find(|(name, _)| !seen.insert(name)) {
        return Err(Refusal::validation(format!(
            "the parameter \"{name}\" is there twice; it takes one value"
        )));
    }
    match query.into_iter().find(|(name, _)| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, _)) => Err(Refusal::validation(format!(
            "there is no parameter \"{name}\" here, only {}",
            known.join(", ")
        ))),
    }
}

/// The parameters of the query; a sandbox may be named everywhere.
fn names(exchange: &Exchange) -> Vec<&str> {
    let declared = exchange.parameters.iter().filter(|it| it["in"] == "query");
    let mut names: Vec<_> = declared.filter_map(|it| it["name"].as_str()).collect();
    if !names.contains(&"sandbox") {
        names.push("sandbox");
    }
    names
}
