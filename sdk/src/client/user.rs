//! A user's tokens in use: every call signed with the current one, refreshed
//! once and for all callers together when the platform refuses it
//! (protocol reference, README §7).

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::client::Client;
use crate::client::known_users::Pairs;
use crate::contract::Contract;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::http::json;
use crate::http::jwt::{Claims, Signer};
use crate::http::request::Request;
use crate::http::transport::{Answer, ReadAnswer, UpTo};
use crate::tokens::listener::notify;
use crate::tokens::token::UserAccessToken;

/// One user of one contract: holds the token pair and works with it.
///
/// Cheap to clone; clones share the token, and so do handles that
/// [`Client::user`] makes from the same token pair, or from one it was refreshed
/// from, while one of them is alive. If the platform answers 401
/// `InvalidToken`, or 401 without an API error, the pair is refreshed once and
/// the call repeated once. Calls that fail together share one refresh, and a
/// caller that goes away does not stop it. A new pair is handed to
/// [`crate::ClientBuilder::on_token`] and [`User::subscribe`] before its first use.
///
/// This holds for every operation of a user but [`User::reauthorize_url`], which
/// is there for dead tokens. A refused request has done nothing, so repeating it
/// is safe even where the official SDK does not. Operations of [`Client`] and of
/// [`crate::storage::StorageFiles`] are signed with the contract's key alone and have no
/// token to refresh.
///
/// All operations report, besides the failures they name,
/// [`ErrorKind::ReauthorizationRequired`] once the refresh token is dead too,
/// [`ErrorKind::Transport`], [`ErrorKind::Timeout`], [`ErrorKind::Api`] and
/// [`ErrorKind::Decode`]. Dropping a returned future cancels the call.
#[derive(Clone)]
pub struct User {
    inner: Arc<Inner>,
}

/// What the clones of a handle, and all handles made from its tokens, share.
pub(crate) struct Inner {
    client: Client,
    contract: Contract,
    token: watch::Sender<UserAccessToken>,
    /// The refresh under way, if any. Locked for moments, never across an await.
    refresh: Mutex<Option<Refresh>>,
    pairs: Pairs,
}

type Refresh = Shared<BoxFuture<'static, Result<UserAccessToken>>>;

impl User {
    pub(crate) fn new(client: Client, contract: Contract, token: UserAccessToken) -> Self {
        let known = Arc::clone(&client.shared().users);
        let inner = known.find_or_insert(&contract, &token, |pairs| Inner {
            client,
            contract: contract.clone(),
            token: watch::channel(token.clone()).0,
            refresh: Mutex::new(None),
            pairs,
        });
        Self { inner }
    }

    /// The current token pair.
    #[must_use]
    pub fn token(&self) -> UserAccessToken {
        self.inner.token.borrow().clone()
    }

    /// Puts a token pair in the place of the current one, for all clones: after
    /// the user was authorized again, for example. [`User::subscribe`] sees it;
    /// [`crate::ClientBuilder::on_token`] does not, for you have it already. A handle
    /// that [`Client::connect`] made of the same pair goes its own way: drop it.
    pub fn set_token(&self, token: UserAccessToken) {
        let known = &self.client().shared().users;
        known.replace(self.contract(), &token, &self.inner.pairs, &self.inner);
        self.inner.token.send_replace(token);
    }

    /// A receiver that sees every new token pair, before it is first used.
    ///
    /// ```no_run
    /// # async fn store(user: digime::User) {
    /// let mut tokens = user.subscribe();
    /// while tokens.changed().await.is_ok() {
    ///     let token = tokens.borrow_and_update().clone();
    ///     // write `token` to the database
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<UserAccessToken> {
        self.inner.token.subscribe()
    }

    /// The contract this handle reads for.
    #[must_use]
    pub fn contract(&self) -> &Contract {
        &self.inner.contract
    }

    /// Refreshes the token pair now, or joins a refresh under way.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ReauthorizationRequired`] if the refresh token is dead;
    /// otherwise as [`Client::refresh_token`].
    pub async fn refresh(&self) -> Result<UserAccessToken> {
        self.refreshed(&self.token()).await
    }

    pub(crate) fn client(&self) -> &Client {
        &self.inner.client
    }

