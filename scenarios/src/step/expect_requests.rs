//! `expect_requests`: how often an operation was asked for.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Act, StepOutcome, StepError};
use crate::format::Generations;
use crate::context::ScenarioContext;
use crate::yaml::did_you_mean;

/// How many requests of each operation arrived so far: `expect_requests: { token: 2 }`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct ExpectRequests(BTreeMap<String, usize>);

impl Act for ExpectRequests {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let journal = context.control()?.requests().await?;
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in &journal {
            *counts.entry(entry["operation"].as_str().unwrap_or("unknown")).or_default() += 1;
        }
        // A name that the server does not know would always be counted 0 times.
        let missing = self.0.keys().find(|name| !counts.contains_key(name.as_str()));
        if let Some(missing) = missing {
            let known = context.control()?.operations().await?;
            if !known.contains(missing) {
                let known: Vec<_> = known.iter().map(String::as_str).collect();
                let hint = did_you_mean(missing, &known).map(|near| format!("; did you mean `{near}`?"));
                return Err(StepError::Misuse(format!(
                    "the server has no operation `{missing}`{}",
                    hint.unwrap_or_default()
                )));
            }
        }
        let unlike = self.0.iter().find(|(name, count)| counts.get(name.as_str()).unwrap_or(&0) != *count);
        match unlike {
            None => Ok(json!(counts)),
            Some((name, count)) => Err(StepError::Mismatch {
                message: format!("the number of `{name}` requests is another"),
                expected: count.to_string(),
                actual: format!("{} (all: {})", counts.get(name.as_str()).unwrap_or(&0), json!(counts)),
            }),
        }
    }

    fn generations(&self) -> Generations {
        Generations::All
    }

    fn only_looks(&self) -> bool {
        true
    }
}
