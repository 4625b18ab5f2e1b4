//! A file of a session, as both a download and a question for its metadata find it.

use std::sync::Arc;

use http::header::{HeaderName, LAST_MODIFIED};

use super::session_accounts;
use crate::domain::contract::Contract;
use crate::domain::listing::SessionFile;
use crate::domain::refusal::Refusal;
use crate::domain::session::Reader;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::journal::check::Check;
use crate::openapi::exchange::Answer;
use crate::payload::x_metadata;

/// The file that the path names, for whoever asks.
pub(super) async fn find(call: &mut Call) -> Result<(Arc<Contract>, SessionFile), Refusal> {
    let (contract, user) = call.verify_reader().await?;
    let reader = user.as_ref().map_or(Reader::Anybody, Reader::User);
    let (key, name) = (call.param("sessionKey"), call.param("fileName"));
    if name == session_accounts::FILE_NAME {
        let found = call.sandbox.store.session_accounts(&contract, reader, key, call.now()).await;
        let (origin, now) = (call.reached().to_string(), call.now());
        let found = call.verdict.check(Check::Session, found)?;
        return Ok((contract, session_accounts::file(&found, &origin, now)?));
    }
    let wanted = (name, call.dialect().unasked);
    let found = call.sandbox.store.session_file(&contract, reader, key, wanted, call.now()).await;
    let listed = call.verdict.check(Check::Session, found)?;
    let file = call.verdict.check(Check::FileListed, listed)?;
    Ok((contract, file))
}

/// The headers that tell of the file.
pub(super) fn with_metadata(reply: Reply, file: &SessionFile) -> Reply {
    let described = x_metadata::json(&file.metadata, file.compression);
    reply
        .header(HeaderName::from_static("x-metadata"), &x_metadata::header_value(&described))
        .header(LAST_MODIFIED, &file.updated.http_date())
}

/// An answer with the headers of [`with_metadata`].
pub(super) fn documented(answer: Answer) -> Answer {
    answer
        .header("x-metadata", "Metadata and compression of the file: JSON as base64.")
        .header("last-modified", "When the file was last updated.")
}
