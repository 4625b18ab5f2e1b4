//! Whole requests, to the router that all connections have: a living user's, well signed or not.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION};
use http::{HeaderName, HeaderValue, Method, Request, Response};
use serde_json::{Map, Value, json};
use tower_service::Service as _;

use super::two;
use crate::clock::Moment;
use crate::embedded::mock_server::MockServer;
use crate::http::server::Socket;
use crate::payload::signing::SigningKey;
use crate::random;
use crate::serve::dispatch::ROUTER;

/// No request takes so long that nobody delays.
const PATIENCE: Duration = Duration::from_secs(10);
/// PKCE of the reference's vectors (protocol reference, crypto §8.1).
const VERIFIER: &str = "YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY";
const CHALLENGE: &str = "b0Mk1mbbZAcNmukyu-xmEp1PppE0wF_2HE5Q2nc4VBg";

static SIGNING: LazyLock<SigningKey> = LazyLock::new(|| {
    SigningKey::from_pem("k".to_owned(), digime_fixtures::keys::READ.private_pem).expect("a development key")
});
static WORLD: Mutex<Option<World>> = Mutex::new(None);

/// A request, written as
///
/// ```text
/// POST /v1.7/permission-access/trigger
/// claims: {"access_token":"$access"}
/// content-type: application/json
///
/// {}
/// ```
///
/// whose `claims` are signed as the header `Authorization`, and whose names with a dollar stand for what the
/// user has. Whatever is asked, the answer comes soon and is none of the server's own failures.
pub(super) fn request(data: &[u8]) {
    let mut world = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    let mut now = world.take().unwrap_or_else(World::new);
    now.requests += 1;
    let Some((request, changes)) = now.request(data) else {
        *world = Some(now);
        return;
    };
    let shown = format!("{} {}", request.method(), request.uri());
    let has_body = request.method() != Method::HEAD;
    let (status, headers, body) = now.answer(request);
    assert!(status < 500, "{shown}: {status} {}", String::from_utf8_lossy(&body));
    let is_json = headers.get(CONTENT_TYPE).is_some_and(|it| it.as_bytes().starts_with(b"application/json"));
    if status >= 400 && is_json && has_body {
        let error: Value = serde_json::from_slice(&body).expect("it is JSON");
        assert!(error.get("error").is_some(), "{shown}: {error}");
    }
    // Who administers may have left nothing of the user, and a fault for whoever comes next.
    if !changes && now.requests < 500 {
        *world = Some(now);
    }
}

