//! `GET /__admin/users/{userId}/files/{fileName}`.

use http::Method;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};

use super::super::access::SANDBOX;
use crate::domain::state::UserFileContent;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, FILE, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/users/{userId}/files/{fileName}`
    pub const ADMIN_SHOW_USER_FILE: Self = Self::named("adminShowUserFile");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_SHOW_USER_FILE,
        method: Method::GET,
        area: Area::Admin,
        template: "/users/{userId}/files/{fileName}",
        summary: "`GET /__admin/users/{userId}/files/{fileName}`",
        deprecated: false,
        answer: AnswerKind::Bytes,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN, FILE],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(show(call)),
};

/// Media types that no browser runs anything of; the others are bytes.
const HARMLESS: [&str; 8] = [
    "application/json",
    "application/pdf",
    "image/bmp",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/tiff",
    "text/plain",
];

fn exchange(_: &mut Schemas) -> Exchange {
    let types: Vec<_> = HARMLESS.into_iter().chain(["application/octet-stream"]).collect();
    let answer =
        Answer::new(200, "A file of a user as it is before anybody encrypts it.", Content::opaque(&types));
    Exchange::new(Auth::Admin, answer).query(SANDBOX.0, SANDBOX.1)
}

async fn show(call: &mut Call) -> Outcome {
    let user = call.param("userId").to_owned();
    let UserFileContent { file, content } =
        call.sandbox.store.user_file(&user, call.param("fileName")).await?;
    let said = file.media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let harmless = HARMLESS.into_iter().find(|known| *known == said);
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    let name: String = file.name.chars().map(plain).collect();
    Ok(Reply::new(StatusCode::OK, ReplyBody::Stored(content))
        .header(CONTENT_TYPE, harmless.unwrap_or("application/octet-stream"))
        .header(CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""))
        .header(CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox")
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(CACHE_CONTROL, "no-store"))
}
