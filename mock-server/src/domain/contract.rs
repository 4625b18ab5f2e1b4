//! Applications and contracts: who may ask for what, and with which key.

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PSS_2048_8192_SHA512};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs1::{DecodeRsaPublicKey, EncodeRsaPrivateKey, EncodeRsaPublicKey, LineEnding};
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, RsaPublicKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::key_text::{self, RsaKey};
use super::pull_options::ContractScope;
use super::redirect::RedirectRule;
use super::refusal::Refusal;
use crate::clock::Moment;

/// What a contract is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContractKind {
    /// Reads mapped data, again and again.
    Read,
    /// Pushes data.
    Write,
    /// Reads the raw files that write contracts pushed.
    ReadRaw,
    /// Reads mapped data once, in the session of the consent; its token is good for that alone.
    OneOff,
}

impl ContractKind {
    /// The kind as the configuration writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::ReadRaw => "read-raw",
            Self::OneOff => "one-off",
        }
    }

    /// Whether sessions of such a contract list files.
    pub fn reads(self) -> bool {
        self != Self::Write
    }
}

impl fmt::Display for ContractKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A contract of one application.
pub(crate) struct Contract {
    /// The application's id.
    pub application_id: String,
    /// The contract's id.
    pub contract_id: String,
    /// A second id, which every client accepts; see `alias`.
    pub alias: String,
    /// What it is for.
    pub kind: ContractKind,
    /// What people call it; its id if it has no name.
    pub name: Option<String>,
    /// Service groups that it may read; all if there are none.
    pub service_groups: Vec<u32>,
    /// What of the data it gives at most.
    pub scope: ContractScope,
    /// The callbacks that it has registered, in order.
    pub redirect_rules: Vec<RedirectRule>,
    /// Its keys.
    pub keys: ContractKeys,
    /// The contract as it was before its keys were changed.
    pub former: Option<Former>,
    /// Its certificate in DER, once somebody asked for it.
    pub(crate) certificate: OnceLock<Vec<u8>>,
}

/// A contract with the keys that it had before, which are good for a while besides the new ones: who
/// signs with them is answered with files that they open.
pub(crate) struct Former {
    pub(crate) contract: Arc<Contract>,
    /// On the sandbox's clock.
    pub(crate) until: Moment,
}

impl Contract {
    /// A contract with the development key of its kind.
    #[cfg(test)]
    pub(crate) fn sample(kind: ContractKind) -> Self {
        let key = match kind {
            ContractKind::Read => &digime_fixtures::keys::READ,
            ContractKind::Write => &digime_fixtures::keys::WRITE,
            ContractKind::ReadRaw => &digime_fixtures::keys::READ_RAW,
            ContractKind::OneOff => &digime_fixtures::keys::ONE_OFF,
        };
        let rules = super::redirect::DEFAULT_REDIRECT_RULES;
        Self {
            application_id: "app".to_owned(),
            contract_id: "c-1".to_owned(),
            alias: "contract_c_1".to_owned(),
            kind,
            name: None,
            service_groups: Vec::new(),
            scope: ContractScope::default(),
            redirect_rules: rules.iter().map(|rule| RedirectRule::parse(rule).unwrap()).collect(),
            keys: ContractKeys::from_development_key(key).unwrap(),
            former: None,
            certificate: OnceLock::new(),
        }
    }

    /// The contract with the keys of whoever signs like this: the present ones, or those of before as long
    /// as they are good.
    ///
    /// # Errors
    /// What `verify` says of the present keys.
    pub(crate) fn signing<E>(
        self: Arc<Self>,
        now: Moment,
        verify: impl Fn(&ParsedPublicKey) -> Result<(), E>,
    ) -> Result<Arc<Self>, E> {
        let Err(refused) = verify(self.keys.verification()) else { return Ok(self) };
        let former = self.former.as_ref().filter(|former| now < former.until);
        let former = former.filter(|former| verify(former.contract.keys.verification()).is_ok());
        former.map(|former| Arc::clone(&former.contract)).ok_or(refused)
    }

    /// `"<applicationId>_<contractId>"`: the `client_id` of every API JWT.
    pub(crate) fn client_id(&self) -> String {
        format!("{}_{}", self.application_id, self.contract_id)
    }

    /// The `client_id` of a client that was given the second id.
    pub(crate) fn alias_client_id(&self) -> String {
        format!("{}_{}", self.application_id, self.alias)
    }

