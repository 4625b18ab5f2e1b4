//! The verdict trace: which named checks a request passed, which one it failed, and why.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::check::Check;
use crate::domain::refusal::Refusal;

/// One named check and how it went.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckResult {
    /// The check.
    pub check: Check,
    /// Whether the request passed it.
    pub passed: bool,
    /// What was found.
    pub detail: String,
}

/// The checks of one request in the order in which they ran, with the claims that it made.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Checks in the order in which they ran; only the last can have failed.
    pub checks: Vec<CheckResult>,
    /// The decoded claims of the request's JWT, secrets redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Map<String, Value>>,
    /// Whether the claims are to be shown, once somebody reads them.
    #[serde(skip)]
    pub(crate) shows_claims: bool,
}

impl Verdict {
    /// Notes that a check passed.
    pub fn passed(&mut self, check: Check, detail: impl Into<String>) {
        self.checks.push(CheckResult { check, passed: true, detail: detail.into() });
    }

    /// Notes the outcome of a check and hands it on.
    ///
    /// # Errors
    /// The refusal that `outcome` holds.
    pub fn check<T>(&mut self, check: Check, outcome: Result<T, Refusal>) -> Result<T, Refusal> {
        let (passed, detail) = match &outcome {
            Ok(_) => (true, String::new()),
            Err(refusal) => (false, refusal.detail.clone()),
        };
        self.checks.push(CheckResult { check, passed, detail });
        outcome
    }

    /// The check that failed, if one did.
    pub fn failure(&self) -> Option<&CheckResult> {
        self.checks.iter().find(|check| !check.passed)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for CheckResult { check, passed, detail } in &self.checks {
            let mark = if *passed { "ok  " } else { "FAIL" };
            let dash = if detail.is_empty() { "" } else { " - " };
            writeln!(f, "  {mark}  {check}{dash}{detail}")?;
        }
        if let Some(claims) = &self.claims {
            writeln!(f, "  claims:")?;
            for (name, value) in claims {
                writeln!(f, "    {name}: {value}")?;
            }
        }
        Ok(())
    }
}
