//! The way of a request: sandbox → fault → handler → answer → journal.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, LazyLock, OnceLock};

use axum::body::Body;
use axum::extract::RawPathParams;
use axum::extract::rejection::RawPathParamsRejection;
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use axum::{Extension, Router};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::header::{CONNECTION, EXPECT};
use http::{HeaderValue, Request, Version};
use hyper::body::Body as _;
use sync_wrapper::SyncWrapper;

use super::endpoints::endpoints;
use super::{hostile, quota, respond};
use crate::admin::access;
use crate::clock::Stopwatch;
use crate::console::{front, guarded};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::faults::Occasion;
use crate::faults::hostile::Hostile;
use crate::http::call::{Call, Target};
use crate::http::endpoint::{self, Endpoint, Handler};
use crate::http::form_file;
use crate::http::reply::Outcome;
use crate::http::request_body;
use crate::http::server::{Peer, Server};
use crate::journal::verdict::Verdict;
use crate::operations::generation::Generation;
use crate::operations::route::{Area, BodyMode};
use crate::payload::arriving::Room;
use crate::sandbox::caller::Caller;
use crate::state_file::LARGEST_FILE;
use crate::verify::request as verify;

/// The router that the endpoints describe. All servers of a process share it, because it is large and slow to make:
/// requests bring their server along.
pub(crate) static ROUTER: LazyLock<Router> = LazyLock::new(|| {
    let handler = |target: Target| {
        move |Extension(server): Extension<Arc<Server>>,
              params: Result<RawPathParams, RawPathParamsRejection>,
              request: Request<Body>| { receive(server, target, params, request) }
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
    server: Arc<Server>,
    target: Target,
    params: Result<RawPathParams, RawPathParamsRejection>,
    request: Request<Body>,
) -> Response {
    let (watch, received) = (Stopwatch::start(), server.sandboxes.real_now());
    let (parts, body) = request.into_parts();
    let bad_path = params.as_ref().err().map(|error| Refusal::validation(error.body_text()));
    let named = |params: RawPathParams| {
        params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let version = parts.version;
    let params = params.map(named).unwrap_or_default();
    let mode = match target {
        Target::Endpoint(endpoint) => endpoint.route.body,
        Target::UnknownPath | Target::WrongMethod | Target::FrontPage => BodyMode::Whole,
    };
    let is_signed = matches!(target, Target::Endpoint(endpoint) if endpoint.route.is_signed());
    let expects_continue = parts.headers.contains_key(EXPECT);
    let limit = match mode {
        BodyMode::Streamed => {
            server.settings.push_limit.max(server.settings.storage.file) + form_file::room(&parts.headers)
        }
        BodyMode::Huge => LARGEST_FILE,
        BodyMode::Whole => server.settings.body_limit as u64,
    };
    let declared = body.size_hint().lower();
    let unsuitable = request_body::unsuitable(&parts.headers, declared, limit);
    // Nobody has to send, and nobody waits for, what is refused by what its head says.
    let mut leaves_body = false;
    let mut room = Room::default();
    let (body, body_problem, stream) = if unsuitable.is_some() && (declared > limit || expects_continue) {
        leaves_body = expects_continue || !request_body::discard_at_once(body, declared).await;
        (Bytes::new(), unsuitable, None)
    } else if let Some(problem) = unsuitable {
        request_body::discard(body).await;
        (Bytes::new(), Some(problem), None)
    } else if mode != BodyMode::Whole {
        (Bytes::new(), None, Some(SyncWrapper::new(body)))
    } else if expects_continue && is_signed && !verify::may_pass(&parts.headers, &server.sandboxes) {
        // The handler says why it is refused, and asks for the body no more than the client need send it.
        leaves_body = true;
        (Bytes::new(), None, None)
    } else {
        let (body, problem) = request_body::read(body, server.settings.body_limit, &mut room).await;
        leaves_body = problem.as_ref().is_some_and(request_body::is_paused);
        (body, problem, None)
    };
    // In a place of its own: a future that holds it would be copied with it whenever it is handed on.
    let mut call = Box::new(Call {
        sandbox: server.sandboxes.default_sandbox(),
        target,
        generation: Generation::of_path(parts.uri.path()),
        method: parts.method,
        uri: parts.uri,
        params,
        headers: parts.headers,
        body,
        stream,
        sdk_warning: None,
        named: None,
        listed: None,
        issued: None,
        received,
        peer: parts.extensions.get::<Peer>().map(|peer| peer.0),
        contract: None,
        nonce: None,
        user: None,
        caller: Caller::Client,
        verdict: Verdict::default(),
        presented: OnceLock::new(),
        server,
    });
    if let Some(page) = front::page(&call) {
        call.target = Target::FrontPage;
        return respond::finish(call, None, page, watch).await;
    }
    let Target::Endpoint(endpoint) = target else {
        if let Some(sandbox) = endpoint::by_jwt(&call, &call.server.sandboxes) {
            call.sandbox = sandbox;
        }
        let refusal = nothing_there(&call);
        return respond::finish(call, None, Err(refusal), watch).await;
    };
    let endpoint = meant(endpoint, &call);
    call.target = Target::Endpoint(endpoint);
    if endpoint.route.is_admin() {
        match access::caller(&call, endpoint.operation()) {
            Ok(caller) => call.caller = caller,
            Err(refusal) => {
                let outcome = guarded::forbidden(&call, endpoint.operation(), refusal);
                return respond::finish(call, None, outcome, watch).await;
            }
        }
    }
    match endpoint.sandbox_of(&call) {
        Ok(sandbox) => call.sandbox = sandbox,
        Err(refusal) => {
            // The page that says so leads on to what the caller has.
            if let Some(home) = call.caller.home(&call.server.sandboxes) {
                call.sandbox = home;
            }
            let outcome = guarded::not_found(&call, endpoint.operation(), refusal);
            return respond::finish(call, None, outcome, watch).await;
        }
    }
    if let Err(refusal) = quota::count(&call, endpoint).await {
        return respond::finish(call, None, Err(refusal), watch).await;
    }
    let fault = match endpoint.route.leaves_no_trace() {
        true => None,
        false => {
            let (operation, file) = (endpoint.operation(), call.file_name());
            match call.sandbox.strike(Occasion { operation, file, hostile: None }).await {
                Ok(fault) => fault,
                Err(unavailable) => {
                    return respond::finish(call, None, Err(unavailable.into()), watch).await;
                }
            }
        }
    };
    if let Some(fault) = &fault {
        tokio::time::sleep(fault.delay).await;
    }
    let outcome = match (&fault, bad_path.or(body_problem)) {
        (Some(fault), _) if fault.replaces_answer() => {
            call.verdict.shows_claims = call.jwt().is_some();
            call.nonce = verify::spend_nonce(call.sent(), call.presented(), &call.sandbox).await;
            match fault.hostile {
                Some(Hostile::RedirectLoop) => Ok(hostile::redirect::reply(&call)),
                _ => Err(fault.refusal()),
            }
        }
        (_, Some(problem)) => Err(problem),
        _ => run(&mut call, endpoint.handler).await,
    };
    let outcome = match fault.as_ref().and_then(|fault| fault.hostile) {
        Some(hostile) => outcome.and_then(|reply| hostile::alter(hostile, &call, reply)),
        None => outcome,
    };
    if let Some(stream) = call.stream.take() {
        // A client that waits to be told to go on has not sent anything yet, and one that paused sends no more.
        let is_waited_for = !outcome.as_ref().is_err_and(request_body::is_paused);
        match outcome.is_err() && (expects_continue || !is_waited_for) {
            true => leaves_body = true,
            false => request_body::discard(stream.into_inner()).await,
        }
    }
    let mut response = respond::finish(call, fault, outcome, watch).await;
    // HTTP/2 resets the stream instead, and keeps the connection.
    if leaves_body && version != Version::HTTP_2 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
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

/// The endpoint that a request means. One for a path of a storage is for a file, unless it says that
/// it means the folder: by a slash at the end, as the clients do, or by asking for what is below it.
fn meant(endpoint: &'static Endpoint, call: &Call) -> &'static Endpoint {
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
        Target::WrongMethod => Refusal::new(
            405,
            RefusalCode::MethodNotAllowed,
            format!("{path} does not answer {method}"),
            "the Allow header names the methods that it answers",
        ),
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
        assert!(bytes < 4096, "{bytes} bytes: what few requests wait for, such as a database, is boxed");
    }
}
