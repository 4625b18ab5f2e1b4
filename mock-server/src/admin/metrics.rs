//! `GET /__admin/metrics`.

use http::{Method, StatusCode};

use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::metrics::CONTENT_TYPE;
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/metrics`
    pub const ADMIN_METRICS: Self = Self::named("adminMetrics");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_METRICS,
        method: Method::GET,
        area: Area::Admin,
        template: "/metrics",
        summary: "`GET /__admin/metrics`",
        deprecated: false,
        answer: AnswerKind::Bytes,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(metrics(call)),
};

fn exchange(_schemas: &mut Schemas) -> Exchange {
    let text = Content::opaque(&["text/plain"]);
    Exchange::new(Auth::Admin, Answer::new(200, "Figures in the text format of Prometheus.", text))
}

async fn metrics(call: &mut Call) -> Outcome {
    let text = call.server.metrics.text(call.server.sandboxes.count());
    let text = text.map_err(|error| Refusal::defect("The metrics could not be written", &error))?;
    Ok(Reply::new(StatusCode::OK, ReplyBody::Text { mimetype: CONTENT_TYPE, text }))
}
