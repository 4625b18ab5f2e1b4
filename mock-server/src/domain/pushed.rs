//! Files that a write contract pushed into a library (protocol reference, http-api §5.1 and
//! objects §2.2).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::contract::Contract;
use super::pull_options::RawFacts;
use super::refusal::Refusal;
use crate::clock::Moment;
use crate::payload::content::Content;
use crate::payload::x_metadata;

/// Longest `x-metadata` value that clients take for granted, in bytes (protocol reference,
/// crypto §5).
const LONGEST_METADATA: usize = 8 * 1024;

/// What is said about a pushed file: `metadata` of a `FileDescriptor`, or what a postbox is told, encrypted.
/// Unknown keys are ignored, as the platform does.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    /// Android may leave it out, and the accounts too.
    #[serde(default = "any_type")]
    mime_type: String,
    #[serde(default)]
    accounts: Vec<DescribedAccount>,
    reference: Option<Vec<String>>,
    tags: Option<Vec<String>>,
    /// Sent by mobile clients, as are the two below.
    object_types: Option<Vec<DescribedObjectType>>,
    service_groups: Option<Vec<DescribedGroup>>,
    provider_name: Option<ProviderName>,
}

fn any_type() -> String {
    "application/octet-stream".to_owned()
}

/// A service group: a number from iOS, an object that holds the number as text from Android.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged, expecting = "expected a number or {\"serviceGroupId\": \"…\"}")]
enum DescribedGroup {
    Number(u32),
    #[serde(rename_all = "camelCase")]
    Named {
        service_group_id: GroupId,
    },
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged, expecting = "expected a number, or text that is one")]
enum GroupId {
    Number(u32),
    Text(String),
}

impl DescribedGroup {
    /// Its number, in which iOS reads it; none of a text that is no number.
    fn number(&self) -> Option<u32> {
        match self {
            Self::Number(number) | Self::Named { service_group_id: GroupId::Number(number) } => Some(*number),
            Self::Named { service_group_id: GroupId::Text(text) } => text.trim().parse().ok(),
        }
    }
}

/// The name of a provider: text from iOS, a list from Android.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged, expecting = "expected text or a list of texts")]
enum ProviderName {
    One(String),
    Several(Vec<String>),
}

impl ProviderName {
    /// The one text that iOS reads; none of an empty list.
    fn text(&self) -> Option<String> {
        match self {
            Self::One(name) => Some(name.clone()),
            Self::Several(names) => (!names.is_empty()).then(|| names.join(", ")),
        }
    }
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct DescribedAccount {
    account_id: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct DescribedObjectType {
    name: String,
    references: Option<Vec<String>>,
}

impl Descriptor {
    /// The media type that the pusher says.
    pub(crate) fn mime_type(&self) -> &str {
        &self.mime_type
    }

    /// Checks what serde cannot. `place` is where the client said it.
    ///
    /// # Errors
    /// `ValidationErrors` naming the field.
    pub(crate) fn validate(&self, place: &str) -> Result<(), Refusal> {
        if self.mime_type.is_empty() {
            return Err(Refusal::validation(format!("{place}.mimeType is empty")));
        }
        let length = x_metadata::header_value(&json!({ "metadata": self.lower_case() })).len();
        if length > LONGEST_METADATA {
            return Err(Refusal::validation(format!(
                "{place}: readers would get an x-metadata header of {length} bytes, \
                 more than the {LONGEST_METADATA} that clients take"
            )));
        }
        Ok(())
    }

    /// The form that readers get: keys in lower case, but for `providerName`, which iOS reads in camel case
    /// (protocol reference, objects §2.2).
    fn lower_case(&self) -> Value {
        let accounts: Vec<_> = self.accounts.iter().map(|it| json!({ "accountid": it.account_id })).collect();
        let mut json = json!({ "mimetype": self.mime_type, "accounts": accounts });
        for (name, list) in [("reference", &self.reference), ("tags", &self.tags)] {
            if let Some(list) = list {
                json[name] = json!(list);
            }
        }
        if let Some(types) = &self.object_types {
            let types = types.iter().map(|it| match &it.references {
                Some(references) => json!({ "name": it.name, "references": references }),
                None => json!({ "name": it.name }),
            });
            json["objecttypes"] = types.collect();
        }
        if let Some(groups) = &self.service_groups {
            json["servicegroups"] = groups.iter().filter_map(DescribedGroup::number).collect();
        }
        if let Some(name) = self.provider_name.as_ref().and_then(ProviderName::text) {
            json["providerName"] = json!(name);
        }
        json
    }
}

/// A file on its way into a library.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Push {
    /// When it was pushed.
    pub created: Moment,
    /// The application that pushed it.
    pub application_id: String,
    /// The contract that pushed it.
    pub contract_id: String,
    /// What was said about it.
    pub descriptor: Descriptor,
    /// The bytes exactly as they came, without the encryption of a postbox.
    pub content: Content,
}

impl Push {
    /// A file that a contract pushes now.
    pub(crate) fn new(contract: &Contract, descriptor: Descriptor, content: Content, now: Moment) -> Self {
        Self {
            created: now,
            application_id: contract.application_id.clone(),
            contract_id: contract.contract_id.clone(),
            descriptor,
            content,
        }
    }

