//! `GET /__admin/ui/{page}`, and what stands below a page.

use http::header::{CACHE_CONTROL, LOCATION};
use http::{Method, StatusCode};

use super::answer;
use super::pages::ConsolePage;
use super::shell::Shell;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint, Handler};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/ui`
    pub const CONSOLE_HOME: Self = Self::named("consoleHome");
    /// `GET /__admin/ui/{page}`
    pub const CONSOLE_PAGE: Self = Self::named("consolePage");
    /// `GET /__admin/ui/{page}/{detail}`
    pub const CONSOLE_DETAIL: Self = Self::named("consoleDetail");
}

pub(super) static HOME: Endpoint =
    endpoint(Operation::CONSOLE_HOME, "/ui", "`GET /__admin/ui`", home_exchange, |call| Box::pin(home(call)));

pub(super) static ENDPOINT: Endpoint =
    endpoint(Operation::CONSOLE_PAGE, "/ui/{page}", "`GET /__admin/ui/{page}`", exchange, |call| {
        Box::pin(show(call))
    });

pub(super) static DETAIL: Endpoint = endpoint(
    Operation::CONSOLE_DETAIL,
    "/ui/{page}/{*detail}",
    "`GET /__admin/ui/{page}/{detail}`",
    exchange,
    |call| Box::pin(show(call)),
);

const fn endpoint(
    operation: Operation,
    template: &'static str,
    summary: &'static str,
    exchange: fn(&mut Schemas) -> Exchange,
    handler: Handler,
) -> Endpoint {
    Endpoint {
        route: Route {
            operation,
            method: Method::GET,
            area: Area::Admin,
            template,
            summary,
            deprecated: false,
            answer: AnswerKind::Nothing,
            body: BodyMode::Whole,
            refusals: &[UNREADABLE, TOO_LARGE],
        },
        sandbox: BY_ADMIN,
        exchange,
        handler,
    }
}

/// What the document says of the parameter that names a sandbox.
const SANDBOX: (&str, &str) = ("sandbox", "The sandbox; the default one if absent.");

fn exchange(_: &mut Schemas) -> Exchange {
    let page = Content::opaque(&["text/html"]);
    guarded(Exchange::new(Auth::Admin, Answer::new(200, "A page of the console.", page)))
}

fn home_exchange(_: &mut Schemas) -> Exchange {
    let first = Answer::empty(302, "To the first page.").header("location", "The first page.");
    guarded(Exchange::new(Auth::Admin, first))
}

/// What whoever is not let in is told: browsers by a page, programs by JSON.
fn guarded(exchange: Exchange) -> Exchange {
    let told = || Content::opaque(&["text/html", "application/json"]);
    exchange
        .or(Answer::new(
            403,
            "Administration is not open to the caller: a page that asks for the token.",
            told(),
        ))
        .or(Answer::new(404, "There is no such sandbox or page.", told()))
        .query(SANDBOX.0, SANDBOX.1)
}

async fn home(call: &mut Call) -> Outcome {
    let query = call.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let first = format!("{}/__admin/ui/{}{query}", call.reached().path(), ConsolePage::Start.path());
    Ok(Reply::new(StatusCode::FOUND, ReplyBody::Empty)
        .header(CACHE_CONTROL, "no-store")
        .header(LOCATION, &first))
}

async fn show(call: &mut Call) -> Outcome {
    let Some(page) = ConsolePage::at(call.param("page")) else {
        let problem = "The console has no such page.".to_owned();
        return answer::page(StatusCode::NOT_FOUND, &Shell::problem(call, problem));
    };
    if page.is_for_host() && call.caller.partner().is_some() {
        let problem = "This page is for the host of the server only, not for partners.".to_owned();
        return answer::page(StatusCode::FORBIDDEN, &Shell::problem(call, problem));
    }
    answer::page(StatusCode::OK, &Shell::around(call, Some(page)))
}
