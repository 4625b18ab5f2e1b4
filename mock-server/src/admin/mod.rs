//! Administration under `/__admin`: the mock's own interface, never the platform's.

pub(crate) mod access;
mod applications;
mod beside;
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
mod flows;
mod health;
mod inject_fault;
pub(crate) mod known_parameters;
mod list_faults;
mod list_sandboxes;
mod metrics;
mod move_clock;
mod openapi;
mod operations;
mod paging;
mod partners;
mod ready;
mod remove_sandbox;
mod removed;
mod requests;
mod reset;
mod rotate_signing_key;
mod scenarios;
mod show_clock;
mod state;
mod users;

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
    &requests::list::ENDPOINT,
    &requests::show::ENDPOINT,
    &requests::events::ENDPOINT,
    &requests::forget::ENDPOINT,
    &flows::list::ENDPOINT,
    &flows::show::ENDPOINT,
    &explain::ENDPOINT,
    &client_report::ENDPOINT,
    &users::list::ENDPOINT,
    &users::show::ENDPOINT,
    &users::remove::ENDPOINT,
    &users::expire_token::ENDPOINT,
    &users::revoke_token::ENDPOINT,
    &users::end_session::ENDPOINT,
    &users::change_account::ENDPOINT,
    &users::files::ENDPOINT,
    &users::file::ENDPOINT,
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
    &scenarios::list::ENDPOINT,
    &scenarios::run::ENDPOINT,
    &scenarios::start::ENDPOINT,
    &scenarios::stop::ENDPOINT,
    &scenarios::report::ENDPOINT,
];
