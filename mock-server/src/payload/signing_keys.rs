//! The keys that the server signs with, one after the other.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;

use super::signing::{KeySet, SigningKey};
use crate::clock::Moment;

/// A key, and when it begins to sign.
#[derive(Clone, Debug)]
pub(crate) struct Succession {
    pub(crate) key: Arc<SigningKey>,
    pub(crate) signs: Moment,
}

/// What signs at a moment, and what is published.
pub(crate) struct Published {
    /// The key that signs.
    pub(crate) signing: Arc<SigningKey>,
    /// What `jwks/oauth` answers: the key that signs first, which old iOS clients rely on; then the one that will, so
    /// that clients that keep the set know it in time; then those whose tokens are still good.
    pub(crate) set: Bytes,
    /// Until when that is so.
    until: Moment,
}

/// The keys that the server signs with, one after the other, in real time.
pub(crate) struct SigningKeys {
    known: RwLock<Known>,
    /// How long a key is published after its last token was signed.
    kept: Duration,
}

struct Known {
    keys: Vec<Succession>,
    published: Arc<Published>,
}

impl SigningKeys {
    /// A key that has no successor yet.
    pub(crate) fn new(first: SigningKey, kept: Duration) -> Self {
        let keys = vec![Succession { key: Arc::new(first), signs: Moment::from_millis(0) }];
        let published = Arc::new(published(&keys[0], &keys, kept, Moment::from_millis(0)));
        Self { known: RwLock::new(Known { keys, published }), kept }
    }

    /// Takes up these keys in the place of those that were known; nothing if there are none.
    pub(crate) fn take_up(&self, mut keys: Vec<Succession>, now: Moment) {
        keys.sort_by_key(|key| key.signs);
        let Some(current) = current(&keys, now) else { return };
        let published = Arc::new(published(current, &keys, self.kept, now));
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Known { keys, published };
    }

    /// What signs and is published now.
    pub(crate) fn at(&self, now: Moment) -> Arc<Published> {
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if now < known.published.until {
                return Arc::clone(&known.published);
            }
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = current(&known.keys, now) {
            known.published = Arc::new(published(current, &known.keys, self.kept, now));
        }
        Arc::clone(&known.published)
    }
}

/// The last key that signs by now; before all of them the first.
fn current(keys: &[Succession], now: Moment) -> Option<&Succession> {
    keys.iter().rfind(|key| key.signs <= now).or(keys.first())
}

/// When the tokens of a key end; none if it has no successor.
fn ended(index: usize, keys: &[Succession], kept: Duration) -> Option<Moment> {
    Some(keys.get(index + 1)?.signs.plus(kept))
}

fn published(current: &Succession, keys: &[Succession], kept: Duration, now: Moment) -> Published {
    let is_current = |key: &Succession| Arc::ptr_eq(&key.key, &current.key);
    let live = keys.iter().enumerate();
    let live = live.filter(|(index, _)| ended(*index, keys, kept).is_none_or(|ended| now < ended));
    let (coming, former): (Vec<_>, Vec<_>) =
        live.map(|(_, key)| key).filter(|key| !is_current(key)).partition(|key| key.signs > now);
    let ends = (0..keys.len()).filter_map(|index| ended(index, keys, kept));
    let changes = keys.iter().map(|key| key.signs).chain(ends).filter(|at| *at > now);
    let in_order = [current].into_iter().chain(coming).chain(former.into_iter().rev());
    let set = KeySet::of(in_order.map(|it| it.key.as_ref()));
    Published {
        signing: Arc::clone(&current.key),
        // Texts alone, of which none is one that JSON cannot write.
        set: serde_json::to_vec(&set).unwrap_or_default().into(),
        until: changes.min().unwrap_or(Moment::from_millis(i64::MAX)),
    }
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_list().entries(&known.keys).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn key(kid: &str) -> SigningKey {
        let keys = &digime_fixtures::keys::SIGNING;
        SigningKey::from_pem(kid.to_owned(), keys.private_pem).unwrap()
    }

    fn kids(keys: &SigningKeys, minute: i64) -> String {
        let published = keys.at(Moment::from_millis(minute * MINUTE));
        let set: serde_json::Value = serde_json::from_slice(&published.set).unwrap();
        let kids: Vec<_> =
            set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect();
        format!("{}: {}", published.signing.kid(), kids.join(" "))
    }

    #[test]
    fn a_key_is_published_before_it_signs_and_as_long_as_its_tokens_are_good() {
        let keys = SigningKeys::new(key("a"), Duration::from_secs(3600));
        assert_eq!(kids(&keys, 0), "a: a");
        let successions = [("c", 100), ("a", 0), ("b", 15)].map(|(kid, minute)| Succession {
            key: Arc::new(key(kid)),
            signs: Moment::from_millis(minute * MINUTE),
        });
        keys.take_up(successions[1..].to_vec(), Moment::from_millis(0));
        assert_eq!(kids(&keys, 14), "a: a b");
        assert_eq!(kids(&keys, 15), "b: b a");
        assert_eq!(kids(&keys, 74), "b: b a");
        assert_eq!(kids(&keys, 75), "b: b", "the tokens of a have ended");
        keys.take_up(successions.to_vec(), Moment::from_millis(80 * MINUTE));
        assert_eq!(kids(&keys, 80), "b: b c");
        assert_eq!(kids(&keys, 100), "c: c b");
        keys.take_up(Vec::new(), Moment::from_millis(0));
        assert_eq!(kids(&keys, 161), "c: c");
    }
}
