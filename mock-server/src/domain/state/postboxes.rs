//! Postboxes: made with a user's consent, pushed to by the contract that they were made for.

use super::State;
use super::rows::LIBRARY;
use crate::clock::Moment;
use crate::domain::contract::Contract;
use crate::domain::library::LibraryId;
use crate::domain::postbox::{Delivery, PendingPush, Postbox, PostboxFile, PostboxKeys, PostboxRef, Pusher};
use crate::domain::pull_options::PullOptions;
use crate::domain::pushed::Push;
use crate::domain::refusal::Refusal;
use crate::domain::session::{SessionAccess, SessionRef};
use crate::domain::table::PartKey;
use crate::fingerprint::Fingerprint;

impl State {
    /// Makes a postbox for a contract in a user's library.
    pub(crate) fn create_postbox(
        &mut self,
        client_id: &str,
        library: &LibraryId,
        session: Option<Fingerprint>,
        keys: PostboxKeys,
    ) -> PostboxRef {
        let id = self.mint();
        let public_pem = keys.public_pem().to_owned();
        let postbox = Postbox { client_id: client_id.to_owned(), library: library.clone(), session, keys };
        self.postboxes.insert(id.clone(), postbox);
        PostboxRef { id, public_pem }
    }

    /// The `client_id` of the contract that a postbox was made for.
    pub(crate) fn postbox_client(&self, id: &str) -> Option<&str> {
        self.postboxes.get(id).map(|postbox| postbox.client_id.as_str())
    }

    /// A postbox, for whoever pushes.
    ///
    /// # Errors
    /// `PostboxNotFound` if it is unknown, another contract's or another user's, or its user is deleted;
    /// `SessionInvalid` if it was made with another session.
    pub(crate) fn postbox(
        &self,
        contract: &Contract,
        pusher: Pusher<'_>,
        id: &str,
    ) -> Result<&Postbox, Refusal> {
        let postbox = self.existing_postbox(contract, id)?;
        match pusher {
            Pusher::User(user) if user != &postbox.library => {
                Err(Refusal::postbox_not_found("the postbox belongs to another user"))
            }
            Pusher::User(_) => Ok(postbox),
            Pusher::Session(key) => match postbox.session {
                Some(made_with) if made_with == Fingerprint::of(&[key]) => Ok(postbox),
                Some(_) => Err(Refusal::invalid_session("the postbox was made with another session")),
                None => Err(Refusal::invalid_session(
                    "the postbox belongs to an ongoing access, which pushes with an access token",
                )),
            },
        }
    }

    fn existing_postbox(&self, contract: &Contract, id: &str) -> Result<&Postbox, Refusal> {
        let missing = |detail: &str| Refusal::postbox_not_found(detail);
        let postbox = self.postboxes.get(id).ok_or_else(|| missing("there is no such postbox"))?;
        if postbox.client_id != contract.client_id() {
            return Err(missing("the postbox belongs to another contract"));
        }
        if !self.libraries.contains(&postbox.library) {
            return Err(missing("the user was deleted"));
        }
        Ok(postbox)
    }

    /// The session that a push names.
    ///
    /// # Errors
    /// `SessionInvalid` if it is unknown, expired or another contract's.
    pub(crate) fn pushing_session(
        &self,
        contract: &Contract,
        key: &str,
        now: Moment,
    ) -> Result<SessionRef, Refusal> {
        let session = self.own_session(contract, key, now)?;
        Ok(SessionRef { key: key.to_owned(), expires: session.expires })
    }

    /// The user whose access token a push shows, and what becomes of it: an expired token is answered
    /// with `pending`, which makes clients refresh it and push again, where some of them would take 401
    /// for the end (protocol reference, legacy/errors §5).
    ///
    /// # Errors
    /// `InvalidToken` if it is unknown or another contract's, or its user is deleted.
    pub(crate) fn pushing_user(
        &self,
        contract: &Contract,
        token: &str,
        now: Moment,
    ) -> Result<(LibraryId, Delivery), Refusal> {
        let user = self.renewable(contract, token)?.clone();
        let delivery = match self.access(contract, token, now) {
            Ok(_) => Delivery::Delivered,
            Err(_) => Delivery::Pending,
        };
        Ok((user, delivery))
    }

