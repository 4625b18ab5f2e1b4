//! What every request to the cloud host proves first (protocol reference, http-api §8.3).

use std::sync::Arc;

use crate::domain::contract::Contract;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::storage_path::StoragePath;
use crate::http::call::Call;
use crate::journal::check::Check;
use crate::verify;

/// What every storage request proves first: who asks, and for a path of whose.
pub(super) struct Allowed {
    pub(super) contract: Arc<Contract>,
    pub(super) path: StoragePath,
}

pub(super) async fn allowed(call: &mut Call) -> Result<Allowed, Refusal> {
    let sandbox = Arc::clone(&call.sandbox);
    let presented = call.presented().clone();
    let contract = verify::cloud::request(&presented, &sandbox, &mut call.verdict)?;
    let named = call.param("applicationId");
    let own = (named == contract.application_id).then_some(()).ok_or_else(|| {
        let detail = format!("the path names \"{named}\", the JWT's sub \"{}\"", contract.application_id);
        Refusal::new(403, RefusalCode::Forbidden, "The path is not in the application's own folder", detail)
    });
    let path = StoragePath::parse(&contract.application_id, call.param("path"));
    call.verdict.check(Check::ApplicationFolder, own)?;
    let path = call.verdict.check(Check::Path, path)?;
    Ok(Allowed { contract, path })
}
