//! Holds answers against the server's OpenAPI document: status, media type, JSON.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::raw_client::Answer;

/// The answers that an OpenAPI document allows. Members that it does not name are refused, although
/// clients would ignore them: what the server says more is not documented.
pub struct Checker {
    /// Operation id → operation.
    operations: HashMap<String, Value>,
    schemas: Value,
    /// Schema, as text → its validator.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// What an answer is checked for.
struct Seen<'a> {
    status: u64,
    content_type: Option<&'a str>,
    json: Option<&'a Value>,
}

impl Checker {
    pub fn new(document: &Value) -> Self {
        let mut document = document.clone();
        refuse_more_members(&mut document);
        let items = document["paths"].as_object().unwrap().values();
        let operations = items.flat_map(|item| item.as_object().unwrap().values());
        let by_id = |it: &Value| (it["operationId"].as_str().unwrap().to_owned(), it.clone());
        Self {
            operations: operations.map(by_id).collect(),
            schemas: document["components"]["schemas"].clone(),
            validators: Mutex::default(),
        }
    }

    /// Checks entries of `GET /__admin/requests`.
    ///
    /// # Errors
    /// A line for each answer that is not as documented.
    pub fn check_journal(&self, entries: &[Value]) -> Result<(), String> {
        let violations = entries.iter().filter_map(|entry| {
            let problem = self.check_entry(entry).err()?;
            Some(format!("{} {} -> {}: {problem}\n", entry["method"], entry["path"], entry["status"]))
        });
        let violations: String = violations.collect();
        if violations.is_empty() { Ok(()) } else { Err(violations) }
    }

    /// Checks an entry of the journal; a faulted answer may be anything.
    ///
    /// # Errors
    /// What is not as documented.
    pub fn check_entry(&self, entry: &Value) -> Result<(), String> {
        if entry.get("fault").is_some() {
            return Ok(());
        }
        let status = entry["status"].as_u64().ok_or("no status")?;
        let content_type = entry.get("contentType").and_then(Value::as_str);
        let seen = Seen { status, content_type, json: entry.get("answer") };
        let Some(operation) = entry.get("operation") else {
            let is_cloud = entry["path"].as_str().is_some_and(|path| path.starts_with("/v1/clouds/"));
            return self.check_nothing_there(&seen, is_cloud);
        };
        let operation = operation.as_str().ok_or("the operation is no text")?;
        // Older generations of the API have operations of their own in the document.
        let generation = entry["path"].as_str().and_then(|path| path.split('/').nth(1)).unwrap_or_default();
        let older = format!("{operation}_{generation}");
        let operation = if self.operations.contains_key(&older) { older.as_str() } else { operation };
        let response = self.response(operation, status)?;
        if entry["method"] == "HEAD" {
            return Ok(());
        }
        if entry.get("answerLeftOut").is_some() {
            return media_type(response, content_type).map(|_| ());
        }
        self.check(response, &seen)
    }

    /// Checks an answer as a client received it, headers included.
    ///
    /// # Errors
    /// What is not as documented.
    pub fn check_answer(&self, operation: &str, answer: &Answer) -> Result<(), String> {
        let status = u64::from(answer.status.as_u16());
        let response = self.response(operation, status)?;
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let optional = header["required"] != true && header.get("$ref").is_none();
            if !optional && !answer.headers.contains_key(name.as_str()) {
                return Err(format!("the header {name} is missing"));
            }
        }
        let content_type = answer.headers.get("content-type").map(|it| it.to_str().unwrap());
        let json = content_type.filter(|it| *it == "application/json").map(|_| answer.json());
        self.check(response, &Seen { status, content_type, json: json.as_ref() })
    }

    fn response(&self, operation: &str, status: u64) -> Result<&Value, String> {
        let described = self.operations.get(operation);
        let described = described.ok_or_else(|| format!("{operation} is not in the document"))?;
        let response = described["responses"].get(status.to_string());
        response.ok_or_else(|| format!("{operation} is not documented to answer {status}"))
    }

    fn check(&self, response: &Value, seen: &Seen<'_>) -> Result<(), String> {
        let Some(content) = media_type(response, seen.content_type)? else { return Ok(()) };
        match (content.get("schema"), seen.json) {
            (None, _) => Ok(()),
            (Some(_), None) => Err("the JSON is missing".to_owned()),
            (Some(schema), Some(json)) => self.check_json(schema, json),
        }
    }

    fn check_nothing_there(&self, seen: &Seen<'_>, is_cloud: bool) -> Result<(), String> {
        if !matches!(seen.status, 404 | 405) {
            return Err("what is not there answers 404 or 405".to_owned());
        }
        let name = if is_cloud { "StorageError" } else { "ApiError" };
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        self.check_json(&schema, seen.json.ok_or("the JSON is missing")?)
    }

    fn check_json(&self, schema: &Value, json: &Value) -> Result<(), String> {
        let validator = self.validator(schema);
        let errors = validator.iter_errors(json).map(|it| format!("{}: {it}", it.instance_path()));
        let errors: Vec<_> = errors.collect();
        if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
    }

    fn validator(&self, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        let validator = validators.entry(schema.to_string()).or_insert_with(|| {
            let mut root = Map::new();
            root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
            root.insert("components".to_owned(), json!({ "schemas": self.schemas }));
            root.insert("allOf".to_owned(), json!([schema]));
            Arc::new(jsonschema::validator_for(&Value::Object(root)).unwrap())
        });
        Arc::clone(validator)
    }
}

/// The documented content of this media type; `None` if the answer has and needs no body.
fn media_type<'a>(response: &'a Value, found: Option<&str>) -> Result<Option<&'a Value>, String> {
    let essence = found.map(|found| found.split(';').next().unwrap_or_default().trim());
    match (response.get("content"), essence) {
        (None, None) => Ok(None),
        (None, Some(found)) => Err(format!("a body of {found} is not documented")),
        (Some(_), None) => Err("the body is missing".to_owned()),
        (Some(content), Some(found)) => {
            content.get(found).map(Some).ok_or_else(|| format!("the media type {found} is not documented"))
        }
    }
}

fn refuse_more_members(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.contains_key("properties") && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
            members.values_mut().for_each(refuse_more_members);
        }
        Value::Array(items) => items.iter_mut().for_each(refuse_more_members),
        _ => {}
    }
}
