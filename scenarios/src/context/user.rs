//! What the application holds of a user.

use digime::{SessionKey, User};

use super::older::OlderUser;
use super::page::Page;
use crate::format::ContractKind;

/// A user, and what the application holds of them.
#[derive(Default)]
pub(crate) struct UserState {
    /// The kind of the contract that they consent to.
    pub(crate) contract: Option<ContractKind>,
    /// The page that the browser was last sent to.
    pub(crate) page: Option<Page>,
    /// What the browser brought back.
    pub(crate) callback: Option<String>,
    /// The user, once the code was exchanged.
    pub(crate) user: Option<User>,
    /// The key of the present session.
    pub(crate) session: Option<SessionKey>,
    /// What only older generations have.
    pub(crate) older: OlderUser,
}
