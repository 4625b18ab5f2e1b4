//! The end of a request: its answer, what a fault makes of it, the journal and the log.

use std::sync::Arc;

use axum::response::Response;
use http::HeaderName;
use http::header::LOCATION;

use super::repetition::Repetition;
use super::{hostile, injected};
use crate::client_report::observer::{Answered, Observed, When};
use crate::clock::Stopwatch;
use crate::domain::refusal::Refusal;
use crate::faults::Fault;
use crate::faults::hostile::Hostile;
use crate::http::call::{Call, Target};
use crate::http::metrics::Ended;
use crate::http::reply::Outcome;
use crate::http::reply::{Reply, ReplyBody};
use crate::journal::check::Check;
use crate::journal::links::Links;
use crate::journal::redact::{fingerprint, is_secret, redact, redact_url};
use crate::journal::{Entry, JournalRefusal};
use crate::jwt::bearer;
use crate::jwt::unverified::UnverifiedJwt;
use crate::operations::route::Route;
use crate::sandbox::Sandbox;

/// Bodies above this size are not kept in the journal.
const LARGEST_JOURNALLED: usize = 64 * 1024;

/// Turns an outcome into the answer, and writes it down.
pub(crate) async fn finish(call: Call, fault: Option<Fault>, outcome: Outcome, watch: Stopwatch) -> Response {
    let (reply, refusal) = match outcome {
        Ok(reply) => (reply, None),
        Err(refusal) => {
            let reference = call.sandbox.tag().mint();
            let reply = Reply::refusal(&refusal, &reference, call.is_for_cloud());
            (reply, Some((refusal, reference)))
        }
    };
    let reply = fault.iter().flat_map(|fault| &fault.headers).fold(reply, |reply, (name, value)| {
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) => reply.header(name, value),
            Err(_) => reply,
        }
    });
    // Some clients look at both headers of any answer (protocol reference, legacy/endpoints §1).
    let reply = match &call.sdk_warning {
        Some(warning) if refusal.is_none() => reply
            .header(HeaderName::from_static("x-digi-sdk-status"), "deprecated")
            .header(HeaderName::from_static("x-digi-sdk-status-message"), warning),
        _ => reply,
    };
    log(&call, &reply, refusal.as_ref(), watch);
    call.server.metrics.count(&Ended {
        operation: call.route().map(|route| route.operation),
        status: reply.status,
        code: refusal.as_ref().map(|(refusal, _)| &refusal.code),
        took: watch.elapsed(),
    });
    let sandbox = Arc::clone(&call.sandbox);
    let repetition = Repetition::judge(&call, &reply, fault.as_ref()).await;
    let sequence = write_down(call, &reply, fault.as_ref(), refusal, watch).await;
    let response = reply.into_response();
    let response = match repetition {
        Some(repetition) => repetition.watch(response),
        None => response,
    };
    let Some(fault) = fault else { return response };
    let response = match (fault.hostile, sequence) {
        (Some(Hostile::InvalidUtf8), _) => hostile::body::invalid_utf8(response).await,
        (Some(Hostile::OversizeBody), Some(sequence)) => {
            hostile::body::oversize(response, Oversize { sandbox, sequence })
        }
        _ => response,
    };
    match fault.corrupt || fault.truncate || fault.disconnect {
        true => injected::damage(response, &fault).await,
        false => response,
    }
}

/// An oversize answer on its way.
struct Oversize {
    sandbox: Arc<Sandbox>,
    sequence: u64,
}

impl hostile::body::Appetite for Oversize {
    fn ended(&self, read_all: bool) {
        self.sandbox.observer.oversize_ended(self.sequence, read_all);
    }
}

/// One readable line a request; what programs pick out of it stands beside it, as fields of logs in JSON.
fn log(call: &Call, reply: &Reply, refusal: Option<&(Refusal, String)>, watch: Stopwatch) {
    let (method, path, status) = (&call.method, call.uri.path(), reply.status.as_u16());
    let millis = watch.elapsed().as_millis();
    let operation = call.route().map(|route| route.operation.name());
    let sandbox = call.sandbox.id();
    match refusal {
        Some((refusal, reference)) => tracing::info!(
            request.operation = operation,
            request.method = %method,
            request.path = path,
            request.status = status,
            request.millis = millis,
            request.sandbox = sandbox,
            request.code = refusal.code.as_str(),
            request.reference = reference,
            "{method} {path} {status} {millis}ms {} - {} (explain {reference})",
            refusal.code,
            refusal.detail
        ),
        None => tracing::info!(
            request.operation = operation,
            request.method = %method,
            request.path = path,
            request.status = status,
            request.millis = millis,
            request.sandbox = sandbox,
            "{method} {path} {status} {millis}ms"
        ),
    }
}

