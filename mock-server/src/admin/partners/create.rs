//! `POST /__admin/partners`.

use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PartnerJson, QuotasChange};
use crate::admin::applications::ApplicationJson;
use crate::admin::applications::create::{ApplicationBody, add};
use crate::admin::contracts::given_name;
use crate::admin::create_sandbox::too_many;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, SANDBOXES, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::credentials::BaseUrls;
use crate::sandbox::partners::{PartnerId, PartnerRecord, PartnerToken};

impl Operation {
    /// `POST /__admin/partners`
    pub const ADMIN_CREATE_PARTNER: Self = Self::named("adminCreatePartner");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_CREATE_PARTNER,
        method: Method::POST,
        area: Area::Admin,
        template: "/partners",
        summary: "`POST /__admin/partners`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN, SANDBOXES],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(create(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "The partner with its sandbox and its application. Its token, and private keys that were made for \
                contracts, are shown this once.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<NewPartner>()))
        .body(Content::json(schemas.request::<PartnerBody>()))
}

/// A partner that is to be made.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct PartnerBody {
    /// One is made if it is absent.
    partner_id: Option<String>,
    /// What people call it; its id if absent.
    name: Option<String>,
    /// What is absent is as the settings have it.
    quotas: QuotasChange,
    /// Its application; one with a contract of each kind and new keys if absent. Ids end in the sandbox's tag.
    application: Option<ApplicationBody>,
}

/// A partner that was made.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NewPartner {
    #[serde(flatten)]
    partner: PartnerJson,
    application: ApplicationJson,
    /// The base URLs that its clients change.
    urls: BaseUrls,
}

async fn create(call: &mut Call) -> Outcome {
    let body: PartnerBody = call.json()?;
    let id = body.partner_id.map_or_else(|| Ok(PartnerId::fresh()), PartnerId::new);
    let id = id.map_err(|problem| Refusal::validation(format!("partnerId: {problem}")))?;
    let name = given_name(body.name, "")?.unwrap_or_else(|| id.to_string());
    let (sandboxes, token) = (&call.server.sandboxes, PartnerToken::fresh());
    if sandboxes.registry.partners.get(&id).is_some() {
        return Err(taken(&id));
    }
    let application = body.application.unwrap_or_else(|| ApplicationBody::of_each_kind(&id, &name));
    let sandbox = sandboxes.create(&call.server.settings, Some(id.clone())).ok_or_else(too_many)?;
    let record = PartnerRecord {
        id: id.clone(),
        name,
        token: token.fingerprint(),
        quotas: body.quotas.applied_to(call.server.settings.partner_quotas),
        sandbox: sandbox.id().to_owned(),
    };
    let made = async {
        let application = add(&sandbox, application).await?;
        sandbox.note().await?;
        sandboxes
            .registry
            .change(|known| match known.partners.iter().any(|known| known.id == id) {
                true => Err(taken(&id)),
                false => {
                    known.partners.push(record.clone());
                    Ok(())
                }
            })
            .await?;
        Ok(application)
    };
    let application = match made.await {
        Ok(application) => application,
        Err(refusal) => {
            sandboxes.remove(sandbox.id());
            // What is left of it is swept at the next start, if the database cannot be reached now.
            let _ = sandboxes.forget(sandbox.id()).await;
            return Err(refusal);
        }
    };
    let partner = PartnerJson { token: Some(token.into_text()), ..PartnerJson::of_record(&record) };
    reply_json(&NewPartner { partner, application, urls: BaseUrls::of(&call.reached()) })
}

fn taken(id: &PartnerId) -> Refusal {
    Refusal::validation(format!("partnerId: there is a partner \"{id}\" already"))
}
