//! Applications, which come and go while the server runs.

pub(super) mod change;
pub(super) mod create;
pub(super) mod list;
pub(super) mod remove;
pub(super) mod show;

use schemars::JsonSchema;
use serde::Serialize;

use crate::admin::contracts::ContractJson;
use crate::config::settings::ApplicationSettings;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::sandbox::Sandbox;
use crate::sandbox::applications::ApplicationError;

/// An application, as administration shows it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Application")]
pub(super) struct ApplicationJson {
    application_id: String,
    /// What the consent page calls it.
    name: String,
    contracts: Vec<ContractJson>,
}

impl ApplicationJson {
    fn of(sandbox: &Sandbox, application: &ApplicationSettings) -> Self {
        Self {
            application_id: application.id.clone(),
            name: application.name.clone(),
            contracts: application.contracts.iter().map(|it| ContractJson::of(sandbox, it)).collect(),
        }
    }
}

impl From<ApplicationError> for Refusal {
    fn from(error: ApplicationError) -> Self {
        let message = error.to_string();
        match error {
            ApplicationError::Unknown { .. } => {
                let advice = "GET /__admin/applications lists what there is";
                Self::new(404, RefusalCode::NotFound, message, advice)
            }
            ApplicationError::Unusable(_) => Self::validation(message),
            ApplicationError::Unavailable(unavailable) => unavailable.into(),
            ApplicationError::TooMany => {
                Self::new(429, RefusalCode::TooManyRequests, message.clone(), message)
            }
        }
    }
}
