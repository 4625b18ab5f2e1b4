//! The page at `/`, for people who open the server in a browser. Programs get the error of the platform.

use askama::Template;
use http::{Method, StatusCode};

use super::{answer, assets};
use crate::console::guarded::wants_page;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::sandbox::credentials::BaseUrls;

/// The page that says what this server is.
#[derive(Template)]
#[template(path = "console/front.html")]
struct FrontPage {
    base: String,
    assets: String,
    prefix: String,
    urls: BaseUrls,
    version: &'static str,
}

/// The page, if a request is for it.
pub(crate) fn page(call: &Call) -> Option<Outcome> {
    if call.method != Method::GET || call.uri.path() != "/" || !wants_page(call) {
        return None;
    }
    let reached = call.reached();
    let base = format!("{}/__admin/ui", reached.path());
    let page = FrontPage {
        assets: format!("{base}/{}", assets::folder()),
        base,
        prefix: reached.path().to_owned(),
        urls: BaseUrls::of(&reached),
        version: env!("CARGO_PKG_VERSION"),
    };
    Some(answer::page(StatusCode::OK, &page))
}
