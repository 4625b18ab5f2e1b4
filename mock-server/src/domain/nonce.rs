//! Nonces that were used.
//!
//! A nonce must be remembered for as long as its JWT's timestamp can still be fresh, by real time or
//! by the clock of a sandbox, which tests move; after that the timestamp check refuses a replay.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::table::{AnyTable, Kept, Key, KeyText, Row, Table, Told};
use crate::clock::Moment;
use crate::fingerprint::Fingerprint;

/// How far a client's clock may be off, either way.
pub(crate) const WINDOW: Duration = Duration::from_secs(5 * 60);

/// Nonces are forgotten together with the others of a minute.
const MINUTE: i64 = 60_000;
/// How many are forgotten at once: more than one comes meanwhile, so that they get fewer.
const AT_ONCE: usize = 8;

/// The nonces of one sandbox (protocol reference, errors §4).
///
/// Only a fingerprint is kept of each: a busy client sends thousands a second.
#[derive(Debug, Default)]
pub(crate) struct NonceLog {
    used: Table<UsedNonce>,
    repeatable: Table<Repeatable>,
    /// The minute in which real time makes them stale → all of them.
    stale: BTreeMap<i64, Vec<NonceKey>>,
}

/// A nonce that was used.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct UsedNonce {
    /// When real time makes it stale.
    stale: Moment,
}

/// The nonce of a request whose answer was none, so that it may be repeated.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Repeatable {
    /// All that the client sent.
    request: Fingerprint,
    /// When real time makes the nonce stale.
    stale: Moment,
}

impl Row for UsedNonce {
    type Key = NonceKey;
    const TABLE: &'static str = "nonces";
    const KEPT: Kept = Kept::RealTime;

    fn expires(&self) -> Option<Moment> {
        Some(self.stale)
    }

    fn told(&self) -> Told {
        Told::WithSecrets
    }
}

impl Row for Repeatable {
    type Key = NonceKey;
    const TABLE: &'static str = "repeatable_requests";
    const KEPT: Kept = Kept::RealTime;

    fn expires(&self) -> Option<Moment> {
        Some(self.stale)
    }

    fn told(&self) -> Told {
        Told::WithSecrets
    }
}

/// A nonce of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NonceKey(Fingerprint);

impl KeyText for NonceKey {
    fn text(&self) -> Cow<'_, str> {
        Cow::Owned(self.0.to_string())
    }
}

impl Key for NonceKey {
    fn of_text(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

impl NonceKey {
    pub(crate) fn of(client_id: &str, nonce: &str) -> Self {
        Self(Fingerprint::of(&[client_id, nonce]))
    }
}

/// What came with a nonce.
#[derive(Clone, Copy)]
pub(crate) struct NonceUse<'a> {
    pub(crate) key: NonceKey,
    /// The nonce as text, for the refusal.
    pub(crate) nonce: &'a str,
    /// When the JWT says that it was signed.
    pub(crate) signed: Moment,
    /// Everything that the client sent, which is asked for only if the nonce was used before.
    pub(crate) request: &'a (dyn Fn() -> Fingerprint + Send + Sync),
}

impl NonceLog {
    /// Takes a nonce into use.
    ///
    /// It is kept until real time is past its JWT's timestamp. A sandbox's clock is never behind real
    /// time, so by then the JWT is stale by both; and as long as it is ahead, it can be set back.
    ///
    /// # Errors
    /// `InvalidRequest` if this client used the nonce before, unless it repeats, byte for byte, a
    /// request that [`NonceLog::allow_repetition`] was called for.
    pub(crate) fn take(&mut self, used: NonceUse<'_>, real_now: Moment) -> Result<(), Refusal> {
        let NonceUse { key, nonce, signed, request } = used;
        let this_minute = real_now.millis().div_euclid(MINUTE);
        for _ in 0..AT_ONCE {
            let Some(mut first) = self.stale.first_entry().filter(|first| *first.key() < this_minute) else {
                break;
            };
            match first.get_mut().pop() {
                Some(nonce) => {
                    self.used.remove(&nonce);
                    self.repeatable.remove(&nonce);
                }
                None => drop(first.remove()),
            }
        }
        if self.used.contains(&key) {
            let repeats = self.repeatable.get(&key).is_some_and(|allowed| allowed.request == request());
            if repeats {
                self.repeatable.remove(&key);
                return Ok(());
            }
            return Err(Refusal::invalid_request(
                format!("The nonce provided in JWT payload ({nonce}) has already been used"),
                "sign a new JWT, with a new nonce, for every attempt",
            ));
        }
        // Real time can be set back a little.
        let stale = signed.max(real_now).plus(WINDOW * 2);
        if self.used.is_whole() {
            self.stale.entry(stale.millis().div_euclid(MINUTE)).or_default().push(key);
        }
        self.used.insert(key, UsedNonce { stale });
        Ok(())
    }

