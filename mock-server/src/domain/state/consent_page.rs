//! What opens a page of the consent web client, and what the page is told.

use crate::clock::Moment;
use crate::domain::library::{AccountId, LibraryId};
use crate::domain::lifetimes::Lifetimes;
use crate::domain::pull_options::PullOptions;
use crate::domain::session::{SessionAccess, SessionRef};
use crate::domain::token::Proof;

/// What `POST oauth/authorize` asks for, once verified.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizeRequest {
    /// The callback, registered with the contract.
    pub redirect_uri: String,
    /// The client's `state`.
    pub state: Option<String>,
    /// PKCE challenge, method S256.
    pub code_challenge: String,
    /// Whether the code may be exchanged without the verifier.
    pub proof: Proof,
    /// The library to attach to.
    pub library: Option<LibraryId>,
    /// What the session is to read.
    pub options: PullOptions,
    /// What will open the session; none if the client has opened one before.
    pub session: Option<SessionAccess>,
    /// Whether the consent makes a postbox.
    pub offers_postbox: bool,
}

/// What `POST oauth/token/reference` asks for, once verified.
#[derive(Clone, Debug)]
pub(crate) struct ReferenceRequest {
    /// The callback, registered with the contract.
    pub redirect_uri: String,
    /// The client's `state`.
    pub state: Option<String>,
    /// PKCE challenge, which tells a renewal of the user from everything else.
    pub code_challenge: Option<String>,
    /// The user's library.
    pub library: LibraryId,
    /// What the session is to read.
    pub options: PullOptions,
    /// What will open the session.
    pub access: SessionAccess,
}

/// A code for a page, and the session that waits for the user's decision.
#[derive(Clone, Debug)]
pub(crate) struct OpenedPage {
    /// The preauthorization or reference code.
    pub code: String,
    /// When it ends.
    pub expires: Moment,
    /// The session; none if the client has opened one before.
    pub session: Option<SessionRef>,
}

/// What a page shows of the consent that waits for it.
#[derive(Clone, Debug)]
pub(crate) struct WaitingConsent {
    /// The contract that asks.
    pub client_id: String,
    /// The accounts of the library that is extended or renewed; none if one is to be made.
    pub accounts: Option<Vec<(AccountId, &'static str)>>,
    /// The account whose permission is to be withdrawn.
    pub account: Option<AccountId>,
    /// Whether approval makes a postbox, whose keys the decision must bring.
    pub offers_postbox: bool,
    /// The callback of the request.
    pub redirect_uri: String,
    /// The client's `state`.
    pub state: Option<String>,
    /// PKCE challenge; none on pages that give no code.
    pub code_challenge: Option<String>,
    /// When the page's code ends.
    pub expires: Moment,
    /// What the session is to read; none if the page opens none.
    pub options: Option<PullOptions>,
    /// How long what approval gives is good for.
    pub lifetimes: Lifetimes,
}

impl WaitingConsent {
    /// The name of the source behind an account of the library.
    pub(crate) fn source_of(&self, account: &str) -> Option<&'static str> {
        self.accounts.iter().flatten().find(|(id, _)| id == account).map(|(_, source)| *source)
    }
}
