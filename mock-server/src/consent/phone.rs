//! The digi.me app of the user's phone, played: a page that takes what an app opens it with (protocol
//! reference, legacy/deep-links).

use askama::Template;
use http::{Method, StatusCode};

use super::frame::{self, Frame};
use super::link::{decide, shown_receipt, waiting};
use super::link_page::{self, Opened};
use crate::domain::app_link::{AppLink, AppLinkError};
use crate::domain::state::LinkProblem;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, Handler, SandboxBy};
use crate::http::reply::Outcome;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::{Schemas, object, one_of, string};
use crate::operations::Operation;
use crate::operations::refusals::{TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// The page that plays the digi.me app of older generations
    pub const PHONE_PAGE: Self = Self::named("phonePage");
    /// The decision made on the phone's page
    pub const PHONE_DECISION: Self = Self::named("phoneDecision");
}

pub(super) static PAGE: Endpoint = endpoint(
    Operation::PHONE_PAGE,
    Method::GET,
    "The page that plays the digi.me app of older generations",
    AnswerKind::Page,
    page_exchange,
    |call| Box::pin(show(call)),
);

pub(super) static DECISION: Endpoint = endpoint(
    Operation::PHONE_DECISION,
    Method::POST,
    "The decision made on the phone's page",
    AnswerKind::Callback,
    decision_exchange,
    |call| Box::pin(answer(call)),
);

const fn endpoint(
    operation: Operation,
    method: Method,
    summary: &'static str,
    answer: AnswerKind,
    exchange: fn(&mut Schemas) -> Exchange,
    handler: Handler,
) -> Endpoint {
    Endpoint {
        route: Route {
            operation,
            method,
            area: Area::Phone,
            template: "",
            summary,
            deprecated: true,
            answer,
            body: BodyMode::Whole,
            refusals: &[UNREADABLE, TOO_LARGE],
        },
        sandbox: &[SandboxBy::AppLink, SandboxBy::Query("sandbox")],
        exchange,
        handler,
    }
}

fn page_exchange(_: &mut Schemas) -> Exchange {
    exchange(Answer::new(200, "The page.", Content::opaque(&["text/html"])))
}

fn decision_exchange(_: &mut Schemas) -> Exchange {
    let form = object([
        ("decision", one_of(&["approve", "decline"])),
        ("service?", string()),
        ("dataSet?", string()),
        ("newUser?", one_of(&["true"])),
    ]);
    let shown = "A page with what the phone shows, or with what the app gets, if it cannot be opened.";
    exchange(Answer::empty(302, "To the callback.").header("location", "The callback."))
        .or(Answer::new(200, shown, Content::opaque(&["text/html"])))
        .body(Content::of("application/x-www-form-urlencoded", form))
}

fn exchange(answer: Answer) -> Exchange {
    let html = || Content::opaque(&["text/html"]);
    Exchange::new(Auth::Open, answer)
        .or(Answer::new(404, "A page that says that nothing waits for the link.", html()))
        .or(Answer::new(422, "A page that says what is wrong with the link.", html()))
        .query("link", "What the app opens the digi.me app with.")
        .query("lng", "Language.")
        .query("sandbox", "Whose phone it is, if the link does not say; the default sandbox's if absent.")
}

/// The page that takes a link.
#[derive(Template)]
#[template(path = "phone.html")]
struct PastePage {
    frame: Frame,
    heading: &'static str,
    sandbox: String,
}

/// The page for what was pushed to postboxes.
#[derive(Template)]
#[template(path = "phone_import.html")]
struct ImportPage {
    frame: Frame,
    heading: &'static str,
    title: &'static str,
    has_user: bool,
}

