//! The way of a request: sandbox → fault → handler → answer → journal.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, State};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::Request;

use super::{hostile, respond};
use crate::admin;
use crate::api;
use crate::clock::{Moment, Stopwatch};
use crate::consent;
use crate::domain::consent::Page;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::faults::hostile::Hostile;
use crate::http::call::{CONTRACT_ID, Call, Target};
use crate::http::reply::{Outcome, Reply};
use crate::http::request_body;
use crate::http::server::{Peer, Server};
use crate::journal::verdict::Verdict;
use crate::jwt::bearer;
use crate::jwt::unverified::UnverifiedJwt;
use crate::operations::route::{Operation, ROUTES};
use crate::sandbox::Sandbox;
use crate::verify::request as verify;
use crate::verify::request::NonceUse;

/// The router that the route table describes.
pub(crate) fn router(server: Arc<Server>) -> Router {
    let handler = |target: Target| {
        move |state: State<Arc<Server>>,
              params: Result<RawPathParams, RawPathParamsRejection>,
              request: Request<Body>| { receive(state.0, target, params, request) }
    };
    let mut router = Router::new();
    for route in ROUTES {
        let Ok(filter) = MethodFilter::try_from(route.http_method()) else { continue };
        for path in route.routed_paths() {
            router = router.route(&path, on(filter, handler(Target::Operation(route.operation))));
        }
    }
    router
        .method_not_allowed_fallback(handler(Target::WrongMethod))
        .fallback(handler(Target::UnknownPath))
        .with_state(server)
}

async fn receive(
    server: Arc<Server>,
    target: Target,
    params: Result<RawPathParams, RawPathParamsRejection>,
    request: Request<Body>,
) -> Response {
    let (watch, received) = (Stopwatch::start(), Moment::real());
    let (parts, body) = request.into_parts();
    let bad_path = params.as_ref().err().map(|error| Refusal::validation(error.body_text()));
    let named = |params: RawPathParams| {
        params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let params = params.map(named).unwrap_or_default();
    let streams = matches!(target, Target::Operation(operation) if operation.streams_body());
    let (body, body_problem, stream) = if streams {
        (Bytes::new(), None, Some(body))
    } else {
        let (body, problem) = request_body::read(body, server.settings.body_limit).await;
        (body, problem, None)
    };
    let mut call = Call {
        sandbox: server.sandboxes.default_sandbox(),
        target,
        method: parts.method,
        uri: parts.uri,
        params,
        headers: parts.headers,
        body,
        stream,
        received,
        peer: parts.extensions.get::<Peer>().map(|peer| peer.0),
        nonce_use: NonceUse::Takes,
        verdict: Verdict::default(),
        server,
    };
    let Target::Operation(operation) = target else {
        if let Some(sandbox) = sandbox_of_client(&call) {
            call.sandbox = sandbox;
        }
        let refusal = nothing_there(&call);
        return respond::finish(call, None, Err(refusal), watch).await;
    };
    let operation = api::cloud::meant(operation, &call);
    call.target = Target::Operation(operation);
    match sandbox_of(&call, operation) {
        Ok(sandbox) => call.sandbox = sandbox,
        Err(refusal) => return respond::finish(call, None, Err(refusal), watch).await,
    }
    let fault = match operation.is_admin() {
        true => None,
        false => call.sandbox.faults.strike(operation, call.file_name()),
    };
    if let Some(fault) = &fault {
        tokio::time::sleep(fault.delay).await;
        if fault.loses_answer() {
            call.nonce_use = NonceUse::Spared;
        }
    }
    let outcome = match (&fault, bad_path.or(body_problem)) {
        (Some(fault), _) if fault.replaces_answer() => {
            verify::note_claims(&call.headers, &mut call.verdict);
            match fault.hostile {
                Some(Hostile::RedirectLoop) => Ok(hostile::redirect::reply(&call)),
                _ => Err(fault.refusal()),
            }
        }
        (_, Some(problem)) => Err(problem),
        _ => run(&mut call, operation).await,
    };
    let outcome = match fault.as_ref().and_then(|fault| fault.hostile) {
        Some(hostile) => outcome.and_then(|reply| hostile::alter(hostile, &call, reply)),
        None => outcome,
    };
    if let Some(stream) = call.stream.take() {
        request_body::discard(stream).await;
    }
    respond::finish(call, fault, outcome, watch).await
}

/// Runs the handler. A panic in it is a defect of the server: the client gets an error of the
/// platform's shape, and the test that runs the server fails.
async fn run(call: &mut Call, operation: Operation) -> Outcome {
    let server = Arc::clone(&call.server);
    let line = format!("{} {}", call.method, call.uri.path());
    match AssertUnwindSafe(handle(call, operation)).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            tracing::error!("{line} panicked: {text}");
            server.note_panic(format!("{line}: {text}"));
            Err(Refusal::new(500, RefusalCode::InternalServerError, "The mock server has a defect", text))
        }
    }
}

