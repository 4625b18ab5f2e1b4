//! Where the sandboxes of a server keep their state.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
#[cfg(any(test, feature = "durable"))]
use tokio::runtime::Handle;

use super::application_changes::ApplicationChanges;
use super::partners::PartnerId;
use super::registry::ServerRecord;
use super::store::Store;
use crate::clock::RealTime;
use crate::config::settings::Settings;
use crate::config::state_place::{StateError, StatePlace};
use crate::domain::lifetimes::Lifetimes;
use crate::domain::state::Rules;
use crate::domain::timeline::Timeline;
use crate::domain::unavailable::Unavailable;
#[cfg(any(test, feature = "durable"))]
use crate::durable::shared::Shared;
#[cfg(any(test, feature = "durable"))]
use crate::durable::{Database, Durable, Failure, Lifelines};
use crate::faults::Fault;
use crate::random::SandboxTag;
#[cfg(any(test, feature = "durable"))]
use crate::random::alphanumeric;
#[cfg(any(test, feature = "durable"))]
use crate::sandbox::around::Around;
#[cfg(any(test, feature = "durable"))]
use crate::sandbox::datasets::Datasets;

/// How often a change is tried again because another server was quicker.
const MOST_ATTEMPTS: u32 = 1000;
/// How long the name of a server is.
#[cfg(any(test, feature = "durable"))]
const SERVER_LENGTH: usize = 8;
/// How often the time of the clock that all servers go by is asked for at the start.
#[cfg(any(test, feature = "durable"))]
const FIRST_READINGS: u32 = 3;

/// What is kept of a sandbox besides what it keeps of its users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SandboxRecord {
    pub(crate) lifetimes: Lifetimes,
    pub(crate) timeline: Timeline,
    /// How far its clock was moved.
    pub(crate) moved: Duration,
    #[serde(default)]
    pub(crate) applications: ApplicationChanges,
    /// The partner whose it is; the host's if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<PartnerId>,
    #[serde(default)]
    pub(crate) faults: Vec<Fault>,
    /// How often it was reset.
    #[serde(default)]
    pub(crate) resets: u64,
    /// How often it was changed.
    #[serde(default)]
    pub(crate) version: u64,
}

impl SandboxRecord {
    /// The same, about to be changed.
    pub(super) fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }
}

/// What a change of a record comes to.
pub(super) struct RecordChange<T, V> {
    /// What is to be noted, if anything.
    pub(super) record: Option<T>,
    pub(super) value: V,
}

/// What was found noted of a sandbox, or of the server itself.
pub(super) struct Noted<T> {
    pub(super) record: T,
    /// As it is kept, by which a change of it by others is noticed.
    #[cfg(any(test, feature = "durable"))]
    text: String,
}

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    /// The database does not answer as it should.
    #[cfg(any(test, feature = "durable"))]
    #[error("the database cannot be used; the server's log says why")]
    Lost,
    /// It is of another version.
    #[cfg(any(test, feature = "durable"))]
    #[error("the database's schema has version {found}, and this server knows version {known}")]
    Schema {
        /// What the database has.
        found: i64,
        /// What this server reads and writes.
        known: i64,
    },
}

/// Where the sandboxes of a server keep their state; in memory by default.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    real_time: RealTime,
    #[cfg(any(test, feature = "durable"))]
    durable: Option<Durable>,
    /// Where the database's connections live.
    #[cfg(any(test, feature = "durable"))]
    runtime: Option<Handle>,
    /// What it is called among the servers that share the state.
    server: Option<Arc<str>>,
    records: Vec<(SandboxTag, SandboxRecord)>,
}

impl Default for Home {
    fn default() -> Self {
        Self::in_memory(RealTime::wrong_by(Duration::ZERO))
    }
}

impl Home {
    /// Opens what the settings name.
    ///
    /// # Errors
    /// [`StateError`]; what is there is left as it is.
    pub(crate) async fn open(settings: &Settings) -> Result<Self, StateError> {
        match &settings.state {
            StatePlace::Memory => Ok(Self::in_memory(RealTime::wrong_by(settings.clock_ahead))),
            #[cfg(feature = "sqlite")]
            StatePlace::File(path) => {
                let database = crate::durable::sqlite::Sqlite::open(path, settings.state_sync).await?;
                let place = path.display().to_string();
                Self::with(Arc::new(database), settings)
                    .await
                    .map_err(|problem| StateError::Unusable { place, problem })
            }
            #[cfg(not(feature = "sqlite"))]
            StatePlace::File(_) => Err(StateError::NotBuilt("sqlite")),
            #[cfg(feature = "postgres")]
            StatePlace::Postgres(url) => {
                let database = crate::durable::postgres::Postgres::open(url).await?;
                let wrong = |problem| StateError::Unusable { place: url.to_string(), problem };
                Self::with(Arc::new(database), settings).await.map_err(wrong)
            }
            #[cfg(not(feature = "postgres"))]
            StatePlace::Postgres(_) => Err(StateError::NotBuilt("postgres")),
        }
    }

