//! `read_file`: downloads, decrypts and unpacks a file.

use digime::{File, FileName};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Act, StepOutcome, without_nulls};
use crate::format::{Field, Generations};
use crate::context::ScenarioContext;

/// Downloads, decrypts and unpacks a file (protocol reference, http-api §4.3).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadFile {
    /// The file's name.
    name: Field<String>,
    /// The session's key, if it is not the present one.
    #[serde(default)]
    session: Option<Field<String>>,
}

impl Act for ReadFile {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let reader = context.reader(self.session.as_ref())?;
        let name = FileName::new(context.field(&self.name)?);
        let file = reader.file(&name).await?;
        let mut result = described(&file);
        result["content"] = content(&file);
        Ok(result)
    }

    fn generations(&self) -> Generations {
        Generations::SDK
    }
}

/// What a file is, without its content.
pub(super) fn described(file: &File) -> Value {
    without_nulls(json!({
        "name": file.name,
        "metadata": file.metadata,
        "compression": file.compression,
        "bytes": file.len(),
        "modified": file.last_modified.is_some(),
        "updatedDate": file.updated_date,
        "objects": file.json::<Vec<Value>>().ok().map(|objects| objects.len()),
    }))
}

/// JSON, or text, or nothing for other bytes.
fn content(file: &File) -> Value {
    let text = || String::from_utf8(file.bytes().to_vec()).map_or(Value::Null, Value::String);
    file.json::<Value>().unwrap_or_else(|_| text())
}
