//! Medical objects of the platform's own format
//! (protocol reference, objects §8.6).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A medical object that is not FHIR. Its fields are not public; they are all in
/// `fields`, as sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MedicalObject {
    /// Id of the object: unique in the library.
    #[serde(default, rename = "entityid", skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
    /// Id of the account the object came from.
    #[serde(default, rename = "accountentityid", skip_serializing_if = "Option::is_none")]
    pub account_entity_id: Option<String>,
    /// Everything else, as sent.
    #[serde(flatten)]
    pub fields: BTreeMap<String, Value>,
}
