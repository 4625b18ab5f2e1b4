//! One run of one scenario.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::picture::Picture;
use super::step;
use crate::action::Trouble;
use crate::clock::Stopwatch;
use crate::format::{Around, Doing, SnapshotOf};
use crate::load::Loaded;
use crate::position::Place;
use crate::redaction::Redaction;
use crate::report::{Failure, FailureKind, ScenarioReport, Shower, Status, StepReport};
use crate::scene::Scene;
use crate::snapshot::SnapshotMode;
use crate::target::{Stage, Target, TargetError};
use crate::template;

/// Runs a scenario from a fresh stage to its end.
pub(super) async fn run(
    scenario: &Loaded,
    repetition: u32,
    target: &Target,
    http: reqwest::Client,
    mode: SnapshotMode,
) -> ScenarioReport {
    let watch = Stopwatch::start();
    let mut report = ScenarioReport::of(scenario, repetition, Status::Passed);
    let stage = match target.stage(&scenario.document.server).await {
        Ok(stage) => stage,
        Err(error) => {
            report.fail_before(scenario, error);
            return report;
        }
    };
    let shower = shower(&stage);
    match Scene::open(stage, &scenario.document.client, scenario.document.generation, http) {
        Err(trouble) => report.fail_opening(scenario, trouble),
        Ok(scene) => {
            let mut play = Play { scene, shower, picture: Picture::default(), report };
            play.steps(scenario, &mut Vec::new(), None).await;
            let Play { scene, picture, report: mut played, .. } = play;
            picture.settle(scenario, mode, &mut played);
            if let Some(control) = &scene.stage.control {
                played.journal = control.requests().await.unwrap_or_default();
                // A sandbox that stays costs memory only, and the server may be gone by now.
                let _ = control.remove().await;
            }
            report = played;
        }
    }
    report.duration = watch.elapsed();
    report
}

/// Shortest id of an application or contract that is named in snapshots.
const SHORTEST_ID: usize = 5;

fn shower(stage: &Stage) -> Shower {
    let mut redaction = Redaction::new();
    // Every server has ids of its own: a snapshot tells the contracts apart by what they are for.
    let contracts = stage.contracts.iter();
    let mut ids: Vec<_> =
        contracts.map(|it| (it.contract_id.as_str(), format!("[contract:{}]", it.kind))).collect();
    ids.push((&stage.application_id, "[application]".to_owned()));
    // A shorter one would be found in words that it does not mean.
    for (id, name) in ids.into_iter().filter(|(id, _)| id.len() >= SHORTEST_ID) {
        redaction.constant(id, name);
    }
    if let Some(control) = &stage.control {
        redaction.constant(control.sandbox(), "[sandbox]");
    }
    redaction.constant(stage.urls.origin(), "[origin]");
    Shower::new(redaction, stage.urls.clone())
}

/// A scenario while it runs.
pub(super) struct Play {
    pub(super) scene: Scene,
    pub(super) shower: Shower,
    pub(super) picture: Picture,
    pub(super) report: ScenarioReport,
}

/// Whether the next step shall run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Step,
    End,
}

impl Play {
    /// Runs the steps of a file. `flows` are the names of those that reuse it, `user` is who acts
    /// unless a step says otherwise.
    fn steps<'a>(
        &'a mut self,
        file: &'a Loaded,
        flows: &'a mut Vec<String>,
        user: Option<&'a str>,
    ) -> BoxFuture<'a, Next> {
        async move {
            for (step, reused) in file.document.steps.iter().zip(&file.reused) {
                let around = &step.around;
                let user = around.user.as_deref().or(user);
                let next = match (&step.doing.value, reused) {
                    (Doing::Act(action), _) => {
                        self.scene.act_as(user);
                        let kept = around.snapshot.unwrap_or(file.document.snapshot);
                        let place = step.doing.place;
                        let acted = step::run(self, file, action, around, place, user).await;
                        self.finish(acted, flows, kept, action.only_looks())
                    }
                    (Doing::Reuse(reuse), Some(reused)) => {
                        self.scene.act_as(user);
                        match self.given(&reuse.with, reused) {
                            Ok(given) => {
                                let names: Vec<_> = given.keys().cloned().collect();
                                flows.push(around.name.clone().unwrap_or_else(|| reused.name().to_owned()));
                                self.scene.enter(given);
                                let next = self.steps(reused, flows, user).await;
                                self.scene.leave(&names);
                                flows.pop();
                                next
                            }
                            Err(message) => {
                                let failed = failed_use(file, step.doing.place, around, message);
                                self.finish(failed, flows, SnapshotOf::Nothing, false)
                            }
                        }
                    }
                    (Doing::Reuse(_), None) => Next::Step,
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
        with: &BTreeMap<String, crate::format::At<Value>>,
        reused: &Loaded,
    ) -> Result<BTreeMap<String, Value>, String> {
        let mut given = reused.document.parameters.clone();
        for (name, value) in with {
            given.insert(name.clone(), template::json(&value.value, &self.scene)?);
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
        self.picture.add(&step, kept, self.report.steps.len());
        self.report.steps.push(step);
        next
    }
}

fn failed_use(file: &Loaded, place: Place, around: &Around, message: String) -> StepReport {
    let mut step = StepReport::blank(file, place, "use", around.name.clone());
    step.fail(Failure::new(FailureKind::Misuse, message, file.position(place)));
    step
}

impl StepReport {
    /// A step that has not begun.
    pub(super) fn blank(file: &Loaded, place: Place, action: &'static str, name: Option<String>) -> Self {
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
    fn fail_before(&mut self, scenario: &Loaded, error: TargetError) {
        match error {
            TargetError::Lacks(reason) => self.status = Status::Skipped(reason),
            TargetError::Options(message) => self.fail_opening(scenario, Trouble::Misuse(message)),
            TargetError::Unreachable { .. } => {
                self.fail_opening(scenario, Trouble::Unreachable(error.to_string()));
            }
        }
    }

    fn fail_opening(&mut self, scenario: &Loaded, trouble: Trouble) {
        let (kind, message) = match trouble {
            Trouble::Unreachable(message) => (FailureKind::Unreachable, message),
            Trouble::Misuse(message) | Trouble::Skip(message) => (FailureKind::Misuse, message),
            Trouble::Refused(value) => (FailureKind::Misuse, value["message"].to_string()),
            Trouble::Unlike { message, .. } => (FailureKind::Misuse, message),
        };
        let place = scenario.document.scenario.as_ref().map_or_else(Place::default, |name| name.place);
        let mut step = StepReport::blank(scenario, place, "prepare", None);
        step.fail(Failure::new(kind, message, scenario.position(place)));
        self.steps.push(step);
        self.status = Status::Failed;
    }
}

impl Failure {
    pub(super) fn new(
        kind: FailureKind,
        message: impl Into<String>,
        position: crate::position::Position,
    ) -> Self {
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
