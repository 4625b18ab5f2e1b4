//! Figures about the server's work, for monitoring: neither ids nor secrets are among them.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use http::StatusCode;
use prometheus::core::Collector;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use crate::operations::Operation;
use crate::operations::refusal_code::RefusalCode;

/// Upper bounds of the buckets, in seconds: most answers take less than a millisecond, and a list that
/// waits takes seconds.
const BUCKETS: [f64; 11] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0, 30.0];
/// What a request that reaches no operation counts as.
const NOWHERE: &str = "none";

/// What is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    /// By operation what nearly all of its requests count in, which is slow to find by labels.
    usual: HashMap<Option<Operation>, Usual>,
    connections: IntGauge,
    sandboxes: IntGauge,
}

/// What most requests of an operation count in, once there is one.
#[derive(Debug, Default)]
struct Usual {
    succeeded: OnceLock<IntCounter>,
    seconds: OnceLock<Histogram>,
}

/// How a request ended.
pub(crate) struct Ended<'a> {
    /// None if there is nothing at its path.
    pub(crate) operation: Option<Operation>,
    pub(crate) status: StatusCode,
    /// Of a refusal.
    pub(crate) code: Option<&'a RefusalCode>,
    /// Until the head of the answer.
    pub(crate) took: Duration,
}

impl Metrics {
    /// Nothing counted yet, of a server that can be asked for these.
    ///
    /// # Errors
    /// [`prometheus::Error`] if two figures had one name, which a test excludes.
    pub(crate) fn new(operations: impl Iterator<Item = Operation>) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let requests = Opts::new("digime_requests_total", "Requests by operation, status and error code.");
        let requests = IntCounterVec::new(requests, &["operation", "status", "code"])?;
        let seconds = HistogramOpts::new(
            "digime_request_duration_seconds",
            "Time from the head of a request to the head of its answer.",
        );
        let seconds = HistogramVec::new(seconds.buckets(BUCKETS.to_vec()), &["operation"])?;
        let connections = IntGauge::new("digime_open_connections", "Connections that are open.")?;
        let sandboxes = IntGauge::new("digime_sandboxes", "Sandboxes, the default one among them.")?;
        let build = Opts::new("digime_build_info", "The version of the server, as a label.");
        let build = IntGaugeVec::new(build, &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let all: [Box<dyn Collector>; 5] = [
            Box::new(requests.clone()),
            Box::new(seconds.clone()),
            Box::new(connections.clone()),
            Box::new(sandboxes.clone()),
            Box::new(build),
        ];
        all.into_iter().try_for_each(|figure| registry.register(figure))?;
        let usual =
            operations.map(Some).chain([None]).map(|operation| (operation, Usual::default())).collect();
        Ok(Self { registry, requests, seconds, usual, connections, sandboxes })
    }

    /// Counts a request.
    pub(crate) fn count(&self, ended: &Ended<'_>) {
        let operation = ended.operation.map_or(NOWHERE, Operation::name);
        let code = match ended.code {
            // A test's own words: there is no end of them.
            Some(RefusalCode::Injected(_)) => "injected",
            Some(code) => code.as_str(),
            None => "",
        };
        let counter = || self.requests.with_label_values(&[operation, ended.status.as_str(), code]);
        let histogram = || self.seconds.with_label_values(&[operation]);
        let usual = self.usual.get(&ended.operation);
        match usual.filter(|_| ended.status == StatusCode::OK && code.is_empty()) {
            Some(usual) => usual.succeeded.get_or_init(counter).inc(),
            None => counter().inc(),
        }
        let took = ended.took.as_secs_f64();
        match usual {
            Some(usual) => usual.seconds.get_or_init(histogram).observe(took),
            None => histogram().observe(took),
        }
    }

    /// Counts a connection for as long as the value lives.
    pub(crate) fn connected(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }

    /// All figures in the text format of Prometheus, version 0.0.4.
    ///
    /// # Errors
    /// [`prometheus::Error`] if a figure cannot be written.
    pub(crate) fn text(&self, sandboxes: usize) -> Result<String, prometheus::Error> {
        self.sandboxes.set(i64::try_from(sandboxes).unwrap_or(i64::MAX));
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// The type of what [`Metrics::text`] gives.
pub(crate) const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connected(IntGauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_is_counted_and_connections_as_long_as_they_are_open() {
        let token = Some(Operation::named("token"));
        let metrics = Metrics::new(token.into_iter()).unwrap();
        let count = |operation, status: u16, code: Option<RefusalCode>| {
            let status = StatusCode::from_u16(status).unwrap();
            metrics.count(&Ended { operation, status, code: code.as_ref(), took: Duration::from_millis(3) });
        };
        count(token, 200, None);
        count(token, 401, Some(RefusalCode::InvalidToken));
        count(token, 503, Some(RefusalCode::Injected("own words".to_owned())));
        count(None, 404, Some(RefusalCode::NotFound));
        (0..2).for_each(|_| count(Some(Operation::named("unknown")), 200, None));
        let (one, other) = (metrics.connected(), metrics.connected());
        drop(one);
        let text = metrics.text(2).unwrap();
        for line in [
            r#"digime_requests_total{code="",operation="token",status="200"} 1"#,
            r#"digime_requests_total{code="InvalidToken",operation="token",status="401"} 1"#,
            r#"digime_requests_total{code="injected",operation="token",status="503"} 1"#,
            r#"digime_requests_total{code="NotFound",operation="none",status="404"} 1"#,
            r#"digime_requests_total{code="",operation="unknown",status="200"} 2"#,
            r#"digime_request_duration_seconds_bucket{operation="token",le="0.0025"} 0"#,
            r#"digime_request_duration_seconds_bucket{operation="token",le="0.005"} 3"#,
            "digime_open_connections 1",
            "digime_sandboxes 2",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} is missing:\n{text}");
        }
        drop(other);
        assert!(metrics.text(2).unwrap().contains("digime_open_connections 0"));
    }
}
