//! `GET /__admin/flows`.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

use super::super::access::SANDBOX;
use super::super::beside::beside;
use super::super::paging::limit;
use super::entries;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::journal::flows::{Flow, flows};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/flows`
    pub const ADMIN_LIST_FLOWS: Self = Self::named("adminListFlows");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_LIST_FLOWS,
        method: Method::GET,
        area: Area::Admin,
        template: "/flows",
        summary: "`GET /__admin/flows`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(list(call)),
};

/// How many are listed unless the request says, and how many at most.
const LIMIT: usize = 50;
const MOST: usize = 500;

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "The flows of the last 50,000 requests; the one that went on last comes first.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<Flows>()))
        .query(SANDBOX.0, SANDBOX.1)
        .query("user", "Only flows with a token of this user, by the sub of their tokens.")
        .query("offset", "How many of them are passed over.")
        .query("limit", "How many are listed, 50 unless it says, 500 at most.")
}

/// A page of flows.
#[derive(Serialize, JsonSchema)]
struct Flows {
    flows: Vec<FlowJson>,
    /// How many there are.
    total: usize,
}

/// A flow in short.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Flow")]
struct FlowJson {
    /// What `GET /__admin/flows/{flow}` takes; any link of its requests does as well.
    flow: String,
    /// When its first request came, by the sandbox's clock (RFC 3339).
    first: String,
    /// When its last request came.
    last: String,
    requests: usize,
    /// How many of them were refused.
    refused: usize,
    /// The users whose tokens it shows.
    users: Vec<String>,
    /// What was asked for, each once.
    operations: Vec<&'static str>,
}

impl From<&Flow> for FlowJson {
    fn from(flow: &Flow) -> Self {
        let time = |entry: Option<&std::sync::Arc<crate::journal::Entry>>| {
            entry.map(|entry| entry.time.clone()).unwrap_or_default()
        };
        let mut known = BTreeSet::new();
        let names = flow.entries.iter().filter_map(|entry| Some(entry.operation?.name()));
        Self {
            flow: flow.id().to_owned(),
            first: time(flow.entries.first()),
            last: time(flow.entries.last()),
            requests: flow.entries.len(),
            refused: flow.entries.iter().filter(|entry| entry.refusal.is_some()).count(),
            users: flow.users().into_iter().map(str::to_owned).collect(),
            operations: names.filter(|name| known.insert(*name)).collect(),
        }
    }
}

async fn list(call: &mut Call) -> Outcome {
    let most = limit(call.query_value("limit"), MOST)?.unwrap_or(LIMIT);
    let offset = call.query_value("offset").filter(|text| !text.is_empty()).map(|text| text.parse::<usize>());
    let wrong = |_| Refusal::validation("offset: expected a whole number from 0");
    let offset = offset.transpose().map_err(wrong)?.unwrap_or(0);
    let user = call.query_value("user").filter(|user| !user.is_empty());
    let entries = entries(call).await?;
    let found = beside("The flows could not be found", move || {
        let mut flows = flows(&entries);
        flows.retain(|flow| user.as_deref().is_none_or(|user| flow.users().contains(user)));
        Flows {
            total: flows.len(),
            flows: flows.iter().skip(offset).take(most).map(FlowJson::from).collect(),
        }
    });
    reply_json(&found.await?)
}
