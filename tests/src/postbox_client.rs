//! A client that pushes to postboxes as official clients of older generations do: what it encrypts with,
//! the forms that it writes, headers or claims (protocol reference, legacy/endpoints §9 and
//! legacy/container §6).

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::Encryptor;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use digime_mock_server::phone::Postbox;
use digime_mock_server::{ContractCredentials, SandboxHandle};
use futures_util::stream;
use reqwest::{Body, Method};
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::rand_core::OsRng;
use rsa::{Oaep, RsaPublicKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::raw_client::{Answer, RawClient, VERIFIER, nonce, parameter, payload};
use crate::world::CALLBACK;

/// The ciphertext in the forms of the reference's vectors, which [`Form`] puts another one in place of.
const CIPHERTEXT: &[u8] = include_bytes!("../../fixtures/vectors/legacy/postbox-body.bin");
const NODE: &[u8] = include_bytes!("../../fixtures/vectors/legacy/postbox-multipart-js.bin");
const NODE_BOUNDARY: &str = "--------------------------0123456789abcdef01234567";
const IOS: &[u8] = include_bytes!("../../fixtures/vectors/legacy/postbox-multipart-ios.bin");
const IOS_BOUNDARY: &str = "Boundary-7A6B1B0C-0000-4000-8000-000000000001";
const ANDROID_BOUNDARY: &str = "2f3c7a1e-7c0b-4a56-9b0e-0c5a4d3e2f10";

/// A file and its descriptor, encrypted for a postbox.
#[derive(Clone, Debug)]
pub struct SealedFile {
    /// `symmetricalKey`
    pub key: String,
    pub iv: String,
    pub metadata: String,
    pub ciphertext: Vec<u8>,
}

impl SealedFile {
    /// Encrypts with a new key and IV.
    pub fn new(public_pem: &str, plain: &[u8], descriptor: &Value) -> Self {
        Self::with_metadata(public_pem, plain, descriptor.to_string().as_bytes())
    }

    /// As [`SealedFile::new`], with any bytes in place of a descriptor.
    pub fn with_metadata(public_pem: &str, plain: &[u8], metadata: &[u8]) -> Self {
        let key = Sha256::digest(nonce());
        let iv = &Sha256::digest(nonce())[..16];
        Self {
            key: sealed_key(public_pem, &key),
            iv: iv.iter().map(|byte| format!("{byte:02x}")).collect(),
            metadata: STANDARD.encode(encrypt(&key, iv, metadata)),
            ciphertext: encrypt(&key, iv, plain),
        }
    }
}

/// Bytes encrypted for a postbox, as `symmetricalKey` has them.
pub fn sealed_key(public_pem: &str, key: &[u8]) -> String {
    let public = RsaPublicKey::from_pkcs1_pem(public_pem).unwrap();
    STANDARD.encode(public.encrypt(&mut OsRng, Oaep::new::<sha1::Sha1>(), key).unwrap())
}

fn encrypt(key: &[u8], iv: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut buffer = plain.to_vec();
    buffer.resize(plain.len() + 16, 0);
    let cipher = Encryptor::<Aes256>::new_from_slices(key, iv).unwrap();
    cipher.encrypt_padded::<Pkcs7>(&mut buffer, plain.len()).unwrap().to_vec()
}

/// How a client writes the form around the ciphertext.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Node,
    /// Without quotes, the type of the part first.
    Ios,
    /// With a second part of the same name.
    Android,
}

impl Form {
    pub const ALL: [Self; 3] = [Self::Node, Self::Ios, Self::Android];

    pub fn content_type(self) -> String {
        let boundary = match self {
            Self::Node => NODE_BOUNDARY,
            Self::Ios => IOS_BOUNDARY,
            Self::Android => ANDROID_BOUNDARY,
        };
        format!("multipart/form-data; boundary={boundary}")
    }

    pub fn around(self, ciphertext: &[u8]) -> Vec<u8> {
        match self {
            Self::Node => put_in_place(NODE, ciphertext),
            Self::Ios => put_in_place(IOS, ciphertext),
            Self::Android => {
                let part = |name: &str, content: &[u8]| {
                    let head = format!(
                        "--{ANDROID_BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"{name}\r\n\
                         Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
                        content.len()
                    );
                    [head.as_bytes(), content, b"\r\n"].concat()
                };
                let end = format!("--{ANDROID_BOUNDARY}--\r\n");
                [part("; filename=\"file\"", ciphertext), part("", b"file"), end.into_bytes()].concat()
            }
        }
    }
}

fn put_in_place(vector: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    let at = vector.windows(CIPHERTEXT.len()).position(|window| window == CIPHERTEXT).unwrap();
    [&vector[..at], ciphertext, &vector[at + CIPHERTEXT.len()..]].concat()
}

/// A push, ready to be sent or to be changed first.
#[derive(Clone, Debug)]
pub struct Push {
    pub version: String,
    pub postbox: String,
    pub headers: Vec<(&'static str, String)>,
    /// Those that are signed; nothing is signed if there are none.
    pub claims: Option<Value>,
    pub content_type: String,
    pub body: Vec<u8>,
    /// Whether the length of the body is not said before.
    pub chunked: bool,
}

impl Push {
    /// As up to v1.4: in headers, for a session.
    pub fn by_headers(version: &str, postbox: &Postbox, session: &str, file: &SealedFile) -> Self {
        let mut push = Self::unsigned(version, postbox, file);
        push.headers.push(("sessionKey", session.to_owned()));
        push.headers.extend(crypto_headers(file));
        push
    }