    /// Takes in those of another log; none was used any less for what this one knows.
    pub(super) fn join(&mut self, other: Self) {
        for (key, used) in other.used.iter() {
            self.used.insert(*key, *used);
        }
        for (key, repeatable) in other.repeatable.iter() {
            self.repeatable.insert(*key, *repeatable);
        }
        self.stale.clear();
        for (key, used) in self.used.iter() {
            self.stale.entry(used.stale.millis().div_euclid(MINUTE)).or_default().push(*key);
        }
    }

    /// As databases see it.
    pub(super) fn tables(&self) -> [&dyn AnyTable; 2] {
        [&self.used, &self.repeatable]
    }

    /// As [`NonceLog::tables`].
    pub(super) fn tables_mut(&mut self) -> [&mut dyn AnyTable; 2] {
        [&mut self.used, &mut self.repeatable]
    }

    /// Lets a request be repeated as it is, because the client got no answer that it could use: old
    /// official clients do not sign anew then (protocol reference, legacy/errors §4).
    pub(crate) fn allow_repetition(&mut self, key: NonceKey, request: Fingerprint) {
        if let Some(UsedNonce { stale }) = self.used.get(&key).copied() {
            self.repeatable.insert(key, Repeatable { request, stale });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn take(
        log: &mut NonceLog,
        client_id: &str,
        nonce: &str,
        signed: Moment,
        now: Moment,
    ) -> Result<(), Refusal> {
        let request = || Fingerprint::of(&["request"]);
        log.take(NonceUse { key: NonceKey::of(client_id, nonce), nonce, signed, request: &request }, now)
    }

    #[test]
    fn what_was_not_answered_may_be_repeated_once_and_as_it_was() {
        let (mut log, now, key) = (NonceLog::default(), Moment::from_millis(0), NonceKey::of("a", "n"));
        let [same, other] = ["request", "other"].map(|text| Fingerprint::of(&[text]));
        take(&mut log, "a", "n", now, now).unwrap();
        log.allow_repetition(key, other);
        assert!(take(&mut log, "a", "n", now, now).is_err(), "another request with the same nonce");
        log.allow_repetition(key, same);
        assert!(take(&mut log, "a", "n", now, now).is_ok());
        assert!(take(&mut log, "a", "n", now, now).is_err());
        log.allow_repetition(NonceKey::of("b", "n"), same);
        assert_eq!(log.repeatable.len(), 0, "what was never used is not kept");
    }

    #[test]
    fn a_nonce_is_refused_twice_for_one_client_only() {
        let mut log = NonceLog::default();
        let now = Moment::from_millis(0);
        assert!(take(&mut log, "a", "n", now, now).is_ok());
        assert!(take(&mut log, "b", "n", now, now).is_ok());
        let refusal = take(&mut log, "a", "n", now, now).unwrap_err();
        assert_eq!((refusal.status, refusal.code.as_str()), (400, "InvalidRequest"));
        assert_eq!(refusal.message, "The nonce provided in JWT payload (n) has already been used");
    }

    #[test]
    fn the_memory_forgets_what_the_timestamp_check_refuses_anyway() {
        let mut log = NonceLog::default();
        let start = Moment::from_millis(0);
        for minute in 0..60 {
            let now = start.plus(Duration::from_secs(60) * minute);
            take(&mut log, "a", &format!("n{minute}"), now, now).unwrap();
            assert!(take(&mut log, "a", &format!("n{}", minute.saturating_sub(5)), now, now).is_err());
        }
        assert!(log.used.len() <= 12, "{}", log.used.len());
        assert_eq!(log.used.len(), log.stale.values().map(Vec::len).sum::<usize>());
    }

    #[test]
    fn a_nonce_of_a_jwt_that_was_stamped_ahead_is_kept_until_real_time_is_past_that() {
        let mut log = NonceLog::default();
        let start = Moment::from_millis(0);
        let ahead = start.plus(DAY);
        take(&mut log, "a", "n", ahead, start).unwrap();
        for now in [start, start.plus(DAY / 2), ahead, ahead.plus(WINDOW)] {
            assert!(take(&mut log, "a", "n", ahead, now).is_err(), "{now:?}");
        }
        take(&mut log, "a", "m", ahead.plus(WINDOW * 3), ahead.plus(WINDOW * 3)).unwrap();
        assert_eq!(log.used.len(), 1);
    }
}
