//! Scenarios, where the program that the server is part of runs them.

pub(super) mod list;
pub(super) mod report;
pub(super) mod run;
pub(super) mod start;
pub(super) mod stop;

use std::sync::Arc;

use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::scenario_runner::ScenarioRunner;

/// What runs scenarios here.
fn runner(call: &Call) -> Result<Arc<dyn ScenarioRunner>, Refusal> {
    call.server.scenario_runner.clone().ok_or_else(|| {
        let message = "This program runs no scenarios: `digime-scenarios console` starts a server that does";
        Refusal::new(404, RefusalCode::NotFound, message, "the server has no scenario runner")
    })
}
