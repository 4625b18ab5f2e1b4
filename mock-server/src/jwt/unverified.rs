//! The JWT that a client signs for each request (protocol reference, crypto §1).

use std::sync::Arc;

use aws_lc_rs::signature::ParsedPublicKey;
use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::claims::Claims;
use crate::domain::refusal::Refusal;

/// Base64url; padding is not written but tolerated.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A JWT that was read, not believed.
#[derive(Debug)]
pub(crate) struct UnverifiedJwt {
    header: Map<String, Value>,
    /// What it claims.
    pub claims: Arc<Claims>,
    signed: Box<str>,
    signature: Box<str>,
}

impl UnverifiedJwt {
    /// Reads the three parts of a JWT.
    ///
    /// # Errors
    /// `InvalidJWT` saying which part cannot be read.
    pub(crate) fn parse(token: &str) -> Result<Self, Refusal> {
        let refuse = |detail: String| Refusal::invalid_jwt("The JWT cannot be read", detail);
        let three_parts = || refuse("a JWT has three parts, separated by dots".to_owned());
        let (signed, signature) = token.rsplit_once('.').ok_or_else(three_parts)?;
        let (header, payload) = signed.split_once('.').ok_or_else(three_parts)?;
        if payload.contains('.') {
            return Err(three_parts());
        }
        let object = |part: &str, name: &str| {
            let bytes =
                BASE64URL.decode(part).map_err(|e| refuse(format!("the {name} is not base64url: {e}")))?;
            serde_json::from_slice(&bytes)
                .map_err(|e| refuse(format!("the {name} is not a JSON object: {e}")))
        };
        Ok(Self {
            header: object(header, "header")?,
            claims: Arc::new(Claims(object(payload, "payload")?)),
            signed: signed.into(),
            signature: signature.into(),
        })
    }

    /// The platform signs with PS512 and nothing else; `none` and HMAC with the public key are
    /// the classic attacks (RFC 8725 §2.1).
    ///
    /// # Errors
    /// `InvalidJWT` naming the algorithm that was found.
    pub(crate) fn require_ps512(&self) -> Result<(), Refusal> {
        match self.header.get("alg") {
            Some(Value::String(alg)) if alg == "PS512" => Ok(()),
            found => {
                let found = found.map_or_else(|| "none at all".to_owned(), Value::to_string);
                Err(Refusal::invalid_jwt(
                    "The JWT must be signed with PS512",
                    format!("header \"alg\" is {found}; expected \"PS512\" with a 64-byte salt"),
                ))
            }
        }
    }

    /// RSASSA-PSS, SHA-512, salt length 64.
    ///
    /// # Errors
    /// `InvalidJWT` if `key` did not make this signature.
    pub(crate) fn require_signature(&self, key: &ParsedPublicKey) -> Result<(), Refusal> {
        let signature = BASE64URL.decode(&*self.signature);
        if signature.is_ok_and(|signature| key.verify_sig(self.signed.as_bytes(), &signature).is_ok()) {
            return Ok(());
        }
        Err(Refusal::invalid_jwt(
            "The signature of the JWT is invalid",
            "not signed by the private key of this contract, or the PSS salt is not 64 bytes long",
        ))
    }

    /// A text of the header.
    pub(crate) fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }
}
