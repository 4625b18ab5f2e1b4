//! What pages are made of besides their text: the style sheet, the script, colours and logos of applications.

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use http::{Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::config::branding::Colour;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ICON, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// The style sheet, the script, a colour or a logo of the consent pages
    pub const PAGE_PART: Self = Self::named("pagePart");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::PAGE_PART,
        method: Method::GET,
        area: Area::Assets,
        template: "/page/{file}",
        summary: "The style sheet, the script, a colour or a logo of the consent pages",
        deprecated: false,
        answer: AnswerKind::Bytes,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ICON],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(part(call)),
};

fn exchange(_: &mut Schemas) -> Exchange {
    const TYPES: [&str; 7] = [
        "text/css; charset=utf-8",
        "text/javascript; charset=utf-8",
        "image/svg+xml",
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
    ];
    Exchange::new(Auth::Open, Answer::new(200, "The file.", Content::opaque(&TYPES)))
        .or(Answer::empty(304, "The browser's copy is the present one."))
}

async fn part(call: &mut Call) -> Outcome {
    let file = call.param("file");
    let Some(body) = content(call, file) else {
        let detail =
            "there are consent.css, consent.js, colour-<six digits>.css and the logos of applications";
        return Err(Refusal::new(404, RefusalCode::NotFound, format!("There is no file {file}"), detail));
    };
    let tag = match &body {
        ReplyBody::Text { text, .. } => tag(text.as_bytes()),
        ReplyBody::Image { bytes, .. } => tag(bytes),
        _ => String::new(),
    };
    let known = call.headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let reply = match known {
        true => Reply::new(StatusCode::NOT_MODIFIED, ReplyBody::Empty),
        false => Reply::new(StatusCode::OK, body),
    };
    // Opened by itself, a logo that is an SVG is a document, and might bring scripts.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
    Ok(reply
        .header(ETAG, &tag)
        .header(CACHE_CONTROL, "no-cache")
        .header(CONTENT_SECURITY_POLICY, policy)
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
}

fn content(call: &Call, file: &str) -> Option<ReplyBody> {
    let css = |text: String| ReplyBody::Text { mimetype: "text/css; charset=utf-8", text };
    match file {
        "consent.css" => Some(css(include_str!("../../templates/consent.css").to_owned())),
        "consent.js" => {
            let text = include_str!("../../templates/consent.js").to_owned();
            Some(ReplyBody::Text { mimetype: "text/javascript; charset=utf-8", text })
        }
        _ => match file.strip_prefix("colour-").and_then(|rest| rest.strip_suffix(".css")) {
            Some(digits) => digits.parse().ok().map(|colour: Colour| css(colour.style_sheet())),
            None => {
                let default = call.server.sandboxes.default_sandbox();
                let logo = default.applications.logo(file)?;
                Some(ReplyBody::Image { mimetype: logo.media_type(), bytes: logo.bytes() })
            }
        },
    }
}

fn tag(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    let hash: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hash}\"")
}
