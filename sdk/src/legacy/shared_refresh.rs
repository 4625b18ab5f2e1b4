//! One refresh for all calls that a platform refuses at once: the second would use a
//! refresh token that the first has used up.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};

use crate::client::known_users::KnownUsers;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::legacy::client::LegacyClient;
use crate::legacy::contract::LegacyContract;
use crate::tokens::listener::notify;
use crate::tokens::token::UserAccessToken;

/// The pairs that calls under way were made with.
pub(crate) type PairsInUse = KnownUsers<PairInUse>;

/// What the calls with one pair share. It is forgotten with the last of them: nobody
/// else holds the pair that came of it.
#[derive(Debug, Default)]
pub(crate) struct PairInUse(Mutex<Option<Refresh>>);

type Refresh = Shared<BoxFuture<'static, Result<UserAccessToken>>>;

impl LegacyClient {
    /// What to refresh a pair by; to be taken before the first call with it.
    pub(crate) fn in_use(&self, contract: &LegacyContract, token: &UserAccessToken) -> Arc<PairInUse> {
        self.pairs_in_use().find_or_insert(contract.contract(), token, |_| PairInUse::default())
    }

    /// A new pair, handed to [`crate::ClientBuilder::on_token`] before its first use:
    /// it must not be lost if what follows fails. Who comes too late for the refresh
    /// takes what it gave, unless that was an error.
    pub(crate) async fn refresh_and_tell(
        &self,
        contract: &LegacyContract,
        token: &UserAccessToken,
        pair: Arc<PairInUse>,
    ) -> Result<UserAccessToken> {
        let refresh = {
            let mut refresh = pair.0.lock().unwrap_or_else(PoisonError::into_inner);
            match &*refresh {
                Some(known) if !matches!(known.peek(), Some(Err(_))) => known.clone(),
                _ => refresh.insert(self.start_refresh(contract, token, Arc::clone(&pair))).clone(),
            }
        };
        refresh.await
    }

    /// Runs on a task of its own, so that no caller's cancellation stops it between
    /// the server's answer and the hand-over of the new pair.
    fn start_refresh(
        &self,
        contract: &LegacyContract,
        token: &UserAccessToken,
        pair: Arc<PairInUse>,
    ) -> Refresh {
        let (client, contract, token) = (self.clone(), contract.clone(), token.clone());
        let task = tokio::spawn(async move {
            let fresh = client.refresh(&contract, &token).await?;
            let listener = client.client().shared().listener.as_ref();
            notify(listener, contract.contract().id(), &token, &fresh);
            drop(pair);
            Ok(fresh)
        });
        let joined = task.map(|joined| {
            joined.unwrap_or_else(|_| {
                Err(Error::new(ErrorKind::Cancelled, "the token refresh was abandoned")
                    .with_operation(Operation::RefreshToken))
            })
        });
        joined.boxed().shared()
    }
}