    fn in_memory(real_time: RealTime) -> Self {
        Self {
            real_time,
            #[cfg(any(test, feature = "durable"))]
            durable: None,
            #[cfg(any(test, feature = "durable"))]
            runtime: None,
            server: None,
            records: Vec::new(),
        }
    }

    #[cfg(any(test, feature = "durable"))]
    async fn with(database: Arc<dyn Database>, settings: &Settings) -> Result<Self, String> {
        let failed = |failure: Failure| failure.to_string();
        let records = database.records().await.map_err(failed)?;
        let records = Records::read(&records)?.sandboxes;
        let datasets = Datasets::new(settings.sample_data, settings.datasets.clone());
        let around = Around { datasets, lifelines: Lifelines::default() };
        let real_time = RealTime::wrong_by(settings.clock_ahead);
        let durable = Durable::new(database, Arc::new(around), settings.state_key.clone(), real_time.clone());
        durable.set_clock(FIRST_READINGS).await.map_err(failed)?;
        let server = durable.is_shared().then(|| Arc::from(alphanumeric(SERVER_LENGTH)));
        let runtime = Handle::try_current().ok();
        Ok(Self { real_time, durable: Some(durable), runtime, server, records })
    }

    /// Real time, as all servers that share the state have it.
    pub(crate) fn real_time(&self) -> &RealTime {
        &self.real_time
    }

    /// Asks for the time of the clock that all servers go by, and follows it.
    pub(crate) async fn set_clock(&self) {
        #[cfg(any(test, feature = "durable"))]
        if let Some(durable) = &self.durable
            && let Err(failure) = durable.set_clock(1).await
        {
            tracing::warn!("the time of the other servers is not known: {failure}");
        }
    }

