//! Flows of the digi.me platform as readable text, for snapshot assertions.
//!
//! So far the crate holds the [`Transcript`] alone: what a flow put on the wire, with everything
//! secret or volatile replaced by a name that stays the same through the transcript, so that a
//! reader sees *that* a token changed. The runner of scenario files builds on it.

#![deny(missing_docs)]

mod redaction;
mod transcript;

pub use redaction::Redaction;
pub use transcript::Transcript;
