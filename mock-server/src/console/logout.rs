//! `POST /__admin/ui/logout`.

use http::header::SET_COOKIE;
use http::{Method, StatusCode};

use super::login::ended_cookie;
use crate::admin::browser::shown_session;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `POST /__admin/ui/logout`
    pub const CONSOLE_LOGOUT: Self = Self::named("consoleLogout");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::CONSOLE_LOGOUT,
        method: Method::POST,
        area: Area::Admin,
        template: "/ui/logout",
        summary: "`POST /__admin/ui/logout`",
        deprecated: false,
        answer: AnswerKind::Nothing,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(log_out(call)),
};

fn exchange(_: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Admin, Answer::empty(204, "The session of the browser is over."))
}

async fn log_out(call: &mut Call) -> Outcome {
    if let Some(session) = shown_session(call) {
        call.server.browser_sessions.end(&session, call.server.sandboxes.real_now());
    }
    Ok(Reply::new(StatusCode::NO_CONTENT, ReplyBody::Empty).header(SET_COOKIE, &ended_cookie(call)))
}
