//! Where the icons are that answers refer to.

use digime_fixtures::catalogue;

/// What there are icons of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IconKind {
    Sources,
    Categories,
    Countries,
}

impl IconKind {
    pub(super) const ALL: [Self; 3] = [Self::Sources, Self::Categories, Self::Countries];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Sources => "sources",
            Self::Categories => "categories",
            Self::Countries => "countries",
        }
    }

    /// Whether there is such a thing in the catalogue.
    pub(super) fn has(self, name: &str) -> bool {
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
