//! Settings: what they are, and where they come from.
//!
//! `settings` has them as the server uses them. The program reads each from a flag, a variable or the
//! configuration file; one row of the table `sources::table` says how it is called in each of them and how
//! its value is read, so that the three cannot differ.

pub(crate) mod admin_token;
pub(crate) mod branding;
pub(crate) mod check;
pub(crate) mod listen_host;
pub(crate) mod place;
pub(crate) mod public_url;
pub(crate) mod sandbox_settings;
pub(crate) mod settings;
#[cfg(feature = "cli")]
pub(crate) mod sources;
pub(crate) mod state_key;
pub(crate) mod state_place;
pub(crate) mod tls;
pub(crate) mod trusted_proxy;
pub(crate) mod web_origin;

pub use check::SettingsError;
