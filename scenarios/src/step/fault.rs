//! `fault`: injects what goes wrong.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::http::Header;
use super::{Act, StepOutcome, without_nulls};
use crate::format::{Field, Generations, HumanDuration};
use crate::context::ScenarioContext;

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
    retry_after: Option<HumanDuration>,
    /// Adds headers to the answer.
    #[serde(default)]
    headers: BTreeMap<Header, Field<String>>,
    /// Answers this error.
    #[serde(default)]
    error: Option<FaultError>,
    /// Waits first, in real time.
    #[serde(default)]
    delay: Option<HumanDuration>,
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
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let mut headers = BTreeMap::new();
        for (name, value) in &self.headers {
            headers.insert(name.as_str().to_owned(), context.field(value)?);
        }
        if let Some(after) = self.retry_after {
            headers.insert("Retry-After".to_owned(), after.0.as_secs().to_string());
        }
        let error = match &self.error {
            Some(error) => {
                Some(json!({ "code": context.field(&error.code)?, "message": context.field(&error.message)? }))
            }
            None => None,
        };
        let rule = without_nulls(json!({
            "route": context.field(&self.operation)?,
            "times": context.optional(self.times.as_ref())?,
            "file": context.optional(self.file.as_ref())?,
            "status": context.optional(self.status.as_ref())?,
            "headers": headers,
            "error": error,
            "delay": self.delay.map(|delay| delay.to_string()),
            "corrupt": self.corrupt,
            "truncate": self.truncate,
            "disconnect": self.disconnect,
            "hostile": context.optional(self.hostile.as_ref())?,
        }));
        Ok(context.control()?.fault(&rule).await?)
    }

    fn generations(&self) -> Generations {
        Generations::All
    }
}
