//! What the whole-system tests share: a world with a server and clients, and a client that is not
//! our SDK, for requests that the SDK would never send.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

pub mod container;
pub mod evidence;
pub mod raw_client;
pub mod world;

pub use raw_client::{Answer, RawClient};
pub use world::World;
