//! Slow and broken peers at load: idle connections, slow senders and readers, resets at every byte of a flow, no file
//! descriptors left, a full disk. Nothing is lost, others are served, memory stays below 128 MiB, and it ends.
//!
//! The numbers are small in `cargo test`; `.ci/long peers` sets the variables for the full ones: `DIGIME_IDLE`
//! connections, `DIGIME_SENDERS`, `DIGIME_READERS`, `DIGIME_CUTS` bytes from one cut to the next, and
//! `DIGIME_PATIENCE=1` to wait until the server's time limits have gone by.

#![cfg(all(target_os = "linux", feature = "cli", feature = "sqlite"))]
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "../../examples/soak/client.rs"]
mod client;
mod descriptors;
mod full_disk;
mod idle;
mod library;
mod peer;
mod resets;
mod serving;
mod slow_readers;
mod slow_senders;
#[path = "../crash/user.rs"]
mod user;

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How much memory the server may have under any of these loads, in KiB.
const MOST_MEMORY: u64 = 128 * 1024;

/// How many of something this run has: as a variable says, or few.
fn number(variable: &str, few: usize) -> usize {
    std::env::var(variable).map_or(few, |text| text.parse().unwrap())
}

/// Whether this run waits until time limits have gone by.
fn is_patient() -> bool {
    number("DIGIME_PATIENCE", 0) > 0
}
