//! Contracts of applications, which come and go while the server runs, and their keys.

pub(super) mod change;
pub(super) mod create;
pub(super) mod list;
pub(super) mod remove;
pub(super) mod rotate;
pub(super) mod show;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::check::{check_id, check_service_group};
use crate::config::place::Place;
use crate::config::settings::{ContractSettings, redirect_rules};
use crate::domain::contract::{ContractKeys, ContractKind};
use crate::domain::pull_options::ContractScope;
use crate::domain::redirect::{DEFAULT_REDIRECT_RULES, RedirectRule};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::random;
use crate::sandbox::Sandbox;
use crate::sandbox::applications::Applications;

/// A contract, as administration shows it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Contract")]
pub(super) struct ContractJson {
    contract_id: String,
    /// A second id of the contract, for clients that accept only `A-Z a-z 0-9 _`, 6 to 63 of them.
    contract_alias: String,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    kind: ContractKind,
    /// Registered callbacks, as rules.
    redirect_uris: Vec<String>,
    /// Service groups that it may read; all if there are none.
    service_groups: Vec<u32>,
    /// What of the data it gives at most.
    scope: ContractScope,
    /// PKCS#1 PEM.
    public_key: String,
    /// How long the former key is good besides this one, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    former_key_until: Option<i64>,
    /// PKCS#1 PEM of a key that this request had made. It is kept nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) private_key: Option<String>,
}

impl ContractJson {
    pub(super) fn of(sandbox: &Sandbox, contract: &ContractSettings) -> Self {
        let former = contract.former.as_ref().map(|(_, until)| *until);
        Self {
            contract_id: contract.id.clone(),
            contract_alias: sandbox.applications.alias(&contract.id),
            name: contract.name.clone(),
            kind: contract.kind,
            redirect_uris: contract.redirect_rules.iter().map(ToString::to_string).collect(),
            service_groups: contract.service_groups.clone(),
            scope: contract.scope.clone(),
            public_key: contract.keys.public_pem(),
            former_key_until: former.filter(|until| *until > sandbox.now()).map(|until| until.millis()),
            private_key: None,
        }
    }
}

/// A contract that is to be made.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct ContractBody {
    /// One is made if it is absent. In a fresh sandbox it ends in the sandbox's tag.
    contract_id: Option<String>,
    /// What people call it.
    name: Option<String>,
    /// `read` if absent.
    kind: Option<ContractKind>,
    /// Callbacks as rules; those of the configuration's contracts if absent.
    redirect_uris: Option<Vec<String>>,
    /// Service groups that it may read; all if there are none.
    service_groups: Vec<u32>,
    /// What of the data it gives at most; all if absent.
    scope: ContractScope,
    /// A pair is made if it is absent.
    public_key: Option<PublicKey>,
}

/// What is to be different; what is absent stays. Keys are changed by `rotate`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct ContractChange {
    name: Option<String>,
    kind: Option<ContractKind>,
    redirect_uris: Option<Vec<String>>,
    service_groups: Option<Vec<u32>>,
    scope: Option<ContractScope>,
}

impl ContractChange {
    /// The callbacks, if they are to be others; the rest is looked at too.
    fn rules(&self, contract: &str) -> Result<Option<Vec<RedirectRule>>, Refusal> {
        known_groups(self.service_groups.iter().flatten(), "")?;
        self.scope.as_ref().map_or(Ok(()), |scope| usable_scope(scope, ""))?;
        given_name(self.name.clone(), "")?;
        self.redirect_uris.as_ref().map(|uris| rules(contract, uris, "")).transpose()
    }
}

/// A public RSA key of 2048 bits: text as PEM, or a JWK.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a public key as PEM, or as a JWK with kty, n and e")]
enum PublicKey {
    /// `BEGIN RSA PUBLIC KEY` or `BEGIN PUBLIC KEY`
    Pem(String),
    /// `kty` RSA
    Jwk { kty: String, n: String, e: String },
}

