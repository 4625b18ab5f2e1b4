//! The console of a sandbox: pages for the people who run it, under `/__admin/ui`. They show what the documented
//! administration answers, and do what it does.

mod answer;
mod assets;
pub(crate) mod front;
pub(crate) mod guarded;
mod login;
mod logout;
mod page;
mod pages;
mod shell;

use crate::http::endpoint::Endpoint;

/// The console.
pub(crate) static ENDPOINTS: &[&Endpoint] = &[
    &assets::ENDPOINT,
    &login::PAGE,
    &login::ENDPOINT,
    &logout::ENDPOINT,
    &page::HOME,
    &page::ENDPOINT,
    &page::DETAIL,
];
