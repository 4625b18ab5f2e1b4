//! What is run, and how.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use crate::document::LoadedFile;
use crate::position::shown;
use crate::report::ScenarioReport;
use crate::snapshot::SnapshotMode;
use crate::target::{CaCertificates, ServerOptions};

/// What is run, and how.
///
/// ```
/// use digime_scenarios::{RunOptions, ServerOptions, TargetOptions};
///
/// let server = ServerOptions::new("http://127.0.0.1:8080");
/// let mut options = RunOptions::new(["flows"], TargetOptions::Server(server));
/// options.tags = vec!["read".to_owned()];
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
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
    /// Whether a run passes in which no scenario ran to its end.
    pub allow_empty: bool,
    /// Who is told how far the run is.
    pub progress: Option<ProgressListener>,
    /// Ends the run early.
    pub stop: StopSignal,
    /// What is tested.
    pub target: TargetOptions,
}

/// What is tested.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TargetOptions {
    /// A mock server in this process.
    #[cfg(feature = "embedded")]
    Embedded,
    /// A server at a URL.
    Server(ServerOptions),
}

impl TargetOptions {
    /// The URL of a server that is not in this process.
    pub(super) fn base_url(&self) -> Option<&str> {
        match self {
            #[cfg(feature = "embedded")]
            Self::Embedded => None,
            Self::Server(server) => Some(&server.base_url),
        }
    }

    /// The CAs to trust besides those of the system.
    pub(super) fn ca(&self) -> Option<&CaCertificates> {
        match self {
            #[cfg(feature = "embedded")]
            Self::Embedded => None,
            Self::Server(server) => server.ca.as_ref(),
        }
    }
}

impl RunOptions {
    /// Everything below some paths, once, in order, against `target`.
    #[must_use]
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
            allow_empty: false,
            progress: None,
            stop: StopSignal::new(),
            target,
        }
    }

    /// Whether a scenario is among those that are wanted.
    pub(super) fn wants(&self, scenario: &LoadedFile) -> bool {
        let named = self.filter.as_ref().is_none_or(|filter| {
            scenario.name().contains(filter.as_str()) || shown(&scenario.file.path).contains(filter.as_str())
        });
        let tagged = self.tags.is_empty() || self.tags.iter().any(|tag| scenario.document.tags.contains(tag));
        named && tagged
    }

    /// The choice in words, for an error.
    pub(super) fn described(&self) -> String {
        let paths: Vec<_> = self.paths.iter().map(|path| shown(path)).collect();
        let mut text = format!("in {}", paths.join(", "));
        if let Some(filter) = &self.filter {
            text.push_str(&format!(" whose name or path contains \"{filter}\""));
        }
        if !self.tags.is_empty() {
            text.push_str(&format!(" with the tag {}", self.tags.join(" or ")));
        }
        text
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// How many scenarios have ended.
    pub ended: usize,
    /// How many there are, repetitions included.
    pub all: usize,
    /// The scenario that begins, or has ended.
    pub scenario: &'a str,
    /// What it came to, if it has ended.
    pub report: Option<&'a ScenarioReport>,
}

/// A function that is told how far a run is, from any thread.
#[derive(Clone)]
pub struct ProgressListener(Arc<dyn Fn(Progress<'_>) + Send + Sync>);

impl ProgressListener {
    /// A listener that calls a function.
    #[must_use]
    pub fn new(listener: impl Fn(Progress<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    pub(super) fn tell(&self, progress: Progress<'_>) {
        (self.0)(progress);
    }
}

impl fmt::Debug for ProgressListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProgressListener")
    }
}

/// Ends a run early: scenarios that have not ended are reported as not run. Clones share the signal.
#[derive(Clone, Debug)]
pub struct StopSignal(watch::Sender<bool>);

impl StopSignal {
    /// A signal that nobody has given yet.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Gives the signal.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was given.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is given.
    pub(super) async fn stopped(&self) {
        // The sender lives as long as `self`, so this ends with the signal alone.
        let _ = self.0.subscribe().wait_for(|stopped| *stopped).await;
    }
}

impl Default for StopSignal {
    fn default() -> Self {
        Self::new()
    }
}
