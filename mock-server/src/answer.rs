//! The end of a request: its answer, what a fault makes of it, the journal and the log.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_LENGTH, LOCATION};
use http::{HeaderName, HeaderValue};
use http_body_util::BodyExt as _;

use crate::call::{Call, Target};
use crate::clock::Stopwatch;
use crate::dispatch::Outcome;
use crate::domain::refusal::Refusal;
use crate::faults::Fault;
use crate::hostile::{self, Hostile};
use crate::journal::{Entry, JournalRefusal};
use crate::observer::{Answered, Observed, When};
use crate::redact::{fingerprint, is_secret, redact, redact_url};
use crate::reply::{Reply, ReplyBody};
use crate::sandbox::Sandbox;
use crate::verify::bearer;
use crate::verify::jwt::UnverifiedJwt;

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
    log(&call, &reply, refusal.as_ref(), watch);
    let sandbox = Arc::clone(&call.sandbox);
    let sequence = write_down(call, &reply, fault.as_ref(), refusal, watch);
    let response = reply.into_response();
    let Some(fault) = fault else { return response };
    let response = match (fault.hostile, sequence) {
        (Some(Hostile::InvalidUtf8), _) => hostile::body::invalid_utf8(response).await,
        (Some(Hostile::OversizeBody), Some(sequence)) => {
            hostile::body::oversize(response, Oversize { sandbox, sequence })
        }
        _ => response,
    };
    match fault.corrupt || fault.truncate || fault.disconnect {
        true => damage(response, &fault).await,
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

/// Damages the body of an answer.
async fn damage(response: Response, fault: &Fault) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = body.collect().await else { return Response::from_parts(parts, Body::empty()) };
    let mut whole = whole.to_bytes().to_vec();
    if let Some(first) = whole.first_mut().filter(|_| fault.corrupt) {
        *first = !*first;
    }
    // A length that the answer had before is not true any more.
    parts.headers.remove(CONTENT_LENGTH);
    let half = whole.len() / 2;
    if fault.truncate {
        whole.truncate(half);
    }
    if !fault.disconnect {
        parts.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(parts, Body::from(whole));
    }
    // The head promises the whole body, so that the client can tell that the rest is missing.
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(whole.len()));
    whole.truncate(half);
    let cut = std::io::Error::other("an injected disconnect");
    Response::from_parts(parts, Body::from_stream(stream::iter([Ok(Bytes::from(whole)), Err(cut)])))
}

/// One readable line a request.
fn log(call: &Call, reply: &Reply, refusal: Option<&(Refusal, String)>, watch: Stopwatch) {
    let (method, path, status) = (&call.method, call.uri.path(), reply.status.as_u16());
    let millis = watch.elapsed().as_millis();
    match refusal {
        Some((refusal, reference)) => tracing::info!(
            "{method} {path} {status} {millis}ms {} - {} (explain {reference})",
            refusal.code,
            refusal.detail
        ),
        None => tracing::info!("{method} {path} {status} {millis}ms"),
    }
}

/// Writes a request into the journal, shows it to the observer and gives its number; the mock's own
/// operations are neither.
fn write_down(
    call: Call,
    reply: &Reply,
    fault: Option<&Fault>,
    refusal: Option<(Refusal, String)>,
    watch: Stopwatch,
) -> Option<u64> {
    let operation = match call.target {
        Target::Operation(operation) if operation.is_admin() => return None,
        Target::Operation(operation) => Some(operation),
        Target::UnknownPath | Target::WrongMethod => None,
    };
    let headers = call.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        let shown = if is_secret(name.as_str()) { fingerprint(&value) } else { value.into_owned() };
        (name.as_str().to_owned(), shown)
    });
    let body = Some(&call.body).filter(|body| !body.is_empty() && body.len() <= LARGEST_JOURNALLED);
    let (answer, answer_left_out) = match &reply.body {
        ReplyBody::Json(value) => match value.to_string().len() {
            size if size > LARGEST_JOURNALLED => (None, Some(size)),
            _ => (Some(redact(value)), None),
        },
        _ => (None, None),
    };
    let location = reply.headers.get(LOCATION).and_then(|location| location.to_str().ok());
    let failed_check = call.verdict.failure().map(|failure| failure.check);
    let reference = refusal.as_ref().map(|(_, reference)| reference.clone());
    let jwt = bearer::token(&call.headers).ok().and_then(|token| UnverifiedJwt::parse(token).ok());
    let contract = call.named_contract(jwt.as_ref());
    let entry = Entry {
        sequence: 0,
        time: call.now().timestamp().to_string(),
        operation,
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
            code: refusal.code,
            message: refusal.message,
            detail: refusal.detail,
            reference,
        }),
        millis: u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX),
        verdict: call.verdict,
    };
    let sequence = call.sandbox.journal.write(entry);
    call.sandbox.observer.observe(&Observed {
        sequence,
        reference: reference.as_deref(),
        operation,
        contract: contract.as_deref(),
        method: &call.method,
        uri: &call.uri,
        headers: &call.headers,
        body: &call.body,
        jwt,
        failed_check,
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
