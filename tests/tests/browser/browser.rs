//! A browser of a test's own.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::chromedriver::Chromedriver;
use crate::webdriver::{CommandError, Element, Session};

/// Browsers at a time: more of them only wait for each other's processor.
static TURNS: Semaphore = Semaphore::const_new(2);

/// The keys that have no character of their own (WebDriver §17.4.2).
pub(crate) const TAB: &str = "\u{E004}";
pub(crate) const ENTER: &str = "\u{E007}";

/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_secs(15);

/// A window with a profile of its own. It and all that belongs to it end with the value.
pub(crate) struct Browser {
    // In the order in which they must end.
    session: Session,
    _process: Chromedriver,
    _profile: TempDir,
    _turn: SemaphorePermit<'static>,
}

/// The size of a window, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    Phone,
    Desktop,
    /// A desktop whose pages are enlarged to 200 %.
    Enlarged,
}

impl Browser {
    /// A browser on a desktop, if this machine has one.
    pub(crate) async fn start() -> Option<Self> {
        Self::start_with(&[]).await
    }

    /// As [`Browser::start`], with further arguments of Chromium, such as `--lang=nl`.
    pub(crate) async fn start_with(arguments: &[&str]) -> Option<Self> {
        let turn = TURNS.acquire().await.unwrap();
        let process = Chromedriver::start().await?;
        let profile = tempfile::tempdir().unwrap();
        let mut all = standard_arguments(profile.path());
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        let language = arguments.iter().find_map(|it| it.strip_prefix("--lang=")).unwrap_or("en");
        let chromium = json!({
            "binary": process.chromium.display().to_string(),
            "args": all,
            "prefs": { "intl.accept_languages": language, "intl.selected_languages": language },
        });
        let session = Session::open(&process.url, &chromium).await;
        let browser = Self { session, _process: process, _profile: profile, _turn: turn };
        browser.resize(Size::Desktop).await;
        Some(browser)
    }

