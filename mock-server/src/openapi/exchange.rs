//! What goes over the wire for one operation, as the document describes it.

use schemars::Schema;
use serde_json::{Map, Value, json};

use crate::operations::generation::{Generation, Generations};

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    /// Anybody.
    Open,
    /// A contract.
    Contract,
    /// A contract for a user.
    User,
    /// A contract, at the cloud host.
    Cloud,
    /// Whoever administrates.
    Admin,
}

impl Auth {
    pub(crate) fn requirement(self) -> Value {
        match self {
            Self::Open => json!([]),
            Self::Contract => json!([{ "contractJwt": [] }]),
            Self::User => json!([{ "userJwt": [] }]),
            Self::Cloud => json!([{ "cloudJwt": [] }]),
            Self::Admin => json!([{}, { "adminToken": [] }]),
        }
    }
}

/// Media type → schema.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content(Map<String, Value>);

impl Content {
    pub(crate) fn json(schema: Schema) -> Self {
        Self::of("application/json", schema.to_value())
    }

    /// Any of these media types, whose content the document does not describe.
    pub(crate) fn opaque(mimetypes: &[&str]) -> Self {
        Self(mimetypes.iter().map(|mimetype| ((*mimetype).to_owned(), json!({}))).collect())
    }

    pub(crate) fn of(mimetype: &str, schema: Value) -> Self {
        Self(Map::from_iter([(mimetype.to_owned(), json!({ "schema": schema }))]))
    }

    /// JSON that an operation takes as it is.
    pub(crate) fn any_object() -> Self {
        Self::of("application/json", json!({ "type": "object" }))
    }

    pub(crate) fn as_json(&self) -> &Map<String, Value> {
        &self.0
    }
}

/// An answer that is no refusal.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    description: &'static str,
    content: Content,
    headers: Map<String, Value>,
}

impl Answer {
    pub(crate) fn new(status: u16, description: &'static str, content: Content) -> Self {
        Self { status, description, content, headers: Map::new() }
    }

    /// 200 with JSON.
    pub(crate) fn json(description: &'static str, schema: Schema) -> Self {
        Self::new(200, description, Content::json(schema))
    }

    /// An answer without a body.
    pub(crate) fn empty(status: u16, description: &'static str) -> Self {
        Self::new(status, description, Content::default())
    }

    pub(crate) fn header(mut self, name: &str, description: &str) -> Self {
        let header = json!({ "description": description, "required": true, "schema": { "type": "string" } });
        self.headers.insert(name.to_owned(), header);
        self
    }

    pub(crate) fn as_json(&self) -> Value {
        let mut response = json!({ "description": self.description });
        if !self.content.0.is_empty() {
            response["content"] = json!(self.content.0);
        }
        if !self.headers.is_empty() {
            response["headers"] = json!(self.headers);
        }
        response
    }
}

/// What goes over the wire for one operation, besides its path and its refusals.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) auth: Auth,
    pub(crate) parameters: Vec<Value>,
    pub(crate) request: Option<Content>,
    pub(crate) answers: Vec<Answer>,
    older: Vec<(Generations, Self)>,
}

impl Exchange {
    pub(crate) fn new(auth: Auth, answer: Answer) -> Self {
        Self { auth, parameters: Vec::new(), request: None, answers: vec![answer], older: Vec::new() }
    }

    /// What goes over the wire instead in these generations of the API; of several the first counts.
    pub(crate) fn older(mut self, generations: Generations, exchange: Self) -> Self {
        self.older.push((generations, exchange));
        self
    }

    /// What goes over the wire at a path.
    pub(crate) fn at(&self, path: &str) -> &Self {
        let Some(generation) = Generation::of_path(path) else { return self };
        let older = self.older.iter().find(|(generations, _)| generations.contains(generation));
        older.map_or(self, |(_, exchange)| exchange)
    }

    /// A further answer.
    pub(crate) fn or(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    /// A body, which no operation insists on.
    pub(crate) fn body(mut self, content: Content) -> Self {
        self.request = Some(content);
        self
    }

    /// An optional parameter of the query.
    pub(crate) fn query(self, name: &str, description: &str) -> Self {
        self.parameter("query", name, description)
    }

    /// An optional header.
    pub(crate) fn request_header(self, name: &str, description: &str) -> Self {
        self.parameter("header", name, description)
    }

    fn parameter(mut self, place: &str, name: &str, description: &str) -> Self {
        self.parameters.push(json!({
            "name": name, "in": place, "description": description, "schema": { "type": "string" },
        }));
        self
    }
}
