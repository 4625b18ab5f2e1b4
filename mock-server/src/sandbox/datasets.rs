//! What the sources of a sandbox deliver: generated sample data, and datasets of one's own.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use digime_fixtures::catalogue::Source;
use digime_fixtures::{Dataset, GenerateOptions, dataset_ids};
use jiff::civil::Date;

use crate::clock::Moment;
use crate::config::settings::SampleDataSettings;

/// A dataset as a user chooses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DatasetChoice {
    /// Its id.
    pub id: String,
    /// What it holds.
    pub description: String,
}

/// The datasets of a sandbox.
#[derive(Debug)]
pub(crate) struct Datasets {
    settings: SampleDataSettings,
    own: Vec<Arc<Dataset>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    source: u32,
    dataset: String,
    seed: u64,
    until: Date,
    months: u32,
}

/// Generated datasets are the same for everybody, so that a hundred servers in one process
/// generate each once.
static GENERATED: LazyLock<Mutex<HashMap<Key, Arc<Dataset>>>> = LazyLock::new(Mutex::default);
const MOST_GENERATED: usize = 256;

impl Datasets {
    /// `own` datasets are offered before the generated ones and hide those with the same id.
    pub(crate) fn new(settings: SampleDataSettings, own: Vec<Arc<Dataset>>) -> Self {
        Self { settings, own }
    }

    /// What a source offers.
    pub(crate) fn choices(&self, source: &Source) -> Vec<DatasetChoice> {
        let own = self.own.iter().filter(|dataset| dataset.source_id == source.id).map(|dataset| {
            DatasetChoice { id: dataset.id.clone(), description: dataset.description.clone() }
        });
        let mut choices: Vec<_> = own.collect();
        for (id, description) in dataset_ids(source) {
            if choices.iter().all(|choice| choice.id != id) {
                choices.push(DatasetChoice { id: id.to_owned(), description: description.to_owned() });
            }
        }
        choices
    }

    /// A dataset of a source, generated up to the day of `now` unless the settings fix a day.
    pub(crate) fn get(&self, source: &Source, id: &str, now: Moment) -> Option<Arc<Dataset>> {
        let mine = |dataset: &&Arc<Dataset>| dataset.source_id == source.id && dataset.id == id;
        if let Some(own) = self.own.iter().find(mine) {
            return Some(Arc::clone(own));
        }
        if !dataset_ids(source).iter().any(|(known, _)| *known == id) {
            return None;
        }
        let SampleDataSettings { seed, until, months } = self.settings;
        let until = until.unwrap_or_else(|| now.date());
        let key = Key { source: source.id, dataset: id.to_owned(), seed, until, months };
        let mut generated = GENERATED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(dataset) = generated.get(&key) {
            return Some(Arc::clone(dataset));
        }
        let options = GenerateOptions { seed, until, months, files: None, file_size: None };
        let dataset = Dataset::generate(source, id, &options)
            .inspect_err(|error| tracing::error!(source = source.id, dataset = id, %error, "no sample data"))
            .ok()?;
        let dataset = Arc::new(dataset);
        if generated.len() >= MOST_GENERATED {
            generated.clear();
        }
        generated.insert(key, Arc::clone(&dataset));
        Some(dataset)
    }
}
