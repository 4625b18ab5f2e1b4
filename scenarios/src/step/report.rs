//! `report`: the portability report.

use std::time::{Duration, UNIX_EPOCH};

use digime::PortabilityReportOptions;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Act, StepOutcome};
use crate::format::Field;
use crate::context::ScenarioContext;

/// Reads the MedMij portability report (protocol reference, http-api §5.6).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Report {
    /// From when, in seconds since 1970.
    from: Option<Field<u64>>,
    /// Until when, in seconds since 1970.
    to: Option<Field<u64>>,
}

impl Act for Report {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let mut options = PortabilityReportOptions::new();
        if let Some(from) = context.optional(self.from.as_ref())? {
            options = options.since(UNIX_EPOCH + Duration::from_secs(from));
        }
        if let Some(to) = context.optional(self.to.as_ref())? {
            options = options.until(UNIX_EPOCH + Duration::from_secs(to));
        }
        let xml = context.user()?.portability_report(options).await?;
        Ok(json!({ "bytes": xml.len(), "xml": xml }))
    }
}
