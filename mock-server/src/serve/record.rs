//! A request and its answer, as they are kept until somebody reads the journal.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{AUTHORIZATION, LOCATION};
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use crate::clock::Moment;
use crate::http::call::Call;
use crate::http::reply::{Reply, ReplyBody};
use crate::journal::links::Links;
use crate::journal::redact::{fingerprint, is_secret, redact, redact_url};
use crate::journal::verdict::Verdict;
use crate::journal::{Entry, JournalRefusal};
use crate::jwt::bearer;
use crate::jwt::unverified::UnverifiedJwt;
use crate::operations::Operation;
use crate::random::SandboxTag;

/// Bodies above this size are not kept in the journal.
const LARGEST: usize = 64 * 1024;

/// A request and its answer. Nothing of it is shared with the connection that it came by, whose memory is used again.
pub(super) struct Record {
    time: Moment,
    operation: Option<Operation>,
    method: Method,
    head: Head,
    body: Box<[u8]>,
    verdict: Verdict,
    fault: Option<String>,
    status: u16,
    content_type: Option<&'static str>,
    answer: Option<Bytes>,
    answer_left_out: Option<usize>,
    location: Option<String>,
    refusal: Option<JournalRefusal>,
    millis: u64,
    user: Option<String>,
    tag: SandboxTag,
}

/// What only the end of a request knows.
pub(super) struct End {
    pub(super) time: Moment,
    pub(super) fault: Option<String>,
    pub(super) refusal: Option<JournalRefusal>,
    pub(super) millis: u64,
}

impl Record {
    /// Takes what the journal tells of a request.
    pub(super) fn of(call: &mut Call, reply: &Reply, end: End) -> Self {
        let (answer, answer_left_out) = match &reply.body {
            ReplyBody::Json(json) if json.len() > LARGEST => (None, Some(json.len())),
            ReplyBody::Json(json) => (Some(json.clone()), None),
            ReplyBody::Envelope(envelope, _) => {
                (None, envelope.length().and_then(|it| usize::try_from(it).ok()))
            }
            _ => (None, None),
        };
        let location = reply.headers.get(LOCATION);
        Self {
            time: end.time,
            operation: call.route().map(|route| route.operation),
            method: call.method.clone(),
            head: Head::of(&call.uri, &call.headers),
            body: if call.body.len() > LARGEST { Box::default() } else { call.body[..].into() },
            verdict: std::mem::take(&mut call.verdict),
            fault: end.fault,
            status: reply.status.as_u16(),
            content_type: reply.body.content_type(),
            answer,
            answer_left_out,
            location: location.and_then(|it| it.to_str().ok()).map(str::to_owned),
            refusal: end.refusal,
            millis: end.millis,
            user: call.user.take(),
            tag: *call.sandbox.tag(),
        }
    }

    /// It as the journal shows it: without secrets.
    pub(super) fn entry(self) -> Entry {
        let links = self.links();
        let mut verdict = self.verdict;
        if verdict.shows_claims {
            let bearer = self.head.headers().find(|(name, _)| *name == AUTHORIZATION.as_str());
            let jwt = bearer.and_then(|(_, value)| UnverifiedJwt::parse(bearer::token_of(value).ok()?).ok());
            verdict.claims = jwt.map(|jwt| jwt.claims.redacted());
        }
        let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok().as_ref().map(redact);
        Entry {
            sequence: 0,
            server: None,
            time: self.time.timestamp().to_string(),
            operation: self.operation,
            method: self.method.to_string(),
            path: redact_url(self.head.uri()),
            headers: self.head.headers().map(shown).collect(),
            body: json(&self.body),
            verdict,
            fault: self.fault,
            status: self.status,
            content_type: self.content_type.map(str::to_owned),
            answer: self.answer.as_deref().and_then(json),
            answer_left_out: self.answer_left_out,
            location: self.location.as_deref().map(redact_url),
            refusal: self.refusal,
            millis: self.millis,
            user: self.user,
            links,
        }
    }

    fn links(&self) -> Vec<String> {
        let mut links = Links::of(&self.tag);
        // The reference of an error is its own alone.
        let answer = self.answer.as_deref().filter(|_| self.refusal.is_none());
        for text in [answer, Some(&*self.body)].into_iter().flatten() {
            links.look_through(std::str::from_utf8(text).unwrap_or_default());
        }
        for text in [Some(&self.head.0), self.location.as_ref()].into_iter().flatten() {
            links.look_through(text);
        }
        links.finish()
    }
}

/// The URI of a request and a line for each header, `name:value`: one text, which takes less than a map.
struct Head(String);

impl Head {
    fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let full;
        let uri = match (uri.authority(), uri.path_and_query()) {
            (None, Some(path)) => path.as_str(),
            _ => {
                full = uri.to_string();
                &full
            }
        };
        let length: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 2).sum();
        let mut lines = String::with_capacity(uri.len() + 1 + length);
        lines.extend([uri, "\n"]);
        for (name, value) in headers {
            // Neither has a line end, and a name has no colon.
            let value =
                value.to_str().map_or_else(|_| String::from_utf8_lossy(value.as_bytes()), Cow::Borrowed);
            lines.extend([name.as_str(), ":", &value, "\n"]);
        }
        Self(lines)
    }

    fn uri(&self) -> &str {
        self.0.lines().next().unwrap_or_default()
    }

    fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.lines().skip(1).filter_map(|line| line.split_once(':'))
    }
}

fn shown((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), if is_secret(name) { fingerprint(value) } else { value.to_owned() })
}
