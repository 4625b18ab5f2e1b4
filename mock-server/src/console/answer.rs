//! How pages of the console are answered.

use askama::Template;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

use crate::domain::refusal::Refusal;
use crate::http::reply::{Outcome, Reply, ReplyBody};

/// What pages may load and where their forms lead: this server alone.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// A page, which nobody keeps and nobody frames.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Outcome {
    let html = template.render().map_err(|error| Refusal::defect("The page could not be made", &error))?;
    Ok(Reply::new(status, ReplyBody::Html(html))
        .header(CACHE_CONTROL, "no-store")
        .header(CONTENT_SECURITY_POLICY, POLICY)
        .header(REFERRER_POLICY, "no-referrer")
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(X_FRAME_OPTIONS, "DENY")
        .header(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
}
