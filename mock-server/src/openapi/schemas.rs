//! JSON schemas: generated from types, or written here for answers that are built without one.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

/// The schemas of a document, collected while its operations are described.
#[derive(Debug)]
pub(crate) struct Schemas {
    answers: SchemaGenerator,
    requests: SchemaGenerator,
}

impl Schemas {
    pub(crate) fn new() -> Self {
        let mut answers = SchemaSettings::draft2020_12().for_serialize();
        answers.definitions_path = "/components/schemas".into();
        // A type may look otherwise when it is read, so requests share no definitions with answers.
        let mut requests = SchemaSettings::draft2020_12().for_deserialize();
        requests.inline_subschemas = true;
        Self { answers: answers.into_generator(), requests: requests.into_generator() }
    }

    /// The schema of an answer.
    pub(crate) fn answer<T: JsonSchema>(&mut self) -> Schema {
        self.answers.subschema_for::<T>()
    }

    /// The schema of a request.
    pub(crate) fn request<T: JsonSchema>(&mut self) -> Schema {
        self.requests.subschema_for::<T>()
    }

    /// Everything that was referred to.
    pub(crate) fn into_definitions(mut self) -> Map<String, Value> {
        let mut definitions = self.answers.take_definitions(true);
        definitions.values_mut().for_each(never_null);
        definitions.insert("ApiError".to_owned(), error(false, None));
        definitions.insert("StorageError".to_owned(), error(true, None));
        definitions
    }
}

/// Optional members of the platform's answers are absent, never null.
fn never_null(schema: &mut Value) {
    let is_null = |schema: &Value| schema["type"] == "null";
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &types[..] {
            schema["type"] = only.clone();
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| !is_null(choice));
        if let [only] = &choices[..] {
            let only = only.clone();
            if let (Value::Object(schema), Value::Object(only)) = (&mut *schema, only) {
                schema.remove("anyOf");
                schema.extend(only);
            }
        }
    }
    match schema {
        Value::Object(members) => members.values_mut().for_each(never_null),
        Value::Array(items) => items.iter_mut().for_each(never_null),
        _ => {}
    }
}

/// An object with these members, of which those with a `?` at the end are optional.
pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let required: Vec<_> = members.iter().map(|(name, _)| *name).filter(|it| !it.ends_with('?')).collect();
    let properties: Map<_, _> = members
        .iter()
        .map(|(name, schema)| (name.trim_end_matches('?').to_owned(), schema.clone()))
        .collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

pub(crate) fn string() -> Value {
    json!({ "type": "string" })
}

pub(crate) fn one_of(texts: &[&str]) -> Value {
    json!({ "type": "string", "enum": texts })
}

/// An error with one of these codes, or any.
pub(crate) fn error(from_cloud: bool, codes: Option<&[&str]>) -> Value {
    let code = codes.map_or_else(string, one_of);
    if from_cloud {
        return object([("error", code), ("message", string())]);
    }
    object([("error", object([("code", code), ("message", string()), ("reference", string())]))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_members_of_answers_are_never_null() {
        let mut schema = json!({ "properties": {
            "a": { "type": ["string", "null"] },
            "b": { "anyOf": [{ "$ref": "#/x" }, { "type": "null" }], "description": "d" },
        }});
        never_null(&mut schema);
        let expected = json!({ "properties": {
            "a": { "type": "string" },
            "b": { "$ref": "#/x", "description": "d" },
        }});
        assert_eq!(schema, expected);
    }
}
