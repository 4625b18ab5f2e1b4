//! JWTs of clients, and the keys that verify them.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::Value;

use super::{choice, two};
use crate::clock::Moment;
use crate::domain::contract::ContractKeys;
use crate::domain::nonce::WINDOW;
use crate::domain::refusal::Refusal;
use crate::jwt::lifetime::lifetime;
use crate::jwt::unverified::UnverifiedJwt;
use crate::jwt::{bearer, nonce, pkce, timestamp};
use crate::payload::signing::SigningKey;

/// 1 January 2026.
const NOW: Moment = Moment::from_millis(1_767_225_600_000);

static KEYS: LazyLock<ContractKeys> = LazyLock::new(|| {
    ContractKeys::from_development_key(&digime_fixtures::keys::READ).expect("a development key")
});
static SIGNING: LazyLock<SigningKey> = LazyLock::new(|| {
    SigningKey::from_pem("k".to_owned(), digime_fixtures::keys::READ.private_pem).expect("a development key")
});

/// The header `Authorization`: a text as it comes, a JWT of any header and claims without a signature, and
/// one of any claims with a genuine one.
pub(super) fn jwt(data: &[u8]) {
    let Some((choice, data)) = choice(data) else { return };
    let signed = choice % 3 == 2;
    let value = match choice % 3 {
        0 => HeaderValue::from_bytes(data).ok(),
        1 => {
            let (header, payload) = two(std::str::from_utf8(data).unwrap_or_default());
            let parts = [header, payload, "signature"].map(|part| URL_SAFE_NO_PAD.encode(part));
            HeaderValue::from_str(&format!("bearer {}", parts.join("."))).ok()
        }
        _ => {
            let Ok(claims) = serde_json::from_slice::<Value>(data) else { return };
            let token = SIGNING.sign("https://api.example/jwks", &claims).expect("it signs");
            HeaderValue::from_str(&format!("Bearer {token}")).ok()
        }
    };
    let Some(value) = value else { return };
    let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
    if let Err(refusal) = judged(&headers, signed) {
        assert!(matches!(refusal.status, 400 | 401), "{refusal:?}");
    }
}

fn judged(headers: &HeaderMap, signed: bool) -> Result<(), Refusal> {
    let jwt = UnverifiedJwt::parse(bearer::token(headers)?)?;
    jwt.require_ps512()?;
    let accepted = jwt.require_signature(KEYS.verification()).is_ok();
    assert_eq!(accepted, signed);
    let claims = &jwt.claims;
    let redacted = claims.redacted();
    assert!(redacted.keys().eq(claims.0.keys()));
    for secret in ["access_token", "refresh_token", "code"] {
        if let Ok(Some(text)) = claims.text(secret) {
            assert_ne!(redacted.get(secret).and_then(Value::as_str), Some(text));
        }
    }
    if let Some(client_id) = claims.client_id() {
        assert!(claims.text("client_id").ok().flatten().is_none_or(|text| text == client_id));
    }
    if let Ok(nonce) = nonce::form(claims) {
        assert!(nonce.len() == 32 && nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
    if let Ok(challenge) = pkce::challenge(claims) {
        assert_eq!(challenge.len(), 43);
    }
    if let Ok(verifier) = pkce::verifier(claims) {
        assert!((43..=128).contains(&verifier.len()) && verifier.is_ascii());
    }
    if let Ok(moment) = timestamp::fresh(claims, [NOW; 2]) {
        assert!(moment.since(NOW).max(NOW.since(moment)) <= WINDOW);
    }
    if lifetime(claims, [NOW; 2]).is_ok() {
        assert!(claims.number("exp") > claims.number("iat"));
    }
    let first = nonce::form(claims).map(|_| ()).and(pkce::challenge(claims).map(|_| ()));
    first.and(pkce::verifier(claims).map(|_| ())).and(timestamp::fresh(claims, [NOW; 2]).map(|_| ()))
}

/// Keys of contracts as people give them: one that is taken in has 2048 bits, and is read again from what
/// the server writes of it.
pub(super) fn key_file(data: &[u8]) {
    let Some((choice, data)) = choice(data) else { return };
    let text = String::from_utf8_lossy(data);
    let keys = match choice % 3 {
        0 => ContractKeys::from_pem(&text),
        1 => ContractKeys::from_public_pem(&text),
        _ => {
            let (n, e) = two(&text);
            ContractKeys::from_jwk("RSA", n, e)
        }
    };
    match keys {
        Ok(keys) => {
            let written = keys.public_pem();
            let again = ContractKeys::from_public_pem(&written).expect("what is written can be read");
            assert_eq!(keys.encryption(), again.encryption());
            if let Some(private) = keys.private_pem() {
                assert!(!format!("{keys:?}").contains(&private[40..60]));
                let again = ContractKeys::from_pem(private).expect("what is written can be read");
                assert_eq!(keys.encryption(), again.encryption());
            }
        }
        Err(error) => {
            let told = format!("{error} {error:?}");
            let shown = text.split_whitespace().filter(|word| word.len() >= 16);
            shown.for_each(|word| assert!(!told.contains(word), "{told}"));
        }
    }
}
