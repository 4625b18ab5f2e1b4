//! Holds partners to their quotas.

use http::Method;

use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::Endpoint;
use crate::operations::route::Area;

/// Counts a request of a partner, or of a client of its sandboxes, and says how much it may add.
///
/// # Errors
/// `TooManyRequests`, or `ServiceUnavailable` if the state cannot be reached.
pub(super) async fn count(call: &Call, endpoint: &Endpoint) -> Result<(), Refusal> {
    let sandboxes = &call.server.sandboxes;
    let owner = call.sandbox.owner().and_then(|owner| sandboxes.registry.partners.get(owner));
    let Some(partner) = call.caller.partner().cloned().or(owner) else { return Ok(()) };
    partner.count_request()?;
    // Pages decide by GET, too.
    let only_reads = call.method == Method::GET
        && matches!(
            endpoint.route.area,
            Area::Api(_) | Area::ApiAndOrigin(_) | Area::Cloud | Area::CloudFolder
        );
    if !only_reads {
        Box::pin(sandboxes.share_quota(&partner)).await?;
    }
    Ok(())
}
