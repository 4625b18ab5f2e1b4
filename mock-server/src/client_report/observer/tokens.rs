//! When tokens are refreshed, and with which refresh token.

use std::time::Duration;

use serde_json::Value;

use super::memory::Memory;
use super::request::Observed;
use super::tally::Tallies;
use crate::client_report::ClientCheck;
use crate::clock::Moment;
use crate::durations;
use crate::fingerprint::Fingerprint;
use crate::operations::Operation;

/// How early a refresh may come: clients allow for the way and for clocks that differ. For tokens
/// that live for less than ten minutes it is a tenth of their life.
const LEEWAY: Duration = Duration::from_secs(60);

/// The token pairs that a client was given.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// Refresh token → what it came with.
    pairs: Memory<Pair>,
    /// Access tokens that were answered with 401, rightly or by a fault.
    refused: Memory<()>,
}

#[derive(Debug)]
struct Pair {
    access: Fingerprint,
    issued: Moment,
    expires: Moment,
    /// When a refresh with it succeeded first.
    superseded: Option<Moment>,
}

impl Tokens {
    pub(super) fn observe(&mut self, request: &Observed<'_>, grace: Duration, tallies: &mut Tallies) {
        if let Some(access) = request.claim("access_token").filter(|_| request.answer.status == 401) {
            self.refused.insert(Fingerprint::of(&[access]), ());
        }
        if !request.is(Operation::TOKEN) {
            return;
        }
        if let Some(refresh) = request.claim("refresh_token") {
            self.refresh(request, Fingerprint::of(&[refresh]), grace, tallies);
        }
        if request.succeeded()
            && let Some((refresh, pair)) = answered(request)
        {
            self.pairs.insert(refresh, pair);
        }
    }

    fn refresh(
        &mut self,
        request: &Observed<'_>,
        refresh: Fingerprint,
        grace: Duration,
        tallies: &mut Tallies,
    ) {
        let Some(pair) = self.pairs.get_mut(&refresh) else { return };
        let now = request.when.arrived;
        if let Some(at) = pair.superseded {
            // Several requests may have found the access token expired at once; the first refresh
            // was judged, and the others are one with it.
            let late = now.since(at);
            let found = match late > grace {
                true => Err(format!("the refresh token was replaced {} before", durations::format(late))),
                false => Ok(()),
            };
            tallies.judge(ClientCheck::CurrentRefreshToken, request, found);
            return;
        }
        if request.succeeded() {
            pair.superseded = Some(request.when.answered);
        }
        tallies.judge(ClientCheck::CurrentRefreshToken, request, Ok(()));
        let early = pair.expires.since(now);
        let leeway = LEEWAY.min(pair.expires.since(pair.issued) / 10);
        let found = match early > leeway && !self.refused.contains(&pair.access) {
            true => Err(format!("the access token was valid for another {}", durations::format(early))),
            false => Ok(()),
        };
        tallies.judge(ClientCheck::RefreshAfterExpiry, request, found);
    }
}

