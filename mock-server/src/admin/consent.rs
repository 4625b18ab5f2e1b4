//! `POST /__admin/consent`: the user's part, without a browser.

use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::{SANDBOX, require_access};
use crate::consent::browser::{ConsentError, UserDecision, decide_url};
use crate::consent::decision::Choice;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `POST /__admin/consent`
    pub const ADMIN_CONSENT: Self = Self::named("adminConsent");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_CONSENT,
        method: Method::POST,
        area: Area::Admin,
        template: "/consent",
        summary: "`POST /__admin/consent`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(decide(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = Answer::json("Where the user's browser is sent.", schemas.answer::<Decided>());
    Exchange::new(Auth::Admin, answer)
        .query(SANDBOX.0, SANDBOX.1)
        .body(Content::json(schemas.request::<ConsentBody>()))
}

#[derive(Serialize, JsonSchema)]
struct Decided {
    location: String,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ConsentBody {
    url: String,
    decision: Option<DecisionName>,
    error_code: Option<String>,
    data_set: Option<String>,
    service: Option<u32>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum DecisionName {
    Approve,
    Decline,
    Error,
}

async fn decide(call: &mut Call) -> Outcome {
    require_access(call)?;
    let body: ConsentBody = call.json()?;
    let decision = match body.decision.unwrap_or(DecisionName::Approve) {
        DecisionName::Approve => {
            UserDecision::Approve(Choice { source: body.service, dataset: body.data_set })
        }
        DecisionName::Decline => UserDecision::decline(),
        DecisionName::Error => UserDecision::error(body.error_code.as_deref().unwrap_or("SERVER_ERROR")),
    };
    let decided = decide_url(&call.server.sandboxes, &body.url, &decision).await;
    let location = decided.map_err(|error| match error {
        ConsentError::NoPage(_) => Refusal::validation(error.to_string()),
        ConsentError::UnknownCode => {
            Refusal::new(404, RefusalCode::NotFound, error.to_string(), error.to_string())
        }
    })?;
    reply_json(&Decided { location })
}
