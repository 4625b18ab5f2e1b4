//! What a client made of the hostile answers that it was given.

use std::collections::BTreeMap;

use super::memory::Memory;
use super::request::{Observed, parameter};
use crate::client_report::{HostileOutcome, HostileReport};
use crate::clock::Moment;
use crate::faults::Fault;
use crate::faults::hostile::{Hostile, REDIRECTED};
use crate::fingerprint::Fingerprint;
use crate::operations::Operation;
use crate::operations::route::Route;

/// How many hostile answers are followed up at a time.
const MOST_GIVEN: usize = 256;
/// How many requests that used a hostile answer are told one by one.
pub(in crate::client_report) const MOST_USES: usize = 5;

/// The hostile answers of one client.
#[derive(Debug, Default)]
pub(super) struct Hostility {
    rows: BTreeMap<(&'static str, &'static str), Row>,
    /// Number → hostile answer, of which the oldest is forgotten first.
    given: BTreeMap<u64, Given>,
    count: u64,
    /// Token or code of a hostile answer → number.
    secrets: Memory<u64>,
    /// Request that was answered so → number.
    requests: Memory<u64>,
}

/// All hostile answers of one kind from one operation.
#[derive(Debug)]
struct Row {
    operation: Operation,
    given: u64,
    fates: [u64; 4],
    /// Whether it would be seen that the client used one.
    shows: bool,
    used_by: Vec<u64>,
}

#[derive(Debug)]
struct Given {
    row: (&'static str, &'static str),
    sequence: Option<u64>,
    at: Moment,
    fate: Fate,
}

/// What became of a hostile answer; a later one outweighs an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    LeftAlone,
    AskedAgain,
    BrokenOff,
    Used,
}

impl Hostility {
    pub(super) fn observe(&mut self, request: &Observed<'_>) {
        if !self.secrets.is_empty() {
            for secret in
                ["access_token", "refresh_token", "code"].into_iter().filter_map(|it| request.claim(it))
            {
                self.used(Fingerprint::of(&[secret]), Some(request.sequence));
            }
        }
        if !self.requests.is_empty() {
            self.follow_up(request);
        }
        if let (Some(fault), Some(route)) = (request.fault, request.route) {
            for answer in answers(fault, route) {
                let row = (answer, route.name());
                let secrets = match answer == Hostile::WrongPreauthorizationCode.name() {
                    true => Vec::new(),
                    false => secrets(request),
                };
                let shows = !secrets.is_empty() || SEEN_BY_THEMSELVES.iter().any(|it| it.name() == answer);
                let number = self.give(row, route.operation, shows, &secrets, request.when.answered);
                if let Some(given) = self.given.get_mut(&number) {
                    given.sequence = Some(request.sequence);
                }
                self.requests.insert(request.identity(), number);
            }
        }
    }

    /// A secret that came with a hostile answer was used.
    pub(super) fn used(&mut self, secret: Fingerprint, sequence: Option<u64>) {
        if let Some(number) = self.secrets.get(&secret) {
            self.decide(*number, Fate::Used, sequence);
        }
    }

    /// A callback was changed; whoever exchanges its code did not look at its `state`.
    pub(super) fn callback_changed(&mut self, operation: Operation, location: &str) {
        let query = location.split_once('?').map_or("", |(_, query)| query);
        let code = parameter(query, "code").map(|code| Fingerprint::of(&[&code]));
        let row = (Hostile::ChangedState.name(), operation.name());
        self.give(row, operation, code.is_some(), code.as_slice(), Moment::real());
    }

    /// The oversize answer to a request was read to its end, or was not.
    pub(super) fn oversize_ended(&mut self, sequence: u64, read_all: bool) {
        let fate = if read_all { Fate::Used } else { Fate::BrokenOff };
        let oversize = |given: &Given| given.row.0 == Hostile::OversizeBody.name();
        let numbers: Vec<_> = self
            .given
            .iter()
            .filter(|(_, given)| given.sequence == Some(sequence) && oversize(given))
            .map(|(number, _)| *number)
            .collect();
        numbers.into_iter().for_each(|number| self.decide(number, fate, Some(sequence)));
    }

    pub(super) fn report(&self) -> Vec<HostileReport> {
        let report = |(key, row): (&(&'static str, &'static str), &Row)| {
            let of = |fate: Fate| row.fates[fate as usize];
            let reacted = of(Fate::AskedAgain) + of(Fate::BrokenOff);
            let outcome = match of(Fate::Used) {
                0 if row.shows || reacted == row.given => HostileOutcome::Noticed,
                0 => HostileOutcome::Unknown,
                _ => HostileOutcome::Unnoticed,
            };
            HostileReport {
                answer: key.0,
                operation: row.operation,
                outcome,
                given: row.given,
                used: of(Fate::Used),
                asked_again: of(Fate::AskedAgain),
                broken_off: of(Fate::BrokenOff),
                used_by: row.used_by.clone(),
            }
        };
        self.rows.iter().map(report).collect()
    }

