//! `GET` and `POST /__admin/ui/login`: a browser shows a token once, and a cookie from then on.

use std::time::Duration;

use askama::Template;
use http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY, RETRY_AFTER, SET_COOKIE};
use http::{Method, StatusCode};

use super::{answer, assets};
use crate::admin::browser::{self, cookie_name, require_own_page};
use crate::http::browser_session::LIFETIME;
use crate::http::call::Call;
use crate::http::endpoint::Endpoint;
use crate::http::failed_logins::WINDOW;
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::{Schemas, object, string};
use crate::operations::Operation;
use crate::operations::refusals::{TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::caller::Caller;

impl Operation {
    /// `GET /__admin/ui/login`
    pub const CONSOLE_LOGIN_PAGE: Self = Self::named("consoleLoginPage");
    /// `POST /__admin/ui/login`
    pub const CONSOLE_LOGIN: Self = Self::named("consoleLogin");
}

pub(super) static PAGE: Endpoint = Endpoint {
    route: Route {
        operation: Operation::CONSOLE_LOGIN_PAGE,
        method: Method::GET,
        area: Area::Admin,
        template: "/ui/login",
        summary: "`GET /__admin/ui/login`",
        deprecated: false,
        answer: AnswerKind::Nothing,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE],
    },
    sandbox: &[],
    exchange: page_exchange,
    handler: |call| Box::pin(show(call)),
};

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::CONSOLE_LOGIN,
        method: Method::POST,
        area: Area::Admin,
        template: "/ui/login",
        summary: "`POST /__admin/ui/login`",
        deprecated: false,
        answer: AnswerKind::Nothing,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE],
    },
    sandbox: &[],
    exchange,
    handler: |call| Box::pin(log_in(call)),
};

fn page_exchange(_: &mut Schemas) -> Exchange {
    let page = Content::opaque(&["text/html"]);
    Exchange::new(Auth::Open, Answer::new(200, "A page that asks for a token.", page))
}

fn exchange(_: &mut Schemas) -> Exchange {
    // Programs are told by JSON that a page of another origin asked.
    let page = || Content::opaque(&["text/html", "application/json"]);
    let said = "Logged in: the cookie stands for the token in this browser.";
    Exchange::new(Auth::Open, Answer::empty(303, said).header("location", "A page of the console."))
        .or(Answer::new(403, "A page that says that the token is wrong.", page()))
        .or(Answer::new(429, "A page that says that too many tokens were wrong.", page()))
        .body(Content::of(
            "application/x-www-form-urlencoded",
            object([("token", string()), ("next?", string())]),
        ))
}

/// How long a wrong token takes to be refused.
const PAUSE: Duration = Duration::from_millis(500);

/// The page that asks for a token.
#[derive(Template)]
#[template(path = "console/login.html")]
pub(super) struct LoginPage {
    base: String,
    assets: String,
    problem: Option<String>,
    /// Where the browser goes afterwards.
    next: String,
    /// Whether the server has an admin token; else the host is whoever is on its machine.
    has_token: bool,
    version: &'static str,
}

impl LoginPage {
    /// The page, in place of the one that was asked for.
    pub(super) fn at(call: &Call, problem: Option<String>) -> Self {
        let asked = call.uri.path_and_query().map_or("", |asked| asked.as_str());
        let next = format!("{}{asked}", call.reached().path());
        Self::leading_to(call, problem, &next)
    }

