//! Browser flows: the page to send a user to, and the callback that ends it
//! (protocol reference, consent-web).

pub(crate) mod account_callback;
pub(crate) mod authorize;
pub(crate) mod authorize_options;
pub(crate) mod callback;

pub(crate) mod grant;
pub(crate) mod onboard;
pub(crate) mod page_options;
pub(crate) mod reauthorize;
pub(crate) mod reauthorize_account;
pub(crate) mod reference;
pub(crate) mod revoke;
pub(crate) mod sources_scope;
pub(crate) mod state;
