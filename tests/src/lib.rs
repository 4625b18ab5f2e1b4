//! What the whole-system tests share: a world with a server and clients, and a client that is not
//! our SDK, for requests that the SDK would never send.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

pub mod cloud_client;
pub mod container;
pub mod evidence;
pub mod ledger;
pub mod openapi;
pub mod postbox_client;
pub mod raw_client;
pub mod raw_user;
pub mod world;

pub use cloud_client::CloudClient;
pub use openapi::Checker;
pub use raw_client::{Answer, RawClient};
pub use raw_user::RawUser;
pub use world::World;

/// The Rust of the repository's README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
