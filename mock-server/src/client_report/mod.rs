//! How well clients keep the platform's contract, as their traffic shows it: the answer of
//! `GET /__admin/client-report`.

pub(crate) mod observer;

mod check;
#[cfg_attr(not(feature = "postgres"), allow(dead_code))]
mod merge;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::operations::Operation;
pub use check::ClientCheck;

/// How well the clients of one sandbox keep the platform's contract.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientReport {
    /// The sandbox.
    pub sandbox: String,
    /// A client for each application and contract that sent something, and last what named none.
    pub clients: Vec<ClientConduct>,
}

/// What one application did with one contract.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientConduct {
    /// The application; absent for requests that name no contract of the sandbox, such as those for
    /// the key set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    /// Its contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract_id: Option<String>,
    /// How many requests it sent; the pages that the user's browser loads do not count.
    pub requests: u64,
    /// Every check, in the order of [`ClientCheck::ALL`].
    pub checks: Vec<CheckReport>,
    /// The hostile answers that it was given.
    pub hostile_answers: Vec<HostileReport>,
}

/// The name of a hostile answer. It is read as one that is known; a field of this type by its own name would
/// be taken to borrow from the text that is read.
type AnswerName = &'static str;

/// How a client did in one check.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    /// The check.
    pub check: ClientCheck,
    /// What it asks of a client, and why.
    #[serde(skip_deserializing)]
    pub meaning: &'static str,
    /// What the counts come to.
    pub outcome: CheckOutcome,
    /// How often the client did as it should.
    pub passed: u64,
    /// How often it did not.
    pub failed: u64,
    /// The first few times that it did not.
    pub offences: Vec<Offence>,
}

/// What the counts of a check come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CheckOutcome {
    /// The client always did as it should.
    Passed,
    /// It did not at least once.
    Failed,
    /// Nothing that it did was a case for the check.
    NotExercised,
}

/// A request by which a client failed a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Offence {
    /// The request's number in the journal.
    pub sequence: u64,
    /// Which of several servers that share the state answered it, and counts so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// `error.reference` of its answer, if it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What it asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// What was wrong, without secrets.
    pub detail: String,
}

/// What a client made of one kind of hostile answer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostileReport {
    /// The name of the [`Hostile`](crate::Hostile) answer, `corrupt` or `truncate`.
    #[serde(deserialize_with = "merge::known_answer")]
    pub answer: AnswerName,
    /// The operation that gave it.
    pub operation: Operation,
    /// What the counts come to.
    pub outcome: HostileOutcome,
    /// How often it was given.
    pub given: u64,
    /// How often the client went on to use it: sent a token or code of it, followed the redirect, or
    /// read an oversize answer to its end.
    pub used: u64,
    /// How often it asked again instead.
    pub asked_again: u64,
    /// How often it hung up in the middle of it.
    pub broken_off: u64,
    /// The numbers, in the journal, of the first few requests that used it.
    pub used_by: Vec<u64>,
}

/// Whether a client noticed a hostile answer, as far as its traffic shows until now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum HostileOutcome {
    /// It used nothing of it.
    Noticed,
    /// It used it at least once.
    Unnoticed,
    /// Its traffic cannot show it.
    Unknown,
}

impl CheckOutcome {
    fn of(passed: u64, failed: u64) -> Self {
        match (passed, failed) {
            (0, 0) => Self::NotExercised,
            (_, 0) => Self::Passed,
            _ => Self::Failed,
        }
    }
}

impl ClientReport {
    /// What was done with a contract.
    pub fn contract(&self, contract_id: &str) -> Option<&ClientConduct> {
        self.clients.iter().find(|client| client.contract_id.as_deref() == Some(contract_id))
    }
}

impl ClientConduct {
    /// How the client did in a check.
    pub fn check(&self, check: ClientCheck) -> Option<&CheckReport> {
        self.checks.iter().find(|report| report.check == check)
    }

    /// The checks with this outcome.
    pub fn with_outcome(&self, outcome: CheckOutcome) -> Vec<ClientCheck> {
        self.checks.iter().filter(|report| report.outcome == outcome).map(|report| report.check).collect()
    }
}
