//! The console, as a developer uses it.

use std::sync::Arc;
use std::time::Duration;

use digime_mock_server::settings::AdminToken;
use digime_mock_server::{ContractKind, MockServer};
use digime_scenarios::{ConsoleRunner, ScenarioFolder};
use digime_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::Browser;

/// A text that would do harm if it were taken for a part of the page.
const HARM: &str = "<img src=x onerror=\"document.title='hurt'\">";
/// What the first view of a page may weigh, in bytes.
const HEAVIEST: u64 = 100 * 1024;

/// The pages of the console.
pub(crate) const PAGES: [&str; 8] =
    ["start", "traffic", "users", "time", "client-report", "scenarios", "sandboxes", "partners"];

/// A browser at the console of a sandbox.
pub(crate) struct Console {
    pub(crate) browser: Browser,
    pub(crate) world: World,
}

impl Console {
    pub(crate) async fn start() -> Option<Self> {
        let browser = Browser::start().await?;
        Some(Self { browser, world: World::new().await })
    }

    pub(crate) async fn open(&self, page: &str) {
        let (url, sandbox) = (self.world.server.url(), self.world.sandbox.id());
        let join = if page.contains('?') { '&' } else { '?' };
        let address = format!("{}/__admin/ui/{page}{join}sandbox={sandbox}", url.trim_end_matches('/'));
        self.browser.goto(address).await.unwrap();
        self.browser.until("document.querySelector('#content > *:not(noscript)')").await;
    }

    /// Clicks the first link, button or fold with these words.
    pub(crate) async fn press(&self, selector: &str, words: &str) {
        let found = format!(
            "[...document.querySelectorAll({selector:?})].find(it => it.textContent.trim() === {words:?})"
        );
        self.browser.until(&found).await;
        self.browser.evaluate(&format!("{found}.click()")).await;
    }

    pub(crate) async fn sees(&self, text: &str) {
        self.browser.until(&format!("document.body.innerText.includes({})", json!(text))).await;
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let path = format!("/__admin/{path}?sandbox={}", self.world.sandbox.id());
        let answer = self.world.raw(ContractKind::Read).send(method, &path, None, body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text());
        answer.json()
    }

    async fn complains_of_nothing(&self) {
        let complaints = self.browser.complaints().await;
        assert!(complaints.is_empty(), "{complaints:?}");
    }
}

#[tokio::test]
async fn a_flow_run_from_the_start_page_is_seen_whole_and_its_token_expires() {
    let Some(console) = Console::start().await else { return };
    console.open("start").await;
    console.browser.pictures("console-start").await;
    console.press("button", "Run a sample flow").await;
    console.sees("Done.").await;
    console.open("traffic").await;
    console.sees("readFileList").await;
    console.sees("Live").await;
    console.browser.pictures("console-traffic").await;
    console.press("#content tbody a", "readFile").await;
    console.sees("Claims of its JWT").await;
    console.sees("passed").await;
    console.browser.pictures("console-request").await;
    console.open("traffic?view=flows").await;
    console.browser.click("#content tbody th a").await;
    console.browser.appears("figure.sequence svg .band").await;
    console.sees("digime-scenarios record").await;
    console.browser.pictures("console-flow").await;
    console.open("users").await;
    console.browser.pictures("console-users").await;
    console.browser.click("#content tbody th a").await;
    console.sees("Tokens").await;
    console.sees("_D20").await;
    console.browser.pictures("console-user").await;
    console.browser.click("button[aria-label^='Look at']").await;
    console.browser.appears(".json").await;
    console.browser.click("button[aria-label='Look at receipt-1.png']").await;
    console.browser.until("document.querySelector('img[alt=\"receipt-1.png\"]')?.naturalWidth > 0").await;
    // What is half below the header counts as in view, and is not scrolled to.
    console.browser.evaluate("scrollTo(0, 0)").await;
    console.browser.click("button[aria-label^='Expire access token']").await;
    console.browser.until("document.querySelector('.badge.bad')?.textContent === 'expired'").await;
    console.complains_of_nothing().await;
}

