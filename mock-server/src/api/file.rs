//! `GET` and `HEAD permission-access/query/{sessionKey}/{fileName}` (protocol reference,
//! http-api §4.3 and §4.4).

use std::sync::Arc;

use digime_fixtures::Compression;
use http::StatusCode;
use http::header::{HeaderName, LAST_MODIFIED};

use crate::call::Call;
use crate::clock::Moment;
use crate::dispatch::Outcome;
use crate::domain::contract::Contract;
use crate::domain::listing::Listing;
use crate::domain::refusal::Refusal;
use crate::metadata;
use crate::reply::{Reply, ReplyBody};

/// A file of a session, ready to be sent.
struct Found {
    contract: Arc<Contract>,
    content: Arc<[u8]>,
    compression: Compression,
    x_metadata: String,
    updated: Moment,
}

pub(crate) async fn file(call: &mut Call) -> Outcome {
    let found = find(call)?;
    let key = found.contract.keys.encryption();
    let container = call.server.containers.container(&found.content, found.compression, key).await;
    let body = container.map_err(|error| {
        Refusal::new(500, "InternalServerError", "The file could not be encrypted", error.to_string())
    })?;
    Ok(with_headers(Reply::new(StatusCode::OK, body), &found))
}

pub(crate) fn metadata(call: &mut Call) -> Outcome {
    let found = find(call)?;
    Ok(with_headers(Reply::new(StatusCode::OK, ReplyBody::Empty), &found))
}

fn find(call: &mut Call) -> Result<Found, Refusal> {
    let (verified, user) = call.verify_user()?;
    let (contract, now) = (verified.contract, call.now());
    let (key, name) = (call.param("sessionKey").to_owned(), call.param("fileName").to_owned());
    let sandbox = Arc::clone(&call.sandbox);
    let state = sandbox.state();
    let (session, library) = call.verdict.check("session", state.session(&contract, &user, &key, now))?;
    let listing = Listing::at(session, library, contract.kind, &sandbox.timeline, now);
    let listed = listing.files.iter().find(|listed| listed.name() == name).ok_or_else(|| {
        let detail = format!(
            "the session lists {} files now, in state {}",
            listing.files.len(),
            listing.state.as_str()
        );
        Refusal::file_not_found(&name, detail)
    });
    let listed = call.verdict.check("file listed", listed)?;
    let compression = session.options.compression().unwrap_or(listed.file.compression);
    Ok(Found {
        content: Arc::clone(&listed.file.content),
        x_metadata: metadata::header_value(&metadata::json(&listed.file.metadata, compression)),
        updated: listed.updated,
        compression,
        contract,
    })
}

fn with_headers(reply: Reply, found: &Found) -> Reply {
    reply
        .header(HeaderName::from_static("x-metadata"), &found.x_metadata)
        .header(LAST_MODIFIED, &found.updated.http_date())
}
