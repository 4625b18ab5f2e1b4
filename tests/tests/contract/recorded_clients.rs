//! Requests of the official JavaScript clients from 0.5.0 to 12.2.3, as they were recorded on the wire
//! (protocol reference, vectors/legacy), sent again with living ids: each is understood.

use digime_mock_server::{ContractKind, Timeline};
use digime_tests::raw_client::{RawClient, VERIFIER, nonce, parameter};
use digime_tests::{Answer, RawUser, World};
use reqwest::Method;
use serde_json::{Map, Value, json};

const RECORDED: &str = include_str!("../../../fixtures/vectors/legacy/wire-requests.json");
const PAGE: &str = "&service=16&sampleDataSet=default&sampleDataAutoOnboard=true";
/// What a client's own HTTP library writes.
const TRANSPORT: [&str; 4] = ["host", "content-length", "accept-encoding", "authorization"];

/// What stands for the ids of the recording.
struct Living {
    world: World,
    user: RawUser,
    generation: String,
    file: String,
}

impl Living {
    /// A user who consented in the browser; older generations read the session of v1.6.
    async fn of(generation: &str) -> Self {
        let world = World::with(|builder| builder.timeline(Timeline::INSTANT)).await;
        let consented_in = if generation == "v1.7" { "v1.7" } else { "v1.6" };
        let client = world.raw(ContractKind::Read).speaking(consented_in);
        let user = RawUser::consent(client, &world.sandbox, None, PAGE).await;
        let list = format!("permission-access/query/{}", user.session);
        let list = user.client.call(Method::GET, &list, user.claims(json!({}))).await.json();
        let file = list["fileList"][0]["name"].as_str().unwrap().to_owned();
        Self { world, user, generation: generation.to_owned(), file }
    }

    fn client(&self) -> RawClient {
        self.user.client.speaking(&self.generation)
    }

    /// A code that waits to be exchanged; clients of some versions leave the verifier out.
    async fn code(&self, without_verifier: bool) -> String {
        let client = match without_verifier {
            // A consent in the browser needs the generation that the exchange is for.
            true => self.client(),
            false => self.user.client.clone(),
        };
        let answer = client.call(Method::POST, "oauth/authorize", RawClient::authorize_claims()).await;
        let page = answer.token()["preauthorization_code"].as_str().unwrap().to_owned();
        let callback = self.world.sandbox.approve(&client.page(&page, PAGE)).unwrap();
        parameter(&callback, "code").unwrap()
    }

    /// A session that a client opened with its own request.
    async fn opened_session(&self) -> String {
        let credentials = self.world.credentials(ContractKind::Read);
        let body = json!({ "appId": credentials.application_id, "contractId": credentials.contract_id });
        let path = format!("/{}/permission-access/session", self.generation);
        let answer = self.client().send(Method::POST, &path, None, Some(body)).await;
        answer.json()["sessionKey"].as_str().unwrap().to_owned()
    }

    async fn claims(&self, recorded: &Map<String, Value>) -> Value {
        let mut claims = recorded.clone();
        for (name, value) in &mut claims {
            *value = match name.as_str() {
                "client_id" => json!(self.user.client.client_id),
                "nonce" => json!(nonce()),
                "timestamp" => {
                    json!(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64)
                }
                "redirect_uri" => json!("http://127.0.0.1:9000/callback"),
                "access_token" => json!(self.user.access),
                "refresh_token" => json!(self.user.refresh),
                "code" => json!(self.code(!recorded.contains_key("code_verifier")).await),
                "code_verifier" => json!(VERIFIER),
                "session_key" => json!(self.opened_session().await),
                _ => continue,
            };
        }
        Value::Object(claims)
    }

    async fn send(&self, recorded: &Value) -> Answer {
        let text = |name: &str| recorded[name].as_str().unwrap();
        let path = text("path").replace("/sk", &format!("/{}", self.user.session));
        let path = path.replace("f1.json", &self.file).replace("f2.json", &self.file);
        let jwt = match recorded["jwt_claims"].as_object() {
            Some(claims) => Some(self.user.client.sign(&self.claims(claims).await)),
            None => None,
        };
        let client = self.client();
        let mut request = client.request(text("method").parse().unwrap(), &path, jwt.as_deref());
        let credentials = self.world.credentials(ContractKind::Read);
        for (name, value) in recorded["headers"].as_object().unwrap() {
            let value = if name == "contractid" { &credentials.contract_id } else { value.as_str().unwrap() };
            if !TRANSPORT.contains(&name.to_ascii_lowercase().as_str()) {
                request = request.header(name, value.replace('…', ""));
            }
        }
        if let Some(descriptor) = recorded["file_descriptor_jwt_claims"].as_object() {
            request = request.header("FileDescriptor", self.user.client.sign(&json!(descriptor)));
        }
        if let Some(body) = recorded["body_json"].as_object() {
            let mut body = body.clone();
            if body.contains_key("appId") {
                body.insert("appId".to_owned(), json!(credentials.application_id));
                body.insert("contractId".to_owned(), json!(credentials.contract_id));
            }
            request = request.body(Value::Object(body).to_string());
        }
        Answer::of(request).await
    }
}

/// Pushes are encrypted for a key of the recording; tests of their own make them.
fn pushes(recorded: &Value) -> bool {
    let path = recorded["path"].as_str().unwrap();
    path.contains("/postbox/") || path.ends_with("/import")
}

#[tokio::test]
async fn every_recorded_request_of_every_javascript_client_is_understood() {
    let recorded: Value = serde_json::from_str(RECORDED).unwrap();
    let versions = recorded["versions"].as_object().unwrap();
    assert!(versions.len() >= 12);
    for (version, requests) in versions {
        let requests = requests.as_array().unwrap();
        let generation = requests[0]["path"].as_str().unwrap().split('/').nth(1).unwrap();
        let living = Living::of(generation).await;
        // What deletes the user comes last.
        let (last, others): (Vec<_>, Vec<_>) =
            requests.iter().filter(|it| !pushes(it)).partition(|it| it["method"] == "DELETE");
        for recorded in others.into_iter().chain(last) {
            let answer = living.send(recorded).await;
            let line = format!("{version}: {} {}", recorded["method"], recorded["path"]);
            assert!(answer.status.is_success(), "{line} ({}): {}", recorded["during"], answer.text());
        }
        living.world.verify();
    }
}
