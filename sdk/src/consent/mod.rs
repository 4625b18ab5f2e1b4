//! Browser flows: the page to send a user to, and the callback that ends it
//! (protocol reference, consent-web).

pub(crate) mod authorize;
pub(crate) mod authorize_options;
pub(crate) mod callback;
pub(crate) mod callback_outcome;
pub(crate) mod onboard;
pub(crate) mod page_options;
pub(crate) mod reauthorize;
pub(crate) mod reauthorize_account;
pub(crate) mod reference;
pub(crate) mod revoke;
pub(crate) mod sources_scope;
pub(crate) mod state;