impl ContractBody {
    /// A contract of a kind, whose keys are made.
    pub(super) fn of_kind(kind: ContractKind) -> Self {
        Self { contract_id: Some(kind.to_string()), kind: Some(kind), ..Self::default() }
    }

    /// The contract, and the private key if it was made here; `place` is where in the request it stands.
    pub(super) async fn made(
        self,
        applications: &Applications,
        place: &str,
    ) -> Result<(ContractSettings, Option<String>), Refusal> {
        let id = chosen_id(applications, &format!("{place}contractId"), self.contract_id, "contract")?;
        known_groups(&self.service_groups, place)?;
        usable_scope(&self.scope, place)?;
        let standard = DEFAULT_REDIRECT_RULES.map(str::to_owned).to_vec();
        let redirect_rules = rules(&id, &self.redirect_uris.unwrap_or(standard), place)?;
        let (keys, private_key) = keys(self.public_key, &format!("{place}publicKey")).await?;
        let contract = ContractSettings {
            id,
            name: given_name(self.name, place)?,
            kind: self.kind.unwrap_or(ContractKind::Read),
            keys,
            former: None,
            service_groups: self.service_groups,
            scope: self.scope,
            redirect_rules,
            place: Place::Administration,
        };
        Ok((contract, private_key))
    }
}

/// The id that a request gives, or else a new one.
pub(super) fn chosen_id(
    applications: &Applications,
    place: &str,
    given: Option<String>,
    what: &str,
) -> Result<String, Refusal> {
    let id = given.unwrap_or_else(|| format!("{what}-{}", random::alphanumeric(8).to_ascii_lowercase()));
    check_id(&id).map_err(|problem| Refusal::validation(format!("{place}: {problem}")))?;
    Ok(applications.own_id(&id))
}

fn known_groups<'a>(groups: impl IntoIterator<Item = &'a u32>, place: &str) -> Result<(), Refusal> {
    let known = groups.into_iter().try_for_each(|group| check_service_group(*group).map(|_| ()));
    known.map_err(|problem| Refusal::validation(format!("{place}serviceGroups: {problem}")))
}

fn usable_scope(scope: &ContractScope, place: &str) -> Result<(), Refusal> {
    scope.check().map_err(|problem| Refusal::validation(format!("{place}scope.{problem}")))
}

/// A name that is one.
pub(super) fn given_name(name: Option<String>, place: &str) -> Result<Option<String>, Refusal> {
    match name {
        Some(name) if name.trim().is_empty() || name.len() > LONGEST_NAME => {
            Err(Refusal::validation(format!("{place}name: expected 1 to {LONGEST_NAME} bytes of text")))
        }
        name => Ok(name),
    }
}

/// In bytes.
const LONGEST_NAME: usize = 200;

fn rules(contract: &str, uris: &[String], place: &str) -> Result<Vec<RedirectRule>, Refusal> {
    redirect_rules(contract, uris)
        .map_err(|error| Refusal::validation(format!("{place}redirectUris: {error}")))
}

/// The given key, or else a new one and its private half.
async fn keys(given: Option<PublicKey>, place: &str) -> Result<(ContractKeys, Option<String>), Refusal> {
    let Some(given) = given else {
        // It takes many milliseconds of a core.
        let made = tokio::task::spawn_blocking(ContractKeys::generate).await;
        let made =
            made.map_err(|error| error.to_string()).and_then(|it| it.map_err(|error| error.to_string()));
        return made.map(|(keys, private_pem)| (keys, Some(private_pem))).map_err(|error| {
            Refusal::new(500, RefusalCode::InternalServerError, "No key could be made", error)
        });
    };
    let keys = match given {
        PublicKey::Pem(pem) => ContractKeys::from_public_pem(&pem),
        PublicKey::Jwk { kty, n, e } => ContractKeys::from_jwk(&kty, &n, &e),
    };
    keys.map(|keys| (keys, None)).map_err(|error| Refusal::validation(format!("{place}: {error}")))
}
