//! Runs scenarios: in parallel, each in an environment of its own.

mod options;
mod scenario;
mod snapshot_draft;
mod step;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use options::{Progress, ProgressListener, RunOptions, StopSignal, TargetOptions};

use crate::clock::{self, Stopwatch};
use crate::document::{self, FileError, LoadedFile};
use crate::random;
use crate::redaction::Redaction;
use crate::report::{Report, ScenarioReport, Status};
use crate::snapshot::{self, SnapshotMode};
use crate::target::{ServerTarget, Target, TargetError, http_client};

/// Why nothing was run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Scenario files are wrong.
    #[error("{} of the scenario files are wrong", .0.len())]
    Files(Vec<FileError>),
    /// No scenario is as wanted.
    #[error("there is no scenario {0}")]
    Nothing(String),
    /// The target cannot be used.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The runner itself lacks something, such as a readable snapshot folder.
    #[error("{0}")]
    System(String),
}

impl RunError {
    /// The error and, of wrong files, each mistake with its place and the line that it is in.
    #[must_use]
    pub fn explained(&self) -> String {
        match self {
            Self::Files(errors) => {
                let errors: String = errors.iter().map(FileError::explained).collect();
                format!("{errors}{self}\n")
            }
            other => format!("{other}\n"),
        }
    }
}

/// Runs scenarios.
///
/// # Errors
/// [`RunError`] if nothing could be run; what scenarios come to is in the report.
pub async fn run(options: &RunOptions) -> Result<Report, RunError> {
    let watch = Stopwatch::start();
    let started = clock::timestamp();
    let mut folder = document::load(&options.paths);
    folder.errors.extend(snapshot::shared(&folder.scenarios));
    if !folder.errors.is_empty() {
        return Err(RunError::Files(folder.errors));
    }
    let wanted: Vec<_> =
        folder.scenarios.iter().filter(|scenario| options.wants(scenario)).cloned().collect();
    if wanted.is_empty() && !options.allow_empty {
        return Err(RunError::Nothing(options.described()));
    }
    let http = http_client(options.target.base_url(), options.target.ca())?;
    let target = Arc::new(match &options.target {
        #[cfg(feature = "embedded")]
        TargetOptions::Embedded => Target::Embedded(crate::target::EmbeddedTarget::new(http.clone())),
        TargetOptions::Server(server) => {
            Target::Server(ServerTarget::connect(http.clone(), server.clone()).await?)
        }
    });
    let scenarios = run_all(options, wanted, &target, http).await;
    let name = target.name();
    // All scenarios have ended, so nobody else holds it.
    let defects = Arc::into_inner(target).map(Target::close).unwrap_or_default();
    let mut redaction = Redaction::new();
    let server_defects = defects.iter().map(|defect| redaction.text(defect)).collect();
    let unreferenced = match options.snapshots {
        SnapshotMode::Check => snapshot::unreferenced(&options.paths, &folder.scenarios),
        _ => Ok(Vec::new()),
    };
    Ok(Report {
        target: name,
        started,
        duration: watch.elapsed(),
        seed: options.seed,
        scenarios,
        unreferenced_snapshots: unreferenced.map_err(|error| RunError::System(error.to_string()))?,
        server_defects,
        allow_empty: options.allow_empty,
    })
}

/// One run of one scenario.
#[derive(Clone)]
struct Case {
    scenario: Arc<LoadedFile>,
    repetition: u32,
}

async fn run_all(
    options: &RunOptions,
    wanted: Vec<Arc<LoadedFile>>,
    target: &Arc<Target>,
    http: reqwest::Client,
) -> Vec<ScenarioReport> {
    let repetitions = 1..=options.repeat.max(1);
    let cases: Vec<_> = repetitions
        .flat_map(|repetition| {
            wanted.iter().map(move |scenario| Case { scenario: Arc::clone(scenario), repetition })
        })
        .collect();
    let mut order: Vec<usize> = (0..cases.len()).collect();
    if let Some(seed) = options.seed {
        random::shuffle(&mut order, seed);
    }
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let slots = Arc::new(Semaphore::new(options.jobs.unwrap_or(cores * 4).max(1)));
    let (all, ended) = (cases.len(), Arc::new(AtomicUsize::new(0)));
    // What a failure stops is this run alone; what the caller's signal stops may be more.
    let failed = StopSignal::new();
    let mut running = JoinSet::new();
    for index in order {
        // Taken here and not in the task, so that scenarios begin in their order. It is never closed.
        let slot = Arc::clone(&slots).acquire_owned().await;
        if options.stop.is_stopped() || failed.is_stopped() {
            break;
        }
        let (case, target, http) = (cases[index].clone(), Arc::clone(target), http.clone());
        let (ended, progress) = (Arc::clone(&ended), options.progress.clone());
        let (stop, failed) = (options.stop.clone(), failed.clone());
        let (mode, fail_fast) = (options.snapshots, options.fail_fast);
        running.spawn(async move {
            let _slot = slot;
            let tell = |ended, report: Option<&ScenarioReport>| {
                if let Some(listener) = &progress {
                    listener.tell(Progress { ended, all, scenario: case.scenario.name(), report });
                }
            };
            tell(ended.load(Ordering::SeqCst), None);
            let report = scenario::run(&case.scenario, case.repetition, &target, http, mode, &stop).await;
            if fail_fast && report.status == Status::Failed {
                failed.stop();
            }
            tell(ended.fetch_add(1, Ordering::SeqCst) + 1, Some(&report));
            (index, report)
        });
    }
    let mut reports: Vec<Option<ScenarioReport>> = cases.iter().map(|_| None).collect();
    while let Some(joined) = running.join_next().await {
        if let Ok((index, report)) = joined {
            reports[index] = Some(report);
        }
    }
    let not_run = |case: &Case| scenario::not_begun(&case.scenario, case.repetition, Status::NotRun);
    reports.into_iter().zip(&cases).map(|(report, case)| report.unwrap_or_else(|| not_run(case))).collect()
}
