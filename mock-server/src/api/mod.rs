//! The platform's API: each file serves one operation, and only translates between HTTP and
//! [`crate::domain`].

mod asset;
mod authorize;
mod contract_certificate;
mod contract_details;
mod delete_account;
mod delete_user;
mod discovery;
mod flow;
mod icon_url;
mod jwks;
mod named_contract_details;
mod open_session;
mod portability_report;
mod push_to_library;
mod push_to_postbox;
mod push_to_provider;
mod pushing;
mod read_accounts;
mod read_file;
mod read_file_list;
mod read_file_metadata;
mod read_session;
mod reference;
mod revoke_account_permission;
mod session_accounts;
mod session_file;
mod storage;
mod token;
mod token_reference;
mod tracking;

use crate::http::endpoint::Endpoint;

/// The platform's API, in the order of the protocol reference.
pub(crate) static ENDPOINTS: &[&Endpoint] = &[
    &authorize::ENDPOINT,
    &token::ENDPOINT,
    &open_session::ENDPOINT,
    &read_session::ENDPOINT,
    &read_file_list::ENDPOINT,
    &read_file::ENDPOINT,
    &read_file_metadata::ENDPOINT,
    &read_accounts::ENDPOINT,
    &token_reference::ENDPOINT,
    &reference::ENDPOINT,
    &revoke_account_permission::ENDPOINT,
    &delete_user::ENDPOINT,
    &delete_account::ENDPOINT,
    &push_to_library::ENDPOINT,
    &push_to_postbox::ENDPOINT,
    &push_to_provider::ENDPOINT,
    &portability_report::ENDPOINT,
    &contract_details::ENDPOINT,
    &named_contract_details::ENDPOINT,
    &tracking::ENDPOINT,
    &discovery::sources::ENDPOINT,
    &discovery::countries::ENDPOINT,
    &discovery::platforms::ENDPOINT,
    &discovery::categories::ENDPOINT,
    &discovery::source_types::ENDPOINT,
    &discovery::services::ENDPOINT,
    &discovery::sample_datasets::ENDPOINT,
    &storage::create::ENDPOINT,
    &storage::of_user::ENDPOINT,
    &storage::list_files::ENDPOINT,
    &storage::upload_file::ENDPOINT,
    &storage::download_file::ENDPOINT,
    &storage::delete_files::ENDPOINT,
    &asset::ENDPOINT,
    &jwks::ENDPOINT,
];
