//! Tokens that a client must reject, and a code that leads nowhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Map, Value, json};

use crate::config::public_url::PublicUrl;
use crate::domain::refusal::Refusal;
use crate::faults::hostile::Hostile;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::{Reply, ReplyBody};
use crate::jwt::unverified::UnverifiedJwt;
use crate::payload::signing::SigningKey;

/// Puts another token in the place of the answer's; an answer without one stays as it is.
pub(super) fn alter(hostile: Hostile, call: &Call, mut reply: Reply) -> Outcome {
    let ReplyBody::Json(json) = &reply.body else { return Ok(reply) };
    let Ok(mut body) = serde_json::from_slice::<Value>(json) else { return Ok(reply) };
    let payload = body.get("token").and_then(Value::as_str).and_then(|it| UnverifiedJwt::parse(it).ok());
    let Some(mut payload) = payload.map(|jwt| jwt.claims.0.clone()) else { return Ok(reply) };
    if hostile == Hostile::WrongPreauthorizationCode {
        for name in ["preauthorization_code", "reference_code"] {
            if let Some(code) = payload.get_mut(name) {
                *code = json!(call.sandbox.tag().mint());
            }
        }
    }
    let token = forged(hostile, &call.server.signing(call.received).signing, &call.reached(), &payload);
    body["token"] =
        json!(token.map_err(|error| Refusal::defect("The hostile token could not be signed", &error))?);
    reply.body = ReplyBody::Json(body.to_string().into());
    Ok(reply)
}

fn forged(
    hostile: Hostile,
    signing: &SigningKey,
    url: &PublicUrl,
    payload: &Map<String, Value>,
) -> Result<String, jsonwebtoken::errors::Error> {
    let genuine = signing.header(&url.key_set());
    match hostile {
        Hostile::UnknownKid => {
            signing.sign_as(&Header { kid: Some("no-such-key".to_owned()), ..genuine }, payload)
        }
        Hostile::ForeignJku => {
            let jku = Some(format!("{}/jwks/oauth", foreign(&url.origin())));
            signing.sign_as(&Header { jku, ..genuine }, payload)
        }
        Hostile::Rs512 => signing.sign_as(&Header { alg: Algorithm::RS512, ..genuine }, payload),
        Hostile::Hs256 => signing.sign_with_public_key(&Header { alg: Algorithm::HS256, ..genuine }, payload),
        Hostile::Unsigned => {
            let mut header = serde_json::to_value(&genuine)?;
            header["alg"] = json!("none");
            let part = |part: String| URL_SAFE_NO_PAD.encode(part);
            Ok(format!("{}.{}.", part(header.to_string()), part(serde_json::to_string(payload)?)))
        }
        Hostile::BadSignature => signing.sign_as(&genuine, payload).map(flip_a_bit),
        _ => signing.sign_as(&genuine, payload),
    }
}

/// Another origin, which leads to the same server where that is possible: only the name tells that
/// it is not the one that the client was configured with.
fn foreign(origin: &str) -> String {
    let (scheme, host) = origin.split_once("://").unwrap_or(("http", origin));
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, format!(":{port}")),
        _ => (host, String::new()),
    };
    let other = match name {
        "localhost" => "127.0.0.1",
        "127.0.0.1" | "[::1]" => "localhost",
        // Reserved never to exist (RFC 2606 §2).
        _ => "elsewhere.invalid",
    };
    format!("{scheme}://{other}{port}")
}

/// Changes the first character of the signature, which holds six whole bits of it.
fn flip_a_bit(token: String) -> String {
    let Some((signed, signature)) = token.rsplit_once('.') else { return token };
    let (first, rest) = if let Some(rest) = signature.strip_prefix('A') {
        ('B', rest)
    } else {
        ('A', signature.get(1..).unwrap_or_default())
    };
    format!("{signed}.{first}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{DecodingKey, Validation, decode_header};

    fn is_genuine(token: &str) -> bool {
        let public = digime_fixtures::keys::SIGNING.public_pem;
        let mut validation = Validation::new(Algorithm::PS512);
        validation.required_spec_claims.clear();
        let key = DecodingKey::from_rsa_pem(public.as_bytes()).unwrap();
        jsonwebtoken::decode::<Value>(token, &key, &validation).is_ok()
    }

    #[test]
    fn each_forged_token_is_wrong_in_one_way() {
        let signing = SigningKey::development().unwrap();
        let Value::Object(payload) = json!({"access_token": {"value": "a"}}) else { unreachable!() };
        let url = PublicUrl::http("127.0.0.1:8080");
        let forge = |hostile| forged(hostile, &signing, &url, &payload).unwrap();
        let genuine = decode_header(signing.sign(&url.key_set(), &payload).unwrap()).unwrap();

        let unknown = forge(Hostile::UnknownKid);
        assert!(is_genuine(&unknown));
        assert_eq!(decode_header(&unknown).unwrap().kid.unwrap(), "no-such-key");
        let foreign = forge(Hostile::ForeignJku);
        assert!(is_genuine(&foreign));
        assert_eq!(decode_header(&foreign).unwrap().jku.unwrap(), "http://localhost:8080/jwks/oauth");
        for (hostile, algorithm) in [
            (Hostile::BadSignature, Algorithm::PS512),
            (Hostile::Rs512, Algorithm::RS512),
            (Hostile::Hs256, Algorithm::HS256),
        ] {
            let token = forge(hostile);
            let header = decode_header(&token).unwrap();
            assert!(!is_genuine(&token), "{hostile:?}");
            assert_eq!(
                (header.alg, header.kid, header.jku),
                (algorithm, genuine.kid.clone(), genuine.jku.clone())
            );
        }
        let unsigned = forge(Hostile::Unsigned);
        let read = UnverifiedJwt::parse(&unsigned).unwrap();
        assert!(unsigned.ends_with('.') && read.require_ps512().is_err());
        assert_eq!(read.claims.0, payload);
    }

    #[test]
    fn another_origin_leads_back_where_it_can() {
        for (own, other) in [
            ("http://localhost:1", "http://127.0.0.1:1"),
            ("http://[::1]:1", "http://localhost:1"),
            ("https://[::1]", "https://localhost"),
            ("https://mock.test", "https://elsewhere.invalid"),
            ("http://10.0.0.7:80", "http://elsewhere.invalid:80"),
        ] {
            assert_eq!(foreign(own), other);
        }
    }
}
