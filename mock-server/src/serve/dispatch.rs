//! The way of a request: sandbox → fault → handler → answer → journal.

use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::extract::RawPathParams;
use axum::extract::rejection::RawPathParamsRejection;
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use futures_util::FutureExt as _;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Version};

use super::endpoints::endpoints;
use super::{arrival, cors, hostile, quota, respond};
use crate::admin::access;
use crate::admin::known_parameters::require_known;
use crate::console::{front, guarded};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::faults::hostile::Hostile;
use crate::faults::{Fault, Occasion};
use crate::http::call::{Call, Target};
use crate::http::endpoint::{self, Endpoint, Handler};
use crate::http::reply::Outcome;
use crate::http::request_body;
use crate::http::server::Socket;
use crate::operations::generation::Generation;
use crate::operations::route::Area;
use crate::verify::request as verify;

/// The router that the endpoints describe. All servers of a process share it, because it is large and slow to make:
/// requests bring their server along.
pub(crate) static ROUTER: LazyLock<Router> = LazyLock::new(|| {
    let handler = |target: Target| {
        move |socket: Socket,
              params: Result<RawPathParams, RawPathParamsRejection>,
              request: Request<Body>| { receive(socket, target, params, request) }
    };
    let mut router = Router::new();
    for endpoint in endpoints() {
        let Ok(filter) = MethodFilter::try_from(endpoint.route.method.clone()) else { continue };
        for path in endpoint.route.routed_paths() {
            router = router.route(&path, on(filter, handler(Target::Endpoint(endpoint))));
        }
    }
    let router = router.method_not_allowed_fallback(handler(Target::WrongMethod));
    // Without it, each request would have its handler boxed anew.
    router.fallback(handler(Target::UnknownPath)).with_state(())
});

async fn receive(
    socket: Socket,
    target: Target,
    params: Result<RawPathParams, RawPathParamsRejection>,
    request: Request<Body>,
) -> Response {
    let mut arrival = arrival::take_in(socket, target, params, request).await;
    let problem = arrival.problem.take();
    let (fault, outcome) = decide(&mut arrival.call, problem).await;
    let outcome = match fault.as_ref().and_then(|fault| fault.hostile) {
        Some(hostile) => outcome.and_then(|reply| hostile::alter(hostile, &arrival.call, reply)),
        None => outcome,
    };
    if let Some(stream) = arrival.call.stream.take() {
        // A client that waits to be told to go on has not sent anything yet, and one that paused sends no more.
        let is_waited_for = !outcome.as_ref().is_err_and(request_body::is_paused);
        match outcome.is_err() && (arrival.expects_continue || !is_waited_for) {
            true => arrival.leaves_body = true,
            false => Box::pin(request_body::discard(stream.into_inner())).await,
        }
    }
    let mut response = respond::finish(arrival.call, fault, outcome, arrival.watch).await;
    // HTTP/2 resets the stream instead, and keeps the connection.
    if arrival.leaves_body && arrival.version != Version::HTTP_2 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// What a request comes to, and the fault that strikes it.
async fn decide(call: &mut Call, problem: Option<Refusal>) -> (Option<Box<Fault>>, Outcome) {
    if let Some(page) = front::page(call) {
        call.target = Target::FrontPage;
        return (None, page);
    }
    let endpoint = match meant(call) {
        ControlFlow::Continue(endpoint) => endpoint,
        ControlFlow::Break(outcome) => return (None, outcome),
    };
    if endpoint.route.is_admin()
        && let Err(refusal) = require_known(call, endpoint)
    {
        return (None, Err(refusal));
    }
    if let Err(refusal) = quota::count(call, endpoint).await {
        return (None, Err(refusal));
    }
    let fault = match strike(call, endpoint).await {
        Ok(fault) => fault,
        Err(refusal) => return (None, Err(refusal)),
    };
    if let Some(fault) = &fault {
        Box::pin(tokio::time::sleep(fault.delay)).await;
    }
    let outcome = match (&fault, problem) {
        (Some(fault), _) if fault.replaces_answer() => {
            call.verdict.shows_claims = call.jwt().is_some();
            call.nonce = verify::spend_nonce(call.sent(), call.presented(), &call.sandbox).await;
            match fault.hostile {
                Some(Hostile::RedirectLoop) => Ok(hostile::redirect::reply(call)),
                _ => Err(fault.refusal()),
            }
        }
        (_, Some(problem)) => Err(problem),
        _ => run(call, endpoint.handler).await,
    };
    (fault, outcome)
}

/// The endpoint that a request means, once it is known whose sandbox it is for and that the caller may.
fn meant(call: &mut Call) -> ControlFlow<Outcome, &'static Endpoint> {
    let Target::Endpoint(endpoint) = call.target else {
        if let Some(sandbox) = endpoint::by_jwt(call, &call.server.sandboxes) {
            call.sandbox = sandbox;
        }
        return ControlFlow::Break(Err(nothing_there(call)));
    };
    let endpoint = file_or_folder(endpoint, call);
    call.target = Target::Endpoint(endpoint);
    if endpoint.route.is_admin() {
        match access::caller(call, endpoint.operation()) {
            Ok(caller) => call.caller = caller,
            Err(refusal) => {
                return ControlFlow::Break(guarded::forbidden(call, endpoint.operation(), refusal));
            }
        }
    }
    match endpoint.sandbox_of(call) {
        Ok(sandbox) => call.sandbox = sandbox,
        Err(refusal) => {
            // The page that says so leads on to what the caller has.
            if let Some(home) = call.caller.home(&call.server.sandboxes) {
                call.sandbox = home;
            }
            return ControlFlow::Break(guarded::not_found(call, endpoint.operation(), refusal));
        }
    }
    ControlFlow::Continue(endpoint)
}

