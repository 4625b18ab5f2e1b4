//! The whole system over real sockets: server, SDK, and a client that is not our SDK.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod admin;
mod app_links;
mod applications;
mod attacks;
mod client_report;
mod concurrency;
mod consent;
mod console;
mod contract_details;
mod contract_ids;
mod deletion;
mod discovery;
mod faults;
mod generations;
mod hostile;
mod hosts;
mod https;
mod isolation;
mod journal;
mod limits_of_contracts;
mod mobile_clients;
mod older_rules;
mod onboarding;
mod openapi;
mod pages;
mod partners;
mod portability;
mod postbox;
mod push;
mod read_flow;
mod reauthorization;
mod recorded_clients;
mod request_bodies;
mod sample_datasets;
mod scope;
mod scope_property;
mod sdk_discovery;
mod sdk_library;
mod sdk_storage;
mod state;
mod storage;
mod token_lifecycle;
mod users;
mod verified_on_drop;
