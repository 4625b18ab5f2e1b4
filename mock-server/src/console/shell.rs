//! What surrounds every page: navigation, and what the scripts need to know.

use askama::Template;

use super::assets;
use super::pages::ConsolePage;
use crate::admin::browser;
use crate::http::call::Call;

/// A link of the navigation.
pub(super) struct Link {
    pub(super) title: &'static str,
    pub(super) href: String,
    pub(super) is_current: bool,
}

/// A page of the console. Its content is made by its script, from what administration answers.
#[derive(Template)]
#[template(path = "console/shell.html")]
pub(super) struct Shell {
    /// Where pages begin, as browsers ask for them: `/__admin/ui`.
    pub(super) base: String,
    /// The folder of the assets below it.
    pub(super) assets: String,
    /// Where the server is reached, for commands that people copy.
    pub(super) url: String,
    pub(super) sandbox: String,
    pub(super) is_default: bool,
    pub(super) title: &'static str,
    pub(super) purpose: &'static str,
    /// The script of the page; none if the page is about a problem.
    pub(super) script: Option<&'static str>,
    pub(super) problem: Option<String>,
    pub(super) navigation: Vec<Link>,
    /// The partner who looks; the host if absent.
    pub(super) partner: Option<String>,
    /// Whether the program runs scenarios.
    pub(super) runs_scenarios: bool,
    /// What changes must carry, for browsers that logged in.
    pub(super) csrf: Option<String>,
    pub(super) version: &'static str,
}

impl Shell {
    /// What surrounds a page.
    pub(super) fn around(call: &Call, page: Option<ConsolePage>) -> Self {
        let (reached, partner) = (call.reached(), call.caller.partner());
        let base = format!("{}/__admin/ui", reached.path());
        let home = call.caller.home(&call.server.sandboxes);
        let is_default = home.is_some_and(|home| home.id() == call.sandbox.id());
        let query = match is_default {
            true => String::new(),
            false => format!("?sandbox={}", call.sandbox.id()),
        };
        let open = ConsolePage::ALL.into_iter().filter(|page| partner.is_none() || !page.is_for_host());
        let link = |it: ConsolePage| Link {
            title: it.title(),
            href: format!("{base}/{}{query}", it.path()),
            is_current: page == Some(it),
        };
        Self {
            navigation: open.map(link).collect(),
            assets: format!("{base}/{}", assets::folder()),
            base,
            url: reached.to_string(),
            sandbox: call.sandbox.id().to_owned(),
            is_default,
            title: page.map_or("Not here", ConsolePage::title),
            purpose: page.map_or("", ConsolePage::purpose),
            script: page.map(ConsolePage::path),
            problem: None,
            partner: partner.map(|partner| partner.record.name.clone()),
            runs_scenarios: call.server.scenario_runner.is_some(),
            csrf: browser::shown_session(call).map(|session| session.csrf),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// A page that says why another is not there.
    pub(super) fn problem(call: &Call, problem: String) -> Self {
        Self { problem: Some(problem), script: None, ..Self::around(call, None) }
    }
}
