//! The consent web client: the pages that a user sees between the app and its callback.
//!
//! The vendor's own pages are not public. What they receive and return is (protocol reference,
//! consent-web); what is between is ours.

pub(crate) mod browser;
pub(crate) mod decision;
mod endpoints;
mod page;
mod parameters;

pub(crate) use endpoints::ENDPOINTS;
