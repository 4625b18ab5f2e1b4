//! What the tests share: vectors, a signing and encrypting counterpart, and a
//! scripted server.
// Not every test binary uses everything.
#![allow(dead_code, unused_imports)]

mod operation_types;
mod raw;

use std::time::Duration;

use aws_lc_rs::cipher::{AES_256, EncryptionContext, StreamingEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::{RSA_PSS_SHA512, RsaEncoding, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use digime::{
    Client, ClientBuilder, Contract, FileName, PrivateKey, RetryPolicy, SessionKey, User, UserAccessToken,
};
pub(crate) use operation_types::OPERATION_TYPES;
pub(crate) use raw::{origin_of_nobody, raw_server, read_head, respond, socks5_proxy, write_all};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub(crate) const APP: &str = "demoapp";
pub(crate) const CONTRACT: &str = "DemoContract01";
pub(crate) const KID: &str = "demo-signing-key-1";
pub(crate) const SESSION: &str = "session-key-0123456789";

/// A file of the protocol reference's vectors.
pub(crate) fn vector(name: &str) -> Vec<u8> {
    let path = format!("{}/../fixtures/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn vector_text(name: &str) -> String {
    String::from_utf8(vector(name)).unwrap()
}

pub(crate) fn vector_json(name: &str) -> Value {
    serde_json::from_slice(&vector(name)).unwrap()
}

pub(crate) fn data(name: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

pub(crate) fn pem_bytes(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(body).unwrap()
}

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn unb64(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

pub(crate) fn contract() -> Contract {
    Contract::new(CONTRACT, PrivateKey::from_pem(&vector_text("contract-private.pem")).unwrap()).unwrap()
}

pub(crate) fn token(access: &str, refresh: &str) -> UserAccessToken {
    serde_json::from_value(json!({
        "accessToken": {"value": access, "expiry": 1_767_312_000},
        "refreshToken": {"value": refresh, "expiry": 1_767_830_400},
    }))
    .unwrap()
}

pub(crate) fn session() -> SessionKey {
    SessionKey::new(SESSION)
}

pub(crate) fn name(text: &str) -> FileName {
    FileName::new(text)
}

/// The server's signature over any header and payload.
pub(crate) fn sign_with(encoding: &'static dyn RsaEncoding, header: &Value, payload: &[u8]) -> String {
    let key = RsaKeyPair::from_der(&pem_bytes(&vector_text("server-private.pem"))).unwrap();
    let input = format!("{}.{}", b64(header.to_string()), b64(payload));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(encoding, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
    format!("{input}.{}", b64(signature))
}

pub(crate) fn sign(jku: &str, payload: &Value) -> String {
    let header = json!({"alg": "PS512", "typ": "JWT", "jku": jku, "kid": KID});
    sign_with(&RSA_PSS_SHA512, &header, payload.to_string().as_bytes())
}

/// The payload of a token answer.
pub(crate) fn token_payload(access: &str, refresh: &str) -> Value {
    json!({
        "access_token": {"value": access, "expires_on": 1_767_312_000},
        "refresh_token": {"value": refresh, "expires_on": 1_767_830_400},
        "sub": "user-1", "consentid": "consent-1", "token_type": "Bearer",
    })
}

/// A container for the contract's key, with any content key and padding.
pub(crate) fn seal_with(content_key: &[u8], body: &[u8]) -> Vec<u8> {
    let spki = pem_bytes(&vector_text("contract-public-spki.pem"));
    let key = OaepPublicEncryptingKey::new(PublicEncryptingKey::from_der(&spki).unwrap()).unwrap();
    let mut head = vec![0; key.ciphertext_size()];
    key.encrypt(&OAEP_SHA1_MGF1SHA1, content_key, &mut head, None).unwrap();
    head.extend_from_slice(&[7; 16]);
    head.extend_from_slice(body);
    head
}

pub(crate) fn seal(plain: &[u8]) -> Vec<u8> {
    let key = [9u8; 32];
    let context = EncryptionContext::Iv128(FixedLength::from([7u8; 16]));
    let cipher = UnboundCipherKey::new(&AES_256, &key).unwrap();
    let mut cipher = StreamingEncryptingKey::less_safe_cbc_pkcs7(cipher, context).unwrap();
    let mut body = vec![0; plain.len() + 32];
    let written = cipher.update(plain, &mut body).unwrap().written().len();
    let (_, last) = cipher.finish(&mut body[written..]).unwrap();
    let total = written + last.written().len();
    body.truncate(total);
    seal_with(&key, &body)
}

pub(crate) fn mapped() -> Value {
    json!({
        "objectCount": 2, "objectType": "playhistory", "serviceGroup": "entertainment",
        "serviceName": "spotify", "schema": {"standard": "digime", "version": "1.0.0"},
    })
}

pub(crate) fn x_metadata(compression: Option<&str>) -> String {
    let mut wrapper = json!({"metadata": mapped()});
    if let Some(compression) = compression {
        wrapper["compression"] = json!(compression);
    }
    b64(wrapper.to_string())
}

/// A file answer.
pub(crate) fn file_answer(container: Vec<u8>, compression: Option<&str>) -> ResponseTemplate {
    ResponseTemplate::new(200).insert_header("x-metadata", x_metadata(compression)).set_body_bytes(container)
}

pub(crate) fn api_error(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({
        "error": {"code": code, "message": format!("{code} message"), "reference": "ref-1"},
    }))
}

pub(crate) fn invalid_token() -> ResponseTemplate {
    api_error(401, "InvalidToken")
}

pub(crate) fn list(state: &str, files: &[(&str, i64)]) -> Value {
    let files: Vec<Value> =
        files.iter().map(|(name, date)| json!({"name": name, "updatedDate": date})).collect();
    json!({"status": {"state": state}, "fileList": files})
}

/// Retries without waiting.
pub(crate) fn quick() -> RetryPolicy {
    RetryPolicy::default().base_delay(Duration::from_millis(1)).jitter(Duration::ZERO)
}

/// The claims of a recorded request.
pub(crate) fn claims(request: &Request) -> Value {
    let value = request.headers.get("authorization").unwrap().to_str().unwrap();
    let token = value.strip_prefix("Bearer ").unwrap();
    serde_json::from_slice(&unb64(token.split('.').nth(1).unwrap())).unwrap()
}

/// A scripted server with the vectors' keys.
pub(crate) struct Server {
    pub(crate) mock: MockServer,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let server = Self::without_keys().await;
        server.get("/jwks/oauth", ResponseTemplate::new(200).set_body_bytes(vector("jwks.json"))).await;
        server
    }

    pub(crate) async fn without_keys() -> Self {
        Self { mock: MockServer::start().await }
    }

    pub(crate) fn origin(&self) -> String {
        self.mock.uri()
    }

    pub(crate) fn jku(&self) -> String {
        format!("{}/jwks/oauth", self.mock.uri())
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder(APP).origin(self.mock.uri()).retry(quick())
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    pub(crate) fn user(&self) -> User {
        self.client().user(&contract(), token("at-1", "rt-1"))
    }

    pub(crate) async fn on(&self, verb: &str, at: &str, answer: impl Respond + 'static) {
        Mock::given(method(verb)).and(path(at)).respond_with(answer).mount(&self.mock).await;
    }

    pub(crate) async fn get(&self, at: &str, answer: impl Respond + 'static) {
        self.on("GET", at, answer).await;
    }

    pub(crate) async fn post(&self, at: &str, answer: impl Respond + 'static) {
        self.on("POST", at, answer).await;
    }

    /// A one-time answer that goes before those mounted later or without limit.
    pub(crate) async fn once(&self, verb: &str, at: &str, answer: ResponseTemplate) {
        self.times(1, verb, at, answer).await;
    }

    pub(crate) async fn times(&self, count: u64, verb: &str, at: &str, answer: ResponseTemplate) {
        Mock::given(method(verb))
            .and(path(at))
            .respond_with(answer)
            .up_to_n_times(count)
            .with_priority(1)
            .mount(&self.mock)
            .await;
    }

    /// Answers the token endpoint with a pair.
    pub(crate) async fn issue(&self, access: &str, refresh: &str) {
        self.token_answer(&token_payload(access, refresh)).await;
    }

    pub(crate) async fn token_answer(&self, payload: &Value) {
        let token = sign(&self.jku(), payload);
        self.token_text(&token).await;
    }

    pub(crate) async fn token_text(&self, token: &str) {
        let body = json!({"token": token});
        self.post("/v1.7/oauth/token", ResponseTemplate::new(200).set_body_json(body)).await;
    }

    pub(crate) async fn file(&self, file: &str, answer: impl Respond + 'static) {
        self.get(&file_path(file), answer).await;
    }

    pub(crate) async fn file_list(&self, answer: impl Respond + 'static) {
        self.get(&list_path(), answer).await;
    }

    pub(crate) async fn requests(&self, at: &str) -> Vec<Request> {
        let all = self.mock.received_requests().await.unwrap();
        all.into_iter().filter(|request| request.url.path() == at).collect()
    }

    pub(crate) async fn count(&self, at: &str) -> usize {
        self.requests(at).await.len()
    }
}

pub(crate) fn list_path() -> String {
    format!("/v1.7/permission-access/query/{SESSION}")
}

pub(crate) fn file_path(file: &str) -> String {
    format!("/v1.7/permission-access/query/{SESSION}/{file}")
}
