//! Administration under `/__admin`: the mock's own interface, never the platform's.

mod client_report;
pub(crate) mod clock;
pub(crate) mod consent;
pub(crate) mod faults;
pub(crate) mod requests;
pub(crate) mod sandboxes;

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use serde_json::json;

use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;
use crate::openapi;
use crate::operations::route::Operation;
use crate::sandbox::credentials::Credentials;

pub(crate) fn handle(call: &mut Call, operation: Operation) -> Outcome {
    require_access(call)?;
    match operation {
        Operation::AdminHealth => Ok(Reply::json(json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
        }))),
        Operation::AdminOpenapi => Ok(Reply::json(openapi::document(&call.origin()))),
        Operation::AdminCredentials => credentials(call),
        Operation::AdminConsent => consent::decide(call),
        Operation::AdminClock => Ok(clock::show(call)),
        Operation::AdminMoveClock => clock::advance(call),
        Operation::AdminReset => {
            call.sandbox.reset();
            Ok(Reply::json(json!({ "sandbox": call.sandbox.id() })))
        }
        Operation::AdminRequests => Ok(requests::list(call)),
        Operation::AdminForgetRequests => {
            call.sandbox.journal.clear();
            Ok(requests::list(call))
        }
        Operation::AdminExplain => requests::explain(call),
        Operation::AdminClientReport => client_report::show(call),
        Operation::AdminFaults => Ok(faults::list(call)),
        Operation::AdminInjectFault => faults::inject(call),
        Operation::AdminClearFaults => {
            call.sandbox.faults.clear();
            Ok(faults::list(call))
        }
        Operation::AdminCreateSandbox => sandboxes::create(call),
        Operation::AdminRemoveSandbox => sandboxes::remove(call),
        _ => Err(Refusal::new(404, "NotFound", "Not an administrative operation", operation.name())),
    }
}

fn credentials(call: &Call) -> Outcome {
    to_json(&Credentials::of(&call.sandbox, &call.origin()))
}

fn to_json<T: serde::Serialize>(value: &T) -> Outcome {
    let json = serde_json::to_value(value);
    json.map(Reply::json).map_err(|error| {
        Refusal::new(500, "InternalServerError", "The answer could not be written", error.to_string())
    })
}

/// From this machine alone, unless a token is configured, which is then required from everywhere.
///
/// A web page in the developer's browser is on this machine too: it is kept out by its `Origin`,
/// and, if it made its own name point here, by its `Host`.
fn require_access(call: &Call) -> Result<(), Refusal> {
    let header = |name| call.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = &call.server.settings.admin_token {
        let given = header(AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        if token.matches(given) {
            return Ok(());
        }
        let message = "Administration requires the admin token: Authorization: Bearer <token>";
        return Err(Refusal::new(403, "AdminForbidden", message, "the token is missing or wrong"));
    }
    let forbidden = |message: &str| Err(Refusal::new(403, "AdminForbidden", message, message));
    if !call.peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback()) {
        return forbidden(
            "Administration answers this machine only; start the server with --admin-token to open it",
        );
    }
    let host = header(HOST).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let own_name = call.server.settings.public_url.as_deref().and_then(|url| url.split_once("://"));
    let is_address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    if !is_address && name != "localhost" && own_name.is_none_or(|(_, own)| own != host) {
        return forbidden("Administration answers localhost and addresses only, not other host names");
    }
    match header(ORIGIN) {
        Some(origin) if origin.split_once("://").is_none_or(|(_, it)| it != host) => {
            forbidden("Administration does not answer other web pages")
        }
        _ => Ok(()),
    }
}
