//! Every operation besides reading: its request exactly as the protocol
//! reference says, its answers, its failures. One module per theme, so that one
//! binary is linked.

// Test code outside `#[test]` functions, which the lints would not know as such.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod callbacks;
mod connect;
mod contract_details;
mod deletion;
mod discovery;
mod hostile;
mod independent;
mod many_files;
mod objects;
mod push;
mod renew;
mod report;
mod secrets;
mod services;
mod shared_tokens;
mod storage;
mod storage_transfer;
