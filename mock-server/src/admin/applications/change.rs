//! `PATCH /__admin/applications/{applicationId}`.

use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::ApplicationJson;
use crate::admin::access::SANDBOX;
use crate::admin::contracts::given_name;
use crate::config::place::Place;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::applications::application_mut;

impl Operation {
    /// `PATCH /__admin/applications/{applicationId}`
    pub const ADMIN_CHANGE_APPLICATION: Self = Self::named("adminChangeApplication");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_CHANGE_APPLICATION,
        method: Method::PATCH,
        area: Area::Admin,
        template: "/applications/{applicationId}",
        summary: "`PATCH /__admin/applications/{applicationId}`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(change(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(
        Auth::Admin,
        Answer::json("The application as it is now.", schemas.answer::<ApplicationJson>()),
    )
    .query(SANDBOX.0, SANDBOX.1)
    .body(Content::json(schemas.request::<ApplicationChange>()))
}

/// What is to be different; what is absent stays.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct ApplicationChange {
    name: Option<String>,
}

async fn change(call: &mut Call) -> Outcome {
    let body: ApplicationChange = call.json()?;
    let name = given_name(body.name, "")?;
    let changed = call.sandbox.change_applications(|all| {
        let application = application_mut(all, call.param("applicationId"))?;
        if let Some(name) = &name {
            (application.name, application.place) = (name.clone(), Place::Administration);
        }
        Ok(application.clone())
    });
    reply_json(&ApplicationJson::of(&call.sandbox, &changed.await?))
}