    /// Waits for a future of a store, on any thread and in any runtime. What is in memory is never waited for;
    /// a database's connections need the runtime in which they live, which may not be the one of this thread.
    pub(crate) fn wait<T: Send>(&self, future: impl Future<Output = T> + Send) -> T {
        #[cfg(any(test, feature = "durable"))]
        if let Some(runtime) = &self.runtime {
            let waiting = std::thread::scope(|scope| scope.spawn(|| runtime.block_on(future)).join());
            return waiting.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
        pollster::block_on(future)
    }

    /// The sandboxes that were there when it was opened.
    pub(crate) fn records(&self) -> &[(SandboxTag, SandboxRecord)] {
        &self.records
    }

    /// The store of a sandbox.
    pub(crate) fn store(&self, tag: SandboxTag, rules: Rules) -> Store {
        #[cfg(any(test, feature = "durable"))]
        if let Some(durable) = &self.durable {
            return Store::durable(tag, rules, durable.clone());
        }
        Store::new(tag, rules)
    }

    /// Whether its state outlives the server.
    pub(crate) fn is_lasting(&self) -> bool {
        #[cfg(any(test, feature = "durable"))]
        return self.durable.is_some();
        #[cfg(not(any(test, feature = "durable")))]
        false
    }

    /// Whether the state can be used; otherwise what is wrong, in words that anybody may read.
    ///
    /// # Errors
    /// [`Unusable`].
    pub(crate) async fn check(&self) -> Result<(), Unusable> {
        #[cfg(any(test, feature = "durable"))]
        if let Some(durable) = &self.durable {
            return durable.check().await.map_err(|failure| {
                tracing::error!("the state cannot be used: {failure}");
                match failure {
                    Failure::Schema { found, known } => Unusable::Schema { found, known },
                    _ => Unusable::Lost,
                }
            });
        }
        Ok(())
    }

    /// What it is called among the servers that share the state.
    pub(crate) fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// What other servers tell that share the state, and what this one is called among them.
    #[cfg(any(test, feature = "durable"))]
    pub(super) fn shared(&self) -> Option<(&dyn Shared, &str)> {
        Some((self.durable.as_ref()?.shared()?, self.server()?))
    }

    /// Whether other servers share the state.
    pub(crate) fn is_shared(&self) -> bool {
        #[cfg(any(test, feature = "durable"))]
        return self.durable.as_ref().is_some_and(Durable::is_shared);
        #[cfg(not(any(test, feature = "durable")))]
        false
    }

    /// Takes up what other servers did: ends downloads, and gives the sandboxes that there are.
    ///
    /// # Errors
    /// [`Unavailable`]; the next look finds the same.
    pub(crate) async fn look(&self) -> Result<Records, Unavailable> {
        #[cfg(any(test, feature = "durable"))]
        if let Some(durable) = &self.durable {
            let found = durable.look().await.map_err(|failure| failure.to_string());
            return found.and_then(|records| Records::read(&records)).map_err(|problem| {
                tracing::warn!("what other servers did is not known: {problem}");
                Unavailable
            });
        }
        Ok(Records::default())
    }

    /// Changes what is noted of a sandbox, or of the server itself. What is to be changed is asked again with
    /// what others noted meanwhile, so that of two changes at once neither is lost.
    ///
    /// # Errors
    /// What `change` says; [`Unavailable`] if the change would be forgotten.
    pub(super) async fn change<T, V, E>(
        &self,
        tag: &SandboxTag,
        mut change: impl FnMut(Option<&T>) -> Result<RecordChange<T, V>, E>,
    ) -> Result<V, E>
    where
        T: Serialize + DeserializeOwned,
        E: From<Unavailable>,
    {
        for _ in 0..MOST_ATTEMPTS {
            let noted = self.noted(tag).await?;
            let RecordChange { record, value } = change(noted.as_ref().map(|noted| &noted.record))?;
            let Some(record) = record else { return Ok(value) };
            if self.note(tag, noted.as_ref(), &record).await? {
                return Ok(value);
            }
        }
        tracing::error!("sandbox {}: others changed it each time", tag.as_str());
        Err(Unavailable.into())
    }

    /// What is noted of a sandbox; nothing in memory.
    pub(super) async fn noted<T: DeserializeOwned>(
        &self,
        _tag: &SandboxTag,
    ) -> Result<Option<Noted<T>>, Unavailable> {
        #[cfg(any(test, feature = "durable"))]
        if let Some(durable) = &self.durable {
            let Some(text) = durable.record(_tag).await? else { return Ok(None) };
            let record = serde_json::from_str(&text).map_err(|error| {
                tracing::error!("what is noted of the sandbox {} cannot be read: {error}", _tag.as_str());
                Unavailable
            })?;
            return Ok(Some(Noted { record, text }));
        }
        Ok(None)
    }

    /// Notes a sandbox, if what is noted of it is still what was `seen`, and says whether it was.
    async fn note<T: Serialize>(
        &self,
        _tag: &SandboxTag,
        _seen: Option<&Noted<T>>,
        _record: &T,
    ) -> Result<bool, Unavailable> {
        #[cfg(any(test, feature = "durable"))]
        if let Some(durable) = &self.durable {
            let body = serde_json::to_string(_record).map_err(|_| Unavailable)?;
            return durable.note(_tag, _seen.map(|seen| seen.text.as_str()), body).await;
        }
        Ok(true)
    }

    /// Forgets a sandbox and all that it keeps.
    ///
    /// # Errors
    /// [`Unavailable`] if that is not certain.
    pub(crate) async fn forget(&self, _tag: &SandboxTag) -> Result<(), Unavailable> {
        #[cfg(any(test, feature = "durable"))]
        if let Some(durable) = &self.durable {
            return durable.forget(_tag).await;
        }
        Ok(())
    }
}

/// All that is noted.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) sandboxes: Vec<(SandboxTag, SandboxRecord)>,
    pub(crate) server: ServerRecord,
}

#[cfg(any(test, feature = "durable"))]
impl Records {
    fn read(records: &[(String, String)]) -> Result<Self, String> {
        let mut noted = Self::default();
        for (tag, body) in records {
            let tag = SandboxTag::of(tag).ok_or_else(|| format!("{tag} is no sandbox"))?;
            let wrong = |error: serde_json::Error| error.to_string();
            match tag == SandboxTag::server() {
                true => noted.server = serde_json::from_str(body).map_err(wrong)?,
                false => noted.sandboxes.push((tag, serde_json::from_str(body).map_err(wrong)?)),
            }
        }
        Ok(noted)
    }
}