    /// Puts a file into a postbox, and from there into the library unless it has to wait. What is
    /// delivered takes the place of its copies that wait, which were sent with an expired token.
    ///
    /// # Errors
    /// As [`State::postbox`], and `ValidationErrors` with status 413 if the quota does not take it.
    pub(crate) fn push_to_postbox(
        &mut self,
        contract: &Contract,
        id: &str,
        file: PostboxFile,
        delivery: Delivery,
        now: Moment,
    ) -> Result<(), Refusal> {
        self.tidy(now);
        let library = self.existing_postbox(contract, id)?.library.clone();
        let PostboxFile { descriptor, content, digest } = file;
        let push = Push::new(contract, descriptor, content, now);
        if delivery == Delivery::Delivered {
            // A copy costs as much, so that the quota cannot refuse what takes its place.
            self.drop_copies(&library, id, digest, &push);
        }
        self.charge(&push)?;
        match delivery {
            Delivery::Delivered => self.take_in(&library, push),
            Delivery::Pending => {
                let number = self.libraries.change(&library, |library| {
                    library.pending_count = library.pending_count.saturating_add(1);
                    library.pending_count
                });
                let pending = PendingPush { postbox: id.to_owned(), digest, push };
                self.pending.insert(PartKey::numbered(&library, number.unwrap_or_default()), pending);
            }
        }
        Ok(())
    }

    fn drop_copies(&mut self, library: &LibraryId, postbox: &str, digest: [u8; 32], push: &Push) {
        let is_copy = |pending: &PendingPush| {
            pending.postbox == postbox
                && pending.digest == digest
                && pending.push.descriptor == push.descriptor
        };
        let copies = self.pending.of(LIBRARY, library).filter(|(_, pending)| is_copy(pending));
        let copies: Vec<_> = copies.map(|(key, _)| key.clone()).collect();
        let freed = copies.iter().filter_map(|key| self.pending.remove(key)).map(|it| it.push.cost()).sum();
        self.discharge(freed);
    }

    /// Delivers what waits in a user's postboxes, as the user has it done with `digime://postbox/import`,
    /// and says how many files that were.
    pub(crate) fn import_postboxes(&mut self, library: &LibraryId) -> usize {
        let pending = self.pending.take_out(LIBRARY, library);
        let count = pending.len();
        pending.into_iter().for_each(|pending| self.take_in(library, pending.push));
        count
    }

    /// The session that the answer to a push tells of where the push needs none: the one that it names,
    /// if that still lives, or a new one. Clients keep it as their current session, in which they read
    /// accounts and nothing else, so that no source is asked for it.
    pub(crate) fn session_after_push(
        &mut self,
        contract: &Contract,
        user: &LibraryId,
        named: Option<&str>,
        access: SessionAccess,
        now: Moment,
    ) -> SessionRef {
        if let Some(Ok(session)) = named.map(|key| self.pushing_session(contract, key, now)) {
            return session;
        }
        let mut options = PullOptions::default();
        options.fetch_nothing();
        let session = self.open_session(contract, options, access, now);
        self.begin_read(Fingerprint::of(&[&session.key]), user, &[], now);
        session
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::ContractKind;
    use crate::domain::library::Library;
    use crate::domain::state::Rules;
    use crate::payload::content::Content;
    use crate::random::SandboxTag;
    use serde_json::json;
    use std::time::Duration;

    const NOW: Moment = Moment::from_millis(1_767_225_600_000);

    /// A sandbox with a user, and a postbox that a session was opened for.
    fn sandbox(quota: u64) -> (State, Contract, LibraryId, String, String) {
        let mut state = State::new(SandboxTag::fresh(), Rules { push_quota: quota, ..Rules::default() });
        let contract = Contract::sample(ContractKind::Write);
        let options = (PullOptions::default(), SessionAccess::Key);
        let (session, _) = state.open_waiting_session(&contract, options, NOW);
        let user = state.tag.mint();
        state.libraries.insert(user.clone(), Library::new());
        let keys = PostboxKeys::generate().unwrap();
        let postbox =
            state.create_postbox(&contract.client_id(), &user, Some(Fingerprint::of(&[&session.key])), keys);
        (state, contract, user, postbox.id, session.key)
    }

    fn file(text: &str, tag: &str) -> PostboxFile {
        let descriptor = json!({ "mimeType": "text/plain", "accounts": [], "tags": [tag] });
        PostboxFile {
            descriptor: serde_json::from_value(descriptor).unwrap(),
            content: Content::from(text.as_bytes().to_vec()),
            digest: sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix(text)).into(),
        }
    }

