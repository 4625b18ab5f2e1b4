//! What all pages have around their content, and how they are answered.

use askama::Template;
use http::StatusCode;
use http::header::{ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};

use super::language::Language;
use super::texts::Texts;
use crate::config::branding::Colour;
use crate::domain::contract::Contract;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::reply::{Outcome, Reply};

/// Around the content of a page.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) language: Language,
    pub(super) texts: &'static Texts,
    /// What the application is called, or this program on a page of none.
    pub(super) name: String,
    colour: Colour,
    pub(super) logo: Option<String>,
    /// The way from the page to the root of the server, which may have a path in front that only clients see.
    root: String,
}

impl Frame {
    /// That of a page which asks for a contract; of one that nobody asked for without.
    pub(super) fn new(call: &Call, locale: Option<&str>, contract: Option<&Contract>) -> Self {
        let accepted = call.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let language = Language::choose(locale, accepted);
        let applications = &call.sandbox.applications;
        let id = contract.map_or("", |contract| contract.application_id.as_str());
        let branding = applications.branding(id);
        Self {
            language,
            texts: language.texts(),
            name: contract.map_or_else(|| "digime-mock".to_owned(), |_| applications.name(id)),
            colour: branding.colour.unwrap_or(Colour::STANDARD),
            logo: branding.logo.map(|logo| logo.name().to_owned()),
            root: "../".repeat(call.uri.path().matches('/').count().saturating_sub(1)),
        }
    }

    /// As [`Frame::new`], of the phone or the guest page.
    pub(super) fn of_phone(call: &Call, contract: Option<&Contract>) -> Self {
        Self::new(call, call.query_value("lng").as_deref(), contract)
    }

    /// The address of something below the root of the server.
    pub(super) fn below_root(&self, path: &str) -> String {
        format!("{}{path}", self.root)
    }

    pub(super) fn part(&self, file: &str) -> String {
        self.below_root(&format!("__assets/page/{file}"))
    }

    pub(super) fn colour_sheet(&self) -> String {
        self.part(&format!("colour-{}.css", self.colour.digits()))
    }

    /// Stands for a logo.
    pub(super) fn initial(&self) -> String {
        self.name
            .chars()
            .find(|c| c.is_alphanumeric())
            .map(|c| c.to_uppercase().collect())
            .unwrap_or_default()
    }
}

/// A page. `leads_on` says whether its forms end at a callback.
pub(super) fn answer(status: StatusCode, page: &impl Template, leads_on: bool) -> Outcome {
    let html = page.render().map_err(|error| Refusal::defect("The page could not be made", &error))?;
    // Browsers hold each redirect after a form against `form-action`, and the callback of an app may lead on to
    // anything, such as the scheme of its phone app.
    let forms = if leads_on { "" } else { "; form-action 'self'" };
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; \
         frame-ancestors 'none'{forms}"
    );
    Ok(Reply::html(status, html)
        .header(CONTENT_SECURITY_POLICY, &policy)
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
}
