//! The other side's cryptography from other libraries than the SDK's, so that
//! both cannot make the same mistake.

use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::pss::{Signature, VerifyingKey};
use rsa::signature::Verifier;
use rsa::{Oaep, RsaPrivateKey, RsaPublicKey};
use serde_json::Value;
use sha1::Sha1;
use sha2::Sha512;
use wiremock::Request;

use crate::support::*;

/// Header and payload of a JWT signed with the contract's key.
pub(crate) fn verified(token: &str) -> (Value, Value) {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let key = RsaPublicKey::from_pkcs1_pem(&vector_text("contract-public-pkcs1.pem")).unwrap();
    let signature = Signature::try_from(unb64(signature).as_slice()).unwrap();
    VerifyingKey::<Sha512>::new(key).verify(message.as_bytes(), &signature).unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    let json = |part| serde_json::from_slice(&unb64(part)).unwrap();
    (json(header), json(payload))
}

/// Header and payload of a request's verified JWT.
pub(crate) fn bearer(request: &Request) -> (Value, Value) {
    let value = request.headers["authorization"].to_str().unwrap();
    verified(value.strip_prefix("Bearer ").unwrap())
}

/// The claims of an API request, after checking what all of them have in
/// common; `nonce`, `timestamp` and `client_id` are left out.
pub(crate) fn api_claims(request: &Request) -> Value {
    let (header, mut payload) = bearer(request);
    assert_eq!(header, serde_json::json!({"alg": "PS512", "typ": "JWT"}));
    let claims = payload.as_object_mut().unwrap();
    assert_eq!(claims.remove("client_id").unwrap(), "demoapp_DemoContract01");
    let nonce = claims.remove("nonce").unwrap();
    assert_eq!(nonce.as_str().unwrap().len(), 32);
    let timestamp = claims.remove("timestamp").unwrap().as_u64().unwrap();
    assert!(timestamp > 1_700_000_000_000, "milliseconds");
    payload
}

/// Content key, IV and plain content of a container.
pub(crate) fn opened(container: &[u8]) -> (Vec<u8>, [u8; 16], Vec<u8>) {
    let key = RsaPrivateKey::from_pkcs1_pem(&vector_text("contract-private.pem")).unwrap();
    let content_key = key.decrypt(Oaep::new::<Sha1>(), &container[..256]).unwrap();
    let iv: [u8; 16] = container[256..272].try_into().unwrap();
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(&content_key, &iv).unwrap();
    let mut body = container[272..].to_vec();
    let plain = cipher.decrypt_padded::<Pkcs7>(&mut body).unwrap().to_vec();
    (content_key, iv, plain)
}

/// The encrypted part of a container.
pub(crate) fn encrypted(content_key: &[u8], iv: &[u8], plain: &[u8]) -> Vec<u8> {
    let cipher = cbc::Encryptor::<Aes256>::new_from_slices(content_key, iv).unwrap();
    let mut body = plain.to_vec();
    body.resize(plain.len() + 16, 0);
    cipher.encrypt_padded::<Pkcs7>(&mut body, plain.len()).unwrap().to_vec()
}

/// A header of a recorded request.
pub(crate) fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.get(name).map(|value| value.to_str().unwrap())
}

/// The one request to a path.
pub(crate) async fn only(server: &Server, at: &str) -> Request {
    let mut all = server.requests(at).await;
    assert_eq!(all.len(), 1, "requests to {at}");
    all.remove(0)
}

/// The body of a request as JSON.
pub(crate) fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

pub(crate) fn json_answer(body: Value) -> wiremock::ResponseTemplate {
    wiremock::ResponseTemplate::new(200).set_body_json(body)
}

/// A user whose access token has years to live.
pub(crate) fn long_lived(server: &Server) -> digime::User {
    let mut pair = token("at-1", "rt-1");
    pair.access_token.expiry = 4_102_444_800;
    server.client().user(&contract(), pair)
}
