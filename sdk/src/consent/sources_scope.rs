//! Narrowing the sources a consent page offers
//! (protocol reference, objects §5.5).

use serde::Serialize;

use crate::error::{Error, Result};

/// Data and organisation types of the sources to offer. Values are checked
/// against the lists below before anything is sent.
///
/// ```
/// use digime::SourcesScope;
///
/// let scope = SourcesScope::new().data_type("images").organization_type("hospital");
/// assert!(SourcesScope::DATA_TYPES.contains(&"images"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourcesScope {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    data_type: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_type: Option<String>,
}

impl SourcesScope {
    /// Values of [`SourcesScope::data_type`].
    pub const DATA_TYPES: [&'static str; 17] = [
        "medication-information",
        "laboratory-results",
        "appointments",
        "patient-summary-hospital-data",
        "gp-data",
        "mental-health-patient-summary",
        "documents",
        "measurements-vital-signs",
        "allergy-intolerances",
        "images",
        "medication-related-intolerances",
        "referral-to-questionnaire",
        "questionnaire-response",
        "longterm-healthcare-patient-summary",
        "patient-corrections-request",
        "vaccinations",
        "integral-birth-care-process",
    ];

    /// Values of [`SourcesScope::organization_type`].
    pub const ORGANIZATION_TYPES: [&'static str; 24] = [
        "general-practitioner",
        "health-center",
        "hospital",
        "private-treatment-center",
        "specialist-centre",
        "radiotherapy-center",
        "dialysis-center",
        "obstetrics-and-maternity-care",
        "mental-health-care",
        "youth-health-care",
        "psychology-and-psychotherapy",
        "nursing-and-care-homes-and-home-care",
        "disability-care",
        "mentally-disabled-care",
        "daycare-centers",
        "rehabilitation-center",
        "pharmacy",
        "audiological-center",
        "medical-aids",
        "physiotherapy",
        "protected-and-supported-living",
        "dentist",
        "ambulance",
        "health-insurers",
    ];

    /// All sources.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a data type, one of [`SourcesScope::DATA_TYPES`].
    #[must_use]
    pub fn data_type(mut self, value: impl Into<String>) -> Self {
        self.data_type.push(value.into());
        self
    }

    /// Sets the organisation type, one of [`SourcesScope::ORGANIZATION_TYPES`].
    #[must_use]
    pub fn organization_type(mut self, value: impl Into<String>) -> Self {
        self.organization_type = Some(value.into());
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        let unknown = |value: &&String| !Self::DATA_TYPES.contains(&value.as_str());
        if let Some(value) = self.data_type.iter().find(unknown) {
            return Err(Error::config("sources_scope", format!("{value:?} is no data type")));
        }
        match &self.organization_type {
            Some(value) if !Self::ORGANIZATION_TYPES.contains(&value.as_str()) => {
                Err(Error::config("sources_scope", format!("{value:?} is no organisation type")))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::config("sources_scope", format!("cannot be written ({error})")))
    }
}
