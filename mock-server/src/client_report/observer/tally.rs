//! The counts of one client.

use std::collections::BTreeMap;

use super::request::Observed;
use crate::client_report::{CheckOutcome, CheckReport, ClientCheck, Offence};

/// How many offences of a check are told one by one.
pub(in crate::client_report) const MOST_OFFENCES: usize = 5;
/// How many characters of an offence's detail are kept: it may repeat what the client sent.
const LONGEST_DETAIL: usize = 200;

/// How often one client passed and failed each check.
#[derive(Debug, Default)]
pub(super) struct Tallies(BTreeMap<ClientCheck, Tally>);

#[derive(Debug, Default)]
struct Tally {
    passed: u64,
    failed: u64,
    offences: Vec<Offence>,
}

impl Tallies {
    /// Counts a request; an error says what is wrong with it, without secrets.
    pub(super) fn judge(&mut self, check: ClientCheck, request: &Observed<'_>, found: Result<(), String>) {
        let tally = self.0.entry(check).or_default();
        let Err(detail) = found else {
            tally.passed += 1;
            return;
        };
        tally.failed += 1;
        if tally.offences.len() < MOST_OFFENCES {
            tally.offences.push(Offence {
                sequence: request.sequence,
                server: None,
                reference: request.reference.map(str::to_owned),
                operation: request.operation(),
                detail: detail.chars().take(LONGEST_DETAIL).collect(),
            });
        }
    }

    /// Every check, exercised or not.
    pub(super) fn report(&self) -> Vec<CheckReport> {
        let none = Tally::default();
        let report = |check: &ClientCheck| {
            let Tally { passed, failed, offences } = self.0.get(check).unwrap_or(&none);
            CheckReport {
                check: *check,
                meaning: check.meaning(),
                outcome: CheckOutcome::of(*passed, *failed),
                passed: *passed,
                failed: *failed,
                offences: offences.clone(),
            }
        };
        ClientCheck::ALL.iter().map(report).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::*;
    use crate::operations::Operation;

    #[test]
    fn every_failure_counts_and_the_first_few_are_told() {
        let mut tallies = Tallies::default();
        let sample = Sample::of(Operation::TOKEN);
        let request = sample.observed();
        tallies.judge(ClientCheck::State, &request, Ok(()));
        for _ in 0..7 {
            tallies.judge(ClientCheck::Pkce, &request, Err("x".repeat(1000)));
        }
        let report = tallies.report();
        let of = |check| report.iter().find(|it| it.check == check).unwrap();
        assert_eq!(of(ClientCheck::State).outcome, CheckOutcome::Passed);
        assert_eq!(of(ClientCheck::Agent).outcome, CheckOutcome::NotExercised);
        let pkce = of(ClientCheck::Pkce);
        assert_eq!(
            (pkce.outcome, pkce.failed, pkce.offences.len()),
            (CheckOutcome::Failed, 7, MOST_OFFENCES)
        );
        assert_eq!(pkce.offences[0].detail.len(), LONGEST_DETAIL);
    }
}
