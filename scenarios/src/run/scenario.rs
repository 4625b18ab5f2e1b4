//! One run of one scenario.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::options::StopSignal;
use super::snapshot_draft::SnapshotDraft;
use super::step;
use crate::clock::Stopwatch;
use crate::context::{ScenarioContext, StepError};
use crate::document::{LoadedFile, StepKind, StepOptions};
use crate::format::{Generation, SnapshotOf, template};
use crate::position::{Place, Position};
use crate::redaction::Redaction;
use crate::report::{ExchangeView, Failure, FailureKind, ScenarioReport, SnapshotReport, Status, StepReport};
use crate::snapshot::SnapshotMode;
use crate::target::{Environment, Target, TargetError};
use crate::yaml::At;

/// How long a stopped run may take to throw a sandbox away.
const CLEAN_UP: Duration = Duration::from_secs(2);

/// Runs a scenario in a fresh environment to its end, or until it is stopped.
pub(super) async fn run(
    scenario: &LoadedFile,
    repetition: u32,
    target: &Target,
    http: reqwest::Client,
    mode: SnapshotMode,
    stop: &StopSignal,
) -> ScenarioReport {
    let watch = Stopwatch::start();
    let mut report = not_begun(scenario, repetition, Status::Passed);
    let prepared = tokio::select! {
        prepared = target.prepare(&scenario.document.server) => prepared,
        () = stop.stopped() => return not_begun(scenario, repetition, Status::NotRun),
    };
    let environment = match prepared {
        Ok(environment) => environment,
        Err(error) => {
            report.fail_before(scenario, error);
            return report;
        }
    };
    let document = &scenario.document;
    let view = view(&environment, document.generation());
    match ScenarioContext::open(environment, &document.client, document.generation(), http) {
        Err(error) => report.fail_opening(scenario, error),
        Ok(context) => {
            let mut run = ScenarioRun { context, view, draft: SnapshotDraft::default(), report };
            let mut flows = Vec::new();
            let stopped = tokio::select! {
                _ = run.steps(scenario, &mut flows, None) => false,
                () = stop.stopped() => true,
            };
            report = run.end(scenario, mode, stopped).await;
        }
    }
    report.duration = watch.elapsed();
    report
}

/// A report of a scenario that has not begun.
pub(super) fn not_begun(scenario: &LoadedFile, repetition: u32, status: Status) -> ScenarioReport {
    let document = &scenario.document;
    ScenarioReport {
        file: scenario.file.path.clone(),
        name: scenario.name().to_owned(),
        proves: document.proves.clone(),
        tags: document.tags.clone(),
        generation: document.generation().as_str().to_owned(),
        repetition,
        status,
        duration: Duration::ZERO,
        steps: Vec::new(),
        snapshot: SnapshotReport::None,
        journal: Vec::new(),
    }
}

/// Shortest id of an application or contract that is named in snapshots.
const SHORTEST_ID: usize = 5;

fn view(environment: &Environment, generation: Generation) -> ExchangeView {
    let mut redaction = Redaction::new();
    // Every server has ids of its own: a snapshot tells the contracts apart by what they are for.
    let contracts = environment.contracts.iter();
    let mut ids: Vec<_> =
        contracts.map(|it| (it.contract_id.as_str(), format!("[contract:{}]", it.kind))).collect();
    ids.push((&environment.application_id, "[application]".to_owned()));
    // A shorter one would be found in words that it does not mean.
    for (id, name) in ids.into_iter().filter(|(id, _)| id.len() >= SHORTEST_ID) {
        redaction.constant(id, name);
    }
    if let Some(control) = &environment.control {
        redaction.constant(control.sandbox(), "[sandbox]");
    }
    redaction.constant(environment.urls.origin(), "[origin]");
    ExchangeView::new(redaction, environment.urls.clone(), generation)
}

/// A scenario while it runs.
pub(super) struct ScenarioRun {
    pub(super) context: ScenarioContext,
    pub(super) view: ExchangeView,
    pub(super) draft: SnapshotDraft,
    pub(super) report: ScenarioReport,
}

/// Whether the next step shall run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Step,
    End,
}

impl ScenarioRun {
    /// Compares the snapshot and throws the sandbox away.
    async fn end(self, scenario: &LoadedFile, mode: SnapshotMode, stopped: bool) -> ScenarioReport {
        let Self { context, draft, mut report, .. } = self;
        let control = context.environment.control.as_ref();
        if stopped {
            // What the steps came to so far is told; whether the scenario holds is not known.
            report.status = Status::NotRun;
        } else {
            draft.compare(scenario, mode, &mut report);
            if let Some(control) = control {
                report.journal = control.requests().await.unwrap_or_default();
            }
        }
        if let Some(control) = control {
            // A sandbox that stays costs memory only, and the server may be gone by now.
            let _ = tokio::time::timeout(CLEAN_UP, control.remove()).await;
        }
        report
    }

