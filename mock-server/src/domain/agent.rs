//! Which client libraries the platform still serves (protocol reference, http-api §1.6, errors §3).

use serde::Deserialize;
use serde_json::Value;

use super::refusal::{Refusal, RefusalCode};

/// Client libraries that are turned away; everybody else, and who does not say, is served.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct AgentRules {
    /// Names that are not recognised: `SDKInvalid`.
    pub refused: Vec<String>,
    /// `name` or `name@version`, which means every version that begins so: `SDKVersionInvalid`.
    pub outdated: Vec<String>,
}

impl AgentRules {
    /// Checks the agent of a request: `{"sdk": {"name", "version"}}`, or without the wrapper, as
    /// iOS sends it. What is no agent is none.
    ///
    /// # Errors
    /// `SDKInvalid` or `SDKVersionInvalid`.
    pub fn require_served(&self, agent: &Value) -> Result<(), Refusal> {
        let library = agent.get("sdk").unwrap_or(agent);
        let text = |member: &str| library.get(member).and_then(Value::as_str).unwrap_or_default();
        let (name, version) = (text("name"), text("version"));
        if self.refused.iter().any(|refused| refused == name) {
            let message = format!("The SDK is invalid: {name}");
            return Err(Refusal::new(
                400,
                RefusalCode::SdkInvalid,
                message,
                "the settings refuse this agent",
            ));
        }
        let outdated = |rule: &String| match rule.split_once('@') {
            Some((outdated, versions)) => outdated == name && version.starts_with(versions),
            None => rule == name,
        };
        match self.outdated.iter().find(|rule| outdated(rule)) {
            Some(rule) => {
                let message = "This SDK version is no longer supported.";
                let detail = format!("the settings call {rule} outdated");
                Err(Refusal::new(403, RefusalCode::SdkVersionInvalid, message, detail))
            }
            None => Ok(()),
        }
    }
}

/// Whether a client library of the current generation pushes into postboxes: Node 8, which came
/// before the library could be pushed to (protocol reference, legacy/js-5-to-12 §7).
pub(crate) fn expects_postbox(agent: &Value) -> bool {
    let library = agent.get("sdk").unwrap_or(agent);
    let text = |member: &str| library.get(member).and_then(Value::as_str).unwrap_or_default();
    text("name") == "nodejs" && text("version").starts_with("8.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_refused_and_versions_outdated_in_both_forms_of_the_agent() {
        let rules = AgentRules {
            refused: vec!["bad".to_owned()],
            outdated: vec!["nodejs@12.".to_owned(), "old".to_owned()],
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
    }
}
