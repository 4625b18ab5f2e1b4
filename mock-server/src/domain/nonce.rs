//! Nonces that were used.
//!
//! A nonce must be remembered for as long as its JWT's timestamp would still be accepted; after
//! that the timestamp check refuses a replay, so the memory stays bounded.

use std::collections::{HashSet, VecDeque};

use super::refusal::Refusal;
use crate::clock::Moment;
use crate::verify::timestamp::WINDOW;

/// The nonces of one sandbox, keyed by `client_id` and nonce (protocol reference, errors §4).
#[derive(Debug, Default)]
pub struct NonceLog {
    seen: HashSet<(String, String)>,
    order: VecDeque<(Moment, (String, String))>,
}

impl NonceLog {
    /// Takes a nonce into use. `real_now` is real time, the clock that timestamps are judged by.
    ///
    /// # Errors
    /// `InvalidRequest` if this client used the nonce before.
    pub fn take(&mut self, client_id: &str, nonce: &str, real_now: Moment) -> Result<(), Refusal> {
        // A timestamp may be a window ahead, so its JWT stays acceptable for two windows.
        while let Some((seen_at, _)) = self.order.front()
            && real_now.since(*seen_at) > WINDOW * 2
        {
            if let Some((_, key)) = self.order.pop_front() {
                self.seen.remove(&key);
            }
        }
        let key = (client_id.to_owned(), nonce.to_owned());
        if !self.seen.insert(key.clone()) {
            return Err(Refusal::invalid_request(
                format!("The nonce provided in JWT payload ({nonce}) has already been used"),
                "sign a new JWT, with a new nonce, for every attempt",
            ));
        }
        self.order.push_back((real_now, key));
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
        assert_eq!(log.seen.len(), 2);
    }
}
