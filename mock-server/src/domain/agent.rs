//! Which client libraries the platform still serves (protocol reference, http-api §1.6, errors §3).

use serde::Deserialize;
use serde_json::Value;

use super::refusal::{Refusal, RefusalCode};

/// Client libraries that are turned away or warned; everybody else, and who does not say, is served.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct AgentRules {
    /// Names that are not recognised: `SDKInvalid`.
    pub refused: Vec<String>,
    /// `name` or `name@version`, which means every version that begins so: `SDKVersionInvalid`.
    pub outdated: Vec<String>,
    /// As `outdated`, of those that are served with a warning: `x-digi-sdk-status` (protocol reference,
    /// legacy/endpoints §1).
    pub deprecated: Vec<String>,
}

/// Name and version of a client library: `{"sdk": {"name", "version"}}`, or without the wrapper, as iOS
/// sends it. What is no agent has none.
fn name_and_version(agent: &Value) -> (&str, &str) {
    let library = agent.get("sdk").unwrap_or(agent);
    let text = |member: &str| library.get(member).and_then(Value::as_str).unwrap_or_default();
    (text("name"), text("version"))
}

/// Whether a rule, `name` or `name@version`, means a client library.
fn means(rule: &str, name: &str, version: &str) -> bool {
    match rule.split_once('@') {
        Some((meant, versions)) => meant == name && version.starts_with(versions),
        None => rule == name,
    }
}

impl AgentRules {
    /// Checks the agent of a request.
    ///
    /// # Errors
    /// `SDKInvalid` or `SDKVersionInvalid`.
    pub fn require_served(&self, agent: &Value) -> Result<(), Refusal> {
        let (name, version) = name_and_version(agent);
        if self.refused.iter().any(|refused| refused == name) {
            let message = format!("The SDK is invalid: {name}");
            return Err(Refusal::new(
                400,
                RefusalCode::SdkInvalid,
                message,
                "the settings refuse this agent",
            ));
        }
        match self.outdated.iter().find(|rule| means(rule, name, version)) {
            Some(rule) => {
                let message = "This SDK version is no longer supported.";
                let detail = format!("the settings call {rule} outdated");
                Err(Refusal::new(403, RefusalCode::SdkVersionInvalid, message, detail))
            }
            None => Ok(()),
        }
    }

    /// What the agent of a request that is served is told, if anything.
    pub(crate) fn warning(&self, agent: &Value) -> Option<String> {
        let (name, version) = name_and_version(agent);
        let deprecated = self.deprecated.iter().any(|rule| means(rule, name, version));
        deprecated.then(|| format!("{name} {version} is deprecated; please update it"))
    }
}

/// Whether a client library of the current generation pushes into postboxes: Node 8, which came
/// before the library could be pushed to (protocol reference, legacy/js-5-to-12 §7), and iOS, which can do both
/// (legacy/mobile §1).
pub(crate) fn expects_postbox(agent: &Value) -> bool {
    let (name, version) = name_and_version(agent);
    name == "ios" || name == "nodejs" && version.starts_with("8.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_refused_and_versions_outdated_in_both_forms_of_the_agent() {
        let rules = AgentRules {
            refused: vec!["bad".to_owned()],
            outdated: vec!["nodejs@12.".to_owned(), "old".to_owned()],
            deprecated: vec!["js@4".to_owned()],
        };
        for (json, code) in [
            (r#"{"sdk":{"name":"bad","version":"1"}}"#, Some("SDKInvalid")),
            (r#"{"name":"bad"}"#, Some("SDKInvalid")),
            (
                r#"{"sdk":{"name":"nodejs","version":"12.2.3","meta":{"node":"v20"}}}"#,
                Some("SDKVersionInvalid"),
            ),
            (r#"{"name":"old","version":"99"}"#, Some("SDKVersionInvalid")),
            (r#"{"sdk":{"name":"nodejs","version":"16.1.5"}}"#, None),
            ("{}", None),
            ("7", None),
        ] {
            let agent = serde_json::from_str(json).unwrap();
            assert_eq!(
                rules.require_served(&agent).err().map(|it| it.code.to_string()).as_deref(),
                code,
                "{json}"
            );
        }
        let warned = |json: &str| rules.warning(&serde_json::from_str(json).unwrap());
        assert!(warned(r#"{"name":"js","version":"4.0.0"}"#).unwrap().contains("js 4.0.0"));
        assert_eq!(warned(r#"{"sdk":{"name":"js","version":"3.0.2"}}"#), None);
    }

    #[test]
    fn node_8_and_ios_push_into_postboxes_in_the_current_generation() {
        for (json, expects) in [
            (r#"{"sdk":{"name":"nodejs","version":"8.0.0"}}"#, true),
            (r#"{"sdk":{"name":"nodejs","version":"9.0.0"}}"#, false),
            (r#"{"name":"ios","version":"5.1.0"}"#, true),
            (r#"{"name":"ios","version":""}"#, true),
            (r#"{"name":"android","version":"8.0.0"}"#, false),
        ] {
            assert_eq!(expects_postbox(&serde_json::from_str(json).unwrap()), expects, "{json}");
        }
    }
}