async fn handle(call: &mut Call, operation: Operation) -> Outcome {
    match operation {
        Operation::Authorize => api::authorize::authorize(call),
        Operation::Token => api::token::token(call),
        Operation::ReadSession => api::trigger::trigger(call),
        Operation::ReadFileList => api::query::file_list(call),
        Operation::ReadFile => api::file::file(call).await,
        Operation::ReadFileMetadata => api::file::metadata(call),
        Operation::ReadAccounts => api::accounts::accounts(call),
        Operation::TokenReference => api::token_reference::refer(call),
        Operation::Reference => api::reference::reference(call),
        Operation::RevokeAccountPermission => api::revoke::revoke(call),
        Operation::DeleteUser => api::user::delete(call),
        Operation::DeleteAccount => api::accounts::delete(call),
        Operation::PushToLibrary => api::import::import(call).await,
        Operation::PushToProvider => api::provider_import::import(call),
        Operation::PortabilityReport => api::report::report(call),
        Operation::ContractDetails => api::contract::details(call),
        Operation::NamedContractDetails => api::contract::named(call),
        Operation::Tracking => api::tracking::tracking(call),
        Operation::OnboardPage => consent::page::show(call, Page::Onboard),
        Operation::OnboardDecision => consent::page::decide(call, Page::Onboard),
        Operation::UserReauthPage => consent::page::show(call, Page::UserReauth),
        Operation::UserReauthDecision => consent::page::decide(call, Page::UserReauth),
        Operation::ReauthorizePage => consent::page::show(call, Page::Reauthorize),
        Operation::ReauthorizeDecision => consent::page::decide(call, Page::Reauthorize),
        Operation::RevokePage => consent::page::show(call, Page::Revoke),
        Operation::RevokeDecision => consent::page::decide(call, Page::Revoke),
        Operation::QuerySources => api::discovery::sources(call),
        Operation::QueryCountries => api::discovery::countries(call),
        Operation::QueryPlatforms => api::discovery::platforms(call),
        Operation::QueryCategories => api::discovery::categories(call),
        Operation::QuerySourceTypes => api::discovery::source_types(call),
        Operation::AvailableServices => api::discovery::services::services(call),
        Operation::SampleDatasets => api::sample_datasets::sample_datasets(call),
        Operation::CreateStorage => api::storage::create(call),
        Operation::UserStorage => api::storage::of_user(call),
        Operation::ListStorageFiles => api::cloud::list(call),
        Operation::UploadStorageFile => api::cloud::upload(call).await,
        Operation::DownloadStorageFile => api::cloud::download(call),
        Operation::DeleteStorageFiles => api::cloud::delete(call),
        Operation::Asset => api::assets::asset(call),
        Operation::Jwks => Ok(Reply::json(call.server.signing.jwks().clone())),
        Operation::ConsentPage => consent::page::show(call, Page::Authorize),
        Operation::ConsentDecision => consent::page::decide(call, Page::Authorize),
        _ => admin::handle(call, operation),
    }
}

/// The sandbox that a request means: administration names it, a JWT's `client_id` belongs to it, a
/// code or session key was minted by it.
fn sandbox_of(call: &Call, operation: Operation) -> Result<Arc<Sandbox>, Refusal> {
    let sandboxes = &call.server.sandboxes;
    let in_query =
        |name: &str| call.query().into_iter().find(|(known, _)| known == name).map(|(_, value)| value);
    if operation.is_admin() {
        let by_reference = sandboxes.minting(call.param("reference"));
        return match in_query("sandbox") {
            Some(id) => sandboxes.get(&id).ok_or_else(|| {
                let message = format!("There is no sandbox {id}");
                Refusal::new(404, RefusalCode::NotFound, message, "POST /__admin/sandboxes makes one")
            }),
            None => Ok(by_reference.unwrap_or_else(|| sandboxes.default_sandbox())),
        };
    }
    let by_contract = || {
        let contract_id = call.headers.get(CONTRACT_ID)?.to_str().ok()?;
        sandboxes.of_contract(contract_id)
    };
    let by_code = || sandboxes.minting(&in_query("code")?);
    let by_named_contract =
        || sandboxes.of_client(&format!("{}_{}", call.param("appId"), call.param("contractId")));
    let by_session = || sandboxes.minting(call.param("sessionKey"));
    let by_storage = || sandboxes.minting(call.param("storageId"));
    let found = sandbox_of_client(call)
        .or_else(by_session)
        .or_else(by_storage)
        .or_else(by_code)
        .or_else(by_named_contract)
        .or_else(by_contract);
    Ok(found.unwrap_or_else(|| sandboxes.default_sandbox()))
}

fn sandbox_of_client(call: &Call) -> Option<Arc<Sandbox>> {
    let client_id = UnverifiedJwt::claimed_client_id(bearer::token(&call.headers).ok()?)?;
    call.server.sandboxes.of_client(&client_id)
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
            format!("There is no {method} {path}"),
            "base URLs: {origin}/v1.7/ (API), {origin}/apps/saas/ (onboarding), {origin}/v1/ (cloud)",
        ),
    }
}
