//! The parts of a scenario that are written, in the order in which people read them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Serialize)]
pub(super) struct Scenario {
    pub(super) scenario: String,
    pub(super) proves: String,
    pub(super) tags: Vec<&'static str>,
    pub(super) steps: Vec<Step>,
}

#[derive(Default, Serialize)]
pub(super) struct Step {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wait: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) http: Option<Http>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expect: Option<Expect>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<Expect>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) within: Option<&'static str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) capture: BTreeMap<String, String>,
}

#[derive(Serialize)]
pub(super) struct Http {
    pub(super) request: String,
    pub(super) jwt: Jwt,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) form: Option<BTreeMap<String, String>>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Jwt {
    Word(&'static str),
    Signed(Signed),
}

#[derive(Serialize)]
pub(super) struct Signed {
    pub(super) user: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) contract: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) claims: Map<String, Value>,
}

#[derive(Serialize)]
pub(super) struct Expect {
    status: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(flatten)]
    paths: BTreeMap<String, Value>,
}

impl Expect {
    pub(super) fn new(
        status: u64,
        error: Option<String>,
        paths: impl IntoIterator<Item = (String, Value)>,
    ) -> Self {
        Self { status, error: error.filter(|_| status >= 400), paths: paths.into_iter().collect() }
    }
}

impl Step {
    /// A request, called by its operation.
    pub(super) fn request(name: impl Into<String>, http: Http) -> Self {
        Self { name: Some(name.into()), http: Some(http), ..Self::default() }
    }

    /// A pause.
    pub(super) fn wait(span: String) -> Self {
        Self { wait: Some(span), ..Self::default() }
    }
}
