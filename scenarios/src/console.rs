//! Runs scenarios for the console of a mock server in this process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use digime_mock_server::scenarios::{
    ScenarioInfo, ScenarioList, ScenarioOutcome, ScenarioResult, ScenarioRun, ScenarioRunner, StartRunError,
};

use crate::document::{self, LoadedFile, LoadedFolder};
use crate::position::shown;
use crate::report::{Report, ScenarioReport, Status, console, html};
use crate::run::{ProgressListener, RunOptions, StopSignal, TargetOptions, run};
use crate::snapshot;

/// A folder of scenarios, or a file.
#[derive(Clone, Debug)]
pub struct ScenarioFolder {
    /// Where it is.
    pub path: PathBuf,
    /// What the console calls it, in place of its path.
    pub name: String,
}

impl ScenarioFolder {
    /// A path that is called as it is.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { name: shown(&path), path }
    }
}

/// Runs the scenarios of some folders, each run at servers of its own in this process.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
/// use digime_mock_server::MockServer;
/// use digime_scenarios::{ConsoleRunner, ScenarioFolder};
///
/// let runner = ConsoleRunner::new(vec![ScenarioFolder::new("flows")]);
/// let server = MockServer::builder().scenario_runner(Arc::new(runner)).try_start()?;
/// println!("{}/__admin/ui/scenarios", server.url());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ConsoleRunner {
    folders: Vec<ScenarioFolder>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    run: Option<ScenarioRun>,
    stop: StopSignal,
    report: Option<String>,
}

impl ConsoleRunner {
    /// Runs what stands in these folders. They are read anew for each list and each run.
    #[must_use]
    pub fn new(folders: Vec<ScenarioFolder>) -> Self {
        Self { folders, state: Arc::default() }
    }

    fn load(&self) -> LoadedFolder {
        let paths: Vec<_> = self.folders.iter().map(|folder| folder.path.clone()).collect();
        let mut loaded = document::load(&paths);
        loaded.errors.extend(snapshot::shared(&loaded.scenarios));
        loaded
    }

    /// The files of scenarios that are called so.
    fn files(&self, names: &[String]) -> Result<Vec<PathBuf>, StartRunError> {
        let loaded = self.load();
        let find = |name: &String| {
            let found = loaded.scenarios.iter().find(|it| self.called(&it.file.path) == *name);
            found.map(|it| it.file.path.clone()).ok_or_else(|| StartRunError::Unknown(name.clone()))
        };
        names.iter().map(find).collect()
    }

    /// What the console calls a file.
    fn called(&self, path: &Path) -> String {
        called(&self.folders, path)
    }
}

fn called(folders: &[ScenarioFolder], path: &Path) -> String {
    let below = folders.iter().find_map(|folder| Some((folder, path.strip_prefix(&folder.path).ok()?)));
    match below {
        Some((folder, rest)) if rest.as_os_str().is_empty() => folder.name.clone(),
        Some((folder, rest)) => format!("{}/{}", folder.name, shown(rest)),
        None => shown(path),
    }
}

impl ScenarioRunner for ConsoleRunner {
    fn scenarios(&self) -> ScenarioList {
        let loaded = self.load();
        let info = |scenario: &Arc<LoadedFile>| ScenarioInfo {
            path: self.called(&scenario.file.path),
            name: scenario.name().to_owned(),
            proves: scenario.document.proves.clone(),
            tags: scenario.document.tags.clone(),
        };
        ScenarioList {
            scenarios: loaded.scenarios.iter().map(info).collect(),
            problems: loaded.errors.iter().map(document::FileError::explained).collect(),
        }
    }

