//! The page that asks for the consent of a link, and where its decision leads: the phone's and the
//! guest's.

use askama::Template;
use digime_fixtures::catalogue::{Source, SourceType, source};
use http::StatusCode;

use super::browser::UserDecision;
use super::decision::{Choice, DEFAULT_DATASET, DEFAULT_SOURCE, named_source};
use super::frame::{self, Frame};
use super::link::{ConsentEnding, PhoneScreen, Waiting, needs_no_source};
use super::qr_code::{self, Drawing};
use super::source_list::sources;
use super::texts::fill;
use super::texts::phone::PhoneTexts;
use crate::domain::app_link::{AppLinkError, ConsentLink, Wanted};
use crate::domain::contract::{Contract, ContractKind};
use crate::domain::refusal::Refusal;
use crate::domain::state::LinkProblem;
use crate::http::call::Call;
use crate::http::reply::{Outcome, Reply};
use crate::journal::check::Check;
use crate::sandbox::datasets::DatasetChoice;

/// The page that asks.
#[derive(Template)]
#[template(path = "link_consent.html")]
struct ConsentPage<'a> {
    frame: Frame,
    heading: &'static str,
    title: String,
    asks: String,
    contract: &'a str,
    access: &'static str,
    sources: Vec<&'a Source>,
    optional: bool,
    default_source: u32,
    datasets: Vec<DatasetChoice>,
    chosen_dataset: &'a str,
    /// Whether the phone has a user already, who may be replaced.
    has_user: bool,
    /// The page's own address, for another device.
    qr: Option<Drawing>,
    address: String,
}

/// The page that says where the app is, and what it gets.
#[derive(Template)]
#[template(path = "link_answered.html")]
struct AnsweredPage<'a> {
    frame: Frame,
    heading: &'static str,
    title: &'static str,
    advice: &'static str,
    /// Where the app is reached; empty if it is not.
    location: &'a str,
    /// Whether it may be a link that a browser follows.
    linked: bool,
    result: String,
}

/// The page that says why there is no consent to give.
#[derive(Template)]
#[template(path = "link_problem.html")]
struct ProblemPage<'a> {
    frame: Frame,
    heading: &'static str,
    problem: &'a str,
}

/// What the phone shows without asking.
#[derive(Template)]
#[template(path = "link_shown.html")]
struct ShownPage<'a> {
    frame: Frame,
    heading: &'static str,
    screen: &'a PhoneScreen,
    /// How much was taken in.
    waited: String,
}

/// Where a link is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// In the digi.me app of the phone.
    OnPhone,
    /// In a browser, by somebody who has no such app.
    AsGuest,
}

impl Opened {
    /// What a page says of itself at its top.
    pub(super) const fn heading(self, texts: &PhoneTexts) -> &'static str {
        match self {
            Self::OnPhone => texts.mock_phone,
            Self::AsGuest => texts.mock_guest,
        }
    }
}

/// The page that asks for a consent.
pub(super) fn ask(call: &Call, opened: Opened, link: &ConsentLink, found: &Waiting) -> Outcome {
    let Waiting { contract, waiting } = found;
    let optional = needs_no_source(contract, waiting);
    let datasets = source(DEFAULT_SOURCE).map(|it| call.sandbox.datasets.choices(it));
    let address = own_address(call);
    let callback = link.callback();
    let frame = Frame::of_phone(call, Some(contract));
    let (texts, phone) = (frame.texts, frame.language.phone());
    let asks = match (link.wanted, contract.kind) {
        (Wanted::Postbox, _) => texts.asks_to_add,
        (Wanted::Data, ContractKind::ReadRaw) => phone.asks_for_added,
        (Wanted::Data, _) => texts.asks_to_read,
    };
    let app = |text: &str| fill(text, &[("app", &frame.name)]);
    let page = ConsentPage {
        heading: opened.heading(phone),
        title: app(phone.consent_for),
        asks: app(asks),
        contract: contract.shown_name(),
        access: if link.is_ongoing() { phone.until_withdrawn } else { texts.access_once },
        sources: sources(SourceType::Pull, false, None),
        optional,
        default_source: DEFAULT_SOURCE,
        datasets: datasets.unwrap_or_default(),
        chosen_dataset: DEFAULT_DATASET,
        has_user: !link.is_guest() && waiting.has_library,
        qr: Some(&address).filter(|_| !link.is_guest()).and_then(|address| qr_code::draw(address)),
        address,
        frame,
    };
    frame::answer(StatusCode::OK, &page, callback.is_some())
}

