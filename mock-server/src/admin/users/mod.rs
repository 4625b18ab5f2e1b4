//! The users of a sandbox: what is theirs, and what becomes of it.

mod accounts;
pub(super) mod change_account;
pub(super) mod end_session;
pub(super) mod expire_token;
pub(super) mod file;
pub(super) mod files;
pub(super) mod list;
pub(super) mod remove;
pub(super) mod revoke_token;
pub(super) mod show;
mod user;

use crate::domain::refusal::Refusal;
use crate::fingerprint::Fingerprint;
use crate::http::call::Call;

/// A fingerprint of the path.
fn fingerprint(call: &Call, name: &'static str) -> Result<Fingerprint, Refusal> {
    let read = call.param(name).parse();
    read.map_err(|error| Refusal::validation(format!("{name}: {error}")))
}
