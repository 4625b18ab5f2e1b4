//! A user of one contract, as a client that is not our SDK sees them.

use digime_mock_server::SandboxHandle;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::raw_client::{Answer, RawClient, parameter};

/// Parameters of a page that lead straight to the callback: Facebook with the default dataset.
pub const SAMPLE: &str = "&service=1&sampleDataSet=default&sampleDataAutoOnboard=true";

/// A user of one contract, with the token pair and the session of the consent.
#[derive(Clone)]
pub struct RawUser {
    pub client: RawClient,
    pub sandbox: SandboxHandle,
    pub access: String,
    pub refresh: String,
    pub session: String,
    /// Where the consent sent the browser.
    pub callback: String,
}

impl RawUser {
    /// Consents with these parameters of the authorize page; with the access token of another
    /// contract of the user, if there is one.
    pub async fn consent(
        client: RawClient,
        sandbox: &SandboxHandle,
        linked: Option<&str>,
        page: &str,
    ) -> Self {
        let mut claims = RawClient::authorize_claims();
        claims["access_token"] = json!(linked);
        let answer = client.call(Method::POST, "oauth/authorize", claims).await;
        let code = answer.token()["preauthorization_code"].as_str().unwrap().to_owned();
        let session = session_key(&answer);
        let callback = sandbox.approve(&client.page(&code, page)).unwrap();
        let code = parameter(&callback, "code").unwrap_or_else(|| panic!("no code: {callback}"));
        let pair = client.exchange(&code).await.token();
        let value = |name: &str| pair[name]["value"].as_str().unwrap().to_owned();
        Self {
            access: value("access_token"),
            refresh: value("refresh_token"),
            sandbox: sandbox.clone(),
            client,
            session,
            callback,
        }
    }

    /// The claims that say who the user is, with `more`.
    pub fn claims(&self, more: Value) -> Value {
        let mut claims = json!({ "access_token": self.access });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    }

    /// A request of the user's, ready to be given headers and a body.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let jwt = self.client.sign(&self.client.claims(self.claims(json!({}))));
        self.client.request(method, &format!("/v1.7/{path}"), Some(&jwt))
    }

    pub async fn call(&self, method: Method, path: &str) -> Answer {
        Answer::of(self.request(method, path)).await
    }

    /// A request about one account.
    pub async fn call_account(&self, method: Method, path: &str, account: &str) -> Answer {
        Answer::of(self.request(method, path).header("accountId", account)).await
    }

    /// `POST oauth/token/reference` with more claims: the reference code and the session key.
    pub async fn refer(&self, more: Value) -> (String, String) {
        let answer = self.try_refer(more).await;
        let token = answer.token();
        assert_eq!(token["token_type"], "Bearer");
        assert!(token["expires_on"].is_u64());
        (token["reference_code"].as_str().unwrap().to_owned(), session_key(&answer))
    }

    pub async fn try_refer(&self, more: Value) -> Answer {
        let mut claims = self.claims(json!({ "redirect_uri": "http://127.0.0.1:9000/callback?own=1" }));
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.client.call(Method::POST, "oauth/token/reference", claims).await
    }

    /// `POST reference`.
    pub async fn reference(&self, kind: &str, value: &str) -> Answer {
        let jwt = self.client.sign(&self.client.claims(json!({})));
        let body = json!({ "type": kind, "value": value });
        self.client.send(Method::POST, "/v1.7/reference", Some(&jwt), Some(body)).await
    }

    /// The URL of a page of the consent web client.
    pub fn page(&self, page: &str, code: &str, more: &str) -> String {
        format!("{}/apps/saas/{page}?code={code}{more}", self.client.origin)
    }

    /// Opens a session.
    pub async fn trigger(&self, options: Value) -> String {
        let request = self.request(Method::POST, "permission-access/trigger");
        session_key(&Answer::of(request.body(options.to_string())).await)
    }

    pub async fn file_list(&self, session: &str) -> Answer {
        self.call(Method::GET, &format!("permission-access/query/{session}")).await
    }

    /// The names of the files of a session.
    pub async fn file_names(&self, session: &str) -> Vec<String> {
        let list = self.file_list(session).await.json();
        let names = list["fileList"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap());
        names.map(str::to_owned).collect()
    }

    pub async fn file(&self, session: &str, name: &str) -> Answer {
        self.call(Method::GET, &format!("permission-access/query/{session}/{name}")).await
    }

    pub async fn accounts(&self) -> Vec<Value> {
        let accounts = self.call(Method::GET, "permission-access/accounts").await.json();
        accounts.as_array().unwrap().clone()
    }
}

fn session_key(answer: &Answer) -> String {
    answer.json()["session"]["key"].as_str().unwrap().to_owned()
}
