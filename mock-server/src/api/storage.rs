//! `POST` and `GET storage` (protocol reference, http-api §8.1 and §8.2).

use schemars::JsonSchema;
use serde::Serialize;

use super::reply_json;
use crate::journal::check::Check;
use crate::domain::storage::StorageRef;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::verify::request::Verified;

/// A storage.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Storage")]
pub(crate) struct StorageJson {
    id: String,
    /// Key id of the cloud JWTs.
    kid: String,
}

impl From<StorageRef> for StorageJson {
    fn from(StorageRef { id, kid }: StorageRef) -> Self {
        Self { id, kid }
    }
}

pub(crate) fn create(call: &mut Call) -> Outcome {
    let Verified { contract, .. } = call.verify()?;
    let storage = call.sandbox.state().create_storage(&contract);
    reply_json(&StorageJson::from(storage))
}

pub(crate) fn of_user(call: &mut Call) -> Outcome {
    let (_, user) = call.verify_user()?;
    let storage = call.sandbox.state().user_storage(&user);
    reply_json(&StorageJson::from(call.verdict.check(Check::Storage, storage)?))
}