    /// Gives the page the size of a device.
    pub(crate) async fn resize(&self, size: Size) {
        let (width, height) = match size {
            Size::Phone => (390, 844),
            Size::Desktop => (1280, 1000),
            Size::Enlarged => (640, 500),
        };
        let factor = if size == Size::Enlarged { 2 } else { 1 };
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": factor, "mobile": size == Size::Phone});
        self.command("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Whether the user prefers dark pages.
    pub(crate) async fn prefer_dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        // A colour that is still on its way to the other scheme is seen by nobody.
        let features = json!({"features": [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]});
        self.command("Emulation.setEmulatedMedia", features).await;
    }

    /// Whether pages may run scripts.
    pub(crate) async fn allow_scripts(&self, allowed: bool) {
        self.command("Emulation.setScriptExecutionDisabled", json!({"value": !allowed})).await;
    }

    /// A command of the DevTools protocol.
    pub(crate) async fn command(&self, method: &str, parameters: Value) -> Value {
        self.session.post("/goog/cdp/execute", json!({ "cmd": method, "params": parameters })).await.unwrap()
    }

    /// Opens an address.
    ///
    /// # Errors
    /// The browser's, if nothing is there.
    pub(crate) async fn goto(&self, url: impl AsRef<str>) -> Result<(), CommandError> {
        self.session.post("/url", json!({ "url": url.as_ref() })).await.map(|_| ())
    }

    /// Opens a further tab, and goes on in it.
    pub(crate) async fn new_tab(&self) -> String {
        let opened = self.session.post("/window/new", json!({ "type": "tab" })).await.unwrap();
        let handle = opened["handle"].as_str().unwrap().to_owned();
        self.switch_to(&handle).await;
        handle
    }

    /// Goes on in a tab.
    pub(crate) async fn switch_to(&self, tab: &str) {
        self.session.post("/window", json!({ "handle": tab })).await.unwrap();
    }

    /// Loads the page anew.
    pub(crate) async fn refresh(&self) {
        self.session.post("/refresh", json!({})).await.unwrap();
    }

    /// The title of the page.
    pub(crate) async fn title(&self) -> String {
        self.session.get("/title").await.unwrap().as_str().unwrap().to_owned()
    }

    /// The first element of a CSS selector, once it is there.
    async fn element(&self, css: &str) -> Element {
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(element) = self.session.find(css).await.into_iter().next() {
                return element;
            }
            let late = tokio::time::Instant::now() > end;
            assert!(!late, "{css} is not on the page:\n{}", self.source().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn source(&self) -> String {
        self.session.get("/source").await.unwrap().as_str().unwrap().to_owned()
    }

    /// How many elements a CSS selector has at once.
    pub(crate) async fn count(&self, css: &str) -> usize {
        self.session.find(css).await.len()
    }

    /// Waits until a CSS selector finds something.
    pub(crate) async fn appears(&self, css: &str) {
        self.element(css).await;
    }

    /// What the first element of a CSS selector says of itself. A page that makes room for the next one meanwhile is
    /// not asked again: the next one is.
    async fn ask(&self, css: &str, question: &str) -> Value {
        loop {
            let element = self.element(css).await;
            match self.session.ask(&element, question).await {
                Ok(answer) => return answer,
                Err(error) if error.is_of_a_page_that_is_gone() => {}
                Err(CommandError(error)) => panic!("{css} does not tell its {question}: {error}"),
            }
        }
    }

    /// Whether a user sees what a CSS selector finds.
    pub(crate) async fn is_seen(&self, css: &str) -> bool {
        self.ask(css, "displayed").await == Value::Bool(true)
    }

    /// Clicks what a CSS selector finds.
    pub(crate) async fn click(&self, css: &str) {
        loop {
            let element = self.element(css).await;
            match self.session.act(&element, "click", json!({})).await {
                Ok(()) => return,
                Err(error) if error.is_of_a_page_that_is_gone() => {}
                Err(CommandError(error)) => panic!("{css} cannot be clicked: {error}"),
            }
        }
    }

    /// Replaces what stands in a field.
    pub(crate) async fn write(&self, css: &str, text: &str) {
        let field = self.element(css).await;
        self.session.act(&field, "clear", json!({})).await.unwrap();
        self.session.act(&field, "value", json!({ "text": text })).await.unwrap();
    }

    /// The text that a reader sees in an element.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.ask(css, "text").await.as_str().unwrap().to_owned()
    }

    /// An attribute of an element.
    pub(crate) async fn attribute(&self, css: &str, name: &str) -> Option<String> {
        self.ask(css, &format!("attribute/{name}")).await.as_str().map(str::to_owned)
    }

    /// Waits until the page has a heading. Keys, unlike clicks, do not wait for the page that they lead to.
    pub(crate) async fn heading(&self, text: &str) {
        self.until(&format!("document.querySelector('h1')?.textContent.trim() === {}", json!(text))).await;
    }

    /// Presses keys, wherever the focus is; [`TAB`] and [`ENTER`] among them.
    pub(crate) async fn press(&self, keys: &str) {
        let actions = keys.chars().flat_map(|key| {
            ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }))
        });
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions.collect::<Vec<_>>() });
        self.session.post("/actions", json!({ "actions": [keyboard] })).await.unwrap();
    }

    /// What the body of a function gives, run in the page.
    pub(crate) async fn evaluate(&self, script: &str) -> Value {
        let answer = self.session.post("/execute/sync", json!({ "script": script, "args": [] })).await;
        answer.unwrap_or_else(|CommandError(error)| panic!("{script}: {error}"))
    }

    /// What the promise of a function's body comes to, run in the page.
    pub(crate) async fn evaluate_later(&self, script: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; (async () => {{ {script} }})().then(done, it => done(String(it)))"
        );
        let answer = self.session.post("/execute/async", json!({ "script": script, "args": [] })).await;
        answer.unwrap_or_else(|CommandError(error)| panic!("{script}: {error}"))
    }

    /// Waits until a script gives `true`.
    pub(crate) async fn until(&self, condition: &str) {
        let end = tokio::time::Instant::now() + PATIENCE;
        let script = format!("return Boolean({condition})");
        let body = json!({ "script": script, "args": [] });
        loop {
            match self.session.post("/execute/sync", body.clone()).await {
                Ok(Value::Bool(true)) => return,
                Ok(_) => {}
                Err(error) if error.is_of_a_page_that_is_gone() => {}
                Err(CommandError(error)) => panic!("{condition}: {error}"),
            }
            let late = tokio::time::Instant::now() > end;
            assert!(!late, "{condition} did not become true:\n{}", self.source().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What pages have complained of: errors of scripts, what a policy forbids, what did not load.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.session.post("/se/log", json!({ "type": "browser" })).await.unwrap();
        log.as_array().unwrap().iter().map(Value::to_string).collect()
    }

    /// Writes a picture of the whole page into the folder of `DIGIME_TEST_SCREENSHOTS`, if that is set.
    pub(crate) async fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("DIGIME_TEST_SCREENSHOTS") else { return };
        let parameters = json!({"format": "png", "captureBeyondViewport": true});
        let shot = self.command("Page.captureScreenshot", parameters).await;
        let encoded = shot["data"].as_str().unwrap();
        let png = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).unwrap();
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), png).unwrap();
    }

    /// As [`Browser::picture`], at the size of a phone and of a desktop, light and dark.
    pub(crate) async fn pictures(&self, name: &str) {
        for (size, device) in [(Size::Phone, "phone"), (Size::Desktop, "desktop")] {
            self.resize(size).await;
            for (dark, scheme) in [(false, "light"), (true, "dark")] {
                self.prefer_dark(dark).await;
                self.picture(&format!("{name}-{device}-{scheme}")).await;
            }
        }
        self.prefer_dark(false).await;
    }
}

fn standard_arguments(profile: &Path) -> Vec<String> {
    let mut arguments = vec![
        "--headless=new".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--hide-scrollbars".to_owned(),
        "--force-device-scale-factor=1".to_owned(),
        // Nothing leaves the machine.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost".to_owned(),
        "--no-proxy-server".to_owned(),
        "--no-first-run".to_owned(),
        "--no-default-browser-check".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--disable-default-apps".to_owned(),
        "--disable-extensions".to_owned(),
        format!("--user-data-dir={}", profile.display()),
    ];
    if is_root() {
        // Chromium's sandbox refuses to run as root.
        arguments.push("--no-sandbox".to_owned());
    }
    arguments
}

fn is_root() -> bool {
    let id = std::process::Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}
