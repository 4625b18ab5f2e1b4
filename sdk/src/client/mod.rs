//! The entry point: configuration and connections shared by everything else.

pub(crate) mod agent;
pub(crate) mod builder;
pub(crate) mod exchange;
pub(crate) mod known_users;
pub(crate) mod user;

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use url::Url;

use crate::client::agent::Agent;
use crate::client::builder::ClientBuilder;
use crate::client::known_users::KnownUsers;
use crate::client::user::{Inner, User};
use crate::contract::Contract;
use crate::error::Result;
use crate::http::endpoint;
use crate::http::json;
use crate::http::jwt::{Claims, Signer, TokenForm};
use crate::http::request::Request;
use crate::http::transport::{Transport, UpTo};
use crate::tokens::key_set_cache::KeySets;
use crate::tokens::listener::TokenListener;
use crate::tokens::token::UserAccessToken;

/// A client of the platform for one application. Cheap to clone; clones share
/// connections, the key-set cache and all settings.
///
/// ```no_run
/// use digime::{AuthorizeOptions, Client, Contract, PrivateKey, SessionOptions};
///
/// # async fn flow(pem: &str, callback_query: &str) -> Result<(), digime::Error> {
/// let client = Client::builder("my-app").build()?;
/// let contract = Contract::new("my-contract", PrivateKey::from_pem(pem)?)?;
///
/// // 1. Send the user's browser to `authorization.url`; keep `authorization`.
/// let options = AuthorizeOptions::new("https://app.example/return");
/// let authorization = client.authorize_url(&contract, options).await?;
///
/// // 2. The browser comes back to the callback.
/// let user = client.connect(authorization.callback(callback_query)?).await?;
///
/// // 3. Read.
/// let session = user.read_session(SessionOptions::new()).await?;
/// let list = user.read_file_list(&session.key).await?;
/// # let _ = list;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) application_id: String,
    pub(crate) api: Url,
    pub(crate) onboard: Url,
    pub(crate) cloud: Url,
    pub(crate) transport: Transport,
    pub(crate) key_sets: KeySets,
    pub(crate) agent: Agent,
    pub(crate) max_file_size: u64,
    pub(crate) listener: Option<TokenListener>,
    pub(crate) users: Arc<KnownUsers<Inner>>,
}

impl Client {
    /// Starts the configuration of a client. `application_id` is issued by the
    /// platform's vendor.
    pub fn builder(application_id: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(application_id.into())
    }

    pub(crate) fn from_shared(shared: Shared) -> Self {
        Self { shared: Arc::new(shared) }
    }

    /// The application id.
    #[must_use]
    pub fn application_id(&self) -> &str {
        &self.shared.application_id
    }

    /// Root of the API, with its final slash.
    #[must_use]
    pub fn api_url(&self) -> &Url {
        &self.shared.api
    }

    /// Root of the consent pages, with its final slash.
    #[must_use]
    pub fn onboard_url(&self) -> &Url {
        &self.shared.onboard
    }

    /// Root of the storage host, with its final slash.
    #[must_use]
    pub fn cloud_url(&self) -> &Url {
        &self.shared.cloud
    }

    /// Binds a contract and a user's token pair; all work for a user starts there.
    ///
    /// Tokens refreshed anywhere are seen everywhere: while a handle made from
    /// the same pair (by this client or a clone of it) is alive, this returns
    /// that handle, even if its tokens were refreshed since. So every request
    /// of a web server may make a handle of its own from the stored pair, and
    /// still only one refresh takes place. Handles of different processes know
    /// nothing of each other: store new tokens at once
    /// ([`ClientBuilder::on_token`]).
    #[must_use]
    pub fn user(&self, contract: &Contract, token: UserAccessToken) -> User {
        User::new(self.clone(), contract.clone(), token)
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.shared.transport
    }

    /// A signer with `client_id` = `{application id}_{contract id}`
    /// (protocol reference, README §3).
    pub(crate) fn signer<'a>(&self, contract: &'a Contract, claims: Claims<'a>) -> Signer<'a> {
        let client_id = format!("{}_{}", self.shared.application_id, contract.id());
        Signer { contract, form: TokenForm::Api { client_id, claims: Box::new(claims) } }
    }

    /// A signer for the storage host (protocol reference, crypto §1.6).
    pub(crate) fn cloud_signer<'a>(&'a self, contract: &'a Contract) -> Signer<'a> {
        Signer { contract, form: TokenForm::Cloud { application_id: &self.shared.application_id } }
    }

    /// Sends a request of the application itself, without a user's token, and
    /// reads its JSON answer.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        contract: &Contract,
        request: &Request,
    ) -> Result<T> {
        let signer = self.signer(contract, Claims::default());
        let answer =
            self.transport().send(request, Some(&signer), &UpTo(self.transport().max_json_size())).await?;
        json::parse(&answer.body).map_err(|error| error.with_operation(request.operation))
    }

    /// A URL below the API root.
    pub(crate) fn api(&self, segments: &[&str]) -> Result<Url> {
        endpoint::append(&self.shared.api, "api_url", segments)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("application_id", &self.shared.application_id)
            .field("api_url", &self.shared.api.as_str())
            .field("onboard_url", &self.shared.onboard.as_str())
            .field("cloud_url", &self.shared.cloud.as_str())
            .finish_non_exhaustive()
    }
}
