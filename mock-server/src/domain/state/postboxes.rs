//! Postboxes: made with a user's consent, pushed to by the contract that they were made for.

use super::State;
use crate::domain::library::LibraryId;
use crate::domain::postbox::{Postbox, PostboxKeys, PostboxRef};

impl State {
    /// Makes a postbox for a contract in a user's library.
    pub(crate) fn create_postbox(
        &mut self,
        client_id: &str,
        library: &LibraryId,
        session_key: Option<&str>,
        keys: PostboxKeys,
    ) -> PostboxRef {
        let id = self.tag.mint();
        let public_pem = keys.public_pem().to_owned();
        let postbox = Postbox {
            client_id: client_id.to_owned(),
            library: library.clone(),
            session_key: session_key.map(str::to_owned),
            keys,
        };
        self.postboxes.insert(id.clone(), postbox);
        PostboxRef { id, public_pem }
    }
}
