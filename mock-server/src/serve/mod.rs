//! The way of a request: connection → sandbox → fault → handler → answer → journal.

mod activity;
mod arrival;
pub(crate) mod connections;
mod cors;
pub(crate) mod dispatch;
pub(crate) mod endpoints;
mod handshake;
mod host;
mod hostile;
pub(crate) mod https;
mod injected;
mod late;
pub(crate) mod listeners;
mod patience;
mod places;
mod quota;
mod record;
mod repetition;
mod respond;
