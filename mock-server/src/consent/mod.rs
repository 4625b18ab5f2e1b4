//! The consent web client: the pages that a user sees between the app and its callback; and the digi.me
//! app on the user's phone, and the guest page, which older generations have instead.
//!
//! The vendor's own pages are not public. What they receive and return is (protocol reference,
//! consent-web); what is between is ours.

pub(crate) mod browser;
pub(crate) mod decision;
mod endpoints;
mod guest;
pub(crate) mod link;
mod link_page;
mod page;
mod parameters;
mod phone;
mod qr_code;

pub(crate) use endpoints::ENDPOINTS;
