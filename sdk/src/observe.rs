//! Watching the requests of a client; see [`crate::ClientBuilder::observe`].

pub use crate::http::observer::{AttemptId, Event, Observer};