    /// What it takes of the sandbox's quota, in bytes: its content and what describes it.
    pub(crate) fn cost(&self) -> u64 {
        self.content.len() + (LONGEST_METADATA / 4) as u64
    }
}

/// A file that was pushed into a library.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PushedFile {
    /// Its place among all files ever pushed into the library, from 1.
    pub sequence: u64,
    /// What was pushed.
    pub push: Push,
}

impl PushedFile {
    /// The file's name in a session. Clients do not transmit the one that the pusher chose.
    pub(crate) fn name(&self) -> String {
        format!("pushed-{}.{}", self.sequence, extension(&self.push.descriptor.mime_type))
    }

    /// The metadata as readers get it.
    pub(crate) fn metadata(&self) -> Value {
        let mut json = self.push.descriptor.lower_case();
        json["created"] = json!(self.push.created.millis());
        json["appid"] = json!(self.push.application_id);
        json["contractid"] = json!(self.push.contract_id);
        json
    }

    /// What a scope can ask of it.
    pub(crate) fn facts(&self) -> RawFacts<'_> {
        let Push { created, application_id, contract_id, descriptor, .. } = &self.push;
        let Descriptor { mime_type, accounts, reference, tags, .. } = descriptor;
        RawFacts {
            created: Some(*created),
            mime_type,
            accounts: accounts.iter().map(|account| account.account_id.as_str()).collect(),
            reference: reference.iter().flatten().map(String::as_str).collect(),
            tags: tags.iter().flatten().map(String::as_str).collect(),
            application_id: Some(application_id),
            contract_id: Some(contract_id),
        }
    }
}

/// The types that iOS knows (protocol reference, objects §2.3).
fn extension(mime_type: &str) -> &'static str {
    match mime_type {
        "application/json" | "text/json" => "json",
        "application/pdf" => "pdf",
        "image/jpg" | "image/jpeg" => "jpg",
        "image/tiff" => "tiff",
        "image/png" => "png",
        "image/gif" => "gif",
        "image/bmp" => "bmp",
        "text/plain" => "txt",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor(json: Value) -> Result<Descriptor, String> {
        let descriptor: Descriptor = serde_json::from_value(json).map_err(|error| error.to_string())?;
        descriptor.validate("metadata").map_err(|refusal| refusal.message)?;
        Ok(descriptor)
    }

    #[test]
    fn readers_get_every_key_in_lower_case() {
        let push = Push {
            created: Moment::from_millis(1_767_225_600_000),
            application_id: "app".to_owned(),
            contract_id: "contract".to_owned(),
            descriptor: descriptor(json!({
                "mimeType": "text/plain",
                "accounts": [{"accountId": "a"}],
                "tags": ["t"],
                "objectTypes": [{"name": "receipt"}],
                "serviceGroups": [3],
                "providerName": "Shop",
                "unknown": 1,
            }))
            .unwrap(),
            content: Content::from(b"x".to_vec()),
        };
        let file = PushedFile { sequence: 3, push };
        assert_eq!(file.name(), "pushed-3.txt");
        assert_eq!(
            file.metadata(),
            json!({
                "mimetype": "text/plain",
                "accounts": [{"accountid": "a"}],
                "tags": ["t"],
                "objecttypes": [{"name": "receipt"}],
                "servicegroups": [3],
                "providerName": "Shop",
                "created": 1_767_225_600_000_i64,
                "appid": "app",
                "contractid": "contract",
            })
        );
    }

    #[test]
    fn what_android_sends_reaches_readers_in_the_form_that_ios_reads() {
        let described = |json| descriptor(json).unwrap().lower_case();
        assert_eq!(
            described(json!({
                "mimeType": "image/png",
                "accounts": [{"accountId": "a", "references": ["r"], "username": "u"}],
                "appId": "app",
                "contractId": "contract",
                "objectTypes": [{"name": "receipt", "references": ["r"], "typeDef": {"x": 1}}],
                "serviceGroups": [{"serviceGroupId": "3"}, {"serviceGroupId": 4}, 5, {"serviceGroupId": "x"}],
                "providerName": ["Shop", "Market"],
            })),
            json!({
                "mimetype": "image/png",
                "accounts": [{"accountid": "a"}],
                "objecttypes": [{"name": "receipt", "references": ["r"]}],
                "servicegroups": [3, 4, 5],
                "providerName": "Shop, Market",
            })
        );
        assert_eq!(
            described(json!({ "providerName": [] })),
            json!({ "mimetype": "application/octet-stream", "accounts": [] })
        );
    }

    #[test]
    fn a_descriptor_that_readers_could_not_use_is_refused() {
        for (json, mentions) in [
            (json!({"mimeType": "", "accounts": []}), "mimeType"),
            (json!({"mimeType": "a/b", "accounts": [{"id": "x"}]}), "accountId"),
            (json!({"mimeType": "a/b", "accounts": [], "tags": "t"}), "sequence"),
            (json!({"mimeType": "a/b", "accounts": [], "tags": ["t".repeat(9000)]}), "x-metadata"),
        ] {
            let problem = descriptor(json).unwrap_err();
            assert!(problem.contains(mentions), "{problem}");
        }
    }
}
