//! `read_all`: polls a session and downloads everything.

use std::time::Duration;

use digime::ReadAllOptions;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Act, StepOutcome, StepError, list, read_file};
use crate::format::{Field, Generations, HumanDuration};
use crate::context::ScenarioContext;

/// Polls a session and downloads all its files (protocol reference, README §8), in the order of their
/// names.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ReadAll {
    /// The session's key, if it is not the present one.
    session: Option<Field<String>>,
    /// Downloads at a time; one, if not given, so that transcripts are in order.
    concurrency: Option<usize>,
    /// Time between two polls, in real time.
    poll: Option<HumanDuration>,
    /// Longest time, in real time.
    deadline: Option<HumanDuration>,
}

impl Act for ReadAll {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let reader = context.reader(self.session.as_ref())?;
        let options = ReadAllOptions::new()
            .concurrency(self.concurrency.unwrap_or(1))
            .poll_interval(self.poll.map_or(Duration::from_millis(50), |span| span.0))
            .deadline(self.deadline.map_or(Duration::from_secs(60), |span| span.0));
        let mut all = reader.all_files(options).collect_all().await?;
        all.files.sort_by(|one, other| one.name.cmp(&other.name));
        all.failures.sort_by(|one, other| one.name.cmp(&other.name));
        let files: Vec<_> = all.files.iter().map(read_file::described).collect();
        let failures: Vec<_> = all
            .failures
            .iter()
            .map(|failure| match StepError::from(failure.error.clone()) {
                StepError::Refused(mut described) => {
                    described["name"] = json!(failure.name);
                    described
                }
                _ => Value::Null,
            })
            .collect();
        Ok(json!({ "files": files, "failures": failures, "status": list::status(&all.status) }))
    }

    fn generations(&self) -> Generations {
        Generations::SDK
    }

    fn is_concurrent(&self) -> bool {
        self.concurrency.is_some_and(|concurrency| concurrency > 1)
    }
}
