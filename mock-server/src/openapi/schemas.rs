//! JSON schemas: generated from types, or written here for answers that are built without one.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

/// The schemas of a document, collected while its operations are described.
#[derive(Debug)]
pub(super) struct Schemas {
    answers: SchemaGenerator,
    requests: SchemaGenerator,
    written: Map<String, Value>,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let mut answers = SchemaSettings::draft2020_12().for_serialize();
        answers.definitions_path = "/components/schemas".into();
        // A type may look otherwise when it is read, so requests share no definitions with answers.
        let mut requests = SchemaSettings::draft2020_12().for_deserialize();
        requests.inline_subschemas = true;
        Self { answers: answers.into_generator(), requests: requests.into_generator(), written: Map::new() }
    }

    /// The schema of an answer.
    pub(super) fn answer<T: JsonSchema>(&mut self) -> Schema {
        self.answers.subschema_for::<T>()
    }

    /// The schema of a request.
    pub(super) fn request<T: JsonSchema>(&mut self) -> Schema {
        self.requests.subschema_for::<T>()
    }

    /// A reference to a schema written by hand.
    pub(super) fn written(&mut self, name: &str, schema: Value) -> Schema {
        self.written.insert(name.to_owned(), schema);
        Schema::new_ref(format!("#/components/schemas/{name}"))
    }

    /// Everything that was referred to.
    pub(super) fn into_definitions(mut self) -> Map<String, Value> {
        let mut definitions = self.answers.take_definitions(true);
        definitions.values_mut().for_each(never_null);
        definitions.extend(self.written);
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
pub(super) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let required: Vec<_> = members.iter().map(|(name, _)| *name).filter(|it| !it.ends_with('?')).collect();
    let properties: Map<_, _> = members
        .iter()
        .map(|(name, schema)| (name.trim_end_matches('?').to_owned(), schema.clone()))
        .collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

pub(super) fn string() -> Value {
    json!({ "type": "string" })
}

pub(super) fn integer() -> Value {
    json!({ "type": "integer" })
}

pub(super) fn boolean() -> Value {
    json!({ "type": "boolean" })
}

pub(super) fn one_of(texts: &[&str]) -> Value {
    json!({ "type": "string", "enum": texts })
}

pub(super) fn array(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// An error with one of these codes, or any.
pub(super) fn error(from_cloud: bool, codes: Option<&[&str]>) -> Value {
    let code = codes.map_or_else(string, one_of);
    if from_cloud {
        return object([("error", code), ("message", string())]);
    }
    object([("error", object([("code", code), ("message", string()), ("reference", string())]))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::operations;
    use crate::operations::route::ROUTES;

    #[test]
    fn no_written_schema_hides_a_generated_one() {
        let mut schemas = Schemas::new();
        for route in ROUTES {
            operations::exchange(route.operation, &mut schemas);
        }
        let generated = schemas.answers.take_definitions(true);
        for name in schemas.written.keys() {
            assert!(!generated.contains_key(name), "{name}");
        }
    }

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
