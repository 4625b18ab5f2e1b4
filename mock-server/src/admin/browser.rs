//! Requests of browsers: which page sends them, and the cookie of one that logged in.

use http::header::{COOKIE, HOST, ORIGIN};
use http::{HeaderName, Method};

use super::access::{header, refused};
use crate::domain::refusal::Refusal;
use crate::http::browser_session::BrowserSession;
use crate::http::call::Call;

/// The header by which a page of the console shows that a change is its own.
const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

const OTHER_PAGES: &str =
    "Administration does not answer other web pages; start the server with --cors-origin to allow one";

/// The session of a browser that logged in; none if it shows no cookie of this server.
///
/// # Errors
/// `AdminForbidden` if the session is over, or the request is not one of the console's own.
pub(super) fn session(call: &Call) -> Result<Option<BrowserSession>, Refusal> {
    let Some(value) = cookie(call) else { return Ok(None) };
    // A session that is over is never taken for none, even on the host's own machine.
    let session = open_session(call, value).ok_or_else(|| refused("The session has ended: log in again"))?;
    if !is_of_page(call, false) {
        return Err(refused(OTHER_PAGES));
    }
    let is_change = ![Method::GET, Method::HEAD].contains(&call.method);
    if is_change && !session.allows_change(header(call, CSRF).unwrap_or_default()) {
        return Err(refused("A change needs the header X-CSRF-Token of the console besides its cookie"));
    }
    Ok(Some(session))
}

/// Whether a browser shows a cookie of this server, good or not.
pub(crate) fn shows_cookie(call: &Call) -> bool {
    cookie(call).is_some()
}

/// The session that a browser shows, whatever it asks for.
pub(crate) fn shown_session(call: &Call) -> Option<BrowserSession> {
    open_session(call, cookie(call)?)
}

fn open_session(call: &Call, value: &str) -> Option<BrowserSession> {
    let (server, now) = (&call.server, call.server.sandboxes.real_now());
    server.browser_sessions.of(value, &server.sandboxes.registry.partners, now)
}

/// Refuses requests that a browser sends for a page of another origin, unless the settings name it. Opening an
/// address in the browser is no such request.
///
/// # Errors
/// `AdminForbidden`.
pub(super) fn require_allowed_page(call: &Call) -> Result<(), Refusal> {
    match is_of_page(call, true) {
        true => Ok(()),
        false => Err(refused(OTHER_PAGES)),
    }
}

/// Refuses requests that a browser sends for a page of another origin.
///
/// # Errors
/// `AdminForbidden`.
pub(crate) fn require_own_page(call: &Call) -> Result<(), Refusal> {
    match is_of_page(call, false) {
        true => Ok(()),
        false => Err(refused("This is for the server's own pages only")),
    }
}

/// Whether a request is no browser's, or its page may send it. Old browsers tell the origin of changes alone, and
/// new ones besides whether a request comes from another site (Fetch Metadata).
fn is_of_page(call: &Call, with_named: bool) -> bool {
    if let Some(origin) = call.headers.get(ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        let named = with_named && call.server.settings.cors_origins.iter().any(|allowed| allowed.is(origin));
        return named || is_own(call, origin);
    }
    let opens_address =
        call.method == Method::GET && header(call, FETCH_MODE).is_some_and(|mode| mode == "navigate");
    opens_address || header(call, FETCH_SITE).is_none_or(|site| ["same-origin", "none"].contains(&site))
}

/// Whether an `Origin` is where the browser reaches this server.
fn is_own(call: &Call, origin: &str) -> bool {
    let host = header(call, HOST).unwrap_or_default();
    origin.split_once("://").is_some_and(|(_, own)| !own.is_empty() && own.eq_ignore_ascii_case(host))
        || call.reached().origin() == origin
}

/// The name of the cookie. Browsers share cookies between the ports of a host, and so between servers on one
/// machine.
pub(crate) fn cookie_name(call: &Call) -> String {
    let reached = call.reached();
    let port = reached.authority().rsplit_once(':').map(|(_, port)| port);
    let port = port.filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    format!("digime_console_{}", port.unwrap_or("default"))
}

/// The value of the server's cookie.
fn cookie(call: &Call) -> Option<&str> {
    let name = cookie_name(call);
    let lines = call.headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, value)| *known == name && !value.is_empty()).map(|(_, value)| value)
}
