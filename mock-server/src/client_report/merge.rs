//! The reports of several servers on the same sandbox, as one.

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer};

use super::observer::hostility::MOST_USES;
use super::observer::tally::MOST_OFFENCES;
use super::{CheckOutcome, CheckReport, ClientConduct, ClientReport, HostileOutcome, HostileReport};
use crate::faults::hostile::Hostile;

impl ClientReport {
    /// The same, which says of each offence that this server saw it.
    pub(crate) fn of_server(mut self, server: &str) -> Self {
        for check in self.clients.iter_mut().flat_map(|client| &mut client.checks) {
            check.meaning = check.check.meaning();
            check.offences.iter_mut().for_each(|offence| offence.server = Some(server.to_owned()));
        }
        self
    }

    /// Adds what another server saw.
    pub(crate) fn add(&mut self, other: Self) {
        for client in other.clients {
            let same = |it: &&mut ClientConduct| {
                it.application_id == client.application_id && it.contract_id == client.contract_id
            };
            match self.clients.iter_mut().find(same) {
                Some(known) => known.add(client),
                None => self.clients.push(client),
            }
        }
        // What named no client comes last.
        self.clients.sort_by(|a, b| {
            let place = |it: &ClientConduct| {
                (it.contract_id.is_none(), it.application_id.clone(), it.contract_id.clone())
            };
            place(a).cmp(&place(b))
        });
    }
}

impl ClientConduct {
    fn add(&mut self, other: Self) {
        self.requests += other.requests;
        for check in other.checks {
            match self.checks.iter_mut().find(|known| known.check == check.check) {
                Some(known) => known.add(check),
                None => self.checks.push(check),
            }
        }
        for answer in other.hostile_answers {
            let same =
                |it: &&mut HostileReport| (it.answer, it.operation) == (answer.answer, answer.operation);
            match self.hostile_answers.iter_mut().find(same) {
                Some(known) => known.add(answer),
                None => self.hostile_answers.push(answer),
            }
        }
    }
}

impl CheckReport {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.outcome = CheckOutcome::of(self.passed, self.failed);
        self.offences.extend(other.offences);
        self.offences.truncate(MOST_OFFENCES);
    }
}

impl HostileReport {
    fn add(&mut self, other: Self) {
        self.given += other.given;
        self.used += other.used;
        self.asked_again += other.asked_again;
        self.broken_off += other.broken_off;
        self.used_by.extend(other.used_by);
        self.used_by.truncate(MOST_USES);
        self.outcome = match (self.outcome, other.outcome) {
            (HostileOutcome::Unnoticed, _) | (_, HostileOutcome::Unnoticed) => HostileOutcome::Unnoticed,
            (HostileOutcome::Unknown, _) | (_, HostileOutcome::Unknown) => HostileOutcome::Unknown,
            _ => HostileOutcome::Noticed,
        };
    }
}

/// The name of a hostile answer, if it is one that this version knows.
pub(super) fn known_answer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    let name = String::deserialize(deserializer)?;
    let mut known = Hostile::ALL.iter().map(|hostile| hostile.name()).chain(["corrupt", "truncate"]);
    let found = known.find(|known| *known == name);
    found.ok_or_else(|| D::Error::custom(format!("there is no hostile answer {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client_report::{ClientCheck, Offence};
    use crate::operations::Operation;

    fn report(contract: Option<&str>, failed: u64, outcome: HostileOutcome) -> ClientReport {
        let offence = Offence {
            sequence: 7,
            server: None,
            reference: None,
            operation: None,
            detail: "late".to_owned(),
        };
        let check = CheckReport {
            check: ClientCheck::RetryAfter,
            meaning: ClientCheck::RetryAfter.meaning(),
            outcome: CheckOutcome::of(1, failed),
            passed: 1,
            failed,
            offences: (0..failed).map(|_| offence.clone()).collect(),
        };
        let hostile = HostileReport {
            answer: "corrupt",
            operation: Operation::READ_FILE,
            outcome,
            given: 1,
            used: 0,
            asked_again: 1,
            broken_off: 0,
            used_by: vec![3],
        };
        let client = ClientConduct {
            application_id: contract.map(|_| "app".to_owned()),
            contract_id: contract.map(str::to_owned),
            requests: 2,
            checks: vec![check],
            hostile_answers: vec![hostile],
        };
        ClientReport { sandbox: "box".to_owned(), clients: vec![client] }
    }

    #[test]
    fn what_several_servers_saw_of_a_client_is_counted_together() {
        let written = serde_json::to_string(&report(Some("a"), 4, HostileOutcome::Unnoticed)).unwrap();
        let told: ClientReport = serde_json::from_str(&written).unwrap();
        let mut all = report(None, 0, HostileOutcome::Noticed);
        all.add(report(Some("a"), 0, HostileOutcome::Noticed).of_server("one"));
        all.add(told.of_server("two"));
        let ids: Vec<_> = all.clients.iter().map(|it| it.contract_id.as_deref()).collect();
        assert_eq!(ids, [Some("a"), None]);
        let client = &all.clients[0];
        assert_eq!(client.requests, 4);
        let check = &client.checks[0];
        assert_eq!((check.passed, check.failed, check.outcome), (2, 4, CheckOutcome::Failed));
        assert_eq!(check.offences[0].server.as_deref(), Some("two"));
        assert_eq!(check.meaning, ClientCheck::RetryAfter.meaning());
        let hostile = &client.hostile_answers[0];
        assert_eq!((hostile.given, hostile.outcome), (2, HostileOutcome::Unnoticed));
        assert!(serde_json::from_str::<ClientReport>(&written.replace("corrupt", "odd")).is_err());
    }
}
