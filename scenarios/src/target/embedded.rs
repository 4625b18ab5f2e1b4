//! A mock server in this process: one for each kind of sample data that scenarios need.

use std::collections::HashMap;
use std::sync::Mutex;

use digime_mock_server::MockServer;

use super::control::Control;
use super::{Stage, TargetError};
use crate::format::Needs;

/// The last day of the sample data, whatever today is, so that snapshots stay as they are.
const UNTIL: &str = "2026-01-31";

/// The sample data of a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct SampleData {
    seed: u64,
    until: String,
    months: u32,
}

/// Mock servers in this process, started when they are first needed. They stop when dropped; if one
/// of their handlers panicked, the drop panics too.
#[derive(Debug)]
pub(crate) struct EmbeddedTarget {
    http: reqwest::Client,
    servers: Mutex<HashMap<SampleData, MockServer>>,
}

impl EmbeddedTarget {
    pub(crate) fn new(http: reqwest::Client) -> Self {
        Self { http, servers: Mutex::default() }
    }

    pub(super) async fn stage(&self, needs: &Needs) -> Result<Stage, TargetError> {
        let sample_data = SampleData {
            seed: needs.seed.unwrap_or(7),
            until: needs.until.clone().unwrap_or_else(|| UNTIL.to_owned()),
            months: needs.months.unwrap_or(12),
        };
        let origin = self.origin(sample_data)?;
        Control::new_sandbox(&self.http, &origin, needs).await
    }

    fn origin(&self, data: SampleData) -> Result<String, TargetError> {
        let mut servers = self.servers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(server) = servers.get(&data) {
            return Ok(server.url());
        }
        let until = data.until.parse().map_err(|_| {
            TargetError::Lacks(format!("`until` is \"{}\", which is no day such as {UNTIL}", data.until))
        })?;
        let months = data.months;
        let builder = MockServer::builder().seed(data.seed).sample_data_until(until);
        let server = builder
            .settings(move |settings| settings.sample_data.months = months)
            .try_start()
            .map_err(|error| TargetError::Unreachable {
                url: "a server in this process".into(),
                why: error.to_string(),
            })?;
        let url = server.url();
        servers.insert(data, server);
        Ok(url)
    }
}
