//! The JSON Schema of scenario files, for editors.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::document::Document;

/// The JSON Schema (2020-12) of scenario files.
pub(crate) fn schema() -> Value {
    let mut schema =
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Document>().to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), "A digime-scenarios file".into());
    }
    schema
}
