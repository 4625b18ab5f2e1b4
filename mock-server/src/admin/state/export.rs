//! `GET /__admin/state`.

use http::{Method, StatusCode};
use sync_wrapper::SyncWrapper;

use super::choice;
use crate::admin::access::SANDBOX;
use crate::domain::table::{Share, Shares};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::transfer::StateExport;
use crate::state_file::MEDIA_TYPE;

impl Operation {
    /// `GET /__admin/state`
    pub const ADMIN_EXPORT_STATE: Self = Self::named("adminExportState");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_EXPORT_STATE,
        method: Method::GET,
        area: Area::Admin,
        template: "/state",
        summary: "`GET /__admin/state`",
        deprecated: false,
        answer: AnswerKind::Bytes,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(export(call)),
};

fn exchange(_schemas: &mut Schemas) -> Exchange {
    let lines = Content::opaque(&[MEDIA_TYPE]);
    let answer = Answer::new(200, "All of the sandbox at one moment, as lines of JSON.", lines);
    Exchange::new(Auth::Admin, answer)
        .query(SANDBOX.0, SANDBOX.1)
        .query("contents", "Contents of files: `included`, or `leftOut`.")
        .query("secrets", "Keys, codes, sessions and tokens: `leftOut`, or `included`.")
}

async fn export(call: &mut Call) -> Outcome {
    let (included, left_out) = (("included", Share::Included), ("leftOut", Share::LeftOut));
    let contents = choice(call, "contents", [included, left_out])?;
    let secrets = choice(call, "secrets", [left_out, included])?;
    let export = StateExport::begin(&call.sandbox, Shares { contents, secrets }).await?;
    Ok(Reply::new(StatusCode::OK, ReplyBody::State(SyncWrapper::new(Box::new(export)))))
}