    fn signer<'a>(&'a self, token: &'a UserAccessToken, claims: &Claims<'a>) -> Signer<'a> {
        let claims = Claims { access_token: Some(token.access_token.value.expose()), ..claims.clone() };
        self.inner.client.signer(&self.inner.contract, claims)
    }

    /// Sends a request with the current token, and once more with a new one if
    /// the platform refuses the token.
    pub(crate) async fn send<R: ReadAnswer>(&self, request: &Request, read: &R) -> Result<R::Output> {
        self.send_with(&Claims::default(), request, read).await
    }

    /// As [`User::send`], with further claims.
    pub(crate) async fn send_with<R: ReadAnswer>(
        &self,
        claims: &Claims<'_>,
        request: &Request,
        read: &R,
    ) -> Result<R::Output> {
        let transport = self.client().transport();
        let repeatable = request.body.is_repeatable();
        let mut token = self.token();
        if !repeatable && token.access_token.expiry != 0 && token.access_token.is_expired() {
            // There is only one attempt, so it must not be spent on a dead token.
            token = self.refreshed(&token).await?;
        }
        let refused = match transport.send(request, Some(&self.signer(&token, claims)), read).await {
            Err(error) if error.calls_for_refresh() => error,
            settled => return settled,
        };
        tracing::debug!(operation = ?refused.operation(), "access token refused, refreshing");
        let fresh = self.refreshed(&token).await?;
        if !repeatable {
            return Err(refused.into_body_used_up());
        }
        transport.send(request, Some(&self.signer(&fresh, claims)), read).await.map_err(|error| {
            // The platform refused a token it has just issued: another refresh
            // would go round in circles.
            match error.calls_for_refresh() {
                true => error.into_reauthorization_required(),
                false => error,
            }
        })
    }

    /// Sends a request with the current token, dead or alive.
    pub(crate) async fn send_as_is<R: ReadAnswer>(
        &self,
        claims: &Claims<'_>,
        request: &Request,
        read: &R,
    ) -> Result<R::Output> {
        let token = self.token();
        self.client().transport().send(request, Some(&self.signer(&token, claims)), read).await
    }

    /// Sends a request and reads its JSON answer.
    pub(crate) async fn json<T: DeserializeOwned>(&self, request: &Request) -> Result<T> {
        let answer = self.answer(request).await?;
        json::parse(&answer.body).map_err(|error| error.with_operation(request.operation))
    }

    /// Sends a request and keeps its answer, of whatever form.
    pub(crate) async fn answer(&self, request: &Request) -> Result<Answer> {
        self.send(request, &UpTo(self.client().transport().max_json_size())).await
    }

    /// A pair newer than `refused`: the current one if somebody refreshed
    /// already, else that of the shared refresh.
    async fn refreshed(&self, refused: &UserAccessToken) -> Result<UserAccessToken> {
        let refresh = {
            let mut under_way = self.lock();
            let current = self.token();
            if current.access_token.value != refused.access_token.value {
                return Ok(current);
            }
            match &*under_way {
                // One whose runtime ended before it began is over, and clears nothing up.
                Some(refresh) if !matches!(refresh.clone().now_or_never(), Some(Err(_))) => refresh.clone(),
                _ => under_way.insert(self.start_refresh(current)).clone(),
            }
        };
        refresh.await
    }

    /// Runs on a task of its own, so that no caller's cancellation stops it
    /// between the server's answer and the hand-over of the new pair.
    fn start_refresh(&self, used: UserAccessToken) -> Refresh {
        let user = self.clone();
        let task = tokio::spawn(async move {
            // Should the task be torn down, the next caller must be able to start anew.
            let done = FinishRefresh(user.clone());
            let fresh = user.client().refresh_token(user.contract(), &used).await;
            let unchanged = user.token() == used;
            if let Ok(fresh) = &fresh
                && unchanged
            {
                let listener = user.client().shared().listener.as_ref();
                notify(listener, user.contract().id(), &used, fresh);
                let known = &user.client().shared().users;
                known.add(user.contract(), fresh, &user.inner.pairs, &user.inner);
                user.inner.token.send_if_modified(|current| {
                    // A pair set meanwhile comes from a new consent and outlives this one.
                    let replace = *current == used;
                    if replace {
                        *current = fresh.clone();
                    }
                    replace
                });
            }
            drop(done);
            fresh
        });
        let joined = task.map(|joined| {
            joined.unwrap_or_else(|_| {
                Err(Error::new(ErrorKind::Cancelled, "the token refresh was abandoned")
                    .with_operation(Operation::RefreshToken))
            })
        });
        joined.boxed().shared()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Refresh>> {
        self.inner.refresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Clears the refresh under way when dropped.
struct FinishRefresh(User);

impl Drop for FinishRefresh {
    fn drop(&mut self) {
        *self.0.lock() = None;
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("client", &self.inner.client)
            .field("contract", &self.inner.contract)
            .field("token", &*self.inner.token.borrow())
            .finish_non_exhaustive()
    }
}
