//! The guest page: consent without the digi.me app (protocol reference, legacy/deep-links §3).

use http::Method;

use super::link::{decide, waiting};
use super::link_page::{self, Opened};
use crate::domain::app_link::{AppLink, AppLinkError, ConsentLink};
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, Handler, SandboxBy};
use crate::http::reply::Outcome;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::{Schemas, object, one_of, string};
use crate::operations::Operation;
use crate::operations::refusals::{TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// The guest page of older generations
    pub const GUEST_PAGE: Self = Self::named("guestPage");
    /// The decision made on the guest page
    pub const GUEST_DECISION: Self = Self::named("guestDecision");
}

pub(super) static PAGE: Endpoint = endpoint(
    Operation::GUEST_PAGE,
    Method::GET,
    "The guest page of older generations",
    page_exchange,
    |call| Box::pin(show(call)),
);

pub(super) static DECISION: Endpoint = endpoint(
    Operation::GUEST_DECISION,
    Method::POST,
    "The decision made on the guest page",
    decision_exchange,
    |call| Box::pin(answer(call)),
);

const fn endpoint(
    operation: Operation,
    method: Method,
    summary: &'static str,
    exchange: fn(&mut Schemas) -> Exchange,
    handler: Handler,
) -> Endpoint {
    Endpoint {
        route: Route {
            operation,
            method,
            area: Area::Guest,
            template: "/direct-onboarding",
            summary,
            deprecated: true,
            answer: AnswerKind::Page,
            body: BodyMode::Whole,
            refusals: &[UNREADABLE, TOO_LARGE],
        },
        sandbox: &[SandboxBy::Query("sessionExchangeToken"), SandboxBy::Query("sessionKey")],
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
    ]);
    let shown = "A page with the callback's address, which is not registered for the contract.";
    exchange(Answer::empty(302, "To the callback.").header("location", "The callback."))
        .or(Answer::new(200, shown, Content::opaque(&["text/html"])))
        .body(Content::of("application/x-www-form-urlencoded", form))
}

fn exchange(answer: Answer) -> Exchange {
    let html = || Content::opaque(&["text/html"]);
    Exchange::new(Auth::Open, answer)
        .or(Answer::new(404, "A page that says that the session does not wait for it.", html()))
        .or(Answer::new(422, "A page that says what is wrong with the parameters.", html()))
        .query("sessionExchangeToken", "The exchange token of the session.")
        .query("sessionKey", "The session's key, from clients that know no exchange token.")
        .query("callbackUrl", "Where the browser is sent.")
        .query("lng", "Language.")
}

async fn show(call: &mut Call) -> Outcome {
    let link = match link(call) {
        Ok(link) => link,
        Err(error) => return link_page::unreadable(call, Opened::AsGuest, &error),
    };
    match waiting(&call.sandbox, &link).await {
        Ok(found) => link_page::ask(call, Opened::AsGuest, &link, &found),
        Err(problem) => link_page::nothing_waits(call, Opened::AsGuest, &problem),
    }
}

async fn answer(call: &mut Call) -> Outcome {
    let link = match link(call) {
        Ok(link) => link,
        Err(error) => return link_page::unreadable(call, Opened::AsGuest, &error),
    };
    let decision = link_page::decision(call)?;
    let client_id = call.sandbox.store.link_client(&link.session).await?;
    let contract = client_id.and_then(|client_id| call.sandbox.contract(&client_id));
    let callback = link.callback();
    match decide(&call.sandbox, &AppLink::Consent(link), &decision).await {
        Ok(ending) => {
            link_page::leave(call, Opened::AsGuest, contract.as_deref(), callback.as_deref(), &ending)
        }
        Err(problem) => link_page::nothing_waits(call, Opened::AsGuest, &problem),
    }
}

fn link(call: &Call) -> Result<ConsentLink, AppLinkError> {
    let versioned = call.uri.path().contains("/quark/v1/");
    AppLink::of_guest_page(versioned, call.uri.query().unwrap_or_default())
}