    fn leading_to(call: &Call, problem: Option<String>, next: &str) -> Self {
        let base = format!("{}/__admin/ui", call.reached().path());
        Self {
            next: safe_next(&base, next),
            assets: format!("{base}/{}", assets::folder()),
            base,
            problem,
            has_token: call.server.settings.admin_token.is_some(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// The answer. A cookie that opens nothing is forgotten. A browser that comes from another site shows none, and keeps
    /// what it has.
    pub(super) fn answer(&self, call: &Call, status: StatusCode) -> Outcome {
        let reply = answer::page(status, self)?;
        // Without a referrer, browsers do not tell the origin of the form, by which it is known to be this one.
        let reply = reply.header(REFERRER_POLICY, "same-origin");
        Ok(match browser::shows_cookie(call) {
            true => reply.header(SET_COOKIE, &ended_cookie(call)),
            false => reply,
        })
    }
}

/// Where the browser goes after it logged in: a page of the console, whatever was asked for.
fn safe_next(base: &str, next: &str) -> String {
    let is_page = next.strip_prefix(base).is_some_and(|rest| {
        rest.starts_with('/')
            && rest.bytes().all(|byte| byte.is_ascii_graphic())
            && !rest.contains(['\\', '"'])
    });
    match is_page && !next.starts_with(&format!("{base}/log")) {
        true => next.to_owned(),
        false => format!("{base}/start"),
    }
}

async fn show(call: &mut Call) -> Outcome {
    let next = call.query_value("next").unwrap_or_default();
    LoginPage::leading_to(call, None, &next).answer(call, StatusCode::OK)
}

async fn log_in(call: &mut Call) -> Outcome {
    require_own_page(call)?;
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&call.body).into_owned().collect();
    let get =
        |name: &str| form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let (token, next) = (get("token").trim(), get("next"));
    let (server, address) = (&call.server, call.peer.ip());
    let now = server.sandboxes.real_now();
    let refuse = |problem: &str, status| {
        LoginPage::leading_to(call, Some(problem.to_owned()), next).answer(call, status)
    };
    if !server.failed_logins.may_try(address, now) {
        let page = refuse(
            "Too many tokens were wrong. Wait a minute, then try again.",
            StatusCode::TOO_MANY_REQUESTS,
        )?;
        return Ok(page.header(RETRY_AFTER, &WINDOW.as_secs().to_string()));
    }
    let is_host = server.settings.admin_token.as_ref().is_some_and(|known| known.matches(token));
    let caller = match is_host {
        true => Some(Caller::Host),
        false => server.sandboxes.registry.partners.of_token(token).map(Caller::Partner),
    };
    let Some(value) = caller.and_then(|caller| server.browser_sessions.open(&caller, now)) else {
        server.failed_logins.note(address, now);
        tokio::time::sleep(PAUSE).await;
        return refuse("This token opens nothing here.", StatusCode::FORBIDDEN);
    };
    let base = format!("{}/__admin/ui", call.reached().path());
    let cookie = cookie(call, &value, LIFETIME);
    Ok(Reply::new(StatusCode::SEE_OTHER, ReplyBody::Empty)
        .header(CACHE_CONTROL, "no-store")
        .header(LOCATION, &safe_next(&base, next))
        .header(SET_COOKIE, &cookie))
}

/// The cookie of a session: no script reads it, no other site makes the browser send it.
fn cookie(call: &Call, value: &str, lifetime: Duration) -> String {
    let reached = call.reached();
    let secure = if reached.origin().starts_with("https://") { "; Secure" } else { "" };
    format!(
        "{}={value}; Path={}/__admin; Max-Age={}; HttpOnly; SameSite=Strict{secure}",
        cookie_name(call),
        reached.path(),
        lifetime.as_secs()
    )
}

/// What makes the browser forget its cookie.
pub(super) fn ended_cookie(call: &Call) -> String {
    cookie(call, "", Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::safe_next;

    #[test]
    fn a_login_leads_to_the_console_and_nowhere_else() {
        let base = "/mock/__admin/ui";
        for next in ["/mock/__admin/ui/traffic/5?sandbox=a", "/mock/__admin/ui/start"] {
            assert_eq!(safe_next(base, next), next);
        }
        for next in [
            "",
            "//evil.example",
            "https://evil.example",
            "/mock/__admin/ui",
            "/mock/__admin/uix",
            "/mock/__admin/ui/\r\nSet-Cookie: a=b",
            "/mock/__admin/ui/\\evil",
            "/mock/__admin/ui/login?next=x",
            "/mock/__admin/ui/logout",
        ] {
            assert_eq!(safe_next(base, next), "/mock/__admin/ui/start", "{next}");
        }
    }
}
