//! The endpoints of the pages. The five differ in name and path alone, so that one function makes
//! them.

use http::Method;

use super::{guest, look, page, phone};
use crate::domain::consent::Page;
use crate::http::endpoint::{Endpoint, Handler, SandboxBy};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::{Schemas, object, one_of, string};
use crate::operations::Operation;
use crate::operations::refusals::{TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// The consent page
    pub const CONSENT_PAGE: Self = Self::named("consentPage");
    /// The decision made on the consent page
    pub const CONSENT_DECISION: Self = Self::named("consentDecision");
    /// The page that connects a further source
    pub const ONBOARD_PAGE: Self = Self::named("onboardPage");
    /// The decision made on the onboard page
    pub const ONBOARD_DECISION: Self = Self::named("onboardDecision");
    /// The page that renews a user
    pub const USER_REAUTH_PAGE: Self = Self::named("userReauthPage");
    /// The decision made on the user-reauth page
    pub const USER_REAUTH_DECISION: Self = Self::named("userReauthDecision");
    /// The page that logs in at a source again
    pub const REAUTHORIZE_PAGE: Self = Self::named("reauthorizePage");
    /// The decision made on the reauthorize page
    pub const REAUTHORIZE_DECISION: Self = Self::named("reauthorizeDecision");
    /// The page that withdraws a permission
    pub const REVOKE_PAGE: Self = Self::named("revokePage");
    /// The decision made on the revoke page
    pub const REVOKE_DECISION: Self = Self::named("revokeDecision");
}

/// The consent web client, and what took its place in older generations.
pub(crate) static ENDPOINTS: &[&Endpoint] = &[
    &shown(Operation::CONSENT_PAGE, Page::Authorize, "The consent page", |call| {
        Box::pin(page::show(call, Page::Authorize))
    }),
    &decided(Operation::CONSENT_DECISION, Page::Authorize, "The decision made on the consent page", |call| {
        Box::pin(page::decide(call, Page::Authorize))
    }),
    &shown(Operation::ONBOARD_PAGE, Page::Onboard, "The page that connects a further source", |call| {
        Box::pin(page::show(call, Page::Onboard))
    }),
    &decided(Operation::ONBOARD_DECISION, Page::Onboard, "The decision made on the onboard page", |call| {
        Box::pin(page::decide(call, Page::Onboard))
    }),
    &shown(Operation::USER_REAUTH_PAGE, Page::UserReauth, "The page that renews a user", |call| {
        Box::pin(page::show(call, Page::UserReauth))
    }),
    &decided(
        Operation::USER_REAUTH_DECISION,
        Page::UserReauth,
        "The decision made on the user-reauth page",
        |call| Box::pin(page::decide(call, Page::UserReauth)),
    ),
    &shown(
        Operation::REAUTHORIZE_PAGE,
        Page::Reauthorize,
        "The page that logs in at a source again",
        |call| Box::pin(page::show(call, Page::Reauthorize)),
    ),
    &decided(
        Operation::REAUTHORIZE_DECISION,
        Page::Reauthorize,
        "The decision made on the reauthorize page",
        |call| Box::pin(page::decide(call, Page::Reauthorize)),
    ),
    &shown(Operation::REVOKE_PAGE, Page::Revoke, "The page that withdraws a permission", |call| {
        Box::pin(page::show(call, Page::Revoke))
    }),
    &decided(Operation::REVOKE_DECISION, Page::Revoke, "The decision made on the revoke page", |call| {
        Box::pin(page::decide(call, Page::Revoke))
    }),
    &guest::PAGE,
    &guest::DECISION,
    &phone::PAGE,
    &phone::DECISION,
    &look::ENDPOINT,
];

/// The endpoint that shows a page.
const fn shown(operation: Operation, page: Page, summary: &'static str, handler: Handler) -> Endpoint {
    endpoint(operation, Method::GET, page, summary, page_exchange, handler)
}

/// The endpoint that takes the decision made on a page.
const fn decided(operation: Operation, page: Page, summary: &'static str, handler: Handler) -> Endpoint {
    endpoint(operation, Method::POST, page, summary, decision_exchange, handler)
}

const fn endpoint(
    operation: Operation,
    method: Method,
    page: Page,
    summary: &'static str,
    exchange: fn(&mut Schemas) -> Exchange,
    handler: Handler,
) -> Endpoint {
    Endpoint {
        route: Route {
            operation,
            method,
            area: Area::Web,
            template: page.path(),
            summary,
            deprecated: false,
            answer: match page {
                Page::Revoke => AnswerKind::Page,
                Page::Authorize | Page::Onboard | Page::UserReauth | Page::Reauthorize => {
                    AnswerKind::Callback
                }
            },
            body: BodyMode::Whole,
            refusals: &[UNREADABLE, TOO_LARGE],
        },
        sandbox: &[SandboxBy::Jwt, SandboxBy::Query("code")],
        exchange,
        handler,
    }
}

fn page_exchange(_: &mut Schemas) -> Exchange {
    exchange().or(Answer::new(200, "The page.", Content::opaque(&["text/html"])))
}

fn decision_exchange(_: &mut Schemas) -> Exchange {
    let form = object([
        ("decision", one_of(&["approve", "decline", "fail"])),
        ("service?", string()),
        ("dataSet?", string()),
        ("also?", string()),
        ("errorCode?", string()),
    ]);
    exchange().body(Content::of("application/x-www-form-urlencoded", form))
}

/// What both come to, and the parameters of the page (protocol reference, consent-web §2).
fn exchange() -> Exchange {
    let back = Answer::empty(302, "Back to the callback.").header("location", "The callback.");
    let unknown = Content::opaque(&["text/html"]);
    Exchange::new(Auth::Open, back)
        .or(Answer::new(404, "A page that says that no consent waits under the code.", unknown))
        .or(Answer::new(
            410,
            "A page that says that the request is over, for a browser.",
            Content::opaque(&["text/html"]),
        ))
        .query("code", "The preauthorization code.")
        .query("service", "The source to connect.")
        .query("sourceType", "pull or push.")
        .query("sampleDataSet", "The dataset to connect instead of a login.")
        .query("sampleDataAutoOnboard", "true: no page at all.")
        .query("includeSampleDataOnlySources", "true: also offer sources that have sample data alone.")
        .query("triggerQuery", "false: data of the source is not read in this session.")
        .query("lng", "Language.")
        .query("sourcesScope", "JSON, encoded twice, that narrows the sources.")
}
