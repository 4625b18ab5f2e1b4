//! The one file that draws randomness.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// 32 alphanumerics, as nonces have them (protocol reference, crypto §1.2).
#[allow(clippy::disallowed_methods)]
pub(crate) fn nonce() -> String {
    let mut rng = rand::rng();
    (0..32).map(|_| char::from(rng.sample(rand::distr::Alphanumeric))).collect()
}

/// Mixes an order, the same way for the same seed.
pub(crate) fn shuffle<T>(items: &mut [T], seed: u64) {
    items.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
}
