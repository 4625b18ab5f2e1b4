//! `GET /__admin/requests`.

use std::fmt;
use std::str::FromStr;

use http::Method;

use super::super::access::SANDBOX;
use super::super::known_parameters::named_route;
use super::super::paging::limit;
use super::{Form, Requests, reply};
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::Outcome;
use crate::journal::filter::{Filter, SearchText};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::journal_page::{Direction, Page, Position};

impl Operation {
    /// `GET /__admin/requests`
    pub const ADMIN_REQUESTS: Self = Self::named("adminRequests");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_REQUESTS,
        method: Method::GET,
        area: Area::Admin,
        template: "/requests",
        summary: "`GET /__admin/requests`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(list(call)),
};

/// How many a page has at most.
const MOST: usize = 1000;

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "The requests that the journal keeps, oldest first: all of them, or those that are asked for.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<Requests>()))
        .query(SANDBOX.0, SANDBOX.1)
        .query("operation", "Only requests of these operations, by their names, separated by commas.")
        .query("user", "Only requests with a token of this user, by the sub of their tokens.")
        .query(
            "status",
            "Only requests that were answered with this status, such as 404, or class, such as 4xx.",
        )
        .query("text", "Only requests that have this text somewhere, in letters of either case.")
        .query("link", "Only requests that have this fingerprint among their links.")
        .query("server", "Only requests that this server answered, of several that share the state.")
        .query(
            "before",
            "Only requests before this one: a number, or next of the page before. The last ones are listed.",
        )
        .query(
            "after",
            "Only requests after this one: a number, or next of the page before. The first ones are listed.",
        )
        .query("form", "short leaves out headers, bodies, claims and checks.")
        .query("limit", "How many are listed, 1000 at most; all if neither it nor before nor after is given.")
}

async fn list(call: &mut Call) -> Outcome {
    let filter = filter(call)?;
    let limit = limit(call.query_value("limit"), MOST)?;
    let form = parsed(call, "form")?.unwrap_or(Form::Full);
    let direction = match (parsed::<Position>(call, "before")?, parsed::<Position>(call, "after")?) {
        (Some(_), Some(_)) => return Err(Refusal::validation("one of before and after, not both")),
        (Some(before), None) => Some(Direction::Before(Some(before))),
        (None, Some(after)) => Some(Direction::After(Some(after))),
        (None, None) => None,
    };
    if let Some(Direction::Before(Some(Position::Own(1..))) | Direction::After(Some(Position::Own(1..)))) =
        direction
        && call.sandbox.is_shared()
    {
        let problem = "before and after: several servers count their requests each for itself, so that a number \
                       names no place; take the `next` of a page";
        return Err(Refusal::validation(problem));
    }
    if direction.is_none() && limit.is_none() && filter.is_empty() {
        return reply(Page { entries: call.sandbox.requests().await, next: None }, form).await;
    }
    let most = limit.unwrap_or(if direction.is_some() { MOST } else { usize::MAX });
    let direction = direction.unwrap_or(Direction::Before(None));
    reply(call.sandbox.page(direction, &filter, most).await?, form).await
}

/// What a query asks for.
///
/// # Errors
/// `ValidationErrors` naming the parameter.
pub(super) fn filter(call: &Call) -> Result<Filter, Refusal> {
    let given = |name: &str| call.query_value(name).filter(|value| !value.is_empty());
    let operations = given("operation").unwrap_or_default();
    let operations = operations.split(',').map(str::trim).filter(|it| !it.is_empty());
    Ok(Filter {
        operations: operations
            .map(|it| Ok(named_route(call, "operation", it)?.name().to_owned()))
            .collect::<Result<_, Refusal>>()?,
        user: given("user"),
        status: parsed(call, "status")?,
        text: given("text").map(|text| SearchText::new(&text)),
        link: given("link"),
        server: given("server"),
    })
}

/// A parameter of the query, read.
pub(super) fn parsed<T: FromStr<Err: fmt::Display>>(call: &Call, name: &str) -> Result<Option<T>, Refusal> {
    let given = call.query_value(name).filter(|value| !value.is_empty());
    let read =
        given.map(|text| text.parse().map_err(|it: T::Err| Refusal::validation(format!("{name}: {it}"))));
    read.transpose()
}
