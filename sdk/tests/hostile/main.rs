//! The SDK against hostile servers, callbacks, keys and settings: one module per
//! theme, so that one binary is linked.

// Test code outside `#[test]` functions, which the lints would not know as such.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod callbacks;
mod compression;
mod containers;
mod file_lists;
mod json;
mod key_sets;
mod keys_and_config;
mod metadata;
mod observing;
mod read_all;
mod refresh;
mod retries;
mod secrets;
mod tokens;
mod transport;
