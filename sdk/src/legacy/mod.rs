//! The client side of the **older generations** of the API, v1 to v1.6.
//!
//! New applications have no use for it: the rest of this crate speaks today's
//! generation, v1.7, and is safer and simpler. This module is for servers that speak
//! an older one, and for consents that users gave to old applications (protocol
//! reference, legacy). It belongs to the feature `legacy`.
//!
//! | To | here | today |
//! |---|---|---|
//! | choose the generation | [`Client::legacy`](crate::Client::legacy) | – |
//! | establish a session | [`LegacyClient::establish_session`] | [`User::read_session`](crate::User::read_session) |
//! | ask for consent, once | [`LegacyClient::consent_link`], [`LegacyClient::guest_link`] | – |
//! | ask for lasting consent | [`LegacyClient::start_consent`], v1.6: [`LegacyClient::authorize`] | [`Client::authorize_url`](crate::Client::authorize_url) |
//! | get tokens | [`LegacyClient::exchange`] | [`Client::connect`](crate::Client::connect) |
//! | read again with a token | [`LegacyClient::prepare_files`], v1.6: [`LegacyClient::read_session`] | [`User::read_session`](crate::User::read_session) |
//! | read | [`LegacyClient::session_files`] | [`User::read_all_files`](crate::User::read_all_files) … |
//! | push | [`LegacyClient::postbox_link`], [`LegacyClient::push_to_postbox`], from v1.5: [`LegacyClient::push_to_postbox_signed`] | [`User::push_to_library`](crate::User::push_to_library) |
//! | connect a source, delete a user in v1.6 | [`LegacyClient::onboard_service`], [`LegacyClient::delete_user`] | [`User::onboard_service_url`](crate::User::onboard_service_url), [`User::delete`](crate::User::delete) |
//!
//! A read in v1.4, with consent given once:
//!
//! ```no_run
//! use digime::legacy::{Generation, SessionRequest};
//! use digime::{Client, Contract, ReadAllOptions};
//!
//! # async fn flow(contract: Contract, callback: &str) -> Result<(), digime::Error> {
//! let legacy = Client::builder("my-app").build()?.legacy(Generation::V1_4);
//! let session = legacy.establish_session(&contract, SessionRequest::new()).await?;
//! let link = legacy.consent_link(&session, "https://app.example/return")?;
//! // … the user follows `link`, which opens the digi.me app, and comes back with `callback` …
//! legacy.consent_callback(&session, callback)?.approved()?;
//! let files = legacy.session_files(&contract, &session.session_key);
//! let all = files.read_all(ReadAllOptions::new()).collect_all().await?;
//! println!("{} files", all.files.len());
//! # Ok(())
//! # }
//! ```

mod accounts;
mod authorize;
pub(crate) mod callback;
mod client;
mod consent;
pub(crate) mod container;
mod contract;
pub(crate) mod envelope;
pub(crate) mod file_list;
mod files;
mod generation;
mod json_object;
mod link;
mod multipart;
mod postbox;
mod push;
mod refresh;
mod session;
mod shared_refresh;
mod trigger;

pub use accounts::{LegacyAccount, LegacyAccountService, LegacyAccounts};
pub use authorize::{AuthorizeRequest, LegacyOnboarding};
pub use callback::{ConsentFailure, Outcome};
pub use client::LegacyClient;
pub use consent::{LegacyGrant, PendingConsent, PostboxGrant, StoredConsent};
pub use contract::LegacyContract;
pub use files::SessionFiles;
pub use generation::{Generation, UnknownGeneration};
pub use link::Link;
pub use postbox::Postbox;
pub use push::{PostboxAccess, PostboxFile, PostboxReceipt, PushStatus};
pub use refresh::Renewed;
pub use session::{LegacySession, SessionExchangeToken, SessionRequest};
