//! Request and response tokens of older versions, and PKCE of every client.

use digime::{AuthorizationCode, CodeVerifier};
use serde_json::Value;

use crate::independent::{public_key, verified};
use crate::read_json;
use crate::support::Server;
use crate::tokens::contract;

pub(crate) async fn requests_verify() {
    let file = read_json("legacy/jwt-requests.json");
    let key = public_key("legacy/contract-public-key.pem");
    let mut checked = 0;
    for (name, vector) in file.as_object().unwrap().iter().filter(|(name, _)| *name != "note") {
        let (header, payload) = verified(vector["jwt"].as_str().unwrap(), &key);
        assert_eq!(header["alg"], "PS512", "{name}");
        match vector["claims_text"].as_str() {
            Some(text) => assert_eq!(payload, text, "{name}"),
            None => assert_eq!(serde_json::from_str::<Value>(&payload).unwrap(), vector["claims"], "{name}"),
        }
        checked += 1;
    }
    assert_eq!(checked, 10);
}

pub(crate) async fn answers_verify_and_are_read() {
    let file = read_json("legacy/jwt-responses.json");
    let key = public_key("legacy/server-public-key.pem");
    let set = read_json("legacy/jwks-oauth.json");
    for (name, vector) in file.as_object().unwrap().iter().filter(|(name, _)| *name != "note") {
        let (header, payload) = verified(vector["body"]["token"].as_str().unwrap(), &key);
        assert_eq!(header["kid"], set["keys"][0]["kid"], "{name}");
        assert_eq!(serde_json::from_str::<Value>(&payload).unwrap(), vector["payload"], "{name}");
    }
    // The payloads, signed by a server of today: flat and nested pairs are read alike.
    for name in ["token_flat_v1_4_v1_5", "token_nested_v1_6", "token_nested_v1_7"] {
        let payload = &file[name]["payload"];
        let server = Server::start().await;
        server.token_answer(payload).await;
        let (code, verifier) = (AuthorizationCode::new("c"), CodeVerifier::new("v"));
        let pair = server.client().exchange_code_for_token(&contract(), code, &verifier).await.unwrap();
        assert_eq!(pair.access_token.value.expose(), "access-token-1", "{name}");
        assert_eq!(pair.refresh_token.value.expose(), "refresh-token-1", "{name}");
        assert_eq!(pair.access_token.expiry, 1_615_032_000, "{name}");
        let user = pair.user.and_then(|user| user.id).map(|id| id.to_string());
        assert_eq!(user.as_deref(), payload["sub"].as_str(), "{name}");
    }
}

pub(crate) async fn code_verifiers_of_every_client() {
    let pairs = read_json("legacy/pkce.json");
    for (client, pair) in pairs.as_object().unwrap() {
        let verifier = CodeVerifier::new(pair["code_verifier"].as_str().unwrap());
        assert_eq!(pair["code_challenge"], verifier.challenge(), "{client}");
    }
}
