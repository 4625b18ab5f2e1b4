//! The JWT of a raw request: correct, absent, or wrong in one respect.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use crate::context::StepError;
use crate::clock;
use crate::format::{ContractKind, Field};
use crate::random;
use crate::context::ScenarioContext;
use crate::format::template::Values as _;

/// How a request is signed.
#[derive(Clone, Debug)]
pub(super) enum Jwt {
    /// Not at all.
    None,
    /// With claims and a key.
    Signed(Signed),
}

/// A signed JWT: as the SDK would sign, but for what is set.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Signed {
    /// Whether the access token of the user who acts is claimed; if there is one, if not given.
    user: Option<bool>,
    /// Kind of the contract that signs; that of the user who acts, if not given.
    contract: Option<Field<ContractKind>>,
    /// Claims over the usual ones; `null` removes one.
    claims: Map<String, Value>,
    /// Members of the header over the usual ones.
    header: Map<String, Value>,
    /// The algorithm; PS512, if not given.
    algorithm: SignedBy,
    /// Signs with the key of the contract of this kind instead of its own.
    key_of: Option<Field<ContractKind>>,
    /// This text instead of a JWT.
    text: Option<Field<String>>,
}

/// How a JWT is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
enum SignedBy {
    #[default]
    PS512,
    PS256,
    PS384,
    RS256,
    RS512,
    /// An HMAC whose secret is the contract's id: what everybody knows.
    HS512,
    /// No signature, and a header that says so.
    #[serde(rename = "none")]
    Nothing,
}

impl Default for Jwt {
    fn default() -> Self {
        Self::Signed(Signed::default())
    }
}

impl<'de> Deserialize<'de> for Jwt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct JwtVisitor;

        impl<'de> Visitor<'de> for JwtVisitor {
            type Value = Jwt;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`user`, `basic`, `none`, or settings such as `claims`")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Jwt, E> {
                let signed = |user| Ok(Jwt::Signed(Signed { user: Some(user), ..Signed::default() }));
                match word {
                    "none" => Ok(Jwt::None),
                    "basic" => signed(false),
                    "user" => signed(true),
                    other => Err(E::unknown_variant(other, &["user", "basic", "none"])),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, pairs: A) -> Result<Jwt, A::Error> {
                Signed::deserialize(MapAccessDeserializer::new(pairs)).map(Jwt::Signed)
            }
        }

        deserializer.deserialize_any(JwtVisitor)
    }
}

impl JsonSchema for Jwt {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Jwt".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "enum": ["user", "basic", "none"] }, generator.subschema_for::<Signed>()] })
    }
}

impl Jwt {
    /// The `Authorization` header, if there shall be one.
    pub(super) fn bearer(&self, context: &ScenarioContext) -> Result<Option<String>, StepError> {
        match self {
            Self::None => Ok(None),
            Self::Signed(signed) => match context.optional(signed.text.as_ref())? {
                Some(text) => Ok(Some(format!("Bearer {text}"))),
                None => signed.sign(context).map(|jwt| Some(format!("Bearer {jwt}"))),
            },
        }
    }
}

impl Signed {
    fn sign(&self, context: &ScenarioContext) -> Result<String, StepError> {
        let kind = context.optional(self.contract.as_ref())?;
        let contract = context.contract_key(kind)?;
        let mut claims = Map::new();
        claims.insert("client_id".to_owned(), json!(format!("{}_{}", context.environment.application_id, contract.contract_id)));
        claims.insert("nonce".to_owned(), json!(random::nonce()));
        claims.insert("timestamp".to_owned(), json!(clock::unix_millis()));
        match (self.user, context.value("access_token")) {
            (Some(false), _) | (None, None) => {}
            (_, Some(token)) => drop(claims.insert("access_token".to_owned(), token)),
            (Some(true), None) => {
                return Err(StepError::Misuse("there is no access token yet: `exchange` comes first".to_owned()));
            }
        }
        for (name, value) in &self.claims {
            match context.json(value)? {
                Value::Null => claims.remove(name),
                value => claims.insert(name.clone(), value),
            };
        }
        let key_of = context.optional(self.key_of.as_ref())?;
        let signer = context.contract_key(key_of.or(kind))?;
        let pem = signer.private_key.as_deref().unwrap_or_default();
        let header = self.header(context)?;
        self.algorithm.sign(&header, &Value::Object(claims), pem, &contract.contract_id)
    }

    fn header(&self, context: &ScenarioContext) -> Result<Value, StepError> {
        let mut header = json!({ "typ": "JWT", "alg": self.algorithm.name() });
        for (name, value) in &self.header {
            header[name] = context.json(value)?;
        }
        Ok(header)
    }
}

impl SignedBy {
    fn name(self) -> &'static str {
        match self {
            Self::PS512 => "PS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::RS256 => "RS256",
            Self::RS512 => "RS512",
            Self::HS512 => "HS512",
            Self::Nothing => "none",
        }
    }

    fn sign(self, header: &Value, claims: &Value, pem: &str, secret: &str) -> Result<String, StepError> {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", encode(header), encode(claims));
        let rsa = || EncodingKey::from_rsa_pem(pem.as_bytes());
        let signed = match self {
            Self::Nothing => return Ok(format!("{input}.")),
            Self::HS512 => Ok(EncodingKey::from_secret(secret.as_bytes())),
            _ => rsa(),
        }
        .and_then(|key| jsonwebtoken::crypto::sign(input.as_bytes(), &key, self.algorithm()));
        match signed {
            Ok(signature) => Ok(format!("{input}.{signature}")),
            Err(error) => Err(StepError::Misuse(format!("the request cannot be signed: {error}"))),
        }
    }

    fn algorithm(self) -> Algorithm {
        match self {
            Self::PS512 | Self::Nothing => Algorithm::PS512,
            Self::PS256 => Algorithm::PS256,
            Self::PS384 => Algorithm::PS384,
            Self::RS256 => Algorithm::RS256,
            Self::RS512 => Algorithm::RS512,
            Self::HS512 => Algorithm::HS512,
        }
    }
}

/// What a JWT says, unverified.
pub(super) fn claims_of(jwt: &str) -> Option<Value> {
    let claims = jwt.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}