    /// The same request again tells that its answer was no good, but for the file list, which is
    /// asked for again anyway.
    fn follow_up(&mut self, request: &Observed<'_>) {
        let Some(number) = self.requests.get(&request.identity()).copied() else { return };
        if request.parameter(REDIRECTED).is_some() {
            self.decide(number, Fate::Used, Some(request.sequence));
            return;
        }
        let came_later = self.given.get(&number).is_some_and(|given| request.when.arrived >= given.at);
        if came_later && !request.is(Operation::READ_FILE_LIST) {
            self.decide(number, Fate::AskedAgain, None);
        }
    }

    fn give(
        &mut self,
        key: (&'static str, &'static str),
        operation: Operation,
        shows: bool,
        secrets: &[Fingerprint],
        at: Moment,
    ) -> u64 {
        self.count += 1;
        let row = self.rows.entry(key).or_insert(Row {
            operation,
            given: 0,
            fates: [0; 4],
            shows: true,
            used_by: Vec::new(),
        });
        row.given += 1;
        row.fates[Fate::LeftAlone as usize] += 1;
        row.shows &= shows;
        self.given.insert(self.count, Given { row: key, sequence: None, at, fate: Fate::LeftAlone });
        if self.given.len() > MOST_GIVEN {
            self.given.pop_first();
        }
        for secret in secrets {
            self.secrets.insert(*secret, self.count);
        }
        self.count
    }

    fn decide(&mut self, number: u64, fate: Fate, sequence: Option<u64>) {
        let Some(given) = self.given.get_mut(&number).filter(|given| given.fate < fate) else { return };
        let Some(row) = self.rows.get_mut(&given.row) else { return };
        row.fates[given.fate as usize] -= 1;
        row.fates[fate as usize] += 1;
        given.fate = fate;
        if let Some(sequence) = sequence.filter(|_| fate == Fate::Used && row.used_by.len() < MOST_USES) {
            row.used_by.push(sequence);
        }
    }
}

/// Hostile answers whose use is seen even if they hold no secret.
const SEEN_BY_THEMSELVES: [Hostile; 2] = [Hostile::RedirectLoop, Hostile::OversizeBody];

/// What is hostile about an answer that a fault struck.
fn answers(fault: &Fault, route: &Route) -> Vec<&'static str> {
    let hostile = fault.hostile.filter(|hostile| hostile.applies_to(route)).map(Hostile::name);
    let corrupt = fault.corrupt.then_some("corrupt");
    let truncate = fault.truncate.then_some("truncate");
    [hostile, corrupt, truncate].into_iter().flatten().collect()
}

