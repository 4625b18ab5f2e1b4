//! `jwt.json`, `jwks.json` and the PKCE triple.

use digime::{AuthorizationCode, AuthorizeOptions, Client, CodeVerifier, Contract, PrivateKey};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::independent::{public_key, verified};
use crate::support::{APP, CONTRACT, SESSION, Server, sign, token};
use crate::{read, read_json, read_text};

pub(crate) fn contract() -> Contract {
    Contract::new(CONTRACT, PrivateKey::from_pem(&read_text("contract-private.pem")).unwrap()).unwrap()
}

pub(crate) async fn signed_tokens_verify_independently() {
    let jwts = read_json("jwt.json");
    let (contract, server) = (public_key("contract-public-spki.pem"), public_key("server-public-spki.pem"));
    let jwts = jwts.as_object().unwrap();
    assert_eq!(jwts.len(), 9);
    for (name, jwt) in jwts {
        let key = if name.starts_with("response") { &server } else { &contract };
        let token = jwt["token"].as_str().unwrap();
        let (header, payload) = verified(token, key);
        assert_eq!(header, jwt["header"], "{name}");
        assert_eq!(serde_json::from_str::<Value>(&payload).unwrap(), jwt["payload"], "{name}");
        assert_eq!(jwt["signing_input"], token.rsplit_once('.').unwrap().0, "{name}");
    }
}

/// A client whose requests to `127.0.0.1:8080`, the host the vectors name, arrive
/// at the test's server.
fn client_of_the_vectors(server: &Server) -> Client {
    Client::builder(APP).origin("http://127.0.0.1:8080").proxy(server.origin()).build().unwrap()
}

async fn server_with_the_keys() -> Server {
    let server = Server::without_keys().await;
    server.get("/jwks/oauth", ResponseTemplate::new(200).set_body_bytes(read("jwks.json"))).await;
    server
}

pub(crate) async fn server_tokens_are_accepted_by_the_sdk() {
    let jwts = read_json("jwt.json");
    let server = server_with_the_keys().await;
    let client = client_of_the_vectors(&server);
    let contract = contract();

    let session = json!({"key": SESSION, "expiry": 1_767_312_000_000_i64});
    let answer = json!({"token": jwts["response_authorize"]["token"], "session": session});
    server.post("/v1.7/oauth/authorize", ResponseTemplate::new(200).set_body_json(answer)).await;
    let options = AuthorizeOptions::new("https://client.example/callback?u=1");
    let login = client.authorize_url(&contract, options).await.unwrap();
    let code = login.url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    assert_eq!(jwts["response_authorize"]["payload"]["preauthorization_code"], code);

    server.token_text(jwts["response_token"]["token"].as_str().unwrap()).await;
    let (code, verifier) = (AuthorizationCode::new("c"), CodeVerifier::new("v"));
    let pair = client.exchange_code_for_token(&contract, code, &verifier).await.unwrap();
    let expected = &jwts["response_token"]["payload"];
    assert_eq!(
        serde_json::to_value(&pair).unwrap(),
        json!({
            "accessToken": {
                "value": expected["access_token"]["value"], "expiry": expected["access_token"]["expires_on"],
            },
            "refreshToken": {
                "value": expected["refresh_token"]["value"], "expiry": expected["refresh_token"]["expires_on"],
            },
            "user": {"id": expected["sub"]},
            "consentid": expected["consentid"],
        })
    );

    // A reference is no token pair: its signature is right, its payload is not.
    server.mock.reset().await;
    server.token_text(jwts["response_reference"]["token"].as_str().unwrap()).await;
    let error = client.refresh_token(&contract, &pair).await.unwrap_err();
    assert_eq!(error.kind(), digime::ErrorKind::Decode);
    assert!(error.to_string().contains("access_token"), "{error}");
}

/// The token of the only request to a path, verified, without what is new each time.
async fn sent(server: &Server, path: &str) -> (Value, Value) {
    let request = server.requests(path).await.pop().unwrap();
    let value = request.headers["authorization"].to_str().unwrap();
    let token = value.strip_prefix("Bearer ").unwrap();
    let (header, payload) = verified(token, &public_key("contract-public-pkcs1.pem"));
    (header, without_the_new(serde_json::from_str(&payload).unwrap()))
}

/// Removes nonce and timestamp, checking their form, and the random challenge.
fn without_the_new(mut claims: Value) -> Value {
    let object = claims.as_object_mut().unwrap();
    let nonce = object.remove("nonce").unwrap();
    assert_eq!(nonce.as_str().unwrap().len(), 32);
    let timestamp = object.remove("timestamp").unwrap().as_u64().unwrap();
    assert!(timestamp > 1_700_000_000_000, "milliseconds");
    if let Some(challenge) = object.remove("code_challenge") {
        assert_eq!(challenge.as_str().unwrap().len(), 43);
    }
    claims
}

pub(crate) async fn requests_of_the_sdk_equal_the_vectors() {
    let jwts = read_json("jwt.json");
    let server = server_with_the_keys().await;
    let (client, contract) = (server.client(), contract());
    let preauthorization = sign(&server.jku(), &json!({"preauthorization_code": "p"}));
    let answer = json!({"token": preauthorization, "session": {"key": SESSION, "expiry": 1}});
    server.post("/v1.7/oauth/authorize", ResponseTemplate::new(200).set_body_json(answer)).await;
    server.issue("at", "rt").await;
    server.get("/v1.7/permission-access/accounts", ResponseTemplate::new(200).set_body_json(json!([]))).await;
    let expect = |name: &str| (jwts[name]["header"].clone(), without_the_new(jwts[name]["payload"].clone()));
    let text = |name: &str, claim: &str| jwts[name]["payload"][claim].as_str().unwrap().to_owned();

    let start = "request_authorize";
    let options = AuthorizeOptions::new(text(start, "redirect_uri")).state(text(start, "state"));
    client.authorize_url(&contract, options).await.map(drop).unwrap();
    assert_eq!(sent(&server, "/v1.7/oauth/authorize").await, expect(start));

    let exchange = "request_token_code";
    let code = AuthorizationCode::new(text(exchange, "code"));
    let verifier = CodeVerifier::new(text(exchange, "code_verifier"));
    client.exchange_code_for_token(&contract, code, &verifier).await.unwrap();
    assert_eq!(sent(&server, "/v1.7/oauth/token").await, expect(exchange));

    let refresh = "request_token_refresh";
    let pair = token(&text("request_user", "access_token"), &text(refresh, "refresh_token"));
    client.refresh_token(&contract, &pair).await.unwrap();
    assert_eq!(sent(&server, "/v1.7/oauth/token").await, expect(refresh));

    client.user(&contract, pair).read_accounts().await.unwrap();
    assert_eq!(sent(&server, "/v1.7/permission-access/accounts").await, expect("request_user"));
}

pub(crate) async fn code_verifiers_have_the_challenge_of_the_vectors() {
    let pkce = &read_json("vectors.json")["pkce"];
    let verifier = CodeVerifier::new(pkce["code_verifier"].as_str().unwrap());
    assert_eq!(pkce["code_challenge"], verifier.challenge());
    assert_eq!(
        pkce["code_verifier"],
        crate::support::b64(pkce["random_alphanumeric"].as_str().unwrap()),
        "the verifier is the Base64url of the random text"
    );
}
