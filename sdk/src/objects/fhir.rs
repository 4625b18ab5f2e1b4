//! FHIR resources: a typed `resourceType`, all else as raw JSON
//! (protocol reference, objects §8.6).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::text_enum::text_enum;

text_enum! {
    /// Kind of a FHIR resource.
    ResourceType {
        /// `AllergyIntolerance`
        AllergyIntolerance = "AllergyIntolerance",
        /// `Bundle`
        Bundle = "Bundle",
        /// `Condition`
        Condition = "Condition",
        /// `Device`
        Device = "Device",
        /// `DiagnosticReport`
        DiagnosticReport = "DiagnosticReport",
        /// `Encounter`
        Encounter = "Encounter",
        /// `FamilyMemberHistory`
        FamilyMemberHistory = "FamilyMemberHistory",
        /// `Immunization`
        Immunization = "Immunization",
        /// `MedicationDispense`
        MedicationDispense = "MedicationDispense",
        /// `MedicationRequest`
        MedicationRequest = "MedicationRequest",
        /// `MedicationStatement`
        MedicationStatement = "MedicationStatement",
        /// `Observation`
        Observation = "Observation",
        /// `Patient`
        Patient = "Patient",
        /// `Procedure`
        Procedure = "Procedure",
    }
}

/// A FHIR resource, of files whose schema's standard is `fhir`. Its version is
/// that of the schema: STU3 for MedMij, R4 for hospitals of the US.
///
/// ```
/// use digime::objects::{FhirResource, ResourceType};
///
/// # fn main() -> Result<(), serde_json::Error> {
/// let json = r#"{"resourceType":"Observation","id":"o-1","status":"final"}"#;
/// let resource: FhirResource = serde_json::from_str(json)?;
/// assert_eq!(resource.resource_type, ResourceType::Observation);
/// assert_eq!(resource.fields["status"], "final");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FhirResource {
    /// Kind of the resource.
    #[serde(rename = "resourceType")]
    pub resource_type: ResourceType,
    /// Id of the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Everything else, as sent: for a FHIR library of your choice.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}