struct World {
    server: MockServer,
    runtime: tokio::runtime::Runtime,
    /// What names with a dollar stand for.
    names: Vec<(&'static str, String)>,
    /// How many were sent: tokens are rotated, sessions end.
    requests: u32,
}

type Answer = (u16, http::HeaderMap, Vec<u8>);

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let builder = MockServer::builder().allow_refusals().allow_unused_faults();
        let server = runtime.block_on(builder.start());
        let names = vec![("$client", "mock-app_mock-read-contract".to_owned())];
        let mut world = Self { server, runtime, names, requests: 0 };
        world.consent();
        world
    }

    /// A user who shares Facebook, with tokens and a session.
    fn consent(&mut self) {
        let authorize = json!({
            "redirect_uri": "http://127.0.0.1:9000/callback", "response_type": "code", "response_mode": "query",
            "state": "s", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        });
        let answer = self.json("POST /v1.7/oauth/authorize", &authorize);
        let token = payload(&answer["token"]);
        let page = format!(
            "{}/apps/saas/authorize?code={}&service=1&sampleDataSet=default&sampleDataAutoOnboard=true",
            self.server.url(),
            token["preauthorization_code"].as_str().expect("a code"),
        );
        let callback = self.server.approve(&page).expect("the user consents");
        let url = url::Url::parse(&callback).expect("a callback");
        let code = url.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let claims = json!({ "grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER });
        let pair = payload(&self.json("POST /v1.7/oauth/token", &claims)["token"]);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let access = text(&pair["access_token"]["value"]);
        let accounts = self.json("GET /v1.7/permission-access/accounts", &json!({ "access_token": access }));
        let storage = self.json("POST /v1.7/storage", &json!({}));
        let other = self.json("POST /v1.7/oauth/authorize", &authorize);
        self.names.extend([
            ("$access", access),
            ("$refresh", text(&pair["refresh_token"]["value"])),
            ("$session", text(&answer["session"]["key"])),
            ("$account", text(&accounts[0]["id"])),
            ("$storage", text(&storage["id"])),
            ("$code", text(&payload(&other["token"])["preauthorization_code"])),
            ("$verifier", VERIFIER.to_owned()),
            ("$challenge", CHALLENGE.to_owned()),
        ]);
    }

    /// The answer to a request that must succeed.
    fn json(&self, line: &str, claims: &Value) -> Value {
        let (request, _) = self.request(format!("{line}\nclaims: {claims}\n").as_bytes()).expect("a request");
        let (status, _, body) = self.answer(request);
        assert!(status < 300, "{line}: {status} {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).expect("it is JSON")
    }

    /// The request, and whether others after it may find another world.
    fn request(&self, data: &[u8]) -> Option<(Request<Body>, bool)> {
        let end = data.windows(2).position(|window| window == b"\n\n").unwrap_or(data.len());
        let (head, body) = (std::str::from_utf8(&data[..end]).ok()?, data.get(end + 2..).unwrap_or_default());
        let head = self.names.iter().fold(head.to_owned(), |head, (name, value)| head.replace(name, value));
        let (line, headers) = two(&head);
        let (method, target) = line.split_once(' ')?;
        let method = Method::from_bytes(method.as_bytes()).ok()?;
        if !target.starts_with('/') {
            return None;
        }
        let mut request = Request::new(Body::from(body.to_vec()));
        *request.uri_mut() = target.parse().ok()?;
        let administers = target.starts_with("/__admin") && method != Method::GET;
        let changes = administers || method == Method::DELETE;
        *request.method_mut() = method;
        let host = HeaderValue::from_static("127.0.0.1:8080");
        request.headers_mut().insert(HOST, host);
        for line in headers.lines() {
            let (name, value) = line.split_once(':')?;
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            let (name, value) = match name.as_str() {
                "claims" => (AUTHORIZATION, format!("Bearer {}", self.signed(value)?)),
                "descriptor" => {
                    (HeaderName::from_static("filedescriptor"), signed(&serde_json::from_str(value).ok()?))
                }
                _ => (name, value.trim().to_owned()),
            };
            request.headers_mut().append(name, HeaderValue::from_str(&value).ok()?);
        }
        let (server, peer) = (Arc::clone(self.server.shared()), SocketAddr::from(([127, 0, 0, 1], 9)));
        request.extensions_mut().insert(Socket { server, peer });
        Some((request, changes))
    }

    /// A JWT of the claims that every request makes, with these over them.
    fn signed(&self, claims: &str) -> Option<String> {
        let nonce: String = random::bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
        let (client, now) = (&self.names[0].1, Moment::real().millis());
        let mut all = json!({ "client_id": client, "nonce": nonce, "timestamp": now });
        let more: Map<String, Value> = serde_json::from_str(claims).ok()?;
        all.as_object_mut()?.extend(more);
        Some(signed(&all))
    }

    fn answer(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let answering = async {
                let response: Response<Body> = ROUTER.clone().call(request).await.expect("it never fails");
                let (parts, body) = response.into_parts();
                let events = parts.headers.get(CONTENT_TYPE).is_some_and(|it| it == "text/event-stream");
                // What never ends is not waited for, and a body that breaks off is part of no promise here.
                let body = if events {
                    Vec::new()
                } else {
                    to_bytes(body, 8 << 20).await.unwrap_or_default().to_vec()
                };
                assert!(parts.headers.get(LOCATION).is_none_or(|it| it.to_str().is_ok()));
                (parts.status.as_u16(), parts.headers, body)
            };
            tokio::time::timeout(PATIENCE, answering).await.expect("an answer comes soon")
        })
    }
}

fn signed(claims: &Value) -> String {
    SIGNING.sign_as(&jsonwebtoken::Header::new(jsonwebtoken::Algorithm::PS512), claims).expect("it signs")
}

/// The payload of a JWT.
fn payload(token: &Value) -> Value {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let part = token.as_str().and_then(|token| token.split('.').nth(1)).expect("a JWT");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("Base64url")).expect("JSON")
}
