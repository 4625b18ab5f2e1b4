//! `GET permission-access/contract/{contractId}/{appId}`: the form of older iOS clients. Nothing is
//! signed, the path names the contract (protocol reference, http-api §7).

use http::Method;

use super::contract_details::{answer, documented};
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, SandboxBy};
use crate::http::reply::Outcome;
use crate::journal::check::Check;
use crate::openapi::exchange::{Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{NAMED, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET permission-access/contract/{contractId}/{appId}`, which older iOS clients ask unsigned
    pub const NAMED_CONTRACT_DETAILS: Self = Self::named("namedContractDetails");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::NAMED_CONTRACT_DETAILS,
        method: Method::GET,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/permission-access/contract/{contractId}/{appId}",
        summary: "`GET permission-access/contract/{contractId}/{appId}`, which older iOS clients ask unsigned",
        deprecated: true,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, NAMED],
    },
    sandbox: &[SandboxBy::Jwt, SandboxBy::ContractInPath],
    exchange,
    handler: |call| Box::pin(named(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Open, documented(schemas))
}

async fn named(call: &mut Call) -> Outcome {
    let client_id = format!("{}_{}", call.param("appId"), call.param("contractId"));
    let known = call.sandbox.contract(&client_id).ok_or_else(|| Refusal::invalid_client(&client_id));
    let contract = call.verdict.check(Check::Contract, known)?;
    answer(call, &contract)
}