/// The fault that strikes a request.
///
/// # Errors
/// `ServiceUnavailable` if the state cannot be reached.
async fn strike(call: &Call, endpoint: &Endpoint) -> Result<Option<Box<Fault>>, Refusal> {
    if endpoint.route.leaves_no_trace() {
        return Ok(None);
    }
    let (operation, file) = (endpoint.operation(), call.file_name());
    Ok(call.sandbox.strike(Occasion { operation, file, hostile: None }).await?.map(Box::new))
}

/// Runs the handler. A panic in it is a defect of the server: the client gets an error of the
/// platform's shape, and the test that runs the server fails.
async fn run(call: &mut Call, handler: Handler) -> Outcome {
    match AssertUnwindSafe(handler(call)).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            let line = format!("{} {}", call.method, call.uri.path());
            tracing::error!("{line} panicked: {text}");
            call.server.note_panic(format!("{line}: {text}"));
            Err(Refusal::new(500, RefusalCode::InternalServerError, "The mock server has a defect", text))
        }
    }
}

/// The endpoint for a path of a storage is for a file, unless the request says that it means the folder:
/// by a slash at the end, as the clients do, or by asking for what is below it.
fn file_or_folder(endpoint: &'static Endpoint, call: &Call) -> &'static Endpoint {
    let path = call.param("path");
    let means_folder = endpoint.route.area == Area::Cloud
        && (path.is_empty() || path.ends_with('/') || call.query_value("recursive").is_some());
    let folders = |other: &&Endpoint| {
        other.route.area == Area::CloudFolder && other.route.method == endpoint.route.method
    };
    let folder = means_folder.then(|| call.server.endpoints().find(folders)).flatten();
    folder.unwrap_or(endpoint)
}

fn nothing_there(call: &Call) -> Refusal {
    let (method, path) = (&call.method, call.uri.path());
    match call.target {
        Target::WrongMethod => {
            let (message, help) = match cors::asking_page(method, &call.headers) {
                Some(page) => (
                    format!("A web page of {page} asks whether it may call {path}, and is not told so"),
                    format!("start the server with --cors-origin {page}"),
                ),
                None => (
                    format!("{path} does not answer {method}"),
                    "the Allow header names the methods that it answers".to_owned(),
                ),
            };
            Refusal::new(405, RefusalCode::MethodNotAllowed, message, help)
        }
        _ => Refusal::new(
            404,
            RefusalCode::NotFound,
            format!("There is no {method} {path}; {}", base_urls(&call.reached().to_string(), path)),
            "the base URL of a client is one of these, with one slash at its end",
        ),
    }
}

/// What helps somebody whose base URL is wrong.
fn base_urls(origin: &str, path: &str) -> String {
    let slashes = if path.contains("//") { "the path has two slashes in a row; " } else { "" };
    format!(
        "{slashes}base URLs are {origin}/{}/ (API), {origin}/apps/saas/ (onboarding) and {origin}/v1/ (cloud)",
        Generation::CURRENT
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<A, B, C, D, F>(_: impl Fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn what_is_copied_whenever_a_request_is_handed_on_is_small() {
        let bytes = size(receive);
        assert!(bytes < 2048, "{bytes} bytes: what few requests wait for, such as a database, is boxed");
    }
}
