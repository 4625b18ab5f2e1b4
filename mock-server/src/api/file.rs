//! `GET` and `HEAD permission-access/query/{sessionKey}/{fileName}` (protocol reference,
//! http-api §4.3 and §4.4).

use std::sync::Arc;

use digime_fixtures::Compression;
use http::StatusCode;
use http::header::{HeaderName, LAST_MODIFIED};

use crate::journal::check::Check;
use crate::clock::Moment;
use crate::domain::contract::Contract;
use crate::domain::lifeline::Lifeline;
use crate::domain::listing::{ListedFile, Listing};
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::{Reply, ReplyBody};
use crate::payload::content::Content;
use crate::payload::x_metadata;

/// A file of a session, ready to be sent.
struct Found {
    contract: Arc<Contract>,
    content: Content,
    /// Whether others will ask for the same content.
    shared: bool,
    compression: Compression,
    x_metadata: String,
    updated: Moment,
    lifeline: Lifeline,
}

pub(crate) async fn file(call: &mut Call) -> Outcome {
    let found = find(call)?;
    let key = found.contract.keys.encryption();
    let containers = &call.server.containers;
    let container = match found.shared {
        true => containers.kept(&found.content, found.compression, key).await,
        false => containers.fresh(&found.content, found.compression, key).await,
    };
    let container = container.map_err(|error| Refusal::defect("The file could not be encrypted", &error))?;
    let body = ReplyBody::Container(container, found.lifeline.clone());
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
    let (session, library) = call.verdict.check(Check::Session, state.session(&contract, &user, &key, now))?;
    let listing = Listing::at(session, library, &contract, &sandbox.timeline, now);
    let listed = listing.files.iter().find(|listed| listed.name() == name).ok_or_else(|| {
        let detail = format!(
            "the session lists {} files now, in state {}",
            listing.files.len(),
            listing.state.as_str()
        );
        Refusal::file_not_found(&name, detail)
    });
    let listed = call.verdict.check(Check::FileListed, listed)?;
    let (content, own_compression, metadata, shared) = match listed {
        ListedFile::Synced { file, .. } => {
            let content = Content::from(Arc::clone(&file.content));
            (content, file.compression, x_metadata::of_sample(&file.metadata), true)
        }
        ListedFile::Pushed(file, _) => (file.content.clone(), Compression::None, file.metadata(), false),
    };
    let compression = session.options.compression().unwrap_or(own_compression);
    Ok(Found {
        content,
        shared,
        x_metadata: x_metadata::header_value(&x_metadata::json(metadata, compression)),
        updated: listed.updated(),
        lifeline: listed.lifeline().clone(),
        compression,
        contract,
    })
}

fn with_headers(reply: Reply, found: &Found) -> Reply {
    reply
        .header(HeaderName::from_static("x-metadata"), &found.x_metadata)
        .header(LAST_MODIFIED, &found.updated.http_date())
}
