//! `GET /__assets/{kind}/{file}`: the icons that discovery refers to. The mock's own, because the
//! platform's are on hosts that a test must not depend on.

use digime_fixtures::catalogue;
use http::StatusCode;
use http::header::CACHE_CONTROL;

use super::unwritable;
use crate::api::icon::{Icon, SIDES};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::{Reply, ReplyBody};

/// What there are icons of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IconKind {
    Sources,
    Categories,
    Countries,
}

impl IconKind {
    const ALL: [Self; 3] = [Self::Sources, Self::Categories, Self::Countries];

    fn as_str(self) -> &'static str {
        match self {
            Self::Sources => "sources",
            Self::Categories => "categories",
            Self::Countries => "countries",
        }
    }

    /// Whether there is such a thing in the catalogue.
    fn has(self, name: &str) -> bool {
        match self {
            Self::Sources => catalogue::sources().iter().any(|it| it.reference == name),
            Self::Categories => catalogue::service_groups().iter().any(|it| it.reference == name),
            Self::Countries => catalogue::countries().iter().any(|it| it.code == name),
        }
    }
}

/// The URL of an icon that scales.
pub(crate) fn svg_url(origin: &str, kind: IconKind, name: &str) -> String {
    format!("{origin}/__assets/{}/{name}.svg", kind.as_str())
}

/// The URL of an icon of one of the [`SIDES`].
pub(crate) fn png_url(origin: &str, kind: IconKind, name: &str, side: u32) -> String {
    format!("{origin}/__assets/{}/{name}-{side}.png", kind.as_str())
}

pub(crate) fn asset(call: &Call) -> Outcome {
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
            Some(Icon::of(name).png(side).map(|bytes| image("image/png", bytes)).map_err(unwritable))
        }
        _ => None,
    }
}
