//! The server inside a Rust test.

pub(crate) mod mock_server;
pub(crate) mod phone_visit;
pub(crate) mod postboxes;
pub(crate) mod requests;
pub(crate) mod sandbox_handle;
pub(crate) mod state;
