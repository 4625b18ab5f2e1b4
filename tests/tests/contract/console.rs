//! The console and the page at `/`: who is let in, and what browsers may do.

use std::time::Duration;

use digime_mock_server::settings::{AdminToken, Settings};
use digime_mock_server::{ContractKind, MockServer, MockServerBuilder};
use digime_tests::{Answer, RawClient, World};
use reqwest::Method;
use serde_json::{Value, json};

const TOKEN: &str = "the-host's-token";
const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";
const PAGES: [&str; 8] =
    ["start", "traffic", "users", "time", "client-report", "scenarios", "sandboxes", "partners"];

struct Console {
    server: MockServer,
    raw: RawClient,
}

/// A browser that logged in.
struct Browser {
    cookie: String,
    csrf: String,
}

impl Console {
    async fn with(change: impl FnOnce(&mut Settings) + Send + 'static) -> Self {
        let builder: MockServerBuilder = MockServer::builder().allow_refusals().settings(change);
        let server = builder.start().await;
        let raw = RawClient::new(
            &format!("http://{}", server.address()),
            server.credentials().contract(ContractKind::Read).unwrap(),
        );
        Self { server, raw }
    }

    async fn with_token() -> Self {
        Self::with(|settings| {
            settings.admin_token = Some(AdminToken::new(TOKEN).unwrap());
            settings.development_keys = true;
        })
        .await
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = self.raw.request(method, path, None).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request).await
    }

    /// How many requests are in the journal.
    async fn journalled(&self) -> usize {
        let journal = self.send(Method::GET, "/__admin/requests", &[], "").await.json();
        journal["requests"].as_array().unwrap().len()
    }

    async fn page(&self, path: &str, cookie: &str) -> Answer {
        let headers = [("accept", BROWSER), ("cookie", cookie)];
        let headers = if cookie.is_empty() { &headers[..1] } else { &headers[..] };
        self.send(Method::GET, path, headers, "").await
    }

    async fn log_in(&self, token: &str) -> Browser {
        let form = format!("token={}", token.replace('\'', "%27"));
        let answer = self.send(Method::POST, "/__admin/ui/login", &[("accept", BROWSER)], &form).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/__admin/ui/start"));
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let page = self.page("/__admin/ui/start", &cookie).await;
        assert_eq!(page.status, 200);
        let text = page.text();
        let csrf = text.split_once("data-csrf=\"").unwrap().1.split('"').next().unwrap().to_owned();
        Browser { cookie, csrf }
    }
}

#[tokio::test]
async fn a_browser_at_the_root_gets_a_page_and_a_program_the_error() {
    let console = Console::with(|_| {}).await;
    let page = console.page("/", "").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(
        page.text().contains("/__admin/ui/start") && page.text().contains("/apps/saas/"),
        "{}",
        page.text()
    );
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; script-src 'self';"));
    for (method, headers) in
        [(Method::GET, &[][..]), (Method::GET, &[("accept", "*/*")]), (Method::POST, &[("accept", BROWSER)])]
    {
        let refused = console.send(method.clone(), "/", headers, "").await;
        assert_eq!(refused.error(), (404, "NotFound".to_owned()));
        let start = format!("There is no {method} /; base URLs are {}/v1.7/ (API), ", console.server.url());
        assert!(
            refused.json()["error"]["message"].as_str().unwrap().starts_with(&start),
            "{}",
            refused.text()
        );
    }
    assert_eq!(console.journalled().await, 3, "the page is in no journal");
}

#[tokio::test]
async fn every_page_is_there_for_the_host_and_carries_its_policy() {
    let console = Console::with(|_| {}).await;
    let home = console.page("/__admin/ui", "").await;
    assert_eq!((home.status.as_u16(), home.header("location")), (302, "/__admin/ui/start"));
    for path in
        PAGES.iter().map(|page| format!("/__admin/ui/{page}")).chain(["/__admin/ui/traffic/7".to_owned()])
    {
        let page = console.page(&path, "").await;
        assert_eq!(page.status, 200, "{path}");
        let policy = page.header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]
        {
            assert!(policy.contains(part) && !policy.contains("unsafe"), "{path}: {policy}");
        }
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(
            (page.header("referrer-policy"), page.header("cache-control")),
            ("no-referrer", "no-store")
        );
        let text = page.text();
        assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains("onclick"), "{path}");
        let mut scripts = 0;
        for link in text.split(['"']).filter(|it| it.starts_with("/__admin/ui/assets/")) {
            let asset = console.send(Method::GET, link, &[], "").await;
            assert_eq!(asset.status, 200, "{link}");
            assert!(
                asset.header("cache-control").contains("immutable") && asset.body.len() < 40_000,
                "{link}"
            );
            scripts += 1;
        }
        assert!(scripts >= 4, "{path}: {scripts}");
    }
    let sandbox = console.page("/__admin/ui/start?sandbox=%3Cb%3Enope", "").await;
    assert_eq!(sandbox.status, 404);
    assert!(
        sandbox.text().contains("&#60;b&#62;nope") && !sandbox.text().contains("<b>"),
        "{}",
        sandbox.text()
    );
    assert_eq!(console.page("/__admin/ui/nothing", "").await.status, 404);
    assert_eq!(console.journalled().await, 0, "the console is in no journal");
}

