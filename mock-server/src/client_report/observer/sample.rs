//! A request for the tests of the checks: well-behaved, unless a test changes it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use serde_json::{Value, json};

use super::{Answered, Observed, Observer, When};
use crate::client_report::{CheckOutcome, ClientCheck, ClientReport, Offence};
use crate::clock::Moment;
use crate::domain::contract::{Contract, ContractKind};
use crate::domain::listing::LibraryState;
use crate::domain::token::TokenPair;
use crate::faults::Fault;
use crate::journal::check::Check;
use crate::jwt::unverified::UnverifiedJwt;
use crate::operations::Operation;
use crate::operations::route::{Area, Route};
use crate::serve::endpoints::routes;

/// When samples come, in milliseconds since 1970.
pub(super) const NOW: i64 = 1_767_225_600_000;

pub(super) struct Sample {
    route: Option<&'static Route>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Vec<u8>,
    token: Option<UnverifiedJwt>,
    header: Value,
    claims: Value,
    failed_check: Option<Check>,
    listed: Option<LibraryState>,
    issued: Option<TokenPair>,
    fault: Option<Fault>,
    status: u16,
    answer_headers: HeaderMap,
    answer: Option<Vec<u8>>,
    arrived: i64,
    sequence: u64,
}

impl Sample {
    /// What a good client sends, answered with 200.
    pub(super) fn of(operation: Operation) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let sequence = COUNT.fetch_add(1, Ordering::Relaxed);
        let route = routes().find(|route| route.operation == operation).unwrap();
        let claims = match route.area {
            Area::Cloud | Area::CloudFolder => {
                json!({"sub": "app", "iss": "c-1", "iat": NOW / 1000, "exp": NOW / 1000 + 60})
            }
            _ => json!({"client_id": "app_c-1", "nonce": format!("{sequence:032}"), "timestamp": NOW}),
        };
        let sample = Self {
            route: Some(route),
            method: route.method.clone(),
            uri: Uri::from_static("/"),
            headers: HeaderMap::new(),
            body: br#"{"agent":{"sdk":{"name":"rust","version":"1"}}}"#.to_vec(),
            token: None,
            header: json!({"alg": "PS512", "typ": "JWT"}),
            claims,
            failed_check: None,
            listed: None,
            issued: None,
            fault: None,
            status: 200,
            answer_headers: HeaderMap::new(),
            answer: None,
            arrived: NOW,
            sequence,
        };
        sample
            .path(&route.paths().last().unwrap().replace(['{', '}', '*'], ""))
            .header("accept", "application/json")
            .signed()
    }

    pub(super) fn listed(mut self, state: LibraryState) -> Self {
        self.listed = Some(state);
        self
    }

    pub(super) fn issued(mut self, pair: TokenPair) -> Self {
        self.issued = Some(pair);
        self
    }

    pub(super) fn path(mut self, path: &str) -> Self {
        self.uri = path.parse().unwrap();
        self
    }

    /// As for a path that leads nowhere.
    pub(super) fn nowhere(mut self, path: &str) -> Self {
        self.route = None;
        self.path(path)
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        self
    }

    pub(super) fn without_header(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub(super) fn body(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self
    }

    pub(super) fn algorithm(mut self, algorithm: &str) -> Self {
        self.header["alg"] = json!(algorithm);
        self.signed()
    }

    pub(super) fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self.signed()
    }

    pub(super) fn without_jwt(mut self) -> Self {
        self.token = None;
        self
    }

    fn signed(mut self) -> Self {
        self.token = Some(UnverifiedJwt::parse(&jwt(&self.header, &self.claims)).unwrap());
        self
    }

    pub(super) fn failed(mut self, check: Check) -> Self {
        self.failed_check = Some(check);
        self
    }

    pub(super) fn fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    pub(super) fn answer(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(super) fn answer_header(mut self, name: &'static str, value: &str) -> Self {
        self.answer_headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        self
    }

    pub(super) fn answer_json(mut self, json: Value) -> Self {
        self.answer = Some(json.to_string().into_bytes());
        self
    }

    /// Answered a token with this payload.
    pub(super) fn answer_token(self, payload: &Value) -> Self {
        let token = jwt(&json!({"alg": "PS512"}), payload);
        self.answer_json(json!({ "token": token }))
    }

    /// Came at this time on the sandbox's clock, and was answered at once.
    pub(super) fn at(mut self, millis: i64) -> Self {
        self.arrived = millis;
        self
    }

    /// Came this many milliseconds after the others.
    pub(super) fn after(self, millis: i64) -> Self {
        self.at(NOW + millis)
    }

    pub(super) fn sequence(&self) -> u64 {
        self.sequence
    }

    pub(super) fn observed(&self) -> Observed<'_> {
        static CONTRACT: OnceLock<Contract> = OnceLock::new();
        let contract = CONTRACT.get_or_init(|| Contract::sample(ContractKind::Read));
        Observed {
            sequence: self.sequence,
            reference: (self.status >= 400).then_some("a-reference"),
            route: self.route,
            contract: self.token.as_ref().map(|_| contract),
            method: &self.method,
            uri: &self.uri,
            headers: &self.headers,
            body: &self.body,
            jwt: self.token.as_ref(),
            failed_check: self.failed_check,
            listed: self.listed,
            issued: self.issued.as_ref(),
            fault: self.fault.as_ref(),
            answer: Answered {
                status: self.status,
                headers: &self.answer_headers,
                json: self.answer.as_deref(),
            },
            when: When {
                real: Moment::from_millis(NOW),
                arrived: Moment::from_millis(self.arrived),
                answered: Moment::from_millis(self.arrived),
            },
        }
    }

    pub(super) fn observe(&self, observer: &Observer) {
        observer.observe(&self.observed());
    }
}

/// Which checks a client fails that sends these.
pub(super) fn failed<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> Vec<ClientCheck> {
    let clients = report(samples).clients;
    clients.iter().flat_map(|client| client.with_outcome(CheckOutcome::Failed)).collect()
}

/// How a client that sends these does in a check: passed and failed.
pub(super) fn counts<'a>(check: ClientCheck, samples: impl IntoIterator<Item = &'a Sample>) -> (u64, u64) {
    let report = report(samples);
    let found = report.clients[0].check(check).unwrap();
    (found.passed, found.failed)
}

/// The first offence against a check.
pub(super) fn offence<'a>(
    check: ClientCheck,
    samples: impl IntoIterator<Item = &'a Sample>,
) -> Option<Offence> {
    report(samples).clients.iter().find_map(|client| client.check(check)?.offences.first().cloned())
}

/// What is said of clients that send these, where refresh tokens have a minute of grace.
pub(super) fn report<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> ClientReport {
    let observer = Observer::new(Duration::from_secs(60));
    samples.into_iter().for_each(|sample| sample.observe(&observer));
    observer.report("box")
}

/// What the observer reads of a JWT needs no signature.
fn jwt(header: &Value, claims: &Value) -> String {
    let part = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}.c2ln", part(header), part(claims))
}