/// The tokens and codes of an answer.
fn secrets(request: &Observed<'_>) -> Vec<Fingerprint> {
    let Some(payload) = request.answered_payload() else { return Vec::new() };
    let tokens =
        ["access_token", "refresh_token"].into_iter().filter_map(|name| payload.0.get(name)?.get("value"));
    let codes =
        ["preauthorization_code", "reference_code"].into_iter().filter_map(|name| payload.0.get(name));
    tokens.chain(codes).filter_map(|it| it.as_str()).map(|it| Fingerprint::of(&[it])).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, report};
    use super::super::{Observer, Seen};
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    fn hostile(sample: Sample, operation: Operation, hostile: Hostile) -> Sample {
        sample.fault(Fault::on(operation).hostile(hostile))
    }

    fn forged_token() -> Sample {
        let payload = json!({"access_token": {"value": "forged"}, "refresh_token": {"value": "forged-too"}});
        let exchange = Sample::of(Operation::TOKEN).claim("code", "c").answer_token(&payload);
        hostile(exchange, Operation::TOKEN, Hostile::UnknownKid)
    }

    fn rows<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> Vec<HostileReport> {
        report(samples).clients[0].hostile_answers.clone()
    }

    #[test]
    fn who_sends_a_forged_token_did_not_notice() {
        let use_it = Sample::of(Operation::READ_ACCOUNTS).claim("access_token", "forged-too");
        let [row] = &rows([&forged_token(), &use_it])[..] else { panic!("one row") };
        assert_eq!(
            (row.answer, row.operation, row.outcome),
            ("unknownKid", Operation::TOKEN, HostileOutcome::Unnoticed)
        );
        assert_eq!((row.given, row.used, &row.used_by[..]), (1, 1, &[use_it.sequence()][..]));
    }

    #[test]
    fn who_does_not_or_asks_again_did() {
        let [row] = &rows([&forged_token()])[..] else { panic!("one row") };
        assert_eq!((row.outcome, row.given, row.used, row.asked_again), (HostileOutcome::Noticed, 1, 0, 0));
        let again = Sample::of(Operation::TOKEN).claim("code", "c").after(10);
        let [row] = &rows([&forged_token(), &again])[..] else { panic!("one row") };
        assert_eq!((row.outcome, row.given, row.used, row.asked_again), (HostileOutcome::Noticed, 1, 0, 1));
    }

    #[test]
    fn what_was_used_stays_used() {
        let use_it = || Sample::of(Operation::READ_ACCOUNTS).claim("access_token", "forged");
        let again = Sample::of(Operation::TOKEN).claim("code", "c").after(10);
        let [row] = &rows([&forged_token(), &use_it(), &use_it(), &again])[..] else { panic!("one row") };
        assert_eq!((row.outcome, row.used, row.asked_again), (HostileOutcome::Unnoticed, 1, 0));
    }

    #[test]
    fn a_spoilt_file_shows_only_if_it_is_asked_for_again() {
        let file = || Sample::of(Operation::READ_FILE);
        let spoilt = || file().fault(Fault::on(Operation::READ_FILE).corrupt().truncate());
        let outcomes =
            |rows: Vec<HostileReport>| rows.iter().map(|row| (row.answer, row.outcome)).collect::<Vec<_>>();
        let unknown = [("corrupt", HostileOutcome::Unknown), ("truncate", HostileOutcome::Unknown)];
        assert_eq!(outcomes(rows([&spoilt()])), unknown);
        let truncated = || file().fault(Fault::on(Operation::READ_FILE).truncate());
        assert_eq!(outcomes(rows([&truncated(), &file().after(1)])), [("truncate", HostileOutcome::Noticed)]);
        let list = || Sample::of(Operation::READ_FILE_LIST);
        let spoilt = list().fault(Fault::on(Operation::READ_FILE_LIST).truncate());
        assert_eq!(outcomes(rows([&spoilt, &list().after(1)])), [("truncate", HostileOutcome::Unknown)]);
    }

    #[test]
    fn who_follows_a_redirect_loop_is_seen() {
        let accounts = || Sample::of(Operation::READ_ACCOUNTS);
        let looped = || hostile(accounts().answer(307), Operation::READ_ACCOUNTS, Hostile::RedirectLoop);
        let path = accounts().observed().uri.path().to_owned();
        let followed = accounts().path(&format!("{path}?redirected=1"));
        assert_eq!(rows([&looped()])[0].outcome, HostileOutcome::Noticed);
        assert_eq!(rows([&looped(), &followed])[0].outcome, HostileOutcome::Unnoticed);
    }

    #[test]
    fn an_oversize_answer_is_judged_when_its_body_ends() {
        for (read_all, outcome) in [(true, HostileOutcome::Unnoticed), (false, HostileOutcome::Noticed)] {
            let observer = Observer::new(Duration::ZERO);
            let sample = hostile(
                Sample::of(Operation::READ_ACCOUNTS),
                Operation::READ_ACCOUNTS,
                Hostile::OversizeBody,
            );
            sample.observe(&observer);
            observer.oversize_ended(sample.sequence(), read_all);
            let row = &observer.report("box").clients[0].hostile_answers[0];
            assert_eq!((row.outcome, row.broken_off), (outcome, u64::from(!read_all)));
        }
    }

    #[test]
    fn a_changed_callback_belongs_to_the_client_whose_page_it_was() {
        let observer = Observer::new(Duration::ZERO);
        let start = Sample::of(Operation::AUTHORIZE).answer_token(&json!({"preauthorization_code": "page"}));
        start.observe(&observer);
        let location = Some("http://a/?code=granted&state=x");
        observer.page_decided(Operation::CONSENT_DECISION, "page", location);
        observer.page_decided(Operation::CONSENT_DECISION, "nobody's", location);
        let outcome = || observer.report("box").clients[0].hostile_answers[0].outcome;
        assert_eq!(outcome(), HostileOutcome::Noticed);
        Sample::of(Operation::TOKEN).claim("code", "granted").observe(&observer);
        assert_eq!(outcome(), HostileOutcome::Unnoticed);
    }

    #[test]
    fn what_is_followed_up_is_bounded() {
        let mut seen = Seen::default();
        for _ in 0..MOST_GIVEN * 2 {
            seen.client(&forged_token().observed(), Duration::ZERO);
        }
        let watched = seen.clients.values().next().unwrap();
        assert_eq!(watched.hostility.given.len(), MOST_GIVEN);
        assert_eq!(watched.hostility.report()[0].given, 2 * MOST_GIVEN as u64);
    }
}
