//! Who may administrate.

use std::net::IpAddr;

use http::header::{AUTHORIZATION, HOST};

use super::browser;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::forwarded::is_forwarded;
use crate::operations::Operation;
use crate::sandbox::caller::Caller;
use crate::sandbox::partners::TOKEN_PREFIX;

/// What the document says of the parameter that names a sandbox.
pub(super) const SANDBOX: (&str, &str) = ("sandbox", "The sandbox; the default one if absent.");

/// What is open to all.
const OPEN: [Operation; 5] = [
    Operation::ADMIN_HEALTH,
    Operation::ADMIN_READY,
    Operation::CONSOLE_ASSET,
    Operation::CONSOLE_LOGIN_PAGE,
    Operation::CONSOLE_LOGIN,
];

/// What partners may ask for; the rest is the host's alone.
const PARTNERS: [Operation; 48] = [
    Operation::ADMIN_OPENAPI,
    Operation::ADMIN_OPERATIONS,
    Operation::ADMIN_CREDENTIALS,
    Operation::ADMIN_CONSENT,
    Operation::ADMIN_CLOCK,
    Operation::ADMIN_MOVE_CLOCK,
    Operation::ADMIN_RESET,
    Operation::ADMIN_REQUESTS,
    Operation::ADMIN_SHOW_REQUEST,
    Operation::ADMIN_EVENTS,
    Operation::ADMIN_FORGET_REQUESTS,
    Operation::ADMIN_LIST_FLOWS,
    Operation::ADMIN_SHOW_FLOW,
    Operation::ADMIN_EXPLAIN,
    Operation::ADMIN_LIST_USERS,
    Operation::ADMIN_SHOW_USER,
    Operation::ADMIN_REMOVE_USER,
    Operation::ADMIN_EXPIRE_TOKEN,
    Operation::ADMIN_REVOKE_TOKEN,
    Operation::ADMIN_END_SESSION,
    Operation::ADMIN_CHANGE_ACCOUNT,
    Operation::ADMIN_LIST_USER_FILES,
    Operation::ADMIN_SHOW_USER_FILE,
    Operation::ADMIN_CLIENT_REPORT,
    Operation::ADMIN_FAULTS,
    Operation::ADMIN_INJECT_FAULT,
    Operation::ADMIN_CLEAR_FAULTS,
    Operation::ADMIN_EXPORT_STATE,
    Operation::ADMIN_LIST_SANDBOXES,
    Operation::ADMIN_CREATE_SANDBOX,
    Operation::ADMIN_REMOVE_SANDBOX,
    Operation::ADMIN_LIST_APPLICATIONS,
    Operation::ADMIN_CREATE_APPLICATION,
    Operation::ADMIN_SHOW_APPLICATION,
    Operation::ADMIN_CHANGE_APPLICATION,
    Operation::ADMIN_REMOVE_APPLICATION,
    Operation::ADMIN_LIST_CONTRACTS,
    Operation::ADMIN_CREATE_CONTRACT,
    Operation::ADMIN_SHOW_CONTRACT,
    Operation::ADMIN_CHANGE_CONTRACT,
    Operation::ADMIN_REMOVE_CONTRACT,
    Operation::ADMIN_ROTATE_KEY,
    Operation::ADMIN_LIST_PARTNERS,
    Operation::ADMIN_SHOW_PARTNER,
    Operation::CONSOLE_HOME,
    Operation::CONSOLE_PAGE,
    Operation::CONSOLE_DETAIL,
    Operation::CONSOLE_LOGOUT,
];

/// Who asks for administration. The token of a partner opens what partners may ask for. Without one it is
/// the host: from this machine alone, unless an admin token is configured, which is then required from
/// everywhere. A browser that logged in shows a cookie in place of the token. An operation is guarded unless it
/// is named here.
///
/// # Errors
/// `AdminForbidden`.
pub(crate) fn caller(call: &Call, operation: Operation) -> Result<Caller, Refusal> {
    if OPEN.contains(&operation) {
        return Ok(Caller::Client);
    }
    let given = bearer(call);
    if let Some(token) = given.filter(|token| token.starts_with(TOKEN_PREFIX)) {
        let partner = call.server.sandboxes.registry.partners.of_token(token);
        // A token that is no longer good is never taken for none, even on the host's own machine.
        let partner = partner.ok_or_else(|| refused("There is no partner with this token"))?;
        return allowed(Caller::Partner(partner), operation);
    }
    if given.is_none()
        && let Some(session) = browser::session(call)?
    {
        return allowed(session.caller, operation);
    }
    match (&call.server.settings.admin_token, given) {
        (Some(token), Some(given)) if token.matches(given) => Ok(Caller::Host),
        (Some(_), _) => {
            let message = "Administration requires the admin token: Authorization: Bearer <token>";
            Err(Refusal::new(403, RefusalCode::AdminForbidden, message, "the token is missing or wrong"))
        }
        (None, _) => require_this_machine(call).map(|()| Caller::Host),
    }
}

/// The caller, if the operation is for them.
fn allowed(caller: Caller, operation: Operation) -> Result<Caller, Refusal> {
    match caller.partner().is_none() || PARTNERS.contains(&operation) {
        true => Ok(caller),
        false => Err(refused("This is for the host of the server only, not for partners")),
    }
}

/// The token that a request shows.
fn bearer(call: &Call) -> Option<&str> {
    let (scheme, token) = header(call, AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

pub(super) fn refused(message: &str) -> Refusal {
    Refusal::new(403, RefusalCode::AdminForbidden, message, message)
}

/// A web page in the developer's browser is on this machine too: it is kept out by its `Origin`,
/// and, if it made its own name point here, by its `Host`.
fn require_this_machine(call: &Call) -> Result<(), Refusal> {
    if !call.peer.ip().to_canonical().is_loopback() {
        return forbidden(
            "Administration answers this machine only; start the server with --admin-token to open it",
        );
    }
    if is_forwarded(&call.headers) {
        return forbidden(
            "Administration answers this machine only, and a proxy passed this request on; start the server \
             with --admin-token to open it",
        );
    }
    let settings = &call.server.settings;
    let host = header(call, HOST).unwrap_or_default();
    let is_public =
        settings.public_url.as_ref().is_some_and(|url| url.authority().eq_ignore_ascii_case(host));
    if !is_public && !is_local(host) {
        return forbidden("Administration answers localhost and addresses only, not other host names");
    }
    browser::require_allowed_page(call)
}

fn forbidden(message: &str) -> Result<(), Refusal> {
    Err(refused(message))
}

pub(super) fn header(call: &Call, name: http::HeaderName) -> Option<&str> {
    call.headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether a `Host` is an address, or a name that always means this machine (RFC 6761 §6.3).
fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    if name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return true;
    }
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost" || name.strip_suffix(".localhost").is_some_and(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn loopback_names_are_local_whatever_their_case() {
        for host in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "mock.localhost:8080",
            "Mock.LocalHost.:1",
            "127.0.0.1:8080",
            "[::1]:8080",
            "192.168.0.1",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "",
            ".",
            "evil.example",
            "localhost.evil.example",
            "evillocalhost",
            ".localhost",
            "localhost..",
            "localhost:80.evil.example",
            "127.0.0.1.evil.example",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
