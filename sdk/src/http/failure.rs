//! Turning network failures and refusals into errors that can be shown.

use std::error::Error as _;
use std::time::Duration;

use http::header::{HeaderMap, LOCATION};
use url::Url;

use crate::clock;
use crate::error::{ApiError, Error, ErrorCode, ErrorKind};
use crate::http::content;
use crate::http::endpoint;
use crate::http::proxy::ProxyName;
use crate::http::retry;

/// Clocks further apart than this are worth a word: servers accept a request's
/// timestamp for minutes at most.
const NOTABLE_SKEW: Duration = Duration::from_secs(5 * 60);

/// A failure below HTTP. A proxy on the way is named: it is often the culprit, and
/// nothing else of the error points at it.
pub(crate) fn network(error: reqwest::Error, what: &str, proxy: Option<&ProxyName>) -> Error {
    // The library's own text contains the URL, and with it the session key.
    let error = error.without_url();
    if let Some(failure) = content::failure_of_body(&error) {
        return failure;
    }
    let mut cause = error.to_string();
    let mut inner = error.source();
    while let Some(next) = inner {
        cause = next.to_string();
        inner = next.source();
    }
    let way = proxy.map_or_else(String::new, |proxy| format!(" by way of the proxy {proxy}"));
    let failed = if error.is_timeout() {
        Error::new(ErrorKind::Timeout, format!("{what} in time{way}"))
    } else {
        let what = if error.is_connect() { "the server cannot be reached" } else { what };
        Error::new(ErrorKind::Transport, format!("{what}{way}: {cause}"))
    };
    let failed = failed.because(error);
    match proxy {
        Some(_) => failed.advice(
            "the proxy comes from ClientBuilder::proxy, or from HTTP_PROXY, HTTPS_PROXY or ALL_PROXY; \
             NO_PROXY and ClientBuilder::no_proxy lead past it",
        ),
        None => failed,
    }
}

pub(crate) fn timed_out(what: &str, limit: Duration) -> Error {
    Error::new(ErrorKind::Timeout, format!("{what} took longer than {limit:?}"))
        .advice("the limits are settings of the client's builder")
}

pub(crate) fn too_large(what: &str, limit: u64) -> Error {
    Error::new(ErrorKind::TooLarge, format!("{what} is larger than {limit} bytes"))
        .advice("the limit is a setting of the client's builder")
}

/// A 3xx answer. Following it would carry a signed request to another address.
pub(crate) fn redirect_answer(from: &Url, status: u16, headers: &HeaderMap) -> Error {
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let what = match location.and_then(|value| from.join(value).ok()) {
        Some(target) => {
            return Error::new(
                ErrorKind::UnexpectedResponse,
                format!("the server redirected to {}", endpoint::origin(&target)),
            )
            .with_status(status)
            .advice("redirects are never followed: check the configured URLs");
        }
        None => format!("unexpected status {status}"),
    };
    Error::new(ErrorKind::UnexpectedResponse, what).with_status(status)
}

/// A 4xx or 5xx answer.
pub(crate) fn refused(status: u16, headers: &HeaderMap, body: &[u8], secrets: &[&str]) -> Error {
    let asked = retry::retry_after(headers);
    let text = String::from_utf8_lossy(body);
    let mut error = Error::new(ErrorKind::Api, format!("the server answered {status}"))
        .with_status(status)
        .with_body(&text)
        .with_retry_after(asked)
        .retryable(retry::is_transient(status, asked));
    let api = ApiError::read(status, headers, body).map(|api| api.without(secrets));
    let mut advice = api.as_ref().and_then(advice_for).map(str::to_owned);
    if status < 500
        && let Some(skew) = skew(headers)
    {
        advice = Some(skew);
    }
    if let Some(api) = api {
        error = error.with_api(api);
    }
    match advice {
        Some(advice) => error.advice(advice),
        None => error,
    }
}

fn advice_for(api: &ApiError) -> Option<&'static str> {
    Some(match api.code {
        ErrorCode::InvalidRedirectUri => "register the callback URL with the contract",
        ErrorCode::InvalidClient => {
            "check application id and contract id, and that they belong to this environment"
        }
        ErrorCode::SDKInvalid | ErrorCode::SDKVersionInvalid => {
            "the platform does not accept this agent: set another one with ClientBuilder::agent"
        }
        ErrorCode::ScopeOutOfBounds => "ask for no more than the contract allows",
        ErrorCode::InvalidContractDataRequest => "use a contract of the right kind",
        ErrorCode::InvalidSession | ErrorCode::SessionInvalid => "start a new session",
        _ => return None,
    })
}

/// What to say if this host's clock and the server's disagree.
pub(crate) fn skew(headers: &HeaderMap) -> Option<String> {
    let server = retry::server_date(headers)?;
    let (apart, direction) = match clock::now().duration_since(server) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    (apart > NOTABLE_SKEW).then(|| {
        format!(
            "this host's clock is {} minutes {direction} the server's: set it, requests are \
             signed with the time",
            apart.as_secs() / 60
        )
    })
}
