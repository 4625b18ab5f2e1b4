//! Nonces that were used.
//!
//! A nonce must be remembered for as long as its JWT's timestamp can still be fresh, by real time or
//! by the clock of a sandbox, which tests move; after that the timestamp check refuses a replay.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use super::refusal::Refusal;
use crate::clock::Moment;
use crate::fingerprint::Fingerprint;

/// How far a client's clock may be off, either way.
pub(crate) const WINDOW: Duration = Duration::from_secs(5 * 60);

/// Nonces are forgotten together with the others of a minute.
const MINUTE: i64 = 60_000;

/// The nonces of one sandbox, keyed by `client_id` and nonce (protocol reference, errors §4).
///
/// Only a fingerprint is kept of each: a busy client sends thousands a second.
#[derive(Debug, Default)]
pub(crate) struct NonceLog {
    used: HashSet<Fingerprint>,
    /// The minute in which real time makes them stale → all of them.
    stale: BTreeMap<i64, Vec<Fingerprint>>,
}

impl NonceLog {
    /// Takes a nonce into use, of a JWT that was signed at `signed`.
    ///
    /// It is kept until real time is past that. A sandbox's clock is never behind real time, so by
    /// then the JWT is stale by both; and as long as it is ahead, it can be set back.
    ///
    /// # Errors
    /// `InvalidRequest` if this client used the nonce before.
    pub(crate) fn take(
        &mut self,
        client_id: &str,
        nonce: &str,
        signed: Moment,
        real_now: Moment,
    ) -> Result<(), Refusal> {
        let this_minute = real_now.millis().div_euclid(MINUTE);
        while let Some(first) = self.stale.first_entry().filter(|first| *first.key() < this_minute) {
            for nonce in first.remove() {
                self.used.remove(&nonce);
            }
        }
        let key = Fingerprint::of(&[client_id, nonce]);
        if self.used.contains(&key) {
            return Err(Refusal::invalid_request(
                format!("The nonce provided in JWT payload ({nonce}) has already been used"),
                "sign a new JWT, with a new nonce, for every attempt",
            ));
        }
        // Real time can be set back a little.
        let stale = signed.max(real_now).plus(WINDOW * 2);
        self.stale.entry(stale.millis().div_euclid(MINUTE)).or_default().push(key);
        self.used.insert(key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    #[test]
    fn a_nonce_is_refused_twice_for_one_client_only() {
        let mut log = NonceLog::default();
        let now = Moment::from_millis(0);
        assert!(log.take("a", "n", now, now).is_ok());
        assert!(log.take("b", "n", now, now).is_ok());
        let refusal = log.take("a", "n", now, now).unwrap_err();
        assert_eq!((refusal.status, refusal.code.as_str()), (400, "InvalidRequest"));
        assert_eq!(refusal.message, "The nonce provided in JWT payload (n) has already been used");
    }

    #[test]
    fn the_memory_forgets_what_the_timestamp_check_refuses_anyway() {
        let mut log = NonceLog::default();
        let start = Moment::from_millis(0);
        for minute in 0..60 {
            let now = start.plus(Duration::from_secs(60) * minute);
            log.take("a", &format!("n{minute}"), now, now).unwrap();
            assert!(log.take("a", &format!("n{}", minute.saturating_sub(5)), now, now).is_err());
        }
        assert!(log.used.len() <= 12, "{}", log.used.len());
        assert_eq!(log.used.len(), log.stale.values().map(Vec::len).sum::<usize>());
    }

    #[test]
    fn a_nonce_of_a_jwt_that_was_stamped_ahead_is_kept_until_real_time_is_past_that() {
        let mut log = NonceLog::default();
        let start = Moment::from_millis(0);
        let ahead = start.plus(DAY);
        log.take("a", "n", ahead, start).unwrap();
        for now in [start, start.plus(DAY / 2), ahead, ahead.plus(WINDOW)] {
            assert!(log.take("a", "n", ahead, now).is_err(), "{now:?}");
        }
        log.take("a", "m", ahead.plus(WINDOW * 3), ahead.plus(WINDOW * 3)).unwrap();
        assert_eq!(log.used.len(), 1);
    }
}
