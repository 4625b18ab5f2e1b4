//! `fault`: injects what goes wrong.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Act, Outcome, without_nulls};
use crate::format::{Field, Span24};
use crate::scene::Scene;

/// Injects a fault into an operation of the server.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// The operation, such as `readFile`, or a route: `GET /v1.7/permission-access/accounts`.
    operation: Field<String>,
    /// How often it strikes; always, if not given.
    #[serde(default)]
    times: Option<Field<u32>>,
    /// Only requests for files of this name; `*` stands for any text.
    #[serde(default)]
    file: Option<Field<String>>,
    /// Answers this status.
    #[serde(default)]
    status: Option<Field<u16>>,
    /// Adds `Retry-After`, in whole seconds.
    #[serde(default)]
    retry_after: Option<Span24>,
    /// Adds headers to the answer.
    #[serde(default)]
    headers: BTreeMap<String, Field<String>>,
    /// Answers this error.
    #[serde(default)]
    error: Option<FaultError>,
    /// Waits first, in real time.
    #[serde(default)]
    delay: Option<Span24>,
    /// Flips the bits of the answer's first byte.
    #[serde(default)]
    corrupt: bool,
    /// Ends the body half way, as if it were whole.
    #[serde(default)]
    truncate: bool,
    /// Closes the connection half way through the body.
    #[serde(default)]
    disconnect: bool,
    /// Answers in a way that a client must not believe, such as `unknownKid`.
    #[serde(default)]
    hostile: Option<Field<String>>,
}

/// Code and message of an injected error.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FaultError {
    /// The code.
    code: Field<String>,
    /// The message.
    message: Field<String>,
}

impl Act for Fault {
    async fn act(&self, scene: &mut Scene) -> Outcome {
        let mut headers = BTreeMap::new();
        for (name, value) in &self.headers {
            headers.insert(name.clone(), scene.field(value)?);
        }
        if let Some(after) = self.retry_after {
            headers.insert("Retry-After".to_owned(), after.0.as_secs().to_string());
        }
        let error = match &self.error {
            Some(error) => {
                Some(json!({ "code": scene.field(&error.code)?, "message": scene.field(&error.message)? }))
            }
            None => None,
        };
        let rule = without_nulls(json!({
            "route": scene.field(&self.operation)?,
            "times": scene.optional(self.times.as_ref())?,
            "file": scene.optional(self.file.as_ref())?,
            "status": scene.optional(self.status.as_ref())?,
            "headers": headers,
            "error": error,
            "delay": self.delay.map(|delay| delay.to_string()),
            "corrupt": self.corrupt,
            "truncate": self.truncate,
            "disconnect": self.disconnect,
            "hostile": scene.optional(self.hostile.as_ref())?,
        }));
        Ok(scene.control()?.fault(&rule).await?)
    }
}
