//! Request JWTs: claims per kind of request, a fresh nonce and timestamp per
//! signature (protocol reference, crypto §1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::HeaderValue;
use serde::Serialize;

use crate::clock;
use crate::contract::Contract;
use crate::cores::Cores;
use crate::crypto::random;
use crate::error::{Error, ErrorKind, Result};

/// `{"alg":"PS512","typ":"JWT"}`: exactly these two members (crypto §1.1).
const HEADER: &str = r#"{"alg":"PS512","typ":"JWT"}"#;

/// Claims of a request; absent ones are left out (crypto §1.4; `iv`, `metadata`,
/// `session_key` and `symmetrical_key` up to v1.6: legacy/endpoints §8–9).
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Claims<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) access_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code_challenge: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code_challenge_method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code_verifier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grant_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) iv: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redirect_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response_mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) symmetrical_key: Option<&'a str>,
}

impl Claims<'_> {
    /// The secrets among the claims, to blank out of whatever the server answers.
    fn secrets(&self) -> impl Iterator<Item = &str> {
        [self.access_token, self.code, self.code_verifier, self.refresh_token, self.session_key, self.state]
            .into_iter()
            .flatten()
    }
}

#[derive(Serialize)]
struct Stamped<'a> {
    client_id: &'a str,
    nonce: String,
    timestamp: u64,
    #[serde(flatten)]
    claims: &'a Claims<'a>,
}

/// How long a storage token lives, in seconds (crypto §1.6).
const CLOUD_LIFETIME: i64 = 60;

/// Payload of a storage token (crypto §1.6).
#[derive(Serialize)]
struct CloudClaims<'a> {
    sub: &'a str,
    iss: &'a str,
    aud: &'static str,
    iat: i64,
    exp: i64,
}

/// Header of a storage token.
#[derive(Serialize)]
struct CloudHeader {
    alg: &'static str,
    typ: &'static str,
    kid: String,
}

/// Who signs a request, and what.
pub(crate) struct Signer<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) form: TokenForm<'a>,
}

/// The two kinds of request token.
pub(crate) enum TokenForm<'a> {
    /// For the API.
    Api { client_id: String, claims: Box<Claims<'a>> },
    /// For the storage host.
    Cloud { application_id: &'a str },
}

impl Signer<'_> {
    /// A new `Authorization` value. Every attempt needs its own: a repeated
    /// nonce is refused (protocol reference, errors §4).
    pub(crate) async fn authorization(&self, cores: &Cores) -> Result<HeaderValue> {
        let unsigned = match &self.form {
            TokenForm::Api { client_id, claims } => {
                let nonce = random::alphanumeric(32)?;
                unsigned(HEADER, &Stamped { client_id, nonce, timestamp: clock::unix_millis(), claims })?
            }
            TokenForm::Cloud { application_id } => cloud_token(self.contract, application_id)?,
        };
        let token = signed(self.contract, unsigned, cores).await?;
        let mut value = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| Error::new(ErrorKind::Config, "the request token is no header value"))?;
        // Keeps the value out of the HTTP library's own logs.
        value.set_sensitive(true);
        Ok(value)
    }

    pub(crate) fn secrets(&self) -> Vec<&str> {
        match &self.form {
            TokenForm::Api { claims, .. } => claims.secrets().collect(),
            TokenForm::Cloud { .. } => Vec::new(),
        }
    }
}

/// The `kid` names the contract first, then the application (crypto §1.6).
fn cloud_token(contract: &Contract, application_id: &str) -> Result<String> {
    let header =
        CloudHeader { alg: "PS512", typ: "at+jwt", kid: format!("{}_{application_id}_0", contract.id()) };
    let header = serde_json::to_string(&header)
        .map_err(|_| Error::new(ErrorKind::Config, "the storage token's header is not JSON"))?;
    let iat = clock::unix_seconds();
    let payload = CloudClaims {
        sub: application_id,
        iss: contract.id().as_str(),
        aud: "cloud",
        iat,
        exp: iat.saturating_add(CLOUD_LIFETIME),
    };
    unsigned(&header, &payload)
}

/// A token that is signed but belongs to no one: `payload` as it is
/// (crypto §1.5).
pub(crate) async fn sign_bare(
    contract: &Contract,
    payload: &(impl Serialize + Sync),
    cores: &Cores,
) -> Result<String> {
    signed(contract, unsigned(HEADER, payload)?, cores).await
}

/// `b64url(header).b64url(payload)`.
fn unsigned(header: &str, payload: &impl Serialize) -> Result<String> {
    let payload = serde_json::to_vec(payload)
        .map_err(|_| Error::new(ErrorKind::Config, "the request's claims are not JSON"))?;
    let mut token = String::with_capacity(payload.len() * 4 / 3 + 400);
    URL_SAFE_NO_PAD.encode_string(header, &mut token);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    Ok(token)
}

/// `unsigned.b64url(signature)`. A signature is the dearest part of most calls.
async fn signed(contract: &Contract, unsigned: String, cores: &Cores) -> Result<String> {
    let (key, mut token) = (contract.key().clone(), unsigned);
    let signing = cores.work(move || {
        let signature = key.sign_ps512(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    });
    signing.await?
}
