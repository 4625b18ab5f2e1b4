//! Style sheet, scripts and pictures of the console, embedded in the program.

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, HeaderName, X_CONTENT_TYPE_OPTIONS};
use http::{Method, StatusCode};

use crate::domain::refusal::{Refusal, RefusalCode};
use crate::fingerprint::Fingerprint;
use crate::http::call::Call;
use crate::http::endpoint::Endpoint;
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ICON, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/ui/assets/{version}/{path}`
    pub const CONSOLE_ASSET: Self = Self::named("consoleAsset");
}

struct Asset {
    path: &'static str,
    content: &'static str,
}

macro_rules! assets {
    ($($path:literal,)*) => {
        &[$(Asset { path: $path, content: include_str!(concat!("../../assets/console/", $path)) },)*]
    };
}

static ASSETS: &[Asset] = assets![
    "api.js",
    "applications.js",
    "console.css",
    "copy.js",
    "curl.js",
    "diagram.css",
    "dom.js",
    "events-worker.js",
    "events.js",
    "flow.js",
    "header.js",
    "icon.svg",
    "json.js",
    "notice.js",
    "shell.js",
    "snippets.js",
    "table.js",
    "time.js",
    "pages/client-report.js",
    "pages/partners.js",
    "pages/sandboxes.js",
    "pages/scenarios.js",
    "pages/start.js",
    "pages/time.js",
    "pages/traffic.js",
    "pages/users.js",
    "traffic/flow.js",
    "traffic/flows.js",
    "traffic/list.js",
    "traffic/request.js",
    "traffic/summary.js",
    "users/files.js",
    "users/user.js",
];

/// The version of all of them together. It stands before their paths, so that scripts that import each other by
/// relative paths stay with their version, and browsers may keep what they have.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let parts: Vec<_> = ASSETS.iter().flat_map(|asset| [asset.path, asset.content]).collect();
    Fingerprint::of(&parts).to_string()
});

/// The folder of the assets below `/__admin/ui/`.
pub(super) fn folder() -> String {
    format!("assets/{}", *VERSION)
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::CONSOLE_ASSET,
        method: Method::GET,
        area: Area::Admin,
        template: "/ui/assets/{version}/{*path}",
        summary: "`GET /__admin/ui/assets/{version}/{path}`",
        deprecated: false,
        answer: AnswerKind::Bytes,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ICON],
    },
    sandbox: &[],
    exchange,
    handler: |call| Box::pin(asset(call)),
};

fn exchange(_: &mut Schemas) -> Exchange {
    let content = Content::opaque(&["text/css", "text/javascript", PICTURE]);
    Exchange::new(Auth::Open, Answer::new(200, "A style sheet, script or picture of the console.", content))
}

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

async fn asset(call: &mut Call) -> Outcome {
    let path = call.param("path");
    let found = ASSETS.iter().find(|asset| asset.path == path);
    let asset = found.ok_or_else(|| {
        let message = "The console has no such asset";
        Refusal::new(404, RefusalCode::NotFound, message, "its pages name the ones that it has")
    })?;
    let mimetype = match asset.path.rsplit_once('.') {
        Some((_, "css")) => CSS,
        Some((_, "svg")) => PICTURE,
        _ => SCRIPT,
    };
    let caching = match call.param("version") == *VERSION {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let bytes = Bytes::from_static(asset.content.as_bytes());
    Ok(Reply::new(StatusCode::OK, ReplyBody::Image { mimetype, bytes })
        .header(CACHE_CONTROL, caching)
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(HeaderName::from_static("cross-origin-resource-policy"), "same-origin"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::console::pages::ConsolePage;

    fn files(folder: &Path, prefix: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let (path, name) = entry.map(|it| (it.path(), it.file_name().into_string().unwrap())).unwrap();
            match path.is_dir() {
                true => files(&path, &format!("{prefix}{name}/"), found),
                false => found.push(format!("{prefix}{name}")),
            }
        }
    }

    #[test]
    fn every_file_is_served_and_every_page_has_its_script() {
        let mut found = Vec::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/console"), "", &mut found);
        found.sort();
        let mut served: Vec<_> = ASSETS.iter().map(|asset| asset.path).collect();
        served.sort_unstable();
        assert_eq!(served, found);
        for page in ConsolePage::ALL {
            assert!(served.contains(&format!("pages/{}.js", page.path()).as_str()), "{page:?}");
        }
    }

    #[test]
    fn scripts_are_small_checked_and_never_write_markup() {
        for asset in ASSETS.iter().filter(|asset| asset.path.ends_with(".js")) {
            assert!(asset.content.starts_with("// @ts-check\n"), "{}", asset.path);
            assert!(asset.content.lines().count() < 300, "{}", asset.path);
            for forbidden in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                assert!(!asset.content.contains(forbidden), "{} has {forbidden}", asset.path);
            }
        }
    }
}