/// Writes a request into the journal, shows it to the observer and gives its number, if it leaves a trace.
async fn write_down(
    call: Call,
    reply: &Reply,
    fault: Option<&Fault>,
    refusal: Option<(Refusal, String)>,
    watch: Stopwatch,
) -> Option<u64> {
    let route = call.route();
    if route.is_some_and(Route::leaves_no_trace) || matches!(call.target, Target::FrontPage) {
        return None;
    }
    let headers = call.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        let shown = if is_secret(name.as_str()) { fingerprint(&value) } else { value.into_owned() };
        (name.as_str().to_owned(), shown)
    });
    let body = Some(&call.body).filter(|body| !body.is_empty() && body.len() <= LARGEST_JOURNALLED);
    let mut links = Links::of(call.sandbox.tag());
    let (answer, answer_left_out) = match &reply.body {
        ReplyBody::Json(value) => {
            let text = value.to_string();
            // The reference of an error is its own alone.
            if refusal.is_none() {
                links.look_through(&text);
            }
            match text.len() {
                size if size > LARGEST_JOURNALLED => (None, Some(size)),
                _ => (Some(redact(value)), None),
            }
        }
        ReplyBody::Envelope(envelope, _) => (None, envelope.length().and_then(|it| usize::try_from(it).ok())),
        _ => (None, None),
    };
    let location = reply.headers.get(LOCATION).and_then(|location| location.to_str().ok());
    links.look_through(&call.uri.to_string());
    call.headers.values().filter_map(|value| value.to_str().ok()).for_each(|it| links.look_through(it));
    body.and_then(|body| std::str::from_utf8(body).ok()).into_iter().for_each(|it| links.look_through(it));
    location.into_iter().for_each(|it| links.look_through(it));
    let failed_check = call.verdict.failure().map(|failure| failure.check);
    let reference = refusal.as_ref().map(|(_, reference)| reference.clone());
    let jwt = bearer::token(&call.headers).ok().and_then(|token| UnverifiedJwt::parse(token).ok());
    let contract = call.named_contract(jwt.as_ref()).await;
    // A request to nowhere fails no check; what a fault answers is the test's own doing.
    let defective =
        fault.is_none() && refusal.is_some() && failed_check.map_or(route.is_none(), Check::shows_defect);
    let entry = Entry {
        sequence: 0,
        server: None,
        time: call.now().timestamp().to_string(),
        operation: route.map(|route| route.operation),
        method: call.method.to_string(),
        path: redact_url(&call.uri.to_string()),
        headers: headers.collect(),
        body: body.and_then(|body| serde_json::from_slice(body).ok()).as_ref().map(redact),
        fault: fault.and_then(|fault| serde_json::to_string(fault).ok()),
        status: reply.status.as_u16(),
        content_type: reply.body.content_type().map(str::to_owned),
        answer,
        answer_left_out,
        location: location.map(redact_url),
        refusal: refusal.map(|(refusal, reference)| JournalRefusal {
            code: refusal.code.to_string(),
            message: refusal.message,
            detail: refusal.detail,
            reference,
        }),
        millis: u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX),
        user: call.user,
        links: links.finish(),
        verdict: call.verdict,
    };
    if defective {
        call.sandbox.expectations.defect(|| entry.to_string());
    }
    let sequence = call.sandbox.journal.write(entry, call.sandbox.real_now());
    call.sandbox.observer.observe(&Observed {
        sequence,
        reference: reference.as_deref(),
        route,
        contract: contract.as_deref(),
        method: &call.method,
        uri: &call.uri,
        headers: &call.headers,
        body: &call.body,
        jwt,
        failed_check,
        incomplete_list: call.incomplete_list,
        fault,
        answer: Answered {
            status: reply.status.as_u16(),
            headers: &reply.headers,
            json: match &reply.body {
                ReplyBody::Json(value) => Some(value),
                _ => None,
            },
        },
        when: When {
            real: call.received,
            arrived: call.sandbox.clock.at(call.received),
            answered: call.sandbox.now(),
        },
    });
    Some(sequence)
}
