//! What the rows of a sandbox refer to that no database holds.

use std::sync::Arc;

use digime_fixtures::Dataset;
use digime_fixtures::catalogue::Source;

use super::datasets::Datasets;
use crate::clock::Moment;
use crate::domain::lifeline::Lifeline;
use crate::domain::table::Surroundings;
use crate::durable::Lifelines;

/// The datasets of the settings, and the downloads of this server.
#[derive(Debug)]
pub(crate) struct Around {
    pub(crate) datasets: Datasets,
    pub(crate) lifelines: Lifelines,
}

impl Surroundings for Around {
    fn dataset(&self, source: &Source, id: &str, connected: Moment) -> Option<Arc<Dataset>> {
        self.datasets.get(source, id, connected)
    }

    fn lifeline(&self, id: &str) -> Lifeline {
        self.lifelines.of(id)
    }

    fn cut(&self, id: &str) {
        self.lifelines.cut(id);
    }
}
