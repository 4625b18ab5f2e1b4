//! Why the app cannot answer a link.

use crate::domain::unavailable::Unavailable;

/// Why a link cannot be answered. Nothing is called back: either nobody waits, or the app opened a link
/// that it should not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkProblem {
    /// The session is one that the server does not know.
    #[error(
        "the server has no such session: it did not open it, or was restarted or reset since, or the session \
         expired long ago"
    )]
    UnknownSession,
    /// The session was opened otherwise.
    #[error(
        "no link leads to this session: only one that POST permission-access/session opened waits for a link"
    )]
    NotForLinks,
    /// The session has expired.
    #[error("the session of this link has expired on the sandbox's clock")]
    Expired,
    /// The user has decided already.
    #[error("a link of this session was answered before: each consent needs a session of its own")]
    Answered,
    /// The link names another app.
    #[error("the link names the application {named}, but {owner} opened the session")]
    OtherApplication {
        /// What the link says.
        named: String,
        /// Who opened the session.
        owner: String,
    },
    /// The contract does not read.
    #[error("the contract {0} writes: it asks with postbox/create for a postbox")]
    Writes(String),
    /// The contract does not write.
    #[error("the contract {0} reads: it asks with consent-access for data; a postbox needs a write contract")]
    Reads(String),
    /// The preauthorization code is unknown.
    #[error("the server did not give out the preauthorization code of this link, or has forgotten it")]
    UnknownCode,
    /// The preauthorization code is another contract's.
    #[error("the preauthorization code and the session of this link belong to two contracts")]
    CodeOfAnotherContract,
    /// The preauthorization code has expired or was used.
    #[error("the preauthorization code of this link was used, or has expired on the sandbox's clock")]
    CodeIsOver,
    /// The preauthorization code is one for the consent web client.
    #[error(
        "the preauthorization code is one of a generation whose users consent in the browser, not in the app"
    )]
    CodeForTheBrowser,
    /// The callback is not the one of the authorization.
    #[error(
        "an ongoing consent returns to the redirect_uri of its POST oauth/authorize, and this link names \
         another callback"
    )]
    OtherCallback,
    /// The postbox is not the session's.
    #[error("the session of this link has made no such postbox")]
    UnknownPostbox,
    /// The state cannot be reached just now.
    #[error(transparent)]
    Unavailable(Unavailable),
}
