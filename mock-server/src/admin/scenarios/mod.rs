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

/// Does what reads files beside the requests of others.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Refusal::defect("The scenarios could not be reached", &error))
}