/// What the form of a page says.
///
/// # Errors
/// `ValidationErrors` if it says nothing that can be done.
pub(super) fn decision(call: &Call) -> Result<UserDecision, Refusal> {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&call.body).into_owned().collect();
    let get = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    match get("decision") {
        Some("approve") => Ok(UserDecision::Approve(Choice {
            source: get("service").map_or(Ok(None), named_source)?,
            dataset: get("dataSet").map(str::to_owned),
            also: Vec::new(),
            user: None,
            new_user: get("newUser") == Some("true"),
        })),
        Some("decline") => Ok(UserDecision::decline()),
        other => {
            let expected = "expected \"approve\" or \"decline\"";
            Err(Refusal::validation(match other {
                Some(other) => format!("decision is \"{other}\", {expected}"),
                None => format!("decision is missing, {expected}"),
            }))
        }
    }
}

/// Sends the browser to the app, if the callback is registered. Anybody can write a link, so that one
/// with another callback must not send a user anywhere who did not ask for it: the address is shown.
pub(super) fn leave(
    call: &Call,
    opened: Opened,
    contract: Option<&Contract>,
    callback: Option<&str>,
    ending: &ConsentEnding,
) -> Outcome {
    let frame = || Frame::of_phone(call, contract);
    match ending {
        ConsentEnding::Location(location) => {
            let registered = |callback: &str| contract.is_some_and(|it| it.allows_redirect(callback));
            if callback.is_some_and(registered) {
                return Ok(Reply::redirect(location));
            }
            let frame = frame();
            let phone = frame.language.phone();
            html(&AnsweredPage {
                heading: opened.heading(phone),
                title: phone.unopened,
                advice: phone.unopened_advice,
                location,
                linked: may_be_linked(location),
                result: String::new(),
                frame,
            })
        }
        ConsentEnding::Result(result) => {
            let frame = frame();
            let phone = frame.language.phone();
            html(&AnsweredPage {
                heading: opened.heading(phone),
                title: phone.answered,
                advice: phone.answered_advice,
                location: "",
                linked: false,
                result: serde_json::to_string_pretty(result).unwrap_or_default(),
                frame,
            })
        }
        ConsentEnding::Shown(screen) => shown(call, opened, screen),
    }
}

/// What the phone shows without asking.
pub(super) fn shown(call: &Call, opened: Opened, screen: &PhoneScreen) -> Outcome {
    let frame = Frame::of_phone(call, None);
    let delivered = match screen {
        PhoneScreen::Import { delivered } => *delivered,
        PhoneScreen::Receipt { .. } => 0,
    };
    let phone = frame.language.phone();
    let waited = match delivered {
        0 => phone.none_waited.to_owned(),
        1 => phone.one_waited.to_owned(),
        count => fill(phone.many_waited, &[("count", &count.to_string())]),
    };
    html(&ShownPage { heading: opened.heading(phone), screen, waited, frame })
}

/// The page for a link that cannot be read.
pub(super) fn unreadable(call: &mut Call, opened: Opened, error: &AppLinkError) -> Outcome {
    call.verdict.passed(Check::PageParameters, error.to_string());
    problem(call, StatusCode::UNPROCESSABLE_ENTITY, opened, &error.to_string())
}

/// The page for a link that nothing waits for.
pub(super) fn nothing_waits(call: &mut Call, opened: Opened, error: &LinkProblem) -> Outcome {
    if let LinkProblem::Unavailable(unavailable) = error {
        return Err((*unavailable).into());
    }
    call.verdict.passed(Check::Code, error.to_string());
    problem(call, StatusCode::NOT_FOUND, opened, &error.to_string())
}

/// A page that says what is wrong.
pub(super) fn problem(call: &Call, status: StatusCode, opened: Opened, problem: &str) -> Outcome {
    let frame = Frame::of_phone(call, None);
    let heading = opened.heading(frame.language.phone());
    frame::answer(status, &ProblemPage { frame, heading, problem }, false)
}

/// A page whose forms lead to this server alone.
pub(super) fn html(page: &impl Template) -> Outcome {
    frame::answer(StatusCode::OK, page, false)
}

/// Where the browser reached this page.
fn own_address(call: &Call) -> String {
    let query = call.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}{}{query}", call.reached(), call.uri.path())
}

/// Whether a browser may be offered the address as a link: it has a scheme of its own at its very
/// beginning, and none that runs or shows what the address itself contains.
fn may_be_linked(location: &str) -> bool {
    const NEVER: [&str; 9] =
        ["javascript", "data", "vbscript", "blob", "file", "filesystem", "about", "view-source", "jar"];
    let Some((scheme, _)) = location.split_once(':') else { return false };
    let mut characters = scheme.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        && !NEVER.iter().any(|never| scheme.eq_ignore_ascii_case(never))
}

#[cfg(test)]
mod tests {
    use super::may_be_linked;

    #[test]
    fn only_addresses_that_lead_elsewhere_are_linked() {
        for location in ["https://app.example/cb", "digime-ca-app://data?x=1", "quark-callback://?result=x"] {
            assert!(may_be_linked(location), "{location}");
        }
        for location in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " javascript:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:x",
            "//evil.example/",
            "/relative",
            "digime-ca-app",
        ] {
            assert!(!may_be_linked(location), "{location}");
        }
    }
}
