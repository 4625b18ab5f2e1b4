//! `GET /__admin/flows/{flow}`.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::access::SANDBOX;
use super::super::beside::beside;
use super::super::requests::summary::Summary;
use super::drawing::draw;
use super::entries;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::journal::flows::flow_with;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/flows/{flow}`
    pub const ADMIN_SHOW_FLOW: Self = Self::named("adminShowFlow");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_SHOW_FLOW,
        method: Method::GET,
        area: Area::Admin,
        template: "/flows/{flow}",
        summary: "`GET /__admin/flows/{flow}`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(show(call)),
};

/// How many requests are listed and drawn at most: the last ones.
const MOST: usize = 500;

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "A flow: its requests in short, oldest first, with a sequence diagram.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<ShownFlow>())).query(SANDBOX.0, SANDBOX.1)
}

/// A flow.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ShownFlow {
    /// A link of its first request.
    flow: String,
    /// The users whose tokens it shows.
    users: Vec<String>,
    /// Oldest first.
    requests: Vec<Summary>,
    /// How many requests came before those.
    earlier: usize,
    /// A drawing as SVG, whose links are `#` and the number of a request, after its server and a dot if there are
    /// several.
    diagram: String,
    /// How many of the last arrows the drawing has no place for.
    not_drawn: usize,
    /// The command that makes a scenario of the sandbox's traffic.
    record: String,
}

async fn show(call: &mut Call) -> Outcome {
    let link = call.param("flow").to_owned();
    let entries = entries(call).await?;
    let mut record = format!("digime-scenarios record flow.yaml --base-url {}", call.reached());
    if call.sandbox.tag() != call.server.sandboxes.default_sandbox().tag() {
        record.push_str(&format!(" --sandbox {}", call.sandbox.id()));
    }
    let found = beside("The flows could not be found", move || {
        let flow = flow_with(&entries, &link)?;
        let earlier = flow.entries.len().saturating_sub(MOST);
        let shown = flow.entries.get(earlier..).unwrap_or_default();
        let diagram = draw(shown);
        Some(ShownFlow {
            flow: flow.id().to_owned(),
            users: flow.users().into_iter().map(str::to_owned).collect(),
            requests: shown.iter().map(|entry| Summary::from(entry.as_ref())).collect(),
            earlier,
            diagram: diagram.svg(),
            not_drawn: diagram.left_out,
            record,
        })
    });
    reply_json(&found.await?.ok_or_else(|| {
        let message = "The journal has no such flow";
        Refusal::new(404, RefusalCode::NotFound, message, "GET /__admin/flows lists those that it has")
    })?)
}
