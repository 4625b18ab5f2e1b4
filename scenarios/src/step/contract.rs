//! `contract`: what the platform knows of a contract.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Act, StepOutcome};
use crate::format::{ContractKind, Field};
use crate::context::ScenarioContext;

/// Reads the details of a contract (protocol reference, http-api §7).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ContractDetails {
    /// Its kind; that of the user who acts, if not given.
    kind: Option<Field<ContractKind>>,
}

impl Act for ContractDetails {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let kind = context.optional(self.kind.as_ref())?;
        let contract = context.contract(kind, None)?;
        let details = context.client.contract_details(&contract).await?;
        Ok(json!({
            "id": details.id,
            "type": details.r#type,
            "accessType": details.access_type,
            "partnerId": details.partner_id,
            "expirationDate": details.expiration_date,
            "certificateContractSchemaVersion": details.certificate_contract_schema_version,
            "certificateBytes": details.certificate.len(),
            "document": details.document()?,
            "application": {
                "id": details.application.id,
                "name": details.application.name,
                "status": details.application.status,
                "resources": details.application.resources,
            },
        }))
    }
}