    fn start(&self, paths: &[String]) -> Result<(), StartRunError> {
        let chosen = match paths {
            // Files that are wrong end the run, which tells what is wrong with them.
            [] => self.folders.iter().map(|folder| folder.path.clone()).collect(),
            names => self.files(names)?,
        };
        let mut state = lock(&self.state);
        if state.run.as_ref().is_some_and(|run| run.running) {
            return Err(StartRunError::Busy);
        }
        let number = state.run.as_ref().map_or(1, |run| run.number + 1);
        let running = ScenarioRun { number, running: true, ..ScenarioRun::default() };
        *state = State { run: Some(running), stop: StopSignal::new(), report: None };
        let mut options = RunOptions::new(chosen, TargetOptions::Embedded);
        options.allow_empty = true;
        options.stop = state.stop.clone();
        options.progress = Some(listener(&self.state, &self.folders));
        drop(state);
        let (shared, folders) = (Arc::clone(&self.state), self.folders.clone());
        // The server that asks has a thread of its own, which must go on answering.
        let thread = std::thread::Builder::new().name("scenarios".to_owned()).spawn(move || {
            let ended = catch_unwind(AssertUnwindSafe(|| run_to_the_end(&options)))
                .unwrap_or_else(|_| Err("the runner panicked: its log says where".to_owned()));
            let mut state = lock(&shared);
            let Some(run) = &mut state.run else { return };
            run.running = false;
            match ended {
                Ok((report, html)) => {
                    // Those that a stop came before have told nothing.
                    run.all = report.scenarios.len();
                    let not_run = report.scenarios.iter().filter(|it| it.status == Status::NotRun);
                    let not_run = not_run.map(|it| result(it, called(&folders, &it.file)));
                    let told: Vec<_> = run.results.iter().map(|it| it.path.clone()).collect();
                    run.results.extend(not_run.filter(|it| !told.contains(&it.path)));
                    if !report.server_defects.is_empty() {
                        run.problem = Some(report.server_defects.join("\n"));
                    }
                    state.report = Some(html);
                }
                Err(problem) => run.problem = Some(problem),
            }
        });
        if let Err(error) = thread {
            let mut state = lock(&self.state);
            if let Some(run) = &mut state.run {
                (run.running, run.problem) = (false, Some(format!("no thread for the run: {error}")));
            }
        }
        Ok(())
    }

    fn stop(&self) {
        lock(&self.state).stop.stop();
    }

    fn run(&self, from: usize) -> Option<ScenarioRun> {
        let state = lock(&self.state);
        let run = state.run.as_ref()?;
        let results = run.results.get(from..).unwrap_or_default().to_vec();
        Some(ScenarioRun { results, problem: run.problem.clone(), ..*run })
    }

    fn report(&self) -> Option<String> {
        lock(&self.state).report.clone()
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes what scenarios come to, as soon as they have ended.
fn listener(state: &Arc<Mutex<State>>, folders: &[ScenarioFolder]) -> ProgressListener {
    let (state, folders) = (Arc::clone(state), folders.to_vec());
    ProgressListener::new(move |progress| {
        let mut state = lock(&state);
        let Some(run) = &mut state.run else { return };
        run.all = progress.all;
        let Some(report) = progress.report else { return };
        run.ended += 1;
        run.failed += usize::from(report.status == Status::Failed);
        run.results.push(result(report, called(&folders, &report.file)));
    })
}

fn result(report: &ScenarioReport, path: String) -> ScenarioResult {
    let (outcome, why) = match &report.status {
        Status::Passed => (ScenarioOutcome::Passed, None),
        Status::Failed => (ScenarioOutcome::Failed, Some(console::why(report))),
        Status::Skipped(reason) => (ScenarioOutcome::Skipped, Some(reason.clone())),
        Status::NotRun => (ScenarioOutcome::NotRun, None),
    };
    let millis = u64::try_from(report.duration.as_millis()).unwrap_or(u64::MAX);
    ScenarioResult { path, name: report.name.clone(), outcome, millis, why }
}

/// Runs, and gives the report, as a page too.
fn run_to_the_end(options: &RunOptions) -> Result<(Report, String), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime for the scenarios: {error}"))?;
    let report: Report = runtime.block_on(run(options)).map_err(|error| error.explained())?;
    let html = html::render(&report).map_err(|error| format!("the report cannot be written: {error}"))?;
    Ok((report, html))
}
