//! `push_provider`: pushes a resource to the source behind an account.

use digime::{AccountId, FhirVersion};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Act, StepOutcome};
use crate::format::Field;
use crate::context::ScenarioContext;

/// Pushes a FHIR resource to the source behind an account (protocol reference, http-api §5.2).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PushProvider {
    /// The account's id.
    account: Field<String>,
    /// The resource.
    resource: Value,
    /// The version of FHIR.
    #[serde(default)]
    version: Version,
}

/// A version of FHIR.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
enum Version {
    /// `stu3`
    #[default]
    #[serde(rename = "stu3")]
    Stu3,
    /// `3.0.2`
    #[serde(rename = "3.0.2")]
    Number,
}

impl Act for PushProvider {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let account = AccountId::new(context.field(&self.account)?);
        let resource = context.json(&self.resource)?;
        let version = match self.version {
            Version::Stu3 => FhirVersion::Stu3,
            Version::Number => FhirVersion::V3_0_2,
        };
        context.user()?.push_to_provider(&account, version, &resource).await?;
        Ok(Value::Null)
    }
}
