//! What a request and its answer are to a handler, and what all requests share.

pub(crate) mod browser_session;
pub(crate) mod call;
pub(crate) mod endpoint;
pub(crate) mod failed_logins;
pub(crate) mod form_file;
pub(crate) mod forwarded;
pub(crate) mod metrics;
pub(crate) mod reply;
pub(crate) mod request_body;
pub(crate) mod scenario_runner;
pub(crate) mod server;
pub(crate) mod streams;
