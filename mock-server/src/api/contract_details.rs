//! `GET permission-access/contract` (protocol reference, http-api §7 and objects §6).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::contract_certificate;
use super::contract_certificate::{EXPIRES, SCHEMA_VERSION};
use crate::domain::contract::Contract;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{SIGNED, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET permission-access/contract`
    pub const CONTRACT_DETAILS: Self = Self::named("contractDetails");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::CONTRACT_DETAILS,
        method: Method::GET,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/permission-access/contract",
        summary: "`GET permission-access/contract`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(details(call)),
};

/// The partner that all contracts of the mock belong to.
const PARTNER_ID: &str = "mock-partner";

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Contract, documented(schemas))
}

/// The answer that describes a contract.
pub(super) fn documented(schemas: &mut Schemas) -> Answer {
    Answer::json("The contract and its certificate.", schemas.answer::<ContractJson<'static>>())
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Contract")]
struct ContractJson<'a> {
    id: &'a str,
    r#type: &'static str,
    #[schemars(extend("enum" = ["r", "w"]))]
    access_type: &'static str,
    partner_id: &'static str,
    /// Milliseconds since 1970.
    expiration_date: i64,
    certificate_contract_schema_version: &'static str,
    /// X.509, DER, as base64.
    certificate: String,
    application: ApplicationJson<'a>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Application")]
struct ApplicationJson<'a> {
    id: &'a str,
    name: &'a str,
    status: u8,
    /// Nothing so far.
    resources: BTreeMap<String, String>,
}

async fn details(call: &mut Call) -> Outcome {
    let verified = call.verify().await?;
    answer(call, &verified.contract)
}

/// Describes a contract.
pub(super) fn answer(call: &Call, contract: &Contract) -> Outcome {
    let name = call.sandbox.applications.name(&contract.application_id);
    let certificate = match contract.certificate.get() {
        Some(made) => made,
        None => {
            let made =
                contract_certificate::issue(contract, &name, &call.server.signing(call.received).signing)
                    .map_err(|error| Refusal::defect("The certificate could not be made", &error))?;
            contract.certificate.get_or_init(|| made)
        }
    };
    let application =
        ApplicationJson { id: &contract.application_id, name: &name, status: 1, resources: BTreeMap::new() };
    reply_json(&ContractJson {
        id: &contract.contract_id,
        r#type: "x509",
        access_type: if contract.kind.reads() { "r" } else { "w" },
        partner_id: PARTNER_ID,
        expiration_date: EXPIRES.millis(),
        certificate_contract_schema_version: SCHEMA_VERSION,
        certificate: STANDARD.encode(certificate),
        application,
    })
}
