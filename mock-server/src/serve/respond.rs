//! The end of a request: its answer, what a fault makes of it, the journal and the log.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use http::HeaderName;

use super::record::{End, Record};
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
use crate::journal::JournalRefusal;
use crate::journal::check::Check;
use crate::operations::route::Route;
use crate::sandbox::Sandbox;

/// Turns an outcome into the answer, and writes it down.
pub(crate) async fn finish(
    call: Box<Call>,
    fault: Option<Box<Fault>>,
    outcome: Outcome,
    watch: Stopwatch,
) -> Response {
    let (reply, refusal) = match outcome {
        Ok(reply) => (reply, None),
        Err(refusal) => {
            let reference = call.sandbox.tag().mint();
            let reply = Reply::refusal(&refusal, &reference, call.is_for_cloud());
            (reply, Some((refusal, reference)))
        }
    };
    let headers = fault.iter().flat_map(|fault| &fault.headers);
    let reply = headers.fold(reply, |reply, (name, value)| match HeaderName::from_bytes(name.as_bytes()) {
        Ok(name) => reply.header(name, value),
        Err(_) => reply,
    });
    // Some clients look at both headers of any answer (protocol reference, legacy/endpoints §1).
    let reply = match &call.sdk_warning {
        Some(warning) if refusal.is_none() => reply
            .header(HeaderName::from_static("x-digi-sdk-status"), "deprecated")
            .header(HeaderName::from_static("x-digi-sdk-status-message"), warning),
        _ => reply,
    };
    let took = watch.elapsed();
    log(&call, &reply, refusal.as_ref(), took);
    call.server.metrics.count(&Ended {
        operation: call.route().map(|route| route.operation),
        status: reply.status,
        code: refusal.as_ref().map(|(refusal, _)| &refusal.code),
        took,
    });
    let hostile = fault.as_ref().and_then(|fault| fault.hostile);
    let oversize = (hostile == Some(Hostile::OversizeBody)).then(|| Arc::clone(&call.sandbox));
    let repetition = Repetition::judge(&call, &reply, fault.as_deref()).await;
    let sequence = write_down(call, &reply, fault.as_deref(), refusal, took).await;
    let response = reply.into_response();
    let response = match repetition {
        Some(repetition) => repetition.watch(response),
        None => response,
    };
    let Some(fault) = fault else { return response };
    let response = match (oversize, sequence) {
        (Some(sandbox), Some(sequence)) => hostile::body::oversize(response, Oversize { sandbox, sequence }),
        _ if hostile == Some(Hostile::InvalidUtf8) => Box::pin(hostile::body::invalid_utf8(response)).await,
        _ => response,
    };
    match fault.corrupt || fault.truncate || fault.disconnect {
        true => Box::pin(injected::damage(response, &fault)).await,
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
fn log(call: &Call, reply: &Reply, refusal: Option<&(Refusal, String)>, took: Duration) {
    let (method, path, status) = (&call.method, call.uri.path(), reply.status.as_u16());
    let millis = took.as_millis();
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
    mut call: Box<Call>,
    reply: &Reply,
    fault: Option<&Fault>,
    refusal: Option<(Refusal, String)>,
    took: Duration,
) -> Option<u64> {
    let route = call.route();
    if route.is_some_and(Route::leaves_no_trace) || matches!(call.target, Target::FrontPage) {
        return None;
    }
    let contract = call.named_contract().await;
    let failed_check = call.verdict.failure().map(|failure| failure.check);
    // A request to nowhere fails no check; what a fault answers is the test's own doing.
    let defective =
        fault.is_none() && refusal.is_some() && failed_check.map_or(route.is_none(), Check::shows_defect);
    let reference = refusal.as_ref().map(|(_, reference)| reference.clone());
    let (arrived, answered) = (call.sandbox.clock.at(call.received), call.sandbox.now());
    let end = End {
        time: answered,
        fault: fault.and_then(|fault| serde_json::to_string(fault).ok()),
        refusal: refusal.map(|(refusal, reference)| JournalRefusal {
            code: refusal.code.to_string(),
            message: refusal.message,
            detail: refusal.detail,
            reference,
        }),
        millis: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    };
    let record = Record::of(&mut call, reply, end);
    // The watch is read already, and clocks are slow to read.
    let (journal, now) = (&call.sandbox.journal, call.received.plus(took));
    let sequence = if defective {
        let entry = record.entry();
        call.sandbox.expectations.defect(|| entry.to_string());
        journal.write(now, reference.clone(), || entry)
    } else {
        journal.write(now, reference.clone(), || record.entry())
    };
    call.sandbox.observer.observe(&Observed {
        sequence,
        reference: reference.as_deref(),
        route,
        contract: contract.as_deref(),
        method: &call.method,
        uri: &call.uri,
        headers: &call.headers,
        body: &call.body,
        jwt: call.jwt().map(|jwt| &**jwt),
        failed_check,
        listed: call.listed,
        issued: call.issued.as_ref(),
        fault,
        answer: Answered {
            status: reply.status.as_u16(),
            headers: &reply.headers,
            json: match &reply.body {
                ReplyBody::Json(json) => Some(json),
                _ => None,
            },
        },
        when: When { real: call.received, arrived, answered },
    });
    Some(sequence)
}