    #[test]
    fn what_is_delivered_takes_the_place_of_its_copies_that_wait_and_of_nothing_else() {
        let (mut state, contract, user, postbox, _) = sandbox(1 << 20);
        let other =
            state.create_postbox(&contract.client_id(), &user, None, PostboxKeys::generate().unwrap());
        for (id, text, tag) in [
            (&postbox, "a", "t"),
            (&postbox, "a", "t"),
            (&postbox, "b", "t"),
            (&postbox, "a", "u"),
            (&other.id, "a", "t"),
        ] {
            state.push_to_postbox(&contract, id, file(text, tag), Delivery::Pending, NOW).unwrap();
        }
        let full = state.pushed_bytes();
        state.push_to_postbox(&contract, &postbox, file("a", "t"), Delivery::Delivered, NOW).unwrap();
        assert_eq!((state.pending.len(), state.pushed.len()), (3, 1));
        assert_eq!(state.pushed_bytes(), full / 5 * 4);
        assert_eq!(state.import_postboxes(&user), 3);
        assert_eq!(state.import_postboxes(&user), 0);
        let sequences: Vec<_> = state.pushed.of(LIBRARY, &user).map(|(_, file)| file.sequence).collect();
        assert_eq!((sequences, state.library(&user).unwrap().push_count), (vec![1, 2, 3, 4], 4));
        assert_eq!(state.pushed_bytes(), full / 5 * 4, "an import costs nothing");
        state.delete_user(&user).unwrap();
        assert_eq!((state.pushed_bytes(), state.import_postboxes(&user)), (0, 0));
    }

    #[test]
    fn copies_that_wait_count_in_the_quota_until_their_user_is_deleted() {
        let (mut state, contract, user, postbox, _) = sandbox(5000);
        let push = |state: &mut State, text: &str, delivery| {
            state.push_to_postbox(&contract, &postbox, file(text, "t"), delivery, NOW).map_err(|it| it.status)
        };
        assert_eq!(push(&mut state, "a", Delivery::Pending), Ok(()));
        assert_eq!(push(&mut state, "b", Delivery::Pending), Ok(()));
        assert_eq!(push(&mut state, "c", Delivery::Pending), Err(413));
        assert_eq!(push(&mut state, "c", Delivery::Delivered), Err(413));
        assert_eq!(push(&mut state, "a", Delivery::Delivered), Ok(()), "it takes the place of its copy");
        state.delete_user(&user).unwrap();
        assert_eq!(state.pushed_bytes(), 0);
        assert_eq!(push(&mut state, "a", Delivery::Delivered), Err(404));
    }

    #[test]
    fn a_postbox_is_open_to_its_contract_its_session_and_its_user_alone() {
        let (mut state, contract, user, postbox, session) = sandbox(5000);
        let refused = |state: &State, contract: &Contract, pusher: Pusher<'_>, id: &str| {
            state.postbox(contract, pusher, id).err().map(|it| it.code.to_string())
        };
        let stranger = state.tag.mint();
        let mut other = Contract::sample(ContractKind::Write);
        other.contract_id = "another".to_owned();
        for (contract, pusher, id, code) in [
            (&contract, Pusher::Session(&session), postbox.as_str(), None),
            (&contract, Pusher::User(&user), &postbox, None),
            (&contract, Pusher::Session("another"), &postbox, Some("SessionInvalid")),
            (&contract, Pusher::User(&stranger), &postbox, Some("PostboxNotFound")),
            (&other, Pusher::User(&user), &postbox, Some("PostboxNotFound")),
            (&contract, Pusher::User(&user), "unknown", Some("PostboxNotFound")),
        ] {
            assert_eq!(refused(&state, contract, pusher, id).as_deref(), code, "{pusher:?} {id}");
        }
        let ongoing =
            state.create_postbox(&contract.client_id(), &user, None, PostboxKeys::generate().unwrap());
        let by_session = refused(&state, &contract, Pusher::Session(&session), &ongoing.id);
        assert_eq!(by_session.as_deref(), Some("SessionInvalid"));
        state.delete_user(&user).unwrap();
        let deleted = refused(&state, &contract, Pusher::Session(&session), &postbox);
        assert_eq!(deleted.as_deref(), Some("PostboxNotFound"));
    }

    #[test]
    fn a_postbox_lives_as_long_as_its_session_or_its_user() {
        let (mut state, contract, user, postbox, _) = sandbox(5000);
        state.push_to_postbox(&contract, &postbox, file("a", "t"), Delivery::Pending, NOW).unwrap();
        let hour = Duration::from_secs(3600);
        state.sweep(NOW.plus(hour));
        assert!(state.libraries.contains(&user));
        state.sweep(NOW.plus(hour * 3));
        assert!(state.libraries.len() + state.postboxes.len() == 0);
        assert_eq!(state.pushed_bytes(), 0);
    }
}
