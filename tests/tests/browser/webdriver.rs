//! The few commands of WebDriver (W3C) that the tests need, over HTTP. The crates for it change how the JSON of all
//! tests is ordered, or bring a licence that the workspace does not allow.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use serde_json::{Value, json};

/// The member by which the protocol names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A window of a browser, closed with the value.
#[derive(Debug)]
pub(crate) struct Session {
    http: reqwest::Client,
    /// Where it takes commands.
    url: String,
}

/// Why a command failed, in the browser's words.
#[derive(Debug)]
pub(crate) struct CommandError(pub(crate) String);

impl CommandError {
    /// Whether the command came to a page that made room for the next one.
    pub(crate) fn is_of_a_page_that_is_gone(&self) -> bool {
        let signs = ["stale element", "execution context", "node with given id", "document unloaded"];
        let words = self.0.to_ascii_lowercase();
        signs.iter().any(|sign| words.contains(sign))
    }
}

/// An element of a page.
#[derive(Clone, Debug)]
pub(crate) struct Element(String);

impl Session {
    /// A new window at a driver.
    pub(crate) async fn open(driver: &str, chromium: &Value) -> Self {
        let always = json!({
            "goog:chromeOptions": chromium,
            // What a page writes to its console, and what its policy forbids, is read by tests.
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let mut session = Self { http: reqwest::Client::new(), url: format!("{driver}/session") };
        let body = json!({ "capabilities": { "alwaysMatch": always } });
        let opened = session.post("", body).await.unwrap();
        session.url = format!("{driver}/session/{}", opened["sessionId"].as_str().unwrap());
        session
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, CommandError> {
        read(self.http.get(format!("{}{path}", self.url))).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Value, CommandError> {
        let request = self.http.post(format!("{}{path}", self.url));
        read(request.header("content-type", "application/json").body(body.to_string())).await
    }

    /// The elements of a CSS selector.
    pub(crate) async fn find(&self, css: &str) -> Vec<Element> {
        let found = self.post("/elements", json!({ "using": "css selector", "value": css })).await.unwrap();
        let ids = found.as_array().unwrap().iter().map(|it| it[ELEMENT].as_str().unwrap().to_owned());
        ids.map(Element).collect()
    }

    /// A command to an element.
    pub(crate) async fn act(
        &self,
        element: &Element,
        command: &str,
        body: Value,
    ) -> Result<(), CommandError> {
        self.post(&format!("/element/{}/{command}", element.0), body).await.map(|_| ())
    }

    /// What an element says of itself.
    pub(crate) async fn ask(&self, element: &Element, question: &str) -> Result<Value, CommandError> {
        self.get(&format!("/element/{}/{question}", element.0)).await
    }
}

async fn read(request: reqwest::RequestBuilder) -> Result<Value, CommandError> {
    let response = request.timeout(Duration::from_secs(60)).send().await.unwrap();
    let succeeded = response.status().is_success();
    let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    match succeeded {
        true => Ok(answer["value"].clone()),
        false => Err(CommandError(answer["value"]["message"].as_str().unwrap_or_default().to_owned())),
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some((authority, path)) = self.url.trim_start_matches("http://").split_once('/') else { return };
        if let Ok(mut stream) = std::net::TcpStream::connect(authority) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let request = format!(
                "DELETE /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            );
            let _ = stream.write_all(request.as_bytes());
            let _ = stream.read(&mut [0; 64]);
        }
    }
}
