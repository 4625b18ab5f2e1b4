//! A request and its answer, as the observer looks at them.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method, Uri};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::clock::Moment;
use crate::domain::app_link::AppLink;
use crate::domain::contract::Contract;
use crate::domain::listing::LibraryState;
use crate::domain::token::TokenPair;
use crate::faults::Fault;
use crate::fingerprint::Fingerprint;
use crate::generations::Dialect;
use crate::journal::check::Check;
use crate::jwt::claims::Claims;
use crate::jwt::unverified::UnverifiedJwt;
use crate::operations::Operation;
use crate::operations::generation::Generation;
use crate::operations::route::{Area, Route};

/// A request that was answered. What it claims is not believed, but it is the client's doing.
#[derive(Debug)]
pub(crate) struct Observed<'a> {
    /// Its number in the journal.
    pub(crate) sequence: u64,
    /// `error.reference` of its answer.
    pub(crate) reference: Option<&'a str>,
    /// What it asked for; none if nothing is there.
    pub(crate) route: Option<&'static Route>,
    /// The contract that it names.
    pub(crate) contract: Option<&'a Contract>,
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) jwt: Option<&'a UnverifiedJwt>,
    /// The check of the verdict that it failed.
    pub(crate) failed_check: Option<Check>,
    /// The state of the list of files that the server had for it; a fault may have made another answer of that.
    pub(crate) listed: Option<LibraryState>,
    /// The token pair that the server had for it; a fault may have made another answer of that.
    pub(crate) issued: Option<&'a TokenPair>,
    pub(crate) fault: Option<&'a Fault>,
    pub(crate) answer: Answered<'a>,
    pub(crate) when: When,
}

/// What a request was answered.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    /// The body, if it is JSON.
    pub(crate) json: Option<&'a [u8]>,
}

impl Answered<'_> {
    /// The body, read; few checks need it.
    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(self.json?).ok()
    }
}

/// The part of a list of files that tells whether it is complete.
#[derive(Deserialize)]
struct List {
    status: ListStatus,
}

#[derive(Deserialize)]
struct ListStatus {
    state: String,
}

/// When a request came and was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct When {
    /// Real time, by which timestamps are judged.
    pub(crate) real: Moment,
    /// When it came, on the sandbox's clock, which is as far ahead as tests have moved it: a client
    /// whose waiting is skipped by moving the clock has waited.
    pub(crate) arrived: Moment,
    /// When it was answered, on the sandbox's clock.
    pub(crate) answered: Moment,
}

impl Observed<'_> {
    /// Whether it asked for this.
    pub(super) fn is(&self, operation: Operation) -> bool {
        self.operation() == Some(operation)
    }

    /// What it asked for; none if nothing is there.
    pub(crate) fn operation(&self) -> Option<Operation> {
        self.route.map(|route| route.operation)
    }

    /// The area of what it asked for.
    pub(super) fn area(&self) -> Option<Area> {
        self.route.map(|route| route.area)
    }

    /// Whether it goes to the cloud host.
    pub(super) fn is_for_cloud(&self) -> bool {
        self.route.is_some_and(Route::is_for_cloud)
    }

    /// The claims of its JWT.
    pub(super) fn claims(&self) -> Option<&Claims> {
        self.jwt.map(|jwt| &*jwt.claims)
    }

    /// A claim that is a text and not empty.
    pub(super) fn claim(&self, name: &str) -> Option<&str> {
        self.claims()?.text(name).ok().flatten().filter(|text| !text.is_empty())
    }

    /// A parameter of its query.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        parameter(self.uri.query().unwrap_or_default(), name)
    }

    /// What its generation of the API does in its own way.
    pub(super) fn dialect(&self) -> &'static Dialect {
        Dialect::of(Generation::of_path(self.uri.path()).unwrap_or(Generation::CURRENT))
    }

    /// The code that a page was opened with: its own parameter, or the one of an app's link.
    pub(super) fn page_code(&self) -> Option<String> {
        let of_link =
            || AppLink::parse(&self.parameter("link")?).ok()?.preauthorization_code().map(str::to_owned);
        self.parameter("code").or_else(of_link)
    }

    /// Whether it did what it asked for, and the client was told so.
    pub(super) fn succeeded(&self) -> bool {
        (200..300).contains(&self.answer.status) && !self.fault.is_some_and(Fault::loses_answer)
    }

    /// What makes two requests the same, but for their JWT's nonce and time: method, path and for
    /// whom it is.
    pub(super) fn identity(&self) -> Fingerprint {
        let subject = ["access_token", "refresh_token", "code"].into_iter().find_map(|name| self.claim(name));
        Fingerprint::of(&[self.method.as_str(), self.uri.path(), subject.unwrap_or_default()])
    }

    /// Where the browser or the client was sent.
    pub(super) fn location(&self) -> Option<&str> {
        self.answer.headers.get(LOCATION)?.to_str().ok()
    }

    /// How long the client was asked to wait: seconds or a date (RFC 9110 §10.2.3).
    pub(super) fn retry_after(&self) -> Option<Duration> {
        if self.answer.status < 400 {
            return None;
        }
        let text = self.answer.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = jiff::fmt::rfc2822::parse(text).ok()?;
        Some(Moment::from_millis(date.timestamp().as_millisecond()).since(self.when.answered))
    }

    /// The payload of the token that it was answered.
    pub(super) fn answered_payload(&self) -> Option<Arc<Claims>> {
        let answer: Value = self.answer.read()?;
        UnverifiedJwt::parse(answer.get("token")?.as_str()?).ok().map(|jwt| jwt.claims)
    }

    /// The state of the list of files that it was answered.
    pub(super) fn answered_state(&self) -> Option<Cow<'static, str>> {
        match (self.listed, self.fault) {
            (Some(state), None) => Some(state.as_str().into()),
            _ => self.answer.read::<List>().map(|list| list.status.state.into()),
        }
    }

    /// The code of the page that it was answered.
    pub(super) fn answered_page_code(&self) -> Option<String> {
        if !matches!(self.operation(), Some(Operation::AUTHORIZE | Operation::TOKEN_REFERENCE)) {
            return None;
        }
        let payload = self.answered_payload()?;
        let code =
            ["preauthorization_code", "reference_code"].into_iter().find_map(|name| payload.0.get(name));
        code.and_then(Value::as_str).map(str::to_owned)
    }
}

/// A parameter of a query.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::*;

    #[test]
    fn a_wait_is_understood_in_either_form_and_only_of_a_refusal() {
        let asked = |status, value: &str| {
            let sample =
                Sample::of(Operation::READ_FILE_LIST).answer(status).answer_header("retry-after", value);
            let sample = sample.at(1_767_225_600_000);
            sample.observed().retry_after()
        };
        assert_eq!(asked(503, "7"), Some(Duration::from_secs(7)));
        assert_eq!(asked(429, "Thu, 01 Jan 2026 00:00:09 GMT"), Some(Duration::from_secs(9)));
        assert_eq!(asked(429, "Wed, 31 Dec 2025 00:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(asked(429, "soon"), None);
        assert_eq!(asked(200, "7"), None);
    }

    #[test]
    fn requests_for_different_users_are_not_the_same() {
        let identity = |token: &str| {
            Sample::of(Operation::READ_ACCOUNTS).claim("access_token", token).observed().identity()
        };
        assert_eq!(identity("a"), identity("a"));
        assert_ne!(identity("a"), identity("b"));
    }
}