#[tokio::test]
async fn requests_appear_while_they_come_in_every_browser() {
    let (Some(one), Some(other)) = (Console::start().await, Browser::start().await) else { return };
    one.open("traffic").await;
    one.sees("Live").await;
    other.goto(one.browser.evaluate("return location.href").await.as_str().unwrap()).await.unwrap();
    other.until("document.body.innerText.includes('Live')").await;
    let (user, _) = one.world.user(ContractKind::Read).await;
    for browser in [&one.browser, &other] {
        browser
            .until("[...document.querySelectorAll('tbody a')].some(it => it.textContent === 'token')")
            .await;
    }
    // The SDK refreshes a token that ended in the console, which is seen at once.
    one.open("users").await;
    one.browser.click("#content tbody th a").await;
    one.browser.click("button[aria-label^='Expire access token']").await;
    one.browser.until("document.querySelector('.badge.bad')?.textContent === 'expired'").await;
    user.read_accounts().await.unwrap();
    other
        .until(
            "[...document.querySelectorAll('tbody a')].filter(it => it.textContent === 'token').length > 1",
        )
        .await;
}

#[tokio::test]
async fn a_flow_that_goes_on_keeps_the_focus_of_who_reads_it() {
    let Some(console) = Console::start().await else { return };
    let user = console.world.raw_user(ContractKind::Read).await;
    console.open("traffic?view=flows").await;
    console.browser.click("#content tbody th a").await;
    console.browser.appears("figure.sequence svg").await;
    console.browser.evaluate("document.querySelector('#content tbody a').focus()").await;
    let focused = console.browser.evaluate("return document.activeElement.href").await;
    console.browser.evaluate("document.querySelector('#content tbody tr').dataset.old = 'old'").await;
    user.accounts().await;
    let there = "[...document.querySelectorAll('tbody a')].some(it => it.textContent === 'readAccounts')";
    console.browser.until(there).await;
    assert_eq!(console.browser.count("tr[data-old]").await, 0, "the rows are new ones");
    assert_eq!(console.browser.evaluate("return document.activeElement.href").await, focused);
}

#[tokio::test]
async fn many_tabs_share_one_stream_and_everything_still_loads() {
    let Some(console) = Console::start().await else { return };
    let mut tabs = Vec::new();
    // A browser opens six connections to a server, and a stream takes one of them.
    for _ in 0..8 {
        tabs.push(console.browser.new_tab().await);
        console.open("traffic").await;
        console.sees("Live").await;
    }
    console.world.user(ContractKind::Read).await;
    for tab in [&tabs[7], &tabs[0], &tabs[4]] {
        console.browser.switch_to(tab).await;
        let there = "[...document.querySelectorAll('tbody a')].some(it => it.textContent === 'token')";
        console.browser.until(there).await;
    }
}

#[tokio::test]
async fn a_fault_and_a_moved_clock_show_on_every_page_and_end_there() {
    let Some(console) = Console::start().await else { return };
    console.open("time").await;
    console.press("button", "+ 1 hour").await;
    console.browser.until("document.querySelector('#active').innerText.includes('Clock + 1h')").await;
    console.press("button", "Add the fault").await;
    console.browser.appears("#active button[aria-label^='End the fault readFileList']").await;
    console.browser.pictures("console-time").await;
    assert_eq!(console.send(Method::GET, "faults", None).await["faults"][0]["status"], 503);
    console.open("client-report").await;
    console.browser.pictures("console-client-report").await;
    console.browser.click("#active button[aria-label^='End the fault readFileList']").await;
    console.browser.until("!document.querySelector('#active button')").await;
    assert_eq!(console.send(Method::GET, "faults", None).await["faults"], json!([]));
    console.complains_of_nothing().await;
}

#[tokio::test]
async fn sandboxes_and_partners_are_made_and_removed() {
    let Some(console) = Console::start().await else { return };
    console.open("sandboxes").await;
    console.press("button", "Make a sandbox").await;
    console.sees("is there.").await;
    console.browser.pictures("console-sandboxes").await;
    let made = console.browser.text(".notice.good a").await.replace("Switch to ", "");
    console.browser.click(".notice.good a").await;
    console
        .browser
        .until(&format!("document.querySelector('#switcher strong')?.textContent === {made:?}"))
        .await;
    console.open("partners").await;
    console.browser.write("input[placeholder='wonder']", "acme").await;
    console.press("button", "Make the partner").await;
    console.sees("acme").await;
    let partners = console.send(Method::GET, "partners", None).await;
    assert_eq!(partners["partners"][0]["partnerId"], "acme");
    console.press("summary", "Use, applications and quotas").await;
    console.press("summary", "Add a contract to acme, or remove it").await;
    console.press("button", "Add the contract").await;
    console.browser.until("document.querySelectorAll('button[aria-label^=\"New key\"]').length === 5").await;
    console.browser.pictures("console-partners").await;
    console.complains_of_nothing().await;
}

