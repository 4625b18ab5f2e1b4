//! The older generations, v1 to v1.6: links, callbacks, tokens, files and postboxes
//! as the protocol reference describes them, its vectors, and servers that do not
//! keep to it. One module per theme, so that one binary is linked.

// Test code outside `#[test]` functions, which the lints would not know as such.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;
// Not all of it is needed here.
#[allow(dead_code)]
#[path = "../operations/independent.rs"]
mod independent;

mod callbacks;
mod consent;
mod hostile_files;
mod hostile_polling;
mod links;
mod push;
mod read;
mod secrets;
mod server;
mod session;
mod tokens;
mod vectors;
mod wire;
