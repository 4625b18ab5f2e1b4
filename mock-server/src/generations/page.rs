//! The page docs/path-versions.md, as the tables of this program say it.

use std::fmt::Write as _;

use super::*;
use crate::operations::generation::Generation;
use crate::operations::route::Area;
use crate::serve::endpoints::routes;

/// A concern, and what a generation does about it.
type Column = (&'static str, fn(&Dialect) -> &'static str);

const COLUMNS: &[Column] = &[
    ("session for reading", |it| match it.access {
        SessionAccess::Key => "its key is enough",
        SessionAccess::Token => "key and access token",
    }),
    ("file list", |it| match it.list {
        ListForm::Names => "names, once complete",
        ListForm::NeverPending => "entries, never `pending`",
        ListForm::Entries => "entries",
    }),
    ("file", |it| match it.file {
        FileForm::Envelope => "JSON, Base64",
        FileForm::Binary => "bytes, `x-metadata`",
    }),
    ("file container", |it| match it.container {
        ContainerForm::Hashed => "with hash",
        ContainerForm::Plain => "without hash",
    }),
    ("compression not asked for", |it| match it.unasked {
        Unasked::Uncompressed => "none",
        Unasked::AsStored => "gzip or none",
    }),
    ("answer of `oauth/authorize`", |it| match it.authorize {
        AuthorizeAnswer::Token => "`token`",
        AuthorizeAnswer::TokenAndSession => "`token`, `session`",
    }),
    ("code verifier", |it| match it.proof {
        Proof::Optional => "may be missing",
        Proof::Required => "required",
    }),
    ("user access token", |it| match it.token {
        TokenForm::Flat => "flat",
        TokenForm::Nested => "nested",
    }),
    ("`permission-access/trigger`", |it| match it.trigger {
        TriggerForm::NamedSession => "opens `session_key`",
        TriggerForm::NewSession => "answers a session",
    }),
    ("`redirect_uri`", |it| match it.redirect_uri {
        RedirectUriClaim::EveryRequest => "in every JWT",
        RedirectUriClaim::PagesAlone => "for pages alone",
    }),
    ("push to a postbox", |it| match it.push {
        PushForm::Headers => "crypto in headers",
        PushForm::ClaimsAndSession => "in claims, with `session_key`",
        PushForm::Claims => "in claims",
    }),
    ("postbox", |it| match it.postbox {
        PostboxOffer::ByLink => "by a link",
        PostboxOffer::Always => "with each consent",
        PostboxOffer::WhereExpected => "for Node 8 and iOS",
    }),
];

fn rendered() -> String {
    let mut page = String::from(
        "# Path versions\n\nWhat the server serves under the first segment of a path, from the \
         table of dialects and the list of\nendpoints. Written by a test of the mock server \
         (`UPDATE_DOCS=1 cargo test -p digime-mock-server generations`).\n\n\
         | Concern |",
    );
    let all = Generation::ALL;
    let cells = |page: &mut String, cell: &dyn Fn(Generation) -> &'static str| {
        for generation in all {
            write!(page, " {} |", cell(*generation)).unwrap();
        }
        page.push('\n');
    };
    cells(&mut page, &Generation::as_str);
    page.push_str(&format!("|---|{}\n", "---|".repeat(all.len())));
    for (concern, column) in COLUMNS {
        write!(page, "| {concern} |").unwrap();
        cells(&mut page, &|generation| column(Dialect::of(generation)));
    }
    for route in routes() {
        let (Area::Api(served) | Area::ApiAndOrigin(served)) = route.area else { continue };
        write!(page, "| `{} {}` |", route.method, route.template).unwrap();
        cells(&mut page, &|generation| if served.contains(generation) { "yes" } else { "" });
    }
    page
}

#[test]
fn the_page_on_generations_is_what_the_server_serves() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/path-versions.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, rendered()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == rendered(), "docs/path-versions.md is stale: run with UPDATE_DOCS=1");
}
