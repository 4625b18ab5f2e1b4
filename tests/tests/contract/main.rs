//! The whole system over real sockets: server, SDK, and a client that is not our SDK.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod admin;
mod attacks;
mod consent;
mod faults;
mod isolation;
mod pages;
mod read_flow;
mod scope;
mod scope_property;
mod token_lifecycle;
