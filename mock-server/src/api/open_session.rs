//! `POST permission-access/session`: how older generations open a session, and what Android of the
//! current one asks for before it writes (protocol reference, http-api §9.5 and legacy/endpoints §1).

use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::flow::acceptable;
use crate::domain::pull_options::PullOptions;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, SandboxBy};
use crate::http::reply::{Outcome, reply_json};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::Generations;
use crate::operations::refusals::{NAMED_IN_BODY, OPENING, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::Sandbox;

impl Operation {
    /// `POST permission-access/session`, which Android sends before a write
    pub const OPEN_SESSION: Self = Self::named("openSession");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::OPEN_SESSION,
        method: Method::POST,
        area: Area::Api(Generations::ALL),
        template: "/permission-access/session",
        summary: "`POST permission-access/session`, which Android sends before a write",
        deprecated: true,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, NAMED_IN_BODY, OPENING],
    },
    sandbox: &[SandboxBy::ContractInBody],
    exchange,
    handler: |call| Box::pin(open(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<OpenedSession>();
    let answer = Answer::json("A session that nobody has consented to: nothing can be read in it.", answer);
    Exchange::new(Auth::Open, answer).body(Content::json(schemas.request::<SessionBody>()))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SessionBody {
    app_id: Option<String>,
    contract_id: Option<String>,
    #[serde(default)]
    sdk_agent: Option<Value>,
    #[serde(flatten)]
    options: PullOptions,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OpenedSession {
    session_key: String,
    /// Milliseconds since 1970.
    expiry: i64,
    session_exchange_token: String,
}

/// Which of the two ids is the wrong one (protocol reference, legacy/endpoints §1).
fn unknown(sandbox: &Sandbox, app_id: &str, contract_id: &str) -> Refusal {
    let advice = "GET /__admin/credentials lists the applications and contracts";
    let known = sandbox.contracts().iter().any(|contract| contract.application_id == app_id);
    let (code, message) = match known {
        true => {
            (RefusalCode::InvalidContractId, format!("The contract ({contract_id}) is not the application's"))
        }
        false => (RefusalCode::InvalidConsentAccessApplication, format!("There is no application {app_id}")),
    };
    Refusal::new(404, code, message, advice)
}

/// Nothing is signed: the body names the contract.
async fn open(call: &mut Call) -> Outcome {
    let SessionBody { app_id, contract_id, sdk_agent, options } = call.json()?;
    let given = |value: Option<String>, name: &str| {
        let value = value.filter(|value| !value.is_empty());
        value.ok_or_else(|| Refusal::validation(format!("{name} is required and must not be empty")))
    };
    let app_id = call.verdict.check(Check::Body, given(app_id, "appId"))?;
    let contract_id = call.verdict.check(Check::Body, given(contract_id, "contractId"))?;
    let client_id = format!("{app_id}_{contract_id}");
    let known = call.sandbox.contract(&client_id);
    let known = known.ok_or_else(|| unknown(&call.sandbox, &app_id, &contract_id));
    let contract = call.verdict.check(Check::Contract, known)?;
    acceptable(call, &contract, sdk_agent.as_ref(), &options)?;
    let access = call.dialect().access;
    let (session, session_exchange_token) =
        call.sandbox.store.open_session(&contract, (options, access), call.now()).await?;
    reply_json(&OpenedSession {
        session_key: session.key,
        expiry: session.expires.millis(),
        session_exchange_token,
    })
}