#[tokio::test]
async fn a_browser_shows_the_token_once_and_a_cookie_from_then_on() {
    let console = Console::with_token().await;
    for page in PAGES {
        let asked = console.page(&format!("/__admin/ui/{page}"), "").await;
        assert_eq!(asked.status, 403);
        assert!(asked.text().contains("name=\"token\""), "{}", asked.text());
        let refused = console.send(Method::GET, &format!("/__admin/ui/{page}"), &[], "").await;
        assert_eq!(refused.error(), (403, "AdminForbidden".to_owned()), "programs get the refusal");
    }
    let form = "token=the-host%27s-token&next=/__admin/ui/time?sandbox%3Dx";
    let answer =
        console.send(Method::POST, "/__admin/ui/login", &[("sec-fetch-site", "same-origin")], form).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/__admin/ui/time?sandbox=x"));
    let cookie = answer.header("set-cookie");
    for part in ["; Path=/__admin;", "; Max-Age=43200;", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains(TOKEN), "{cookie}");
    let browser = console.log_in(TOKEN).await;
    for page in PAGES {
        assert_eq!(console.page(&format!("/__admin/ui/{page}"), &browser.cookie).await.status, 200, "{page}");
    }
    let read = console.send(Method::GET, "/__admin/clock", &[("cookie", &browser.cookie)], "").await;
    assert_eq!(read.status, 200);
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing() {
    let console = Console::with_token().await;
    let (browser, other) = (console.log_in(TOKEN).await, console.log_in(TOKEN).await);
    let advance = json!({ "advance": "1h" }).to_string();
    let long = "x".repeat(43);
    for csrf in ["", "wrong", &long, &other.csrf] {
        let headers = [("cookie", &browser.cookie[..]), ("x-csrf-token", csrf)];
        let refused = console.send(Method::POST, "/__admin/clock", &headers, &advance).await;
        assert_eq!(refused.error(), (403, "AdminForbidden".to_owned()), "{csrf}");
    }
    let own = [("cookie", &browser.cookie[..]), ("x-csrf-token", &browser.csrf[..])];
    for foreign in [("origin", "http://evil.example"), ("origin", "null"), ("sec-fetch-site", "same-site")] {
        let headers = [own[0], own[1], foreign];
        let refused = console.send(Method::POST, "/__admin/clock", &headers, &advance).await;
        assert_eq!(refused.error(), (403, "AdminForbidden".to_owned()), "{foreign:?}");
    }
    let origin = console.server.url();
    let moved =
        console.send(Method::POST, "/__admin/clock", &[own[0], own[1], ("origin", &origin)], &advance).await;
    assert_eq!((moved.status.as_u16(), &moved.json()["offset"]), (200, &json!("1h")));
}

#[tokio::test]
async fn a_session_ends_by_logging_out_and_no_value_is_made_up() {
    let console = Console::with_token().await;
    let browser = console.log_in(TOKEN).await;
    let refused = console.send(Method::POST, "/__admin/ui/logout", &[("cookie", &browser.cookie)], "").await;
    assert_eq!(refused.error().0, 403, "another page does not log out either");
    let headers = [("cookie", &browser.cookie[..]), ("x-csrf-token", &browser.csrf[..])];
    let out = console.send(Method::POST, "/__admin/ui/logout", &headers, "").await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{}", out.header("set-cookie"));
    assert_eq!(console.page("/__admin/ui/start", &browser.cookie).await.status, 403);
    let (name, value) = browser.cookie.split_once('=').unwrap();
    for made_up in [value.replace("~host", "~hosts"), "~host~9999999999999~x~y".to_owned(), "x".to_owned()] {
        let cookie = format!("{name}={made_up}");
        let refused = console.send(Method::GET, "/__admin/clock", &[("cookie", &cookie)], "").await;
        assert_eq!(refused.error(), (403, "AdminForbidden".to_owned()), "{made_up}");
    }
}

#[tokio::test]
async fn the_events_that_a_browser_follows_end_when_it_logs_out() {
    let console = Console::with_token().await;
    let [leaving, staying] = [console.log_in(TOKEN).await, console.log_in(TOKEN).await];
    let follow = async |cookie: &str| {
        let request = console.raw.request(Method::GET, "/__admin/events", None).header("cookie", cookie);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer
    };
    let (followed, mut other) = (follow(&leaving.cookie).await, follow(&staying.cookie).await);
    let headers = [("cookie", &leaving.cookie[..]), ("x-csrf-token", &leaving.csrf[..])];
    let out = console.send(Method::POST, "/__admin/ui/logout", &headers, "").await;
    assert_eq!(out.status, 204);
    let rest = tokio::time::timeout(Duration::from_secs(5), followed.text()).await;
    assert!(rest.expect("the stream ends").unwrap().contains("event: ready"));
    while let Ok(event) = tokio::time::timeout(Duration::from_secs(1), other.chunk()).await {
        assert!(event.unwrap().is_some(), "another session goes on");
    }
}

#[tokio::test]
async fn wrong_tokens_are_few_a_minute_and_logins_are_of_the_own_page() {
    let console = Console::with_token().await;
    for foreign in [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")] {
        let refused = console.send(Method::POST, "/__admin/ui/login", &[foreign], "token=x").await;
        assert_eq!(refused.error(), (403, "AdminForbidden".to_owned()), "{foreign:?}");
    }
    let tries = (0..10).map(|_| console.send(Method::POST, "/__admin/ui/login", &[], "token=wrong%3Cb%3E"));
    for answer in futures_util::future::join_all(tries).await {
        assert_eq!(answer.status, 403);
        assert!(
            !answer.text().contains("wrong") && answer.text().contains("opens nothing"),
            "{}",
            answer.text()
        );
    }
    let limited = console.send(Method::POST, "/__admin/ui/login", &[], "token=the-host%27s-token").await;
    assert_eq!((limited.status.as_u16(), limited.header("retry-after")), (429, "60"));
}

#[tokio::test]
async fn a_foreign_page_changes_nothing_without_a_token_either() {
    let console =
        Console::with(|settings| settings.cors_origins.push("http://localhost:3000".parse().unwrap())).await;
    for foreign in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        for path in ["clock", "reset", "sandboxes", "faults"] {
            let headers = [foreign, ("content-type", "text/plain"), ("sec-fetch-mode", "no-cors")];
            let refused = console.send(Method::POST, &format!("/__admin/{path}"), &headers, "{}").await;
            assert_eq!(refused.error(), (403, "AdminForbidden".to_owned()), "{foreign:?} {path}");
        }
        let navigated = [foreign, ("sec-fetch-mode", "navigate"), ("content-type", "text/plain")];
        let refused = console.send(Method::POST, "/__admin/reset", &navigated, "{}").await;
        assert_eq!(refused.error().0, 403, "a form is no better: {foreign:?}");
    }
    let own = console.server.url();
    for allowed in [
        vec![],
        vec![("origin", &own[..])],
        vec![("origin", "http://localhost:3000"), ("sec-fetch-site", "same-site")],
    ] {
        assert_eq!(
            console.send(Method::POST, "/__admin/reset", &allowed, "{}").await.status,
            200,
            "{allowed:?}"
        );
    }
    let link = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("accept", BROWSER)];
    assert_eq!(
        console.send(Method::GET, "/__admin/ui/start", &link, "").await.status,
        200,
        "links lead here"
    );
}

