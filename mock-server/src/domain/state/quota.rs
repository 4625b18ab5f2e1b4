//! Counts what a partner's sandbox holds.

use super::rows::Fact;
use super::{Rules, State};
use crate::domain::quota::{Quota, Usage, UsedUp};

/// The key of [`Fact::Usage`].
const USAGE: &str = "usage";

impl State {
    /// Follows another quota from now on.
    pub(crate) fn set_quota(&mut self, quota: Option<Quota>) {
        self.rules.quota = quota;
    }

    /// What it follows.
    pub(crate) fn rules(&self) -> Rules {
        self.rules
    }

    /// How much the sandbox holds, as far as it is counted.
    pub(crate) fn usage(&self) -> Usage {
        match self.facts.get(USAGE) {
            Some(Fact::Usage(usage)) => *usage,
            _ => Usage::default(),
        }
    }

    /// Checks that there is room for a user.
    ///
    /// # Errors
    /// [`UsedUp::Users`].
    pub(crate) fn require_user_room(&self) -> Result<(), UsedUp> {
        match self.rules.quota {
            Some(quota) if self.usage().users >= quota.users => Err(UsedUp::Users),
            _ => Ok(()),
        }
    }

    /// Bytes that may still be added; none says that nothing is counted.
    pub(super) fn byte_room(&self) -> Option<u64> {
        let quota = self.rules.quota?;
        Some(quota.bytes.saturating_sub(self.usage().bytes))
    }

    /// Checks that there is room for bytes in the place of others.
    ///
    /// # Errors
    /// [`UsedUp::Bytes`].
    pub(super) fn require_byte_room(&self, added: u64, freed: u64) -> Result<(), UsedUp> {
        match self.byte_room() {
            Some(room) if added.saturating_sub(freed) > room => Err(UsedUp::Bytes),
            _ => Ok(()),
        }
    }

    /// Counts what was added.
    pub(super) fn count_in(&mut self, added: Usage) {
        self.count(|usage| usage.and(added));
    }

    /// Counts what is gone.
    pub(super) fn count_out(&mut self, gone: Usage) {
        self.count(|usage| Usage {
            users: usage.users.saturating_sub(gone.users),
            bytes: usage.bytes.saturating_sub(gone.bytes),
        });
    }

    fn count(&mut self, change: impl FnOnce(Usage) -> Usage) {
        if self.rules.quota.is_none() {
            return;
        }
        let (before, after) = (self.usage(), change(self.usage()));
        if before != after {
            self.facts.insert(USAGE.to_owned(), Fact::Usage(after));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::domain::contract::{Contract, ContractKind};
    use crate::domain::pushed::Descriptor;
    use crate::domain::refusal::RefusalCode;
    use crate::domain::state::links::PHONE;
    use crate::domain::storage_path::StoragePath;
    use crate::payload::content::Content;
    use crate::random::SandboxTag;
    use serde_json::json;

    const NOW: Moment = Moment::from_millis(1_767_225_600_000);

    fn state(users: u64, bytes: u64) -> State {
        let quota = Some(Quota { users, bytes });
        State::new(SandboxTag::fresh(), Rules { push_quota: 1 << 30, quota, ..Rules::default() })
    }

    fn content(length: usize) -> Content {
        Content::from(vec![7; length])
    }

    #[test]
    fn users_are_counted_in_and_out() {
        let mut state = state(2, 0);
        for user in ["ann", "bob"] {
            state.give_consent("client", &user.to_owned(), None).unwrap();
        }
        let ann = "ann".to_owned();
        assert!(state.give_consent("client", &"cid".to_owned(), None).is_err());
        assert!(state.give_consent("other", &ann, None).is_ok(), "no further user");
        assert_eq!(state.usage().users, 2);
        state.delete_user(&ann).unwrap();
        assert!(state.give_consent("client", &"cid".to_owned(), None).is_ok());
        assert_eq!(state.require_user_room(), Err(UsedUp::Users));
    }

    #[test]
    fn pushed_and_stored_bytes_are_counted_together_and_what_is_replaced_is_not() {
        let mut state = state(9, 50_000);
        let (contract, ann) = (Contract::sample(ContractKind::Write), "ann".to_owned());
        state.give_consent(&contract.client_id(), &ann, None).unwrap();
        // Something must lead to a user.
        state.facts.insert(PHONE.to_owned(), Fact::Phone(ann.clone()));
        let descriptor: Descriptor =
            serde_json::from_value(json!({ "mimeType": "text/plain", "accounts": [] })).unwrap();
        let push =
            |state: &mut State, length| state.push(&contract, &ann, descriptor.clone(), content(length), NOW);
        push(&mut state, 20_000).unwrap();
        let storage = state.create_storage(&contract).id;
        let path = |text: &str| match StoragePath::parse("App", text).unwrap() {
            StoragePath::File(path) => path,
            StoragePath::Folder(_) => unreachable!("{text}"),
        };
        for _ in 0..3 {
            state.put_storage_file(&contract, &storage, path("a"), content(20_000)).unwrap();
        }
        let refused = push(&mut state, 20_000).unwrap_err();
        assert_eq!((refused.status, refused.code), (429, RefusalCode::TooManyRequests));
        let refused = state.put_storage_file(&contract, &storage, path("b"), content(20_000)).unwrap_err();
        assert_eq!(refused.status, 429);
        state.put_storage_file(&contract, &storage, path("a"), content(1)).unwrap();
        assert!(push(&mut state, 20_000).is_ok());
        state.delete_user(&ann).unwrap();
        assert_eq!(state.usage(), Usage { users: 0, bytes: 1 });
    }

    #[test]
    fn nothing_is_counted_without_a_quota() {
        let mut state = State::new(SandboxTag::fresh(), Rules::default());
        state.give_consent("client", &"ann".to_owned(), None).unwrap();
        assert_eq!((state.usage(), state.byte_room()), (Usage::default(), None));
        assert!(state.facts.len() == 0);
    }
}