    /// As from v1.5: in claims, with `more`.
    pub fn by_claims(version: &str, postbox: &Postbox, more: Value, file: &SealedFile) -> Self {
        let mut claims = json!({
            "iv": file.iv,
            "metadata": file.metadata,
            "symmetrical_key": file.key,
            "redirect_uri": CALLBACK,
        });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Self { claims: Some(claims), ..Self::unsigned(version, postbox, file) }
    }

    fn unsigned(version: &str, postbox: &Postbox, file: &SealedFile) -> Self {
        Self {
            version: version.to_owned(),
            postbox: postbox.id.clone(),
            // A mistake of Node clients, which means nothing.
            headers: vec![("contenttype", "multipart/form-data".to_owned())],
            claims: None,
            content_type: Form::Node.content_type(),
            body: Form::Node.around(&file.ciphertext),
            chunked: false,
        }
    }

    /// As Android does from 3.0: claims, and headers besides.
    pub fn and_headers(mut self, session: &str, file: &SealedFile) -> Self {
        self.headers.push(("sessionKey", session.to_owned()));
        self.headers.extend(crypto_headers(file));
        self
    }

    pub fn form(mut self, form: Form, file: &SealedFile) -> Self {
        self.content_type = form.content_type();
        self.body = form.around(&file.ciphertext);
        self
    }

    /// In many pieces whose length is not said before, as Node 5.1 to 8.0 stream.
    pub fn chunked(self) -> Self {
        Self { chunked: true, ..self }
    }

    pub fn header(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.extend(value.map(|value| (name, value.to_owned())));
        self
    }

    pub async fn send(&self, client: &RawClient) -> Answer {
        let jwt = self.claims.as_ref().map(|claims| client.sign(&client.claims(claims.clone())));
        self.send_with(client, jwt.as_deref()).await
    }

    pub async fn send_with(&self, client: &RawClient, jwt: Option<&str>) -> Answer {
        let path = format!("/{}/permission-access/postbox/{}", self.version, self.postbox);
        let mut request = client.request(Method::POST, &path, jwt).header("Accept", "application/json");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if !self.content_type.is_empty() {
            request = request.header("Content-Type", &self.content_type);
        }
        let body = match self.chunked {
            true => {
                let pieces = self.body.chunks(10_007).map(|piece| Ok::<_, std::io::Error>(piece.to_vec()));
                Body::wrap_stream(stream::iter(pieces.collect::<Vec<_>>()))
            }
            false => Body::from(self.body.clone()),
        };
        Answer::of(request.body(body)).await
    }
}

fn crypto_headers(file: &SealedFile) -> [(&'static str, String); 3] {
    [("symmetricalKey", file.key.clone()), ("iv", file.iv.clone()), ("metadata", file.metadata.clone())]
}

/// A user of a write contract who consented on the page of v1.6, whose callback names a postbox.
#[derive(Clone, Debug)]
pub struct PostboxUser {
    /// What clients know the user as.
    pub id: String,
    pub access: String,
    pub refresh: String,
    pub postbox: Postbox,
}

impl PostboxUser {
    /// Consents; with the access token of another contract of the user, if there is one.
    pub async fn consent(client: &RawClient, sandbox: &SandboxHandle, linked: Option<&str>) -> Self {
        let mut claims = RawClient::authorize_claims();
        claims["access_token"] = json!(linked);
        let answer = v1_6(client, "oauth/authorize", claims).await;
        let code = payload(answer.json()["token"].as_str().unwrap())["preauthorization_code"].clone();
        let callback = sandbox.approve(&client.page(code.as_str().unwrap(), "")).unwrap();
        let named = |name: &str| parameter(&callback, name).unwrap_or_else(|| panic!("{name}: {callback}"));
        let exchange = json!({
            "grant_type": "authorization_code", "code": named("code"), "code_verifier": VERIFIER,
        });
        let pair = v1_6(client, "oauth/token", exchange).await.token();
        Self::with_pair(&pair, Postbox { id: named("postboxId"), public_key: named("publicKey") })
    }

    /// The same user with tokens that were refreshed.
    pub async fn refreshed(&self, client: &RawClient) -> Self {
        let claims = json!({ "grant_type": "refresh_token", "refresh_token": self.refresh });
        let pair = v1_6(client, "oauth/token", claims).await.token();
        Self::with_pair(&pair, self.postbox.clone())
    }

    fn with_pair(pair: &Value, postbox: Postbox) -> Self {
        let value = |name: &str| pair[name]["value"].as_str().unwrap().to_owned();
        Self {
            id: pair["identifier"]["id"].as_str().unwrap().to_owned(),
            access: value("access_token"),
            refresh: value("refresh_token"),
            postbox,
        }
    }
}

async fn v1_6(client: &RawClient, path: &str, claims: Value) -> Answer {
    let jwt = client.sign(&client.claims(claims));
    client.send(Method::POST, &format!("/v1.6/{path}"), Some(&jwt), None).await
}

/// Opens a session of a contract as older clients do before anything else.
pub async fn open_session(client: &RawClient, contract: &ContractCredentials) -> String {
    let body = json!({ "appId": contract.application_id, "contractId": contract.contract_id });
    let answer = client.send(Method::POST, "/v1.4/permission-access/session", None, Some(body)).await;
    answer.json()["sessionKey"].as_str().unwrap().to_owned()
}
