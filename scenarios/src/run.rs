//! Runs scenarios: in parallel, each on a stage of its own.

mod case;
mod picture;
mod step;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::clock::{self, Stopwatch};
use crate::load::{self, FileError, Loaded};
use crate::random;
use crate::redaction::Redaction;
use crate::report::{Report, ScenarioReport, SnapshotReport, Status};
use crate::snapshot::{self, SnapshotMode};
use crate::target::{ServerOptions, ServerTarget, Target, TargetError};

/// What is run, and how.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Scenario files, and folders of them.
    pub paths: Vec<PathBuf>,
    /// Only scenarios whose name or path contains this text.
    pub filter: Option<String>,
    /// Only scenarios that have one of these tags; any, if there are none.
    pub tags: Vec<String>,
    /// Stops at the first failure.
    pub fail_fast: bool,
    /// How often each scenario runs.
    pub repeat: u32,
    /// Shuffles the order, the same way for the same seed.
    pub seed: Option<u64>,
    /// How many scenarios run at a time; a few for each core, if not given.
    pub jobs: Option<usize>,
    /// What is done with snapshots that differ.
    pub snapshots: SnapshotMode,
    /// Whether a progress bar is shown on standard error, should that be a terminal.
    pub progress: bool,
    /// What is tested.
    pub target: TargetOptions,
}

/// What is tested.
#[derive(Clone, Debug)]
pub enum TargetOptions {
    /// A mock server in this process.
    #[cfg(feature = "embedded")]
    Embedded,
    /// A server at a URL.
    Server(ServerOptions),
}

impl RunOptions {
    /// Everything below some paths, once, in order, against `target`.
    pub fn new(paths: impl IntoIterator<Item = impl Into<PathBuf>>, target: TargetOptions) -> Self {
        Self {
            paths: paths.into_iter().map(Into::into).collect(),
            filter: None,
            tags: Vec::new(),
            fail_fast: false,
            repeat: 1,
            seed: None,
            jobs: None,
            snapshots: SnapshotMode::default(),
            progress: false,
            target,
        }
    }

    /// Whether a scenario is among those that are wanted.
    pub(crate) fn wants(&self, scenario: &Loaded) -> bool {
        let named = self.filter.as_ref().is_none_or(|filter| {
            scenario.name().contains(filter.as_str())
                || crate::position::shown(&scenario.file.path).contains(filter.as_str())
        });
        let tagged = self.tags.is_empty() || self.tags.iter().any(|tag| scenario.document.tags.contains(tag));
        named && tagged
    }
}

/// Why nothing was run.
#[derive(Debug, thiserror::Error)]
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

/// Runs scenarios.
///
/// # Errors
/// [`RunError`] if nothing could be run; what scenarios come to is in the report.
pub async fn run(options: &RunOptions) -> Result<Report, RunError> {
    let watch = Stopwatch::start();
    let started = clock::timestamp();
    let folder = load::load(&options.paths);
    if !folder.errors.is_empty() {
        return Err(RunError::Files(folder.errors));
    }
    let wanted: Vec<_> =
        folder.scenarios.iter().filter(|scenario| options.wants(scenario)).cloned().collect();
    if wanted.is_empty() {
        return Err(RunError::Nothing(described_choice(options)));
    }
    let http = http_client()?;
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
        SnapshotMode::Check => snapshot::unreferenced(&folder.scenarios),
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
    })
}

fn described_choice(options: &RunOptions) -> String {
    let paths: Vec<_> = options.paths.iter().map(|path| crate::position::shown(path)).collect();
    let mut text = format!("in {}", paths.join(", "));
    if let Some(filter) = &options.filter {
        text.push_str(&format!(" whose name or path contains \"{filter}\""));
    }
    if !options.tags.is_empty() {
        text.push_str(&format!(" with the tag {}", options.tags.join(" or ")));
    }
    text
}

/// A client that follows nothing and repeats nothing.
pub(crate) fn http_client() -> Result<reqwest::Client, RunError> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .timeout(Duration::from_secs(120))
        .build()
        .map_err(|error| RunError::System(format!("no HTTP client: {error}")))
}

/// One run of one scenario.
#[derive(Clone)]
struct Case {
    scenario: Arc<Loaded>,
    repetition: u32,
}

async fn run_all(
    options: &RunOptions,
    wanted: Vec<Arc<Loaded>>,
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
    let stop = Arc::new(AtomicBool::new(false));
    let bar = progress_bar(options.progress, cases.len());
    let mut running = JoinSet::new();
    for index in order {
        let (case, target, http) = (cases[index].clone(), Arc::clone(target), http.clone());
        let (slots, stop, bar) = (Arc::clone(&slots), Arc::clone(&stop), bar.clone());
        let (mode, fail_fast) = (options.snapshots, options.fail_fast);
        running.spawn(async move {
            // The semaphore is never closed.
            let _slot = slots.acquire().await;
            if stop.load(Ordering::SeqCst) {
                return (index, None);
            }
            bar.set_message(case.scenario.name().to_owned());
            let report = case::run(&case.scenario, case.repetition, &target, http, mode).await;
            if fail_fast && report.status == Status::Failed {
                stop.store(true, Ordering::SeqCst);
            }
            bar.inc(1);
            (index, Some(report))
        });
    }
    let mut reports: Vec<Option<ScenarioReport>> = cases.iter().map(|_| None).collect();
    while let Some(joined) = running.join_next().await {
        if let Ok((index, report)) = joined {
            reports[index] = report;
        }
    }
    bar.finish_and_clear();
    let settled = reports.into_iter().zip(&cases);
    settled.map(|(report, case)| report.unwrap_or_else(|| not_run(case))).collect()
}

fn progress_bar(wanted: bool, count: usize) -> ProgressBar {
    let target = if wanted { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(count as u64), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

fn not_run(case: &Case) -> ScenarioReport {
    ScenarioReport::of(&case.scenario, case.repetition, Status::NotRun)
}

impl ScenarioReport {
    /// A report of a scenario that has not begun.
    pub(crate) fn of(scenario: &Loaded, repetition: u32, status: Status) -> Self {
        let document = &scenario.document;
        Self {
            file: scenario.file.path.clone(),
            name: scenario.name().to_owned(),
            proves: document.proves.clone(),
            tags: document.tags.clone(),
            generation: document.generation.as_str().to_owned(),
            repetition,
            status,
            duration: Duration::ZERO,
            steps: Vec::new(),
            snapshot: SnapshotReport::None,
            journal: Vec::new(),
        }
    }
}