async fn show(call: &mut Call) -> Outcome {
    let Some(text) = call.query_value("link").filter(|text| !text.trim().is_empty()) else {
        let sandbox = call.query_value("sandbox").unwrap_or_default();
        let frame = Frame::of_phone(call, None);
        let heading = Opened::OnPhone.heading(frame.language.phone());
        return link_page::html(&PastePage { frame, heading, sandbox });
    };
    let link = match read(call, &text) {
        Ok(link) => link,
        Err(astray) => return lead_nowhere(call, &astray),
    };
    match &link {
        AppLink::Consent(consent) => match waiting(&call.sandbox, consent).await {
            Ok(found) => link_page::ask(call, Opened::OnPhone, consent, &found),
            Err(problem) => link_page::nothing_waits(call, Opened::OnPhone, &problem),
        },
        AppLink::Receipt(receipt) => {
            let screen = shown_receipt(&call.sandbox, receipt).await?;
            link_page::shown(call, Opened::OnPhone, &screen)
        }
        AppLink::Import => {
            let has_user = call.sandbox.store.phone_library().await?.is_some();
            let frame = Frame::of_phone(call, None);
            let phone = frame.language.phone();
            link_page::html(&ImportPage {
                heading: Opened::OnPhone.heading(phone),
                title: phone.import,
                has_user,
                frame,
            })
        }
        AppLink::PushComplete(push) => match call.sandbox.store.pushed_library(push, call.now()).await {
            Ok(_) => {
                let frame = Frame::of_phone(call, None);
                let phone = frame.language.phone();
                let title = phone.import_pushed;
                let page =
                    ImportPage { heading: Opened::OnPhone.heading(phone), title, has_user: true, frame };
                frame::answer(StatusCode::OK, &page, true)
            }
            Err(problem) => link_page::nothing_waits(call, Opened::OnPhone, &problem),
        },
    }
}

async fn answer(call: &mut Call) -> Outcome {
    let text = call.query_value("link").unwrap_or_default();
    let link = match read(call, &text) {
        Ok(link) => link,
        Err(astray) => return lead_nowhere(call, &astray),
    };
    let decision = link_page::decision(call)?;
    let (client_id, callback) = match &link {
        AppLink::Consent(link) => (call.sandbox.store.link_client(&link.session).await?, link.callback()),
        AppLink::PushComplete(link) => {
            (call.sandbox.store.session_client(&link.session_key).await?, Some(link.callback.clone()))
        }
        AppLink::Import | AppLink::Receipt(_) => (None, None),
    };
    let contract = client_id.and_then(|client_id| call.sandbox.contract(&client_id));
    match decide(&call.sandbox, &link, &decision).await {
        Ok(ending) => {
            link_page::leave(call, Opened::OnPhone, contract.as_deref(), callback.as_deref(), &ending)
        }
        Err(problem) => link_page::nothing_waits(call, Opened::OnPhone, &problem),
    }
}

/// Why a link leads nowhere.
enum Astray {
    Unreadable(AppLinkError),
    NothingWaits(LinkProblem),
    NoSandbox(String),
}

fn read(call: &Call, text: &str) -> Result<AppLink, Astray> {
    let link = AppLink::parse(text).map_err(Astray::Unreadable)?;
    let sandboxes = &call.server.sandboxes;
    let named = call.query_value("sandbox").filter(|id| !id.is_empty());
    if let Some(id) = named.filter(|id| sandboxes.get(id).is_none()) {
        return Err(Astray::NoSandbox(id));
    }
    match link.minted().is_some_and(|minted| sandboxes.minting(minted).is_none()) {
        true => Err(Astray::NothingWaits(LinkProblem::UnknownSession)),
        false => Ok(link),
    }
}

/// The page that says why a link leads nowhere.
fn lead_nowhere(call: &mut Call, astray: &Astray) -> Outcome {
    match astray {
        Astray::Unreadable(error) => link_page::unreadable(call, Opened::OnPhone, error),
        Astray::NothingWaits(problem) => link_page::nothing_waits(call, Opened::OnPhone, problem),
        Astray::NoSandbox(id) => {
            let problem = format!("there is no sandbox {id}: POST /__admin/sandboxes makes one");
            link_page::problem(call, StatusCode::NOT_FOUND, Opened::OnPhone, &problem)
        }
    }
}
