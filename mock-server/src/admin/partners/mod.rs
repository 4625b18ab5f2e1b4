//! Partners of the host, who administrate sandboxes of their own.

pub(super) mod change;
pub(super) mod create;
pub(super) mod list;
pub(super) mod remove;
pub(super) mod renew_token;
pub(super) mod show;

use std::num::NonZeroU32;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::quota::{PartnerQuotas, Usage};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::sandbox::partners::{Partner, PartnerId, PartnerRecord};
use crate::sandbox::registry::ServerRecord;

/// A partner, as administration shows it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Partner")]
struct PartnerJson {
    partner_id: String,
    /// What people call it.
    name: String,
    /// The sandbox that it always has, and that its requests mean if they name none.
    sandbox: String,
    quotas: PartnerQuotas,
    /// What it uses now.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    /// Its token, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl PartnerJson {
    fn of(partner: &Partner) -> Self {
        Self::of_record(&partner.record)
    }

    fn of_record(record: &PartnerRecord) -> Self {
        Self {
            partner_id: record.id.to_string(),
            name: record.name.clone(),
            sandbox: record.sandbox.clone(),
            quotas: record.quotas,
            usage: None,
            token: None,
        }
    }
}

/// What of the quotas is to be so; what is absent stays.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct QuotasChange {
    users: Option<u64>,
    bytes: Option<u64>,
    requests_per_second: Option<NonZeroU32>,
    sandboxes: Option<u32>,
}

impl QuotasChange {
    fn applied_to(self, quotas: PartnerQuotas) -> PartnerQuotas {
        PartnerQuotas {
            users: self.users.unwrap_or(quotas.users),
            bytes: self.bytes.unwrap_or(quotas.bytes),
            requests_per_second: self.requests_per_second.unwrap_or(quotas.requests_per_second),
            sandboxes: self.sandboxes.unwrap_or(quotas.sandboxes),
        }
    }
}

/// The partner that the path names, if it is there for the caller.
fn named(call: &Call) -> Result<Arc<Partner>, Refusal> {
    let id = call.param("partnerId");
    let found = PartnerId::new(id.to_owned()).ok();
    let found = found.and_then(|id| call.server.sandboxes.registry.partners.get(&id));
    let is_there =
        |partner: &Arc<Partner>| call.caller.partner().is_none_or(|own| own.record.id == partner.record.id);
    found.filter(is_there).ok_or_else(|| unknown(id))
}

/// What is kept of a partner, to change it.
fn record_mut<'a>(record: &'a mut ServerRecord, id: &PartnerId) -> Result<&'a mut PartnerRecord, Refusal> {
    let found = record.partners.iter_mut().find(|partner| partner.id == *id);
    found.ok_or_else(|| unknown(id.as_str()))
}

fn unknown(id: &str) -> Refusal {
    let message = format!("There is no partner \"{id}\"");
    Refusal::new(404, RefusalCode::NotFound, message, "GET /__admin/partners lists them")
}
