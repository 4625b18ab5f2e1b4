//! Where the sandboxes of a server keep their state.

#[cfg(any(test, feature = "durable"))]
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::application_changes::ApplicationChanges;
use super::store::Store;
use crate::config::settings::Settings;
use crate::config::state_place::{StateError, StatePlace};
use crate::domain::lifetimes::Lifetimes;
use crate::domain::state::Rules;
use crate::domain::timeline::Timeline;
use crate::domain::unavailable::Unavailable;
#[cfg(any(test, feature = "durable"))]
use crate::durable::{Database, Durable, Lifelines};
use crate::random::SandboxTag;
#[cfg(any(test, feature = "durable"))]
use crate::sandbox::around::Around;
#[cfg(any(test, feature = "durable"))]
use crate::sandbox::datasets::Datasets;

/// What is kept of a sandbox besides what it keeps of its users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SandboxRecord {
    pub(crate) lifetimes: Lifetimes,
    pub(crate) timeline: Timeline,
    /// How far its clock was moved.
    pub(crate) moved: Duration,
    #[serde(default)]
    pub(crate) applications: ApplicationChanges,
}

/// Where the sandboxes of a server keep their state; in memory by default.
#[derive(Clone, Debug, Default)]
pub(crate) struct Home {
    #[cfg(any(test, feature = "durable"))]
    durable: Option<Durable>,
    records: Vec<(SandboxTag, SandboxRecord)>,
}

impl Home {
    /// Opens what the settings name.
    ///
    /// # Errors
    /// [`StateError`]; what is there is left as it is.
    pub(crate) async fn open(settings: &Settings) -> Result<Self, StateError> {
        match &settings.state {
            StatePlace::Memory => Ok(Self::default()),
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
        }
    }

    #[cfg(any(test, feature = "durable"))]
    async fn with(database: Arc<dyn Database>, settings: &Settings) -> Result<Self, String> {
        let mut records = Vec::new();
        for (tag, body) in database.records().await.map_err(|failure| failure.to_string())? {
            let tag = SandboxTag::of(&tag).ok_or_else(|| format!("{tag} is no sandbox"))?;
            records.push((tag, serde_json::from_str(&body).map_err(|error| error.to_string())?));
        }
        let datasets = Datasets::new(settings.sample_data, settings.datasets.clone());
        let around = Around { datasets, lifelines: Lifelines::default() };
        Ok(Self { durable: Some(Durable::new(database, Arc::new(around))), records })
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

    /// Notes a sandbox.
    ///
    /// # Errors
    /// [`Unavailable`] if that is not certain.
    pub(crate) async fn note(&self, _tag: &SandboxTag, _record: &SandboxRecord) -> Result<(), Unavailable> {
        #[cfg(any(test, feature = "durable"))]
        if let Some(durable) = &self.durable {
            let body = serde_json::to_string(_record).map_err(|_| Unavailable)?;
            return durable.note(_tag, body).await;
        }
        Ok(())
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
