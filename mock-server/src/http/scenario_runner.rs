//! What runs scenarios for the console. `digime-mock` has nothing that does: scenarios belong to the program
//! `digime-scenarios`, whose command `console` starts a server that has.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// Runs scenarios, one run at a time.
pub trait ScenarioRunner: fmt::Debug + Send + Sync {
    /// The scenarios that can be run.
    fn scenarios(&self) -> ScenarioList;

    /// Begins a run of the scenarios with these paths, of all if there are none.
    ///
    /// # Errors
    /// [`StartRunError`].
    fn start(&self, paths: &[String]) -> Result<(), StartRunError>;

    /// Ends the run early; nothing if none is under way.
    fn stop(&self);

    /// The run that is under way, or the last one; its results from the one with the number `from` on, counted
    /// from 0.
    fn run(&self, from: usize) -> Option<ScenarioRun>;

    /// The report of the last run that ended, as a page in HTML that needs no scripts.
    fn report(&self) -> Option<String>;
}

/// The scenarios that can be run.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioList {
    /// The scenarios, in the order of their files.
    pub scenarios: Vec<ScenarioInfo>,
    /// What is wrong with files, for people. As long as there is something, nothing runs.
    pub problems: Vec<String>,
}

/// A scenario that can be run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioInfo {
    /// Its file; runs name it by this.
    pub path: String,
    /// Its name.
    pub name: String,
    /// What it proves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proves: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
}

/// A run of scenarios.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioRun {
    /// The number of the run, from 1.
    pub number: u64,
    /// Whether it is under way.
    pub running: bool,
    /// How many scenarios have ended.
    pub ended: usize,
    /// How many there are.
    pub all: usize,
    /// How many of those that ended failed.
    pub failed: usize,
    /// What scenarios came to, in the order in which they ended.
    pub results: Vec<ScenarioResult>,
    /// Why nothing could be run, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What a scenario came to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioResult {
    /// Its file.
    pub path: String,
    /// Its name.
    pub name: String,
    /// How it ended.
    pub outcome: ScenarioOutcome,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// Why it failed, with the lines that differ, or why it was skipped. Redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How a scenario ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ScenarioOutcome {
    /// As expected.
    Passed,
    /// Not as expected.
    Failed,
    /// It cannot run here.
    Skipped,
    /// The run ended before.
    NotRun,
}

/// Why no run begins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartRunError {
    /// Another one is under way.
    #[error("a run is under way: wait for its end, or end it")]
    Busy,
    /// No scenario has this path.
    #[error("there is no scenario {0:?}")]
    Unknown(String),
}