#[tokio::test]
async fn names_and_requests_are_texts_and_never_markup() {
    let Some(console) = Console::start().await else { return };
    let application = json!({ "applicationId": "harm", "name": HARM, "contracts": [{}] });
    console.send(Method::POST, "applications", Some(application)).await;
    let raw = console.world.raw(ContractKind::Read);
    let mut claims = digime_tests::RawClient::authorize_claims();
    claims["state"] = json!(HARM);
    raw.call(Method::POST, "oauth/authorize", claims).await;
    raw.send(Method::GET, "/v1.7/nowhere/%3Cimg%20src=x%20onerror=alert(1)%3E", None, None).await;
    for page in ["start", "traffic", "traffic/1", "traffic?view=flows", "users", "time", "sandboxes"] {
        console.open(page).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!console.browser.title().await.contains("hurt"), "{page}");
        assert_eq!(console.browser.count("img").await, 0, "{page}");
    }
    console.open("start").await;
    console.sees("onerror").await;
}

#[tokio::test]
async fn the_first_view_of_each_page_is_light_and_comes_from_here_alone() {
    let Some(console) = Console::start().await else { return };
    for page in PAGES {
        console.open(page).await;
        let script = "return performance.getEntries().filter(it => 'transferSize' in it).map(it => [it.name, it.decodedBodySize])";
        let seen = console.browser.evaluate(script).await;
        let mut weight = 0;
        for entry in seen.as_array().unwrap() {
            assert!(entry[0].as_str().unwrap().starts_with(&console.world.server.url()), "{page}: {entry}");
            weight += entry[1].as_u64().unwrap();
        }
        assert!(weight > 0 && weight < HEAVIEST, "{page} weighs {weight} bytes");
        println!("{page}: {weight} bytes");
    }
    console.complains_of_nothing().await;
}

#[tokio::test]
async fn the_token_is_asked_for_once_and_each_change_shows_it() {
    let Some(browser) = Browser::start().await else { return };
    let builder = MockServer::builder().allow_refusals().settings(|settings| {
        settings.admin_token = Some(AdminToken::new("open sesame").unwrap());
        settings.development_keys = true;
    });
    let server = builder.start().await;
    let url = server.url();
    let page = format!("{}/__admin/ui/time", url.trim_end_matches('/'));
    browser.goto(&page).await.unwrap();
    browser.write("input[name=token]", "wrong").await;
    browser.click("button").await;
    browser.appears("[role=alert]").await;
    browser.picture("console-login").await;
    browser.write("input[name=token]", "open sesame").await;
    browser.click("button").await;
    browser.until("location.pathname.endsWith('/ui/time')").await;
    browser.appears(".clock-now").await;
    browser
        .evaluate("[...document.querySelectorAll('button')].find(it => it.textContent === '+ 1 day').click()")
        .await;
    browser.until("document.querySelector('#active').innerText.includes('Clock + 1d')").await;
    assert_eq!(browser.evaluate("return document.cookie").await, "");
    browser.evaluate("document.querySelector('.menu-end summary').click()").await;
    browser.click("#logout").await;
    browser.appears("input[name=token]").await;
    browser.goto(&page).await.unwrap();
    browser.appears("input[name=token]").await;
}

#[tokio::test]
async fn scenarios_are_run_and_a_failure_shows_what_differs() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    for (name, status) in [("passes", 200), ("fails", 418)] {
        let text = format!(
            "scenario: It {name}\nsteps:\n  - http: GET jwks/oauth\n    expect: {{ status: {status} }}\n"
        );
        std::fs::write(folder.path().join(format!("{name}.yaml")), text).unwrap();
    }
    let runner = Arc::new(ConsoleRunner::new(vec![ScenarioFolder::new(folder.path())]));
    let server = MockServer::builder().scenario_runner(runner).start().await;
    let page = format!("{}/__admin/ui/scenarios", server.url().trim_end_matches('/'));
    browser.goto(&page).await.unwrap();
    browser.appears("#content tbody tr").await;
    browser
        .evaluate("[...document.querySelectorAll('button')].find(it => it.textContent === 'Run all').click()")
        .await;
    browser.until("document.body.innerText.includes('2 of 2 scenarios have ended')").await;
    browser.until("document.body.innerText.includes('1 failed')").await;
    browser.click("details.notice summary").await;
    assert!(browser.text("pre.diff").await.contains("418"));
    browser.pictures("console-scenarios").await;
    let complaints = browser.complaints().await;
    assert!(complaints.is_empty(), "{complaints:?}");
    browser.goto(format!("{}/__admin/scenarios/report", server.url().trim_end_matches('/'))).await.unwrap();
    assert!(browser.text("body").await.contains("It fails"));
}
