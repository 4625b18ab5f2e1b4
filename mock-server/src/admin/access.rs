//! Who may administrate.

use http::header::{AUTHORIZATION, HOST, ORIGIN};

use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;

/// What the document says of the parameter that names a sandbox.
pub(super) const SANDBOX: (&str, &str) = ("sandbox", "The sandbox; the default one if absent.");

/// From this machine alone, unless a token is configured, which is then required from everywhere.
///
/// A web page in the developer's browser is on this machine too: it is kept out by its `Origin`,
/// and, if it made its own name point here, by its `Host`.
pub(super) fn require_access(call: &Call) -> Result<(), Refusal> {
    let header = |name| call.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = &call.server.settings.admin_token {
        let given = header(AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        if token.matches(given) {
            return Ok(());
        }
        let message = "Administration requires the admin token: Authorization: Bearer <token>";
        return Err(Refusal::new(403, RefusalCode::AdminForbidden, message, "the token is missing or wrong"));
    }
    let forbidden = |message: &str| Err(Refusal::new(403, RefusalCode::AdminForbidden, message, message));
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
