//! `POST /__admin/consent`: the user's part, without a browser.

use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::SANDBOX;
use crate::consent::browser::{ConsentError, Reach, UserDecision, decide_intent, decide_url};
use crate::consent::decision::Choice;
use crate::consent::link::{ConsentEnding, PhoneScreen};
use crate::domain::app_link::{Intent, IntentResult};
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
    let answer = Answer::json("What the decision leads to.", schemas.answer::<Decided>());
    Exchange::new(Auth::Admin, answer)
        .query(SANDBOX.0, SANDBOX.1)
        .body(Content::json(schemas.request::<ConsentBody>()))
}

/// What the decision leads to.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Decided {
    /// The user's browser or phone opens an address.
    Location { location: String },
    /// An Android app gets the result of the activity that it started.
    Result(IntentResult),
    /// The phone shows something.
    Shown { shown: PhoneScreen },
}

impl From<ConsentEnding> for Decided {
    fn from(ending: ConsentEnding) -> Self {
        match ending {
            ConsentEnding::Location(location) => Self::Location { location },
            ConsentEnding::Result(result) => Self::Result(result),
            ConsentEnding::Shown(shown) => Self::Shown { shown },
        }
    }
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ConsentBody {
    /// A page of the consent web client, or what an app opens the digi.me app with.
    url: Option<String>,
    /// What an Android app starts the digi.me app with.
    intent: Option<Intent>,
    decision: Option<DecisionName>,
    error_code: Option<String>,
    data_set: Option<String>,
    service: Option<u32>,
    /// The user who consents, by the `sub` of their tokens; on a page of the consent web client, a new one if it
    /// is absent.
    user: Option<String>,
    /// Whether the phone is somebody else's from now on.
    #[serde(default)]
    new_user: bool,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum DecisionName {
    Approve,
    Decline,
    Error,
}

async fn decide(call: &mut Call) -> Outcome {
    let body: ConsentBody = call.json()?;
    let decision = match body.decision.unwrap_or(DecisionName::Approve) {
        DecisionName::Approve => {
            let (source, dataset) = (body.service, body.data_set);
            UserDecision::Approve(Choice {
                source,
                dataset,
                also: Vec::new(),
                user: body.user,
                new_user: body.new_user,
            })
        }
        DecisionName::Decline => UserDecision::decline(),
        DecisionName::Error => UserDecision::error(body.error_code.as_deref().unwrap_or("SERVER_ERROR")),
    };
    let reach = Reach { sandboxes: &call.server.sandboxes, caller: &call.caller, asked: &call.sandbox };
    let decided = match (&body.url, &body.intent) {
        (Some(url), None) => decide_url(reach, url, &decision).await,
        (None, Some(intent)) => decide_intent(reach, intent, &decision).await,
        _ => return Err(Refusal::validation("one of url and intent is required")),
    };
    let ending = decided.map_err(|error| match error {
        ConsentError::NoPage(_) | ConsentError::Link(_) | ConsentError::NoCallback => {
            Refusal::validation(error.to_string())
        }
        ConsentError::UnknownCode | ConsentError::UnknownUser(_) | ConsentError::Waiting(_) => {
            Refusal::new(404, RefusalCode::NotFound, error.to_string(), error.to_string())
        }
    })?;
    reply_json(&Decided::from(ending))
}
