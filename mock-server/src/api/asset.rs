//! `GET /__assets/{kind}/{file}`: the icons that discovery refers to. The mock's own, because the
//! platform's are on hosts that a test must not depend on.

use http::header::CACHE_CONTROL;
use http::{Method, StatusCode};

use super::icon_url::IconKind;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::icon::{Icon, SIDES};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ICON, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// An icon that discovery refers to
    pub const ASSET: Self = Self::named("asset");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ASSET,
        method: Method::GET,
        area: Area::Assets,
        template: "/{kind}/{file}",
        summary: "An icon that discovery refers to",
        deprecated: false,
        answer: AnswerKind::Bytes,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ICON],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(asset(call)),
};

fn exchange(_: &mut Schemas) -> Exchange {
    let content = Content::opaque(&["image/svg+xml", "image/png"]);
    Exchange::new(Auth::Open, Answer::new(200, "The icon.", content))
}

async fn asset(call: &mut Call) -> Outcome {
    let (kind, file) = (call.param("kind"), call.param("file"));
    let reply = drawn(kind, file).ok_or_else(|| {
        let detail = "icons are <reference>.svg and <reference>-25.png, -50.png, -75.png";
        Refusal::new(404, RefusalCode::NotFound, format!("There is no icon {kind}/{file}"), detail)
    })?;
    Ok(reply?.header(CACHE_CONTROL, "public, max-age=3600"))
}

fn drawn(kind: &str, file: &str) -> Option<Outcome> {
    let kind = IconKind::ALL.into_iter().find(|it| it.as_str() == kind)?;
    let (stem, extension) = file.rsplit_once('.')?;
    let image = |mimetype, bytes: Vec<u8>| {
        Reply::new(StatusCode::OK, ReplyBody::Image { mimetype, bytes: bytes.into() })
    };
    match extension {
        "svg" if kind.has(stem) => Some(Ok(image("image/svg+xml", Icon::of(stem).svg().into_bytes()))),
        "png" => {
            let (name, side) = stem.rsplit_once('-')?;
            let side = SIDES.into_iter().find(|it| it.to_string() == side).filter(|_| kind.has(name))?;
            Some(
                Icon::of(name)
                    .png(side)
                    .map(|bytes| image("image/png", bytes))
                    .map_err(|error| Refusal::defect("The icon could not be drawn", &error)),
            )
        }
        _ => None,
    }
}
