//! Administration under `/__admin`: the mock's own interface, never the platform's.

pub(crate) mod access;
mod applications;
pub(crate) mod browser;
mod clear_faults;
mod client_report;
mod clock;
mod consent;
mod contracts;
mod create_sandbox;
mod credentials;
mod explain;
mod faults;
mod forget_requests;
mod health;
mod inject_fault;
mod list_faults;
mod list_requests;
mod list_sandboxes;
mod metrics;
mod move_clock;
mod openapi;
mod operations;
mod partners;
mod ready;
mod remove_sandbox;
mod removed;
mod requests;
mod reset;
mod rotate_signing_key;
mod show_clock;
mod state;

use crate::http::endpoint::Endpoint;

/// Administration.
pub(crate) static ENDPOINTS: &[&Endpoint] = &[
    &health::ENDPOINT,
    &ready::ENDPOINT,
    &metrics::ENDPOINT,
    &openapi::ENDPOINT,
    &operations::ENDPOINT,
    &credentials::ENDPOINT,
    &consent::ENDPOINT,
    &show_clock::ENDPOINT,
    &move_clock::ENDPOINT,
    &reset::ENDPOINT,
    &list_requests::ENDPOINT,
    &forget_requests::ENDPOINT,
    &explain::ENDPOINT,
    &client_report::ENDPOINT,
    &list_faults::ENDPOINT,
    &inject_fault::ENDPOINT,
    &clear_faults::ENDPOINT,
    &list_sandboxes::ENDPOINT,
    &create_sandbox::ENDPOINT,
    &remove_sandbox::ENDPOINT,
    &applications::list::ENDPOINT,
    &applications::create::ENDPOINT,
    &applications::show::ENDPOINT,
    &applications::change::ENDPOINT,
    &applications::remove::ENDPOINT,
    &contracts::list::ENDPOINT,
    &contracts::create::ENDPOINT,
    &contracts::show::ENDPOINT,
    &contracts::change::ENDPOINT,
    &contracts::remove::ENDPOINT,
    &contracts::rotate::ENDPOINT,
    &partners::list::ENDPOINT,
    &partners::create::ENDPOINT,
    &partners::show::ENDPOINT,
    &partners::change::ENDPOINT,
    &partners::remove::ENDPOINT,
    &partners::renew_token::ENDPOINT,
    &rotate_signing_key::ENDPOINT,
    &state::export::ENDPOINT,
    &state::import::ENDPOINT,
];
