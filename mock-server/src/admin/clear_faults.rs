//! `DELETE /__admin/faults`.

use http::Method;

use super::access::SANDBOX;
use super::faults::{FaultList, list};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::Outcome;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `DELETE /__admin/faults`
    pub const ADMIN_CLEAR_FAULTS: Self = Self::named("adminClearFaults");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_CLEAR_FAULTS,
        method: Method::DELETE,
        area: Area::Admin,
        template: "/faults",
        summary: "`DELETE /__admin/faults`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(clear_faults(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Admin, Answer::json("The injected faults.", schemas.answer::<FaultList>()))
        .query(SANDBOX.0, SANDBOX.1)
        .query(FAULT, "The id of the one fault that ends; all end if it is absent.")
}

/// The parameter that names a fault.
const FAULT: &str = "fault";

async fn clear_faults(call: &mut Call) -> Outcome {
    match call.query_value(FAULT) {
        None => call.sandbox.clear_faults().await?,
        Some(id) => {
            let unknown = || {
                let message = format!("There is no fault \"{id}\"");
                Refusal::new(404, RefusalCode::NotFound, message, "GET /__admin/faults lists them")
            };
            let id = id.parse().map_err(|_| unknown())?;
            if !call.sandbox.end_fault(id).await? {
                return Err(unknown());
            }
        }
    }
    list(call).await
}
