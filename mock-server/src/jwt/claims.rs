//! The claims of a request's JWT.

use serde_json::{Map, Value};

use crate::domain::refusal::Refusal;
use crate::journal::redact::redact;

/// The claims of a request's JWT. Unknown ones are ignored.
#[derive(Clone, Debug)]
pub(crate) struct Claims(pub(crate) Map<String, Value>);

impl Claims {
    /// A text claim; `null` and absence are the same.
    ///
    /// # Errors
    /// `InvalidRequest` if the claim is there but is no text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::invalid_request(
                format!("The claim {name} must be a string"),
                "found another JSON type",
            )),
        }
    }

    /// A text claim that must be there and not be empty.
    ///
    /// # Errors
    /// `InvalidRequest` otherwise.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| {
            Refusal::invalid_request(format!("The claim {name} is required"), "it is missing or empty")
        })
    }

    /// A number, in whatever way the client wrote it: an integer, with a fraction or an exponent.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.0.get(name).and_then(Value::as_f64)
    }

    /// Who they are of, by `client_id` or, of a storage JWT, by `sub` and `iss`.
    pub(crate) fn client_id(&self) -> Option<String> {
        let client_id = self.text("client_id").ok().flatten().map(str::to_owned);
        client_id.or_else(|| self.cloud_client_id())
    }

    /// `"<applicationId>_<contractId>"` of a storage JWT, which names the two apart.
    pub(crate) fn cloud_client_id(&self) -> Option<String> {
        let (application, contract) = (self.text("sub").ok()??, self.text("iss").ok()??);
        Some(format!("{application}_{contract}"))
    }

    /// The claims with every secret replaced by a short fingerprint.
    pub(crate) fn redacted(&self) -> Map<String, Value> {
        match redact(&Value::Object(self.0.clone())) {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}