    /// What people call it.
    pub(crate) fn shown_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.contract_id)
    }

    /// Whether a client may call it that.
    pub(crate) fn is_called(&self, id: &str) -> bool {
        self.contract_id == id || self.alias == id
    }

    /// The key id of the contract's storage JWTs, which has the contract's id as the client knows it
    /// (protocol reference, crypto §1.6).
    pub(crate) fn cloud_kid(&self, contract_id: &str) -> String {
        format!("{contract_id}_{}_0", self.application_id)
    }

    /// Whether the contract covers a service group.
    pub(crate) fn covers(&self, group: u32) -> bool {
        let mut scoped = self.scope.groups().peekable();
        (self.service_groups.is_empty() || self.service_groups.contains(&group))
            && (scoped.peek().is_none() || scoped.any(|known| known == group))
    }

    /// The service groups that it covers; all if there are none.
    pub(crate) fn covered_groups(&self) -> Vec<u32> {
        match self.service_groups.is_empty() {
            true => self.scope.groups().collect(),
            false => self.service_groups.iter().copied().filter(|group| self.covers(*group)).collect(),
        }
    }

    /// Whether one of the contract's rules covers this callback.
    pub(crate) fn allows_redirect(&self, uri: &str) -> bool {
        self.redirect_rules.iter().any(|rule| rule.allows(uri))
    }

    /// Checks that a callback is registered.
    ///
    /// # Errors
    /// `InvalidRedirectUri`, with what is registered.
    pub(crate) fn require_registered(&self, redirect_uri: &str) -> Result<(), Refusal> {
        if self.allows_redirect(redirect_uri) {
            return Ok(());
        }
        let rules: Vec<_> = self.redirect_rules.iter().map(ToString::to_string).collect();
        let detail = format!("registered for {}: {}", self.contract_id, rules.join(", "));
        Err(Refusal::invalid_redirect_uri(redirect_uri, detail))
    }
}

/// The keys of a contract: the public one in the forms that the server needs, and the private one
/// only to hand it to the developer.
#[derive(Clone)]
pub struct ContractKeys {
    encryption: RsaPublicKey,
    verification: Arc<ParsedPublicKey>,
    private_pem: Option<String>,
    /// Whether everybody knows them.
    committed: bool,
}

/// What verifies PS512 with salts of 64 bytes, as long as the hash (protocol reference, crypto §1).
pub(crate) fn verification_key(public: &RsaPublicKey) -> Result<ParsedPublicKey, ContractKeyError> {
    let der = public.to_pkcs1_der().map_err(|_| ContractKeyError::Unwritable)?;
    let key = ParsedPublicKey::new(&RSA_PSS_2048_8192_SHA512, der.as_bytes());
    key.map_err(|_| ContractKeyError::Unwritable)
}

