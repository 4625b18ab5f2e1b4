//! Nonces that were used.
//!
//! A nonce must be remembered for as long as its JWT's timestamp would still be accepted; after
//! that the timestamp check refuses a replay, so the memory stays bounded.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use super::refusal::Refusal;
use crate::clock::Moment;
use crate::fingerprint::Fingerprint;

/// How far a client's clock may be off, either way.
pub(crate) const WINDOW: Duration = Duration::from_secs(5 * 60);

/// Nonces are forgotten together with the others of a minute.
const BUCKET: Duration = Duration::from_secs(60);

/// The nonces of one sandbox, keyed by `client_id` and nonce (protocol reference, errors §4).
///
/// Only a fingerprint is kept of each: a busy client sends thousands a second.
#[derive(Debug, Default)]
pub(crate) struct NonceLog {
    /// When the first of them was seen, and all of them.
    buckets: VecDeque<(Moment, HashSet<Fingerprint>)>,
}

impl NonceLog {
    /// Takes a nonce into use. `real_now` is real time, the clock that timestamps are judged by.
    ///
    /// # Errors
    /// `InvalidRequest` if this client used the nonce before.
    pub(crate) fn take(&mut self, client_id: &str, nonce: &str, real_now: Moment) -> Result<(), Refusal> {
        // A timestamp may be a window ahead, so its JWT stays acceptable for two windows.
        while let Some((first, _)) = self.buckets.front()
            && real_now.since(*first) > WINDOW * 2 + BUCKET
        {
            self.buckets.pop_front();
        }
        let key = Fingerprint::of(&[client_id, nonce]);
        if self.buckets.iter().any(|(_, seen)| seen.contains(&key)) {
            return Err(Refusal::invalid_request(
                format!("The nonce provided in JWT payload ({nonce}) has already been used"),
                "sign a new JWT, with a new nonce, for every attempt",
            ));
        }
        match self.buckets.back_mut().filter(|(first, _)| real_now.since(*first) < BUCKET) {
            Some((_, seen)) => drop(seen.insert(key)),
            None => self.buckets.push_back((real_now, HashSet::from([key]))),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_refused_twice_for_one_client_only() {
        let mut log = NonceLog::default();
        let now = Moment::from_millis(0);
        assert!(log.take("a", "n", now).is_ok());
        assert!(log.take("b", "n", now).is_ok());
        let refusal = log.take("a", "n", now).unwrap_err();
        assert_eq!((refusal.status, refusal.code.as_str()), (400, "InvalidRequest"));
        assert_eq!(refusal.message, "The nonce provided in JWT payload (n) has already been used");
    }

    #[test]
    fn the_memory_forgets_what_the_timestamp_check_refuses_anyway() {
        let mut log = NonceLog::default();
        let start = Moment::from_millis(0);
        log.take("a", "n", start).unwrap();
        log.take("a", "m", start.plus(WINDOW * 2)).unwrap();
        assert!(log.take("a", "n", start.plus(WINDOW * 2)).is_err());
        log.take("a", "o", start.plus(WINDOW * 3)).unwrap();
        assert_eq!(log.buckets.len(), 2);
        assert!(log.take("a", "m", start.plus(WINDOW * 3)).is_err());
    }
}
