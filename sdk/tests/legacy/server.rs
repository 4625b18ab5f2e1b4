//! A scripted server of one older generation.

use digime::legacy::{Generation, LegacyClient, LegacyContract, LegacySession, SessionFiles};
use digime::{FileName, SessionKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};
use wiremock::{Request, Respond, ResponseTemplate};

use crate::support::{KID, SESSION, Server, b64, contract, mapped, seal, session, sign_with, vector};

pub(crate) const REDIRECT: &str = "https://app.example/return?x=1";
pub(crate) const EXPIRY: i64 = 4_102_444_800_000;

pub(crate) struct Legacy {
    pub(crate) server: Server,
    pub(crate) generation: Generation,
}

impl Legacy {
    /// A server with the key set of its tokens.
    pub(crate) async fn start(generation: Generation) -> Self {
        let server = Server::without_keys().await;
        let legacy = Self { server, generation };
        let keys = ResponseTemplate::new(200).set_body_bytes(vector("jwks.json"));
        legacy.get("jwks/oauth", keys).await;
        legacy
    }

    pub(crate) fn path(&self, below: &str) -> String {
        format!("/{}/{below}", self.generation)
    }

    pub(crate) fn client(&self) -> LegacyClient {
        self.server.client().legacy(self.generation)
    }

    pub(crate) fn files(&self) -> SessionFiles {
        self.client().session_files(&contract(), &session())
    }

    pub(crate) async fn get(&self, below: &str, answer: impl Respond + 'static) {
        self.server.get(&self.path(below), answer).await;
    }

    pub(crate) async fn post(&self, below: &str, answer: impl Respond + 'static) {
        self.server.post(&self.path(below), answer).await;
    }

    pub(crate) async fn list(&self, answer: impl Respond + 'static) {
        self.get(&format!("permission-access/query/{SESSION}"), answer).await;
    }

    pub(crate) async fn file(&self, name: &str, answer: impl Respond + 'static) {
        self.get(&format!("permission-access/query/{SESSION}/{name}"), answer).await;
    }

    /// What was asked of a path, in order.
    pub(crate) async fn asked(&self, below: &str) -> Vec<Request> {
        self.server.requests(&self.path(below)).await
    }

    /// A token that the server signed.
    pub(crate) fn signed(&self, payload: &Value) -> String {
        let jku = format!("{}{}", self.server.origin(), self.path("jwks/oauth"));
        let header = json!({"alg": "PS512", "typ": "JWT", "jku": jku, "kid": KID});
        sign_with(&aws_lc_rs::signature::RSA_PSS_SHA512, &header, payload.to_string().as_bytes())
    }

    /// Answers `oauth/authorize`, from v1.6 on with a session.
    pub(crate) async fn preauthorize(&self, code: &str) {
        let mut answer = json!({"token": self.signed(&json!({"preauthorization_code": code}))});
        if self.generation == Generation::V1_6 {
            answer["session"] = json!({"key": SESSION, "expiry": EXPIRY});
        }
        self.post("oauth/authorize", ok(answer)).await;
    }

    /// Answers `oauth/token` in the form of the generation.
    pub(crate) async fn issue(&self, access: &str, refresh: &str) {
        let payload = match self.generation == Generation::V1_6 {
            true => nested(access, refresh),
            false => flat(access, refresh),
        };
        self.post("oauth/token", ok(json!({"token": self.signed(&payload)}))).await;
    }
}

pub(crate) fn flat(access: &str, refresh: &str) -> Value {
    json!({
        "access_token": access, "refresh_token": refresh, "expires_on": 1_615_032_000, "token_type": "Bearer",
    })
}

pub(crate) fn nested(access: &str, refresh: &str) -> Value {
    json!({
        "access_token": {"value": access, "expires_on": 1_615_032_000},
        "refresh_token": {"value": refresh, "expires_on": 1_617_537_600},
        "token_type": "Bearer", "consentid": "consent-0001", "identifier": {"id": "user-0001"},
    })
}

pub(crate) fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

pub(crate) fn legacy_contract() -> LegacyContract {
    LegacyContract::new(contract(), REDIRECT).unwrap()
}

/// The session that the application established.
pub(crate) fn established() -> LegacySession {
    serde_json::from_value(json!({
        "sessionKey": SESSION, "sessionExchangeToken": "exchange-token-1", "expiry": EXPIRY,
    }))
    .unwrap()
}

pub(crate) fn key() -> SessionKey {
    session()
}

pub(crate) fn name(text: &str) -> FileName {
    FileName::new(text)
}

/// A container with the hash of its payload.
pub(crate) fn sealed(payload: &[u8]) -> Vec<u8> {
    seal(&[&Sha512::digest(payload)[..], payload].concat())
}

/// A file up to v1.4.
pub(crate) fn envelope(container: &[u8], compression: Option<Value>) -> ResponseTemplate {
    use base64::Engine;
    let content = base64::engine::general_purpose::STANDARD.encode(container);
    let mut body = json!({"fileContent": content, "fileMetadata": mapped()});
    if let Some(compression) = compression {
        body["compression"] = compression;
    }
    ok(body)
}

/// A file from v1.5 on.
pub(crate) fn binary(container: Vec<u8>, compression: Option<Value>) -> ResponseTemplate {
    let mut wrapper = json!({"metadata": mapped()});
    if let Some(compression) = compression {
        wrapper["compression"] = compression;
    }
    ResponseTemplate::new(200).insert_header("x-metadata", b64(wrapper.to_string())).set_body_bytes(container)
}

/// A file in the form of a generation.
pub(crate) fn file(generation: Generation, payload: &[u8], compression: Option<Value>) -> ResponseTemplate {
    match generation < Generation::V1_5 {
        true => envelope(&sealed(payload), compression),
        false => binary(sealed(payload), compression),
    }
}

pub(crate) const ALL: [Generation; 6] = [
    Generation::V1,
    Generation::V1_0,
    Generation::V1_3,
    Generation::V1_4,
    Generation::V1_5,
    Generation::V1_6,
];
