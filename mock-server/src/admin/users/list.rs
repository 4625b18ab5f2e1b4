//! `GET /__admin/users`.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::access::SANDBOX;
use super::super::paging::limit;
use super::accounts::AccountJson;
use crate::clock::Moment;
use crate::domain::library::{Library, LibraryId};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/users`
    pub const ADMIN_LIST_USERS: Self = Self::named("adminListUsers");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_LIST_USERS,
        method: Method::GET,
        area: Area::Admin,
        template: "/users",
        summary: "`GET /__admin/users`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(list(call)),
};

/// How many are listed unless the request says, and how many at most.
const LIMIT: usize = 50;
const MOST: usize = 500;
/// How many users are looked at before others get their turn.
const SLICE: usize = 250;
/// How many users a search looks at before it answers what it has found so far.
const LOOKED_AT: usize = 20_000;

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "The users by their ids, page by page. A search that has looked at many answers what it has found, \
                which may be nothing, and next goes on.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<Users>()))
        .query(SANDBOX.0, SANDBOX.1)
        .query(
            "search",
            "Only users of whom this is a part of an id, of an account, a source, a name or a contract.",
        )
        .query("after", "Where the page begins: next of the page before.")
        .query("limit", "How many are listed, 50 unless it says, 500 at most.")
}

/// A page of users.
#[derive(Serialize, JsonSchema)]
struct Users {
    users: Vec<UserSummary>,
    /// What the next page begins after; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A user in short.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UserSummary {
    /// The `sub` of their tokens.
    user: String,
    accounts: Vec<AccountJson>,
    /// The contracts that they consented to, by `client_id`.
    consents: Vec<String>,
    /// How many files were ever pushed into their library.
    pushed: u64,
}

impl UserSummary {
    fn of(id: &LibraryId, library: &Library, now: Moment) -> Self {
        Self {
            user: id.clone(),
            accounts: library.accounts.iter().map(|account| AccountJson::of(account, now)).collect(),
            consents: library.consents.keys().cloned().collect(),
            pushed: library.push_count,
        }
    }
}

async fn list(call: &mut Call) -> Outcome {
    let most = limit(call.query_value("limit"), MOST)?.unwrap_or(LIMIT);
    let given = |name: &str| call.query_value(name).filter(|value| !value.is_empty());
    let search = given("search").map(|text| text.to_lowercase());
    let (mut after, now) = (given("after"), call.now());
    let (mut users, mut next, mut looked_at) = (Vec::new(), None, 0);
    let view = |id: &LibraryId, library: &Library| {
        let found = search.as_deref().is_none_or(|text| has(id, library, text));
        (id.clone(), found.then(|| UserSummary::of(id, library, now)))
    };
    let slice = if search.is_some() { SLICE } else { most + 1 };
    'slices: loop {
        let page = call.sandbox.store.users_after(after.as_ref(), slice, &view).await?;
        let is_last = page.len() < slice;
        looked_at += page.len();
        for (id, user) in page {
            if let Some(user) = user {
                if users.len() == most {
                    next.clone_from(&after);
                    break 'slices;
                }
                users.push(user);
            }
            after = Some(id);
        }
        if is_last {
            break;
        }
        if looked_at >= LOOKED_AT {
            next.clone_from(&after);
            break;
        }
        tokio::task::yield_now().await;
    }
    reply_json(&Users { users, next })
}

/// Whether a text in small letters is a part of what people know a user by.
fn has(id: &LibraryId, library: &Library, text: &str) -> bool {
    let is_in = |known: &str| known.to_lowercase().contains(text);
    is_in(id)
        || library.consents.keys().any(|client_id| is_in(client_id))
        || library.accounts.iter().any(|account| {
            is_in(&account.id)
                || is_in(&account.source.name)
                || account.dataset.account.username.as_deref().is_some_and(is_in)
        })
}
