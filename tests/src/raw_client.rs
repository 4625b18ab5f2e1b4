//! A client that is not our SDK: it signs any claims and sends any request.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digime_mock_server::ContractCredentials;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};

/// A code verifier of the official Node client's form, from the protocol reference's vectors.
pub const VERIFIER: &str = "YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY";

/// Signs as one contract.
#[derive(Clone)]
pub struct RawClient {
    pub origin: String,
    pub client_id: String,
    /// The generation of the API that it speaks: the first segment of its paths.
    pub generation: String,
    /// PKCS#1 PEM.
    pub pem: String,
    key: EncodingKey,
    http: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl RawClient {
    pub fn new(origin: &str, contract: &ContractCredentials) -> Self {
        let pem = contract.private_key.as_deref().unwrap();
        Self::with_key(origin, &format!("{}_{}", contract.application_id, contract.contract_id), pem)
    }

    pub fn with_key(origin: &str, client_id: &str, pem: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            client_id: client_id.to_owned(),
            generation: "v1.7".to_owned(),
            pem: pem.to_owned(),
            key: EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(),
            http: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
        }
    }

    /// The same client, speaking another generation of the API.
    #[must_use]
    pub fn speaking(&self, generation: &str) -> Self {
        Self { generation: generation.to_owned(), ..self.clone() }
    }

    /// The same, for a server that speaks https with a certificate of this CA (PEM).
    pub fn trusting(mut self, ca: &str) -> Self {
        let ca = reqwest::Certificate::from_pem(ca.as_bytes()).unwrap();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        self.http = http.tls_certs_only([ca]).build().unwrap();
        self
    }

    /// The claims that every request makes, with `more` over them; `null` removes a claim.
    pub fn claims(&self, more: Value) -> Value {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap();
        let mut claims = Map::new();
        claims.insert("client_id".to_owned(), json!(self.client_id));
        claims.insert("nonce".to_owned(), json!(nonce()));
        claims.insert("timestamp".to_owned(), json!(now.as_millis() as u64));
        for (name, value) in more.as_object().unwrap() {
            match value {
                Value::Null => claims.remove(name),
                value => claims.insert(name.clone(), value.clone()),
            };
        }
        Value::Object(claims)
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(Algorithm::PS512, claims)
    }

    pub fn sign_with(&self, algorithm: Algorithm, claims: &Value) -> String {
        jsonwebtoken::encode(&Header::new(algorithm), claims, &self.key).unwrap()
    }

    /// A signed request of the client's generation of the API, without a body.
    pub async fn call(&self, method: Method, path: &str, claims: Value) -> Answer {
        let jwt = self.sign(&self.claims(claims));
        self.send(method, &format!("/{}/{path}", self.generation), Some(&jwt), None).await
    }

    pub async fn send(&self, method: Method, path: &str, jwt: Option<&str>, body: Option<Value>) -> Answer {
        let mut request = self.request(method, path, jwt);
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        Answer::of(request).await
    }

    /// A request, ready to be given headers and a body.
    pub fn request(&self, method: Method, path: &str, jwt: Option<&str>) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.origin));
        match jwt {
            Some(jwt) => request.header("Authorization", format!("Bearer {jwt}")),
            None => request,
        }
    }

    /// A form as a browser posts it.
    pub async fn post_form(&self, url: &str, form: &str) -> Answer {
        let request = self.http.post(url).header("Content-Type", "application/x-www-form-urlencoded");
        Answer::read(request.body(form.to_owned()).send().await.unwrap()).await
    }

    pub async fn get(&self, url: &str) -> Answer {
        Answer::read(self.http.get(url).send().await.unwrap()).await
    }

    /// The claims of an authorization that the server accepts.
    pub fn authorize_claims() -> Value {
        json!({
            "redirect_uri": "http://127.0.0.1:9000/callback",
            "response_type": "code",
            "response_mode": "query",
            "state": "state-1",
            "code_challenge": URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)),
            "code_challenge_method": "S256",
        })
    }

    /// Starts an authorization and gives the preauthorization code and the session key.
    pub async fn authorize(&self) -> (String, String) {
        let answer = self.call(Method::POST, "oauth/authorize", Self::authorize_claims()).await;
        let json = answer.json();
        let code = payload(json["token"].as_str().unwrap())["preauthorization_code"].clone();
        (code.as_str().unwrap().to_owned(), json["session"]["key"].as_str().unwrap().to_owned())
    }

    /// The URL of the consent page for a preauthorization code.
    pub fn page(&self, code: &str, more: &str) -> String {
        format!("{}/apps/saas/authorize?code={code}{more}", self.origin)
    }

    pub async fn exchange(&self, code: &str) -> Answer {
        let claims = json!({"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER});
        self.call(Method::POST, "oauth/token", claims).await
    }

    pub async fn refresh(&self, token: &str) -> Answer {
        let claims = json!({"grant_type": "refresh_token", "refresh_token": token});
        self.call(Method::POST, "oauth/token", claims).await
    }
}

impl Answer {
    /// The answer to a request.
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        Self::read(request.send().await.unwrap()).await
    }

    pub(crate) async fn read(response: reqwest::Response) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and code of an error, after checking that body and headers say the same.
    #[track_caller]
    pub fn error(&self) -> (u16, String) {
        let error = self.json()["error"].clone();
        let code = error["code"].as_str().unwrap();
        assert_eq!(self.header("x-error-code"), code);
        // A header is ASCII: whatever else the message holds arrives as question marks; and it is short.
        let message = error["message"].as_str().unwrap();
        let ascii = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
        let mut shown: String = message.chars().take(1024).map(ascii).collect();
        if message.chars().count() > 1024 {
            shown.push_str("...");
        }
        assert_eq!(self.header("x-error-message"), shown);
        assert_eq!(self.header("x-error-reference"), error["reference"].as_str().unwrap());
        (self.status.as_u16(), code.to_owned())
    }

    /// Status and code of a storage error, whose body has a form of its own.
    #[track_caller]
    pub fn storage_error(&self) -> (u16, String) {
        let json = self.json();
        let members: Vec<_> = json.as_object().unwrap().keys().collect();
        assert_eq!(members, ["error", "message"]);
        assert_eq!(self.header("x-error-message"), json["message"].as_str().unwrap());
        (self.status.as_u16(), json["error"].as_str().unwrap().to_owned())
    }

    /// The payload of the JWT in `token`.
    pub fn token(&self) -> Value {
        payload(self.json()["token"].as_str().unwrap())
    }

    /// A parameter of the `Location` header.
    pub fn location_parameter(&self, name: &str) -> Option<String> {
        parameter(self.header("location"), name)
    }
}

/// A parameter of a callback.
pub fn parameter(location: &str, name: &str) -> Option<String> {
    let query = location.split_once('?')?.1;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into())
}

/// The payload of a JWT, unverified.
pub fn payload(jwt: &str) -> Value {
    let part = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The JSON of an `x-metadata` header (protocol reference, crypto §5.3).
pub fn metadata(header: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header.trim_end_matches('=')).unwrap()).unwrap()
}

/// 32 alphanumerics, never the same twice.
pub fn nonce() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    format!("{now:016x}{:016x}", COUNT.fetch_add(1, Ordering::Relaxed))
}
