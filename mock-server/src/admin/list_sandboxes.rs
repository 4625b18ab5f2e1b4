//! `GET /__admin/sandboxes`.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::paging::limit;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/sandboxes`
    pub const ADMIN_LIST_SANDBOXES: Self = Self::named("adminListSandboxes");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_LIST_SANDBOXES,
        method: Method::GET,
        area: Area::Admin,
        template: "/sandboxes",
        summary: "`GET /__admin/sandboxes`",
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
const LIMIT: usize = 100;
const MOST: usize = 1000;

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "The sandboxes by their ids, the default one first; a partner sees its own.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<SandboxList>()))
        .query("after", "The id of the last sandbox of the page before.")
        .query("limit", "How many are listed, 100 unless it says, 1000 at most.")
}

/// A page of sandboxes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Sandboxes")]
struct SandboxList {
    sandboxes: Vec<SandboxJson>,
    /// What the next page begins after; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Sandbox")]
struct SandboxJson {
    sandbox: String,
    /// The partner whose it is; the host's if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<String>,
    /// The ids of its applications.
    applications: Vec<String>,
    /// Its present, in milliseconds since 1970.
    now: i64,
}

async fn list(call: &mut Call) -> Outcome {
    let limit = limit(call.query_value("limit"), MOST)?.unwrap_or(LIMIT);
    let after = call.query_value("after");
    let sandboxes = &call.server.sandboxes;
    let mut found = match call.caller.partner() {
        Some(partner) => {
            let mut own = sandboxes.of_partner(&partner.record.id);
            own.sort_by(|one, other| one.id().cmp(other.id()));
            own.retain(|sandbox| after.as_deref().is_none_or(|after| sandbox.id() > after));
            own
        }
        None => sandboxes.list(after.as_deref(), limit + 1),
    };
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more).map(|sandbox| sandbox.id().to_owned());
    let listed = found.iter().map(|sandbox| SandboxJson {
        sandbox: sandbox.id().to_owned(),
        partner: sandbox.owner().map(ToString::to_string),
        applications: sandbox.applications.list().into_iter().map(|application| application.id).collect(),
        now: sandbox.now().millis(),
    });
    reply_json(&SandboxList { sandboxes: listed.collect(), next })
}