/// The refresh token of the pair that a request was answered, and the rest of it.
fn answered(request: &Observed<'_>) -> Option<(Fingerprint, Pair)> {
    let pair = |access: &str, expires, refresh: &str| {
        let access = Fingerprint::of(&[access]);
        let pair = Pair { access, issued: request.when.answered, expires, superseded: None };
        (Fingerprint::of(&[refresh]), pair)
    };
    if let (Some(issued), None) = (request.issued, request.fault) {
        return Some(pair(&issued.access, issued.access_expires, &issued.refresh));
    }
    let payload = request.answered_payload()?;
    let value = |name: &str| payload.0.get(name)?.get("value")?.as_str();
    let expires = payload.0.get("access_token")?.get("expires_on").and_then(Value::as_i64)?;
    let expires = Moment::from_millis(expires.saturating_mul(1000));
    Some(pair(value("access_token")?, expires, value("refresh_token")?))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{NOW, Sample, counts, failed, offence};
    use super::*;
    use crate::domain::token::TokenPair;
    use crate::faults::Fault;
    use serde_json::json;

    const HOUR: i64 = 3_600_000;

    /// A pair whose access token lives for an hour.
    fn pair(sample: Sample, number: u32) -> Sample {
        let expires = sample.observed().when.answered.plus(Duration::from_secs(3600)).seconds();
        sample.answer_token(&json!({
            "access_token": {"value": format!("access-{number}"), "expires_on": expires},
            "refresh_token": {"value": format!("refresh-{number}"), "expires_on": expires},
        }))
    }

    fn first() -> Sample {
        pair(Sample::of(Operation::TOKEN), 1)
    }

    fn refresh(number: u32, after: i64) -> Sample {
        pair(
            Sample::of(Operation::TOKEN).claim("refresh_token", format!("refresh-{number}")).after(after),
            number + 1,
        )
    }

    #[test]
    fn a_pair_is_known_in_whatever_form_it_is_answered() {
        let hour = Moment::from_millis(NOW + HOUR);
        let pair = TokenPair {
            access: "access-1".to_owned(),
            access_expires: hour,
            refresh: "refresh-1".to_owned(),
            refresh_expires: hour,
            library: "library".to_owned(),
            consent: "consent".to_owned(),
        };
        let first = || Sample::of(Operation::TOKEN).issued(pair.clone());
        assert_eq!(failed([&first(), &refresh(1, HOUR / 2)]), [ClientCheck::RefreshAfterExpiry]);
        assert!(failed([&first(), &refresh(1, HOUR)]).is_empty());
        let altered = first().fault(Fault::on(Operation::TOKEN).status(200));
        assert!(
            failed([&altered, &refresh(1, HOUR / 2)]).is_empty(),
            "another answer may have been made of it"
        );
    }

    #[test]
    fn a_refresh_waits_for_the_end_of_the_access_token() {
        let early = refresh(1, HOUR / 2);
        assert_eq!(failed([&first(), &early]), [ClientCheck::RefreshAfterExpiry]);
        let found = offence(ClientCheck::RefreshAfterExpiry, [&first(), &early]).unwrap();
        assert_eq!(found.detail, "the access token was valid for another 30m");
        for after in [HOUR - 60_000, HOUR, 2 * HOUR] {
            assert!(failed([&first(), &refresh(1, after)]).is_empty(), "{after}");
        }
        assert!(failed([&first(), &refresh(1, HOUR), &refresh(2, 2 * HOUR)]).is_empty());
        assert_eq!(NOW % 1000, 0, "expires_on counts whole seconds");
    }

    #[test]
    fn a_refused_access_token_is_refreshed_whatever_its_end() {
        let refused = Sample::of(Operation::READ_ACCOUNTS).claim("access_token", "access-1").answer(401);
        assert!(failed([&first(), &refused, &refresh(1, 1000)]).is_empty());
        let other = Sample::of(Operation::READ_ACCOUNTS).claim("access_token", "access-0").answer(401);
        assert_eq!(failed([&first(), &other, &refresh(1, 1000)]), [ClientCheck::RefreshAfterExpiry]);
    }

    #[test]
    fn parallel_refreshes_are_one_and_late_ones_use_the_wrong_token() {
        let parallel = [first(), refresh(1, HOUR), refresh(1, HOUR), refresh(1, HOUR + 60_000)];
        assert_eq!(counts(ClientCheck::RefreshAfterExpiry, &parallel), (1, 0));
        assert_eq!(counts(ClientCheck::CurrentRefreshToken, &parallel), (3, 0));
        let late = [first(), refresh(1, HOUR), refresh(1, HOUR + 60_001).answer(401)];
        assert_eq!(failed(&late), [ClientCheck::CurrentRefreshToken]);
        let hasty = [first(), refresh(1, 1000), refresh(1, 1000)];
        assert_eq!(counts(ClientCheck::RefreshAfterExpiry, &hasty), (0, 1));
    }

    #[test]
    fn a_refresh_that_was_not_answered_replaced_nothing() {
        let again = [first(), refresh(1, HOUR).answer(503), refresh(1, 2 * HOUR)];
        assert!(failed(&again).is_empty());
    }
}
