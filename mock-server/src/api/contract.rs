//! `GET permission-access/contract` (protocol reference, http-api §7 and objects §6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::journal::check::Check;
use crate::api::contract_certificate::{self, EXPIRES, SCHEMA_VERSION};
use crate::domain::contract::Contract;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;

/// The partner that all contracts of the mock belong to.
const PARTNER_ID: &str = "mock-partner";

pub(crate) fn details(call: &mut Call) -> Outcome {
    let verified = call.verify()?;
    answer(call, &verified.contract)
}

/// The form of older iOS clients: nothing is signed, the path names the contract.
pub(crate) fn named(call: &mut Call) -> Outcome {
    let client_id = format!("{}_{}", call.param("appId"), call.param("contractId"));
    let known = call.sandbox.contract(&client_id).ok_or_else(|| Refusal::invalid_client(&client_id));
    let contract = call.verdict.check(Check::Contract, known)?;
    answer(call, &contract)
}

fn answer(call: &Call, contract: &Contract) -> Outcome {
    let name = call.sandbox.application_name(&contract.application_id);
    let certificate = match contract.certificate.get() {
        Some(made) => made,
        None => {
            let made = contract_certificate::issue(contract, name)
                .map_err(|error| Refusal::defect("The certificate could not be made", &error))?;
            contract.certificate.get_or_init(|| made)
        }
    };
    Ok(Reply::json(json!({
        "id": contract.contract_id,
        "type": "x509",
        "accessType": if contract.kind.reads() { "r" } else { "w" },
        "partnerId": PARTNER_ID,
        "expirationDate": EXPIRES.millis(),
        "certificateContractSchemaVersion": SCHEMA_VERSION,
        "certificate": STANDARD.encode(certificate),
        "application": { "id": contract.application_id, "name": name, "status": 1, "resources": {} },
    })))
}
