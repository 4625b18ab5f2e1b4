//! A mock server in this process: one for all scenarios that need the same settings.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use digime_mock_server::MockServer;
use digime_mock_server::settings::AgentRules;

use super::control::Control;
use super::{Environment, TargetError};
use crate::format::ServerSetup;

/// The last day of the sample data, whatever today is, so that snapshots stay as they are.
const UNTIL: &str = "2026-01-31";

/// The settings of a server that a sandbox cannot change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct OwnSettings {
    seed: u64,
    until: String,
    months: u32,
    refused_agents: Vec<String>,
    outdated_agents: Vec<String>,
    deprecated_agents: Vec<String>,
    service_groups: Vec<u32>,
}

/// Mock servers in this process, started when they are first needed.
#[derive(Debug)]
pub(crate) struct EmbeddedTarget {
    http: reqwest::Client,
    servers: Mutex<HashMap<OwnSettings, MockServer>>,
    /// Those that began from a state: each is one scenario's, because a state has ids of its own.
    own: Mutex<Vec<MockServer>>,
}

impl EmbeddedTarget {
    pub(crate) fn new(http: reqwest::Client) -> Self {
        Self { http, servers: Mutex::default(), own: Mutex::default() }
    }

    pub(super) async fn prepare(&self, setup: &ServerSetup) -> Result<Environment, TargetError> {
        let own = OwnSettings {
            seed: setup.seed.unwrap_or(7),
            until: setup.until.map_or_else(|| UNTIL.to_owned(), |day| day.to_string()),
            months: setup.months.unwrap_or(12),
            refused_agents: setup.refused_agents.clone(),
            outdated_agents: setup.outdated_agents.clone(),
            deprecated_agents: setup.deprecated_agents.clone(),
            service_groups: setup.service_groups.clone(),
        };
        if let Some(path) = &setup.state_path {
            let server = started(own)?;
            let control = Control::at(self.http.clone(), server.url(), None);
            self.own.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(server);
            return Ok(control.import(path).await?);
        }
        let origin = self.origin(own)?;
        Ok(Control::at(self.http.clone(), origin, None).new_sandbox(setup).await?)
    }

    /// Stops the servers. One whose handlers panicked panics when it is dropped, as a test wants it; a
    /// report tells it instead.
    pub(super) fn close(self) -> Vec<String> {
        let servers = self.servers.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let defect = |server| {
            let panic = catch_unwind(AssertUnwindSafe(|| drop::<MockServer>(server))).err()?;
            let text = panic.downcast_ref::<String>().cloned();
            Some(text.unwrap_or_else(|| "the mock server panicked".to_owned()))
        };
        let own = self.own.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        servers.into_values().chain(own).filter_map(defect).collect()
    }

    fn origin(&self, own: OwnSettings) -> Result<String, TargetError> {
        let mut servers = self.servers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(server) = servers.get(&own) {
            return Ok(server.url());
        }
        let server = started(own.clone())?;
        let url = server.url();
        servers.insert(own, server);
        Ok(url)
    }
}

/// A server with these settings.
fn started(own: OwnSettings) -> Result<MockServer, TargetError> {
    let until = own.until.parse().map_err(|_| {
        TargetError::Lacks(format!("`until` is \"{}\", which is no day such as {UNTIL}", own.until))
    })?;
    let builder = MockServer::builder().seed(own.seed).sample_data_until(until);
    // A scenario says itself what it expects.
    let builder = builder.allow_refusals().allow_unused_faults();
    builder
        .settings(move |settings| {
            settings.sample_data.months = own.months;
            settings.agents = AgentRules {
                refused: own.refused_agents,
                outdated: own.outdated_agents,
                deprecated: own.deprecated_agents,
            };
            for contract in settings.applications.iter_mut().flat_map(|it| &mut it.contracts) {
                contract.service_groups.clone_from(&own.service_groups);
            }
        })
        .try_start()
        .map_err(|error| TargetError::Unreachable {
            url: "a server in this process".into(),
            why: error.to_string(),
        })
}