/// A key that a contract cannot use.
#[derive(Debug, thiserror::Error)]
pub enum ContractKeyError {
    /// The text holds no RSA key in PEM form.
    #[error(
        "found {found}{advice}; needed is an unencrypted RSA key of 2048 bits in PEM form: BEGIN RSA PRIVATE KEY, \
         BEGIN PRIVATE KEY, BEGIN RSA PUBLIC KEY or BEGIN PUBLIC KEY"
    )]
    Unusable {
        /// What the text is.
        found: &'static str,
        /// What to do, with a colon before it; empty if nothing helps but another key.
        advice: &'static str,
    },
    /// Somebody else's secret.
    #[error(
        "found a private key, which nobody else should have; needed is its public half, for example of `openssl rsa -in KEY -pubout`"
    )]
    Private,
    /// The text holds no public RSA key.
    #[error(
        "found {0}; needed is a public RSA key of 2048 bits: BEGIN RSA PUBLIC KEY, BEGIN PUBLIC KEY, or a JWK"
    )]
    NotPublic(&'static str),
    /// The members of a JWK are not those of an RSA key.
    #[error("found a JWK whose {0}; needed is one with kty \"RSA\", and n and e as Base64url")]
    Jwk(&'static str),
    /// No key could be made.
    #[error("no key could be made: {0}")]
    NotMade(String),
    /// A key cannot be written in the form that credentials have.
    #[error("the key cannot be written as PKCS#1")]
    Unwritable,
    /// The modulus has the wrong size for the file container, whose key part is 256 bytes.
    #[error("the key has {0} bits; the platform's contracts have RSA keys of 2048 bits")]
    WrongSize(usize),
}

impl ContractKeys {
    /// Reads a private key, from which everything follows, or a public one.
    ///
    /// # Errors
    /// [`ContractKeyError`] if the text holds no RSA key of 2048 bits.
    pub fn from_pem(pem: &str) -> Result<Self, ContractKeyError> {
        match key_text::read(pem)? {
            RsaKey::Private(private) => {
                let pkcs1 = private.to_pkcs1_pem(LineEnding::LF).map_err(|_| ContractKeyError::Unwritable)?;
                Self::new(private.to_public_key(), Some(pkcs1.to_string()))
            }
            RsaKey::Public(public) => Self::new(public, None),
        }
    }

    /// The keys of a committed development key; unlike [`ContractKeys::from_pem`] it does not
    /// validate the private part, which is known to be good.
    ///
    /// # Errors
    /// [`ContractKeyError`] if the public part is not an RSA key of 2048 bits.
    pub fn from_development_key(
        key: &digime_fixtures::keys::DevelopmentKey,
    ) -> Result<Self, ContractKeyError> {
        let public = RsaPublicKey::from_pkcs1_pem(key.public_pem);
        let public = public.map_err(|_| ContractKeyError::Unusable { found: "a damaged key", advice: "" })?;
        Ok(Self { committed: true, ..Self::new(public, Some(key.private_pem.to_owned()))? })
    }

    /// Reads a public key.
    ///
    /// # Errors
    /// [`ContractKeyError`] if the text holds no public RSA key of 2048 bits.
    pub(crate) fn from_public_pem(pem: &str) -> Result<Self, ContractKeyError> {
        match key_text::read(pem) {
            Ok(RsaKey::Public(public)) => Self::new(public, None),
            Ok(RsaKey::Private(_)) => Err(ContractKeyError::Private),
            Err(ContractKeyError::Unusable { found, .. }) => Err(ContractKeyError::NotPublic(found)),
            Err(other) => Err(other),
        }
    }

    /// Reads a public key from the members of a JWK (RFC 7518 §6.3.1).
    ///
    /// # Errors
    /// [`ContractKeyError`] if they are not those of an RSA key of 2048 bits.
    pub(crate) fn from_jwk(kty: &str, n: &str, e: &str) -> Result<Self, ContractKeyError> {
        if kty != "RSA" {
            return Err(ContractKeyError::Jwk("kty is not RSA"));
        }
        let number = |text: &str, problem| {
            let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| ContractKeyError::Jwk(problem))?;
            Ok(BigUint::from_bytes_be(&bytes))
        };
        let (n, e) = (number(n, "n is no Base64url")?, number(e, "e is no Base64url")?);
        let public = RsaPublicKey::new(n, e);
        Self::new(public.map_err(|_| ContractKeyError::Jwk("n and e are no RSA key"))?, None)
    }

    /// A new pair: the public key, and the private one as PKCS#1 PEM, which is not kept. It takes a tenth
    /// of a second of a core.
    ///
    /// # Errors
    /// [`ContractKeyError`] if there is no randomness.
    pub(crate) fn generate() -> Result<(Self, String), ContractKeyError> {
        let private = key_text::generate()?;
        let pem = private.to_pkcs1_pem(LineEnding::LF).map_err(|_| ContractKeyError::Unwritable)?;
        Ok((Self::new(private.to_public_key(), None)?, pem.to_string()))
    }

    fn new(public: RsaPublicKey, private_pem: Option<String>) -> Result<Self, ContractKeyError> {
        let bits = public.n().bits();
        if bits != 2048 {
            return Err(ContractKeyError::WrongSize(bits));
        }
        let verification = Arc::new(verification_key(&public)?);
        Ok(Self { encryption: public, verification, private_pem, committed: false })
    }

    /// Whether they are committed development keys, which everybody knows.
    pub(crate) fn are_committed(&self) -> bool {
        self.committed
    }

    /// The key that files are encrypted for.
    pub fn encryption(&self) -> &RsaPublicKey {
        &self.encryption
    }

    /// The public key as PKCS#1 PEM.
    pub(crate) fn public_pem(&self) -> String {
        self.encryption.to_pkcs1_pem(LineEnding::LF).unwrap_or_default()
    }

    /// The key that the contract's JWTs are verified with.
    pub(crate) fn verification(&self) -> &ParsedPublicKey {
        &self.verification
    }

    /// The private key as PKCS#1 PEM, if the server was given it.
    pub fn private_pem(&self) -> Option<&str> {
        self.private_pem.as_deref()
    }
}

impl fmt::Debug for ContractKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContractKeys").field("bits", &self.encryption.n().bits()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contract")
            .field("client_id", &self.client_id())
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
