//! A file of a session, as both a download and a question for its metadata find it.

use std::sync::Arc;

use http::header::{HeaderName, LAST_MODIFIED};

use crate::domain::contract::Contract;
use crate::domain::listing::SessionFile;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::journal::check::Check;
use crate::openapi::exchange::Answer;
use crate::payload::x_metadata;
use crate::verify::request::Verified;

/// The file that the path names, for the contract that asks.
pub(super) async fn find(call: &mut Call) -> Result<(Arc<Contract>, SessionFile), Refusal> {
    let (Verified { contract, .. }, user) = call.verify_user().await?;
    let (key, name) = (call.param("sessionKey"), call.param("fileName"));
    let found = call.sandbox.store.session_file(&contract, &user, key, name, call.now()).await;
    let listed = call.verdict.check(Check::Session, found)?;
    let file = call.verdict.check(Check::FileListed, listed)?;
    Ok((contract, file))
}

/// The headers that tell of the file.
pub(super) fn with_metadata(reply: Reply, file: &SessionFile) -> Reply {
    let metadata = x_metadata::json(file.metadata.clone(), file.compression);
    reply
        .header(HeaderName::from_static("x-metadata"), &x_metadata::header_value(&metadata))
        .header(LAST_MODIFIED, &file.updated.http_date())
}

/// An answer with the headers of [`with_metadata`].
pub(super) fn documented(answer: Answer) -> Answer {
    answer
        .header("x-metadata", "Metadata and compression of the file: JSON as base64.")
        .header("last-modified", "When the file was last updated.")
}
