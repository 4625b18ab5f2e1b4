//! The consent web client: the pages that a user sees between the app and its callback; and the digi.me
//! app on the user's phone, and the guest page, which older generations have instead.
//!
//! The vendor's own pages are not public. What they receive and return is (protocol reference,
//! consent-web); what is between is ours.

pub(crate) mod browser;
pub(crate) mod decision;
mod drawer;
mod endpoints;
mod facts;
mod frame;
mod guest;
mod language;
mod leave;
pub(crate) mod link;
mod link_page;
mod look;
mod page;
mod parameters;
mod phone;
mod qr_code;
mod sign_in;
mod source_list;
mod texts;
mod visit;

pub(crate) use endpoints::ENDPOINTS;
