//! A client of storage files that is not our SDK.

use digime_mock_server::ContractCredentials;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};

use crate::raw_client::Answer;

/// Signs storage requests as one contract.
#[derive(Clone)]
pub struct CloudClient {
    pub origin: String,
    pub application_id: String,
    pub contract_id: String,
    key: EncodingKey,
    http: reqwest::Client,
}

impl CloudClient {
    pub fn new(origin: &str, contract: &ContractCredentials) -> Self {
        let pem = contract.private_key.as_deref().unwrap();
        Self {
            origin: origin.to_owned(),
            application_id: contract.application_id.clone(),
            contract_id: contract.contract_id.clone(),
            key: EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(),
            http: reqwest::Client::new(),
        }
    }

    /// The header that official clients send.
    pub fn header(&self) -> Header {
        let mut header = Header::new(Algorithm::PS512);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(format!("{}_{}_0", self.contract_id, self.application_id));
        header
    }

    /// The claims that official clients send, issued this many seconds from now.
    pub fn claims(&self, from_now: i64) -> Value {
        let issued = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64 + from_now;
        json!({
            "sub": self.application_id, "iss": self.contract_id, "aud": "cloud", "iat": issued, "exp": issued + 60,
        })
    }

    pub fn sign(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.key).unwrap()
    }

    /// A JWT as official clients send it.
    pub fn jwt(&self) -> String {
        self.sign(&self.header(), &self.claims(0))
    }

    /// A request for a path below the application's folder, slash included.
    pub async fn call(&self, method: Method, storage: &str, path: &str, body: Vec<u8>) -> Answer {
        let path = format!("/v1/clouds/{storage}/files/apps/{}{path}", self.application_id);
        self.send(method, &path, Some(&self.jwt()), body.into()).await
    }

    pub async fn send(&self, method: Method, path: &str, jwt: Option<&str>, body: reqwest::Body) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.origin)).body(body);
        if let Some(jwt) = jwt {
            request = request.header("Authorization", format!("Bearer {jwt}"));
        }
        Answer::read(request.send().await.unwrap()).await
    }

    pub async fn upload(&self, storage: &str, path: &str, body: &[u8]) -> Answer {
        self.call(Method::POST, storage, path, body.to_vec()).await
    }

    pub async fn download(&self, storage: &str, path: &str) -> Answer {
        self.call(Method::GET, storage, path, Vec::new()).await
    }

    pub async fn delete(&self, storage: &str, path: &str) -> Answer {
        self.call(Method::DELETE, storage, path, Vec::new()).await
    }
}
