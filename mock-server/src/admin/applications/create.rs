//! `POST /__admin/applications`.

use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::ApplicationJson;
use crate::admin::access::SANDBOX;
use crate::admin::contracts::{ContractBody, chosen_id, given_name};
use crate::config::branding::Branding;
use crate::config::place::Place;
use crate::config::settings::ApplicationSettings;
use crate::domain::contract::ContractKind;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, CONTRACTS, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::Sandbox;
use crate::sandbox::partners::PartnerId;

impl Operation {
    /// `POST /__admin/applications`
    pub const ADMIN_CREATE_APPLICATION: Self = Self::named("adminCreateApplication");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_CREATE_APPLICATION,
        method: Method::POST,
        area: Area::Admin,
        template: "/applications",
        summary: "`POST /__admin/applications`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN, CONTRACTS],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(create(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(
        Auth::Admin,
        Answer::json(
            "The application. A private key that was made for a contract is shown this once.",
            schemas.answer::<ApplicationJson>(),
        ),
    )
    .query(SANDBOX.0, SANDBOX.1)
    .body(Content::json(schemas.request::<ApplicationBody>()))
}

/// An application that is to be made.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(in crate::admin) struct ApplicationBody {
    /// One is made if it is absent. In a fresh sandbox it ends in the sandbox's tag.
    application_id: Option<String>,
    /// What the consent page calls it; its id if absent.
    name: Option<String>,
    contracts: Vec<ContractBody>,
}

impl ApplicationBody {
    /// An application with a contract of each kind, whose keys are made.
    pub(in crate::admin) fn of_each_kind(id: &PartnerId, name: &str) -> Self {
        let kinds = [ContractKind::Read, ContractKind::Write, ContractKind::ReadRaw, ContractKind::OneOff];
        Self {
            application_id: Some(id.to_string()),
            name: Some(name.to_owned()),
            contracts: kinds.map(ContractBody::of_kind).into(),
        }
    }
}

async fn create(call: &mut Call) -> Outcome {
    let body: ApplicationBody = call.json()?;
    reply_json(&add(&call.sandbox, body).await?)
}

/// Adds an application to a sandbox.
///
/// # Errors
/// What cannot be used, with its place in the request.
pub(in crate::admin) async fn add(
    sandbox: &Sandbox,
    body: ApplicationBody,
) -> Result<ApplicationJson, Refusal> {
    let applications = &sandbox.applications;
    let id = chosen_id(applications, "applicationId", body.application_id, "app")?;
    let name = given_name(body.name, "")?.unwrap_or_else(|| id.clone());
    let (mut contracts, mut private_keys) = (Vec::new(), Vec::new());
    for (index, contract) in body.contracts.into_iter().enumerate() {
        let (contract, private_key) = contract.made(applications, &format!("contracts[{index}].")).await?;
        contracts.push(contract);
        private_keys.push(private_key);
    }
    let application = ApplicationSettings {
        id,
        name,
        branding: Branding::default(),
        contracts,
        place: Place::Administration,
    };
    let added = sandbox.change_applications(|all| {
        all.push(application.clone());
        Ok(())
    });
    added.await?;
    let mut made = ApplicationJson::of(sandbox, &application);
    for (contract, private_key) in made.contracts.iter_mut().zip(private_keys) {
        contract.private_key = private_key;
    }
    Ok(made)
}