#[tokio::test]
async fn a_link_from_elsewhere_logs_nobody_out_and_a_bad_cookie_is_forgotten() {
    let console = Console::with_token().await;
    let browser = console.log_in(TOKEN).await;
    // Browsers send a strict cookie with no request that another site began.
    let asked = console.page("/__admin/ui/traffic", "").await;
    assert_eq!((asked.status.as_u16(), asked.header("set-cookie")), (403, ""));
    assert_eq!(console.page("/__admin/ui/login", "").await.header("set-cookie"), "");
    let (name, _) = browser.cookie.split_once('=').unwrap();
    let forgotten = console.page("/__admin/ui/traffic", &format!("{name}=wrong")).await;
    assert!(forgotten.header("set-cookie").contains("Max-Age=0"), "{}", forgotten.header("set-cookie"));
    // What is open to all tells nothing of sandboxes.
    for path in ["/__admin/ui/assets/any/api.js?sandbox=none", "/__admin/ui/login?sandbox=none"] {
        assert_eq!(console.page(path, "").await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_partner_has_the_console_of_its_own_sandboxes_alone() {
    let console = Console::with_token().await;
    let host = [("authorization", &format!("Bearer {TOKEN}")[..])];
    let make = async |id: &str| {
        let body = json!({ "partnerId": id, "name": "<script>alert(1)</script>" }).to_string();
        console.send(Method::POST, "/__admin/partners", &host, &body).await.json()
    };
    let (partner, victim): (Value, Value) = (make("wonder").await, make("other").await);
    let browser = console.log_in(partner["token"].as_str().unwrap()).await;
    let theirs = victim["sandbox"].as_str().unwrap();
    for page in PAGES {
        let own = console.page(&format!("/__admin/ui/{page}"), &browser.cookie).await;
        assert_eq!(
            own.status.as_u16(),
            if ["partners", "scenarios"].contains(&page) { 403 } else { 200 },
            "{page}"
        );
        let text = own.text();
        assert!(text.contains("&#60;script&#62;") && !text.contains("<script>"), "{page}");
        assert!(text.contains(partner["sandbox"].as_str().unwrap()) && !text.contains(theirs), "{page}");
        for foreign in [theirs, "default0"] {
            for path in [format!("{page}?sandbox={foreign}"), format!("{page}/1?sandbox={foreign}")] {
                let refused = console.page(&format!("/__admin/ui/{path}"), &browser.cookie).await;
                assert_eq!(refused.status, 404, "{path}");
                let start = format!("/__admin/ui/start?sandbox={foreign}\"");
                assert!(!refused.text().contains(&start), "{path} leads on to what is the partner's");
            }
        }
    }
    let change = [("cookie", &browser.cookie[..]), ("x-csrf-token", &browser.csrf[..])];
    for (method, path) in [
        (Method::POST, "/__admin/partners".to_owned()),
        (Method::DELETE, "/__admin/partners/other".to_owned()),
        (Method::POST, "/__admin/partners/other/token".to_owned()),
        (Method::POST, "/__admin/signing-keys/rotate".to_owned()),
        (Method::POST, "/__admin/scenarios/run".to_owned()),
        (Method::POST, format!("/__admin/clock?sandbox={theirs}")),
    ] {
        let refused = console.send(method, &path, &change, "{}").await;
        assert!([403, 404].contains(&refused.status.as_u16()), "{path}: {}", refused.status);
    }
    let renewed = console.send(Method::POST, "/__admin/partners/wonder/token", &host, "").await;
    assert_eq!(renewed.status, 200);
    assert_eq!(console.page("/__admin/ui/start", &browser.cookie).await.status, 403, "its session has ended");
}

#[tokio::test]
async fn behind_https_and_a_path_the_cookie_is_secure_and_stays_below_it() {
    let console = Console::with(|settings| {
        settings.admin_token = Some(AdminToken::new("secret").unwrap());
        settings.development_keys = true;
        settings.public_url = Some("https://proxy.test/mock".parse().unwrap());
    })
    .await;
    let headers = [("origin", "https://proxy.test")];
    let answer = console.send(Method::POST, "/__admin/ui/login", &headers, "token=secret").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/mock/__admin/ui/start"));
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("; Path=/mock/__admin;") && cookie.ends_with("; Secure"), "{cookie}");
}

#[tokio::test]
async fn one_fault_ends_by_its_id_and_the_clock_tells_the_lifetimes() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let path = |path: &str, more: &str| format!("/__admin/{path}?sandbox={}{more}", world.sandbox.id());
    for status in [503, 500] {
        let rule = json!({ "route": "readFile", "status": status, "times": 1 });
        assert_eq!(raw.send(Method::POST, &path("faults", ""), None, Some(rule)).await.status, 200);
    }
    let faults = raw.send(Method::GET, &path("faults", ""), None, None).await.json();
    let id = faults["faults"][0]["id"].as_str().unwrap();
    let left = raw.send(Method::DELETE, &path("faults", &format!("&fault={id}")), None, None).await.json();
    assert_eq!((left["faults"].as_array().unwrap().len(), &left["faults"][0]["status"]), (1, &json!(500)));
    for unknown in [id, "nonsense", ""] {
        let refused =
            raw.send(Method::DELETE, &path("faults", &format!("&fault={unknown}")), None, None).await;
        assert_eq!(refused.error(), (404, "NotFound".to_owned()), "{unknown}");
    }
    raw.send(Method::DELETE, &path("faults", ""), None, None).await;
    let clock = raw.send(Method::GET, &path("clock", ""), None, None).await.json();
    assert_eq!((&clock["lifetimes"]["code"], &clock["lifetimes"]["session"]), (&json!("10m"), &json!("1h")));
    let operations = raw.send(Method::GET, "/__admin/operations", None, None).await.json();
    let of = |name: &str| {
        operations["operations"].as_array().unwrap().iter().find(|it| it["operation"] == name).cloned()
    };
    let token = of("token").unwrap();
    assert!(token["hostile"].as_array().unwrap().contains(&json!("unknownKid")), "{token}");
    assert!(of("readFile").unwrap()["hasFile"] == true && of("adminClock").is_none());
}
