//! A visit of the consent page.

use digime_mock_server::ContractKind;
use digime_tests::{RawClient, World};
use serde_json::json;

use crate::browser::Browser;
use crate::callbacks::{Callbacks, parameter};

/// A browser, an app that is called back, and a page that waits for the user.
pub(crate) struct Visit {
    pub(crate) browser: Browser,
    pub(crate) callbacks: Callbacks,
    pub(crate) world: World,
    pub(crate) raw: RawClient,
    code: String,
}

/// Fitbit, which nobody connects who does not choose it.
pub(crate) const SOURCE: u32 = 15;
/// A text that would do harm if it were taken for a part of the page.
pub(crate) const STATE: &str = "<script>document.title='hurt'</script>";

impl Visit {
    pub(crate) async fn start(kind: ContractKind) -> Option<Self> {
        Self::start_with(kind, &[]).await
    }

    /// As [`Visit::start`], with further arguments of the browser.
    pub(crate) async fn start_with(kind: ContractKind, arguments: &[&str]) -> Option<Self> {
        Some(Self::of(Browser::start_with(arguments).await?, kind).await)
    }

    /// Another visit, of somebody else, in the same browser: one takes seconds to start.
    pub(crate) async fn next(self, kind: ContractKind) -> Self {
        let next = Self::of(self.browser, kind).await;
        let forgotten = json!({"origin": next.raw.origin, "storageTypes": "local_storage,cookies"});
        next.browser.command("Storage.clearDataForOrigin", forgotten).await;
        next
    }

    async fn of(browser: Browser, kind: ContractKind) -> Self {
        let callbacks = Callbacks::start().await;
        let world = World::new().await;
        let raw = world.raw(kind);
        let mut claims = RawClient::authorize_claims();
        claims["redirect_uri"] = json!(callbacks.url());
        claims["state"] = json!(STATE);
        let answer = raw.call(reqwest::Method::POST, "oauth/authorize", claims).await;
        let code = answer.token()["preauthorization_code"].as_str().unwrap().to_owned();
        Self { browser, callbacks, world, raw, code }
    }

    fn url(&self, more: &str) -> String {
        self.raw.page(&self.code, more)
    }

    pub(crate) async fn open(&self, more: &str) {
        self.browser.goto(self.url(more)).await.unwrap();
    }

    pub(crate) async fn go_on(&self) {
        self.browser.click(".actions .primary").await;
    }

    /// Chooses a source on its step.
    pub(crate) async fn choose(&self, source: u32) {
        self.browser.click(&format!("input[name=mock_source][value='{source}']")).await;
        self.go_on().await;
    }

    pub(crate) async fn sign_in(&self, user: &str) {
        self.browser.write("#user", user).await;
        self.go_on().await;
    }

    /// What an app learns from a callback: success, error code.
    pub(crate) async fn outcome(&self) -> (String, Option<String>) {
        let arrived = self.callbacks.next().await;
        assert_eq!(parameter(&arrived, "state").as_deref(), Some(STATE), "{arrived}");
        (parameter(&arrived, "success").unwrap(), parameter(&arrived, "errorCode"))
    }

    pub(crate) fn failed(code: &str) -> (String, Option<String>) {
        ("false".to_owned(), Some(code.to_owned()))
    }

    /// No script of a request has run, and nothing was forbidden or missing.
    pub(crate) async fn assert_unharmed(&self) {
        assert_ne!(self.browser.title().await, "hurt");
        let complaints = self.browser.complaints().await;
        assert!(complaints.is_empty(), "{complaints:?}");
    }
}
