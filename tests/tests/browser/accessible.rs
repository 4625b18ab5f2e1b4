//! Each page for people who see little, who use the keyboard alone, or who have a page read out: the rules of axe-core
//! (WCAG 2 A and AA, contrast among them), focus, and pages enlarged to 200 %.
//!
//! axe-core is no part of the project: `DIGIME_AXE` names its `axe.min.js`. Without it these rules count as skipped.

use digime_mock_server::ContractKind;
use digime_tests::World;
use serde_json::{Value, json};

use crate::browser::{Browser, Size, TAB};
use crate::console::{Console, PAGES};
use crate::visit::Visit;

/// Notes what is focused, and whether that is seen. Pages that are alive put new elements in the place of old ones, so
/// that elements are known by what they say.
const WATCH: &str = "
    window.nameOf = it => it.type === 'radio' ? it.name
        : [it.tagName, it.id, it.getAttribute('href'), it.getAttribute('aria-label') ?? it.textContent.trim()].join(' ').slice(0, 200);
    window.focusable = () => [...document.querySelectorAll(
        'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex=\"0\"]',
    )].filter(it => !it.disabled && it.tabIndex >= 0 && it.checkVisibility({ visibilityProperty: true }));
    window.unseen = [];
    window.reached = new Set();
    document.addEventListener('focusin', ({ target }) => {
        // On its way past the end of the page and back, the focus is with the browser: nothing of the page shows it yet.
        if (!document.hasFocus()) return;
        window.reached.add(nameOf(target));
        const owner = target.type === 'radio' ? target.closest('label') ?? target : target;
        const styles = [getComputedStyle(target), getComputedStyle(owner)];
        const seen = styles.some(it => it.outlineStyle !== 'none' || it.boxShadow !== 'none');
        if (!seen) window.unseen.push(nameOf(target));
    });
    document.activeElement.blur();
    return focusable().length";

/// What cannot be reached or is not seen once it is.
const FOUND: &str = "
    const missed = focusable().map(nameOf).filter(it => !window.reached.has(it));
    return [missed, window.unseen]";

const AXE: &str = "
    const found = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
    return found.violations.map(it => it.id + ': ' + it.nodes.map(it => it.html.slice(0, 160) + ' ' + it.failureSummary).join(' | '))";

/// What is wrong with the pages that were looked at.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn note(&mut self, page: &str, what: &str, found: &Value) {
        if *found != json!([]) {
            self.0.push(format!("{page}: {what}: {found:#}"));
        }
    }
}

impl Drop for Problems {
    fn drop(&mut self) {
        assert!(self.0.is_empty() || std::thread::panicking(), "{}", self.0.join("\n\n"));
    }
}

/// Looks at the page that is open.
async fn look(problems: &mut Problems, browser: &Browser, name: &str) {
    if let Some(file) = std::env::var_os("DIGIME_AXE") {
        let axe = std::fs::read_to_string(&file).expect("DIGIME_AXE names axe.min.js");
        browser.evaluate(&axe).await;
        for (size, dark) in [(Size::Phone, false), (Size::Desktop, true)] {
            browser.resize(size).await;
            browser.prefer_dark(dark).await;
            let violations = browser.evaluate_later(AXE).await;
            problems.note(name, &format!("against the rules ({size:?}, dark: {dark})"), &violations);
        }
        browser.prefer_dark(false).await;
    } else {
        println!("skipped: {name} by the rules of axe-core, because DIGIME_AXE names no axe.min.js");
    }
    for (size, width) in [(Size::Phone, 390), (Size::Enlarged, 640)] {
        browser.resize(size).await;
        let wide = format!(
            "const width = document.documentElement.scrollWidth; return width > {width} ? [width] : []"
        );
        problems.note(name, &format!("wider than the {width} that are seen"), &browser.evaluate(&wide).await);
    }
    browser.resize(Size::Desktop).await;
    let mut ahead = browser.evaluate(WATCH).await.as_u64().unwrap();
    let mut found = Value::Null;
    // Pages that are alive can have more than was counted, which another turn reaches.
    for _ in 0..3 {
        browser.press(&TAB.repeat(usize::try_from(ahead).unwrap() + 3)).await;
        found = browser.evaluate(FOUND).await;
        if found[0] == json!([]) {
            break;
        }
        ahead = browser.evaluate("return focusable().length").await.as_u64().unwrap();
    }
    problems.note(name, "not reached by the keyboard", &found[0]);
    problems.note(name, "not seen when focused", &found[1]);
}

#[tokio::test]
async fn each_step_of_a_consent() {
    let Some(visit) = Visit::start(ContractKind::Read).await else { return };
    let problems = &mut Problems::default();
    let browser = &visit.browser;
    visit.open("").await;
    browser.click(".drawer summary").await;
    look(problems, browser, "request").await;
    visit.go_on().await;
    look(problems, browser, "source").await;
    visit.choose(16).await;
    look(problems, browser, "sign-in").await;
    visit.sign_in("wrong-password").await;
    look(problems, browser, "sign-in refused").await;
    visit.sign_in("anna").await;
    look(problems, browser, "review").await;
    visit.go_on().await;
    visit.outcome().await;
    visit.open("").await;
    look(problems, browser, "over").await;
    browser.goto(visit.raw.page("unknown", "")).await.unwrap();
    look(problems, browser, "unknown").await;
}

#[tokio::test]
async fn the_phone_and_the_front_page() {
    let Some(browser) = Browser::start().await else { return };
    let problems = &mut Problems::default();
    let world = World::new().await;
    let url = world.server.url();
    let url = url.trim_end_matches('/');
    for page in
        ["/", "/apps/phone", "/apps/phone?link=digime://receipt?contractId=c", "/apps/phone?link=nowhere"]
    {
        browser.goto(format!("{url}{page}")).await.unwrap();
        look(problems, &browser, page).await;
    }
}

#[tokio::test]
async fn each_page_of_the_console() {
    let Some(console) = Console::start().await else { return };
    let problems = &mut Problems::default();
    let browser = &console.browser;
    console.open("start").await;
    console.press("button", "Run a sample flow").await;
    console.sees("Done.").await;
    console.open("time").await;
    console.press("button", "+ 1 hour").await;
    console.sees("Clock + 1h").await;
    for page in PAGES {
        console.open(page).await;
        // What is asked for after the page itself has come by then.
        browser.until("!document.querySelector('[aria-busy=true]')").await;
        look(problems, browser, page).await;
    }
    for (list, link) in [
        ("traffic", "#content tbody a"),
        ("traffic?view=flows", "#content tbody th a"),
        ("users", "#content tbody th a"),
    ] {
        console.open(list).await;
        browser.click(link).await;
        browser.until(&format!("!location.href.endsWith({})", Value::from(list))).await;
        browser.appears("#content h1, #content h2").await;
        look(problems, browser, &format!("one of {list}")).await;
    }
}
