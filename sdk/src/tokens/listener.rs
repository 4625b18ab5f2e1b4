//! Handing refreshed token pairs to the application.

use std::sync::Arc;

use crate::ids::ContractId;
use crate::tokens::token::{TokenRefreshed, UserAccessToken};

/// What [`crate::ClientBuilder::on_token`] was given.
pub(crate) type TokenListener = Arc<dyn Fn(&TokenRefreshed<'_>) + Send + Sync>;

/// Tells a listener about new tokens; a panic in it must not lose the token.
pub(crate) fn notify(
    listener: Option<&TokenListener>,
    contract: &ContractId,
    previous: &UserAccessToken,
    current: &UserAccessToken,
) {
    let Some(listener) = listener else { return };
    let event = TokenRefreshed { contract_id: contract, previous, current };
    let call = std::panic::AssertUnwindSafe(|| listener(&event));
    if std::panic::catch_unwind(call).is_err() {
        tracing::error!("the on_token callback panicked; the new token stays in use");
    }
}