    /// Runs the steps of a file. `flows` are the names of those that reuse it, `user` is who acts
    /// unless a step says otherwise.
    fn steps<'a>(
        &'a mut self,
        file: &'a LoadedFile,
        flows: &'a mut Vec<String>,
        user: Option<&'a str>,
    ) -> BoxFuture<'a, Next> {
        async move {
            for (step, reused) in file.document.steps.iter().zip(&file.reused) {
                let options = &step.options;
                let user = options.user.as_deref().or(user);
                let next = match (&step.kind.value, reused) {
                    (StepKind::Act(action), _) => {
                        self.context.act_as(user);
                        let kept = options.snapshot.unwrap_or(file.document.snapshot);
                        let place = step.kind.place;
                        let acted = step::run(self, file, action, options, place, user).await;
                        self.finish(acted, flows, kept, action.only_looks())
                    }
                    (StepKind::Reuse(reuse), Some(reused)) => {
                        self.context.act_as(user);
                        match self.given(&reuse.with, reused) {
                            Ok(given) => {
                                let names: Vec<_> = given.keys().cloned().collect();
                                flows.push(options.name.clone().unwrap_or_else(|| reused.name().to_owned()));
                                self.context.enter(given);
                                let next = self.steps(reused, flows, user).await;
                                self.context.leave(&names);
                                flows.pop();
                                next
                            }
                            Err(message) => {
                                let failed = failed_use(file, step.kind.place, options, message);
                                self.finish(failed, flows, SnapshotOf::Nothing, false)
                            }
                        }
                    }
                    (StepKind::Reuse(_), None) => Next::Step,
                };
                if next == Next::End {
                    return Next::End;
                }
            }
            Next::Step
        }
        .boxed()
    }

    fn given(
        &self,
        with: &BTreeMap<String, At<Value>>,
        reused: &LoadedFile,
    ) -> Result<BTreeMap<String, Value>, String> {
        let mut given = reused.document.parameters.clone();
        for (name, value) in with {
            given.insert(name.clone(), template::json(&value.value, &self.context)?);
        }
        Ok(given)
    }

    fn finish(&mut self, mut step: StepReport, flows: &[String], kept: SnapshotOf, only_looks: bool) -> Next {
        step.within = flows.to_vec();
        let next = match &step.status {
            Status::Failed => {
                self.report.status = Status::Failed;
                Next::End
            }
            // What only looks changes nothing for the steps after it.
            Status::Skipped(_) if only_looks => Next::Step,
            Status::Skipped(reason) => {
                self.report.status = Status::Skipped(reason.clone());
                Next::End
            }
            Status::Passed | Status::NotRun => Next::Step,
        };
        self.draft.add(&step, kept, self.report.steps.len());
        self.report.steps.push(step);
        next
    }
}

fn failed_use(file: &LoadedFile, place: Place, options: &StepOptions, message: String) -> StepReport {
    let mut step = StepReport::blank(file, place, "use", options.name.clone());
    step.fail(Failure::new(FailureKind::Misuse, message, file.position(place)));
    step
}

impl StepReport {
    /// A step that has not begun.
    pub(super) fn blank(file: &LoadedFile, place: Place, action: &'static str, name: Option<String>) -> Self {
        Self {
            name: name.unwrap_or_else(|| action.to_owned()),
            action,
            user: None,
            position: file.position(place),
            within: Vec::new(),
            status: Status::Passed,
            started: Duration::ZERO,
            duration: Duration::ZERO,
            attempts: 0,
            virtual_wait: Duration::ZERO,
            exchanges: Vec::new(),
            result: Value::Null,
            captures: BTreeMap::new(),
            failures: Vec::new(),
        }
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.status = Status::Failed;
        self.failures.push(failure);
    }
}

impl ScenarioReport {
    fn fail_before(&mut self, scenario: &LoadedFile, error: TargetError) {
        match error {
            TargetError::Lacks(reason) => self.status = Status::Skipped(reason),
            TargetError::Options(message) | TargetError::Client(message) => {
                self.fail_opening(scenario, StepError::Misuse(message))
            }
            TargetError::Unreachable { .. } | TargetError::ControlUnreachable(_) => {
                self.fail_opening(scenario, StepError::Unreachable(error.to_string()));
            }
        }
    }

    fn fail_opening(&mut self, scenario: &LoadedFile, error: StepError) {
        let (kind, message) = match error {
            StepError::Unreachable(message) => (FailureKind::Unreachable, message),
            StepError::Misuse(message) | StepError::Skip(message) => (FailureKind::Misuse, message),
            StepError::Refused(value) => (FailureKind::Misuse, value["message"].to_string()),
            StepError::Mismatch { message, .. } => (FailureKind::Misuse, message),
        };
        let place = scenario.document.scenario.as_ref().map_or_else(Place::default, |name| name.place);
        let mut step = StepReport::blank(scenario, place, "prepare", None);
        step.fail(Failure::new(kind, message, scenario.position(place)));
        self.steps.push(step);
        self.status = Status::Failed;
    }
}

impl Failure {
    pub(super) fn new(kind: FailureKind, message: impl Into<String>, position: Position) -> Self {
        Self {
            kind,
            message: message.into(),
            position,
            expected: None,
            actual: None,
            diff: None,
            explanation: None,
        }
    }
}
