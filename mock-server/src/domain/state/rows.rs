//! The rows of all tables: what each is found by, and when it ends.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::references::Reference;
use crate::clock::Moment;
use crate::domain::code::{AuthorizationCode, PendingConsent};
use crate::domain::library::{Library, LibraryId};
use crate::domain::postbox::{PendingPush, Postbox, PostboxId};
use crate::domain::pushed::PushedFile;
use crate::domain::quota::Usage;
use crate::domain::session::{ExchangeToken, Session};
use crate::domain::storage::{Storage, StorageId, StoredFile};
use crate::domain::table::{CONTENT, Column, Kept, PartKey, Row, Surroundings, Told};
use crate::domain::token::{Grant, RefreshGrant};
use crate::fingerprint::Fingerprint;
use crate::payload::content::{Apart, Content};

/// The column of the library that a row leads to, or that it is a part of.
pub(super) const LIBRARY: &str = "library";
/// The column of the storage that a file is in.
pub(super) const STORAGE: &str = "storage";

fn text(text: &str) -> Option<Cow<'_, str>> {
    Some(Cow::Borrowed(text))
}

impl Row for PendingConsent {
    type Key = Fingerprint;
    const TABLE: &'static str = "consents";
    const KEPT: Kept = Kept::Session;
    const COLUMNS: &'static [Column<Self>] =
        &[Column::looked_up(LIBRARY, |_, consent| consent.library().map(|it| Cow::Borrowed(it.as_str())))];

    fn expires(&self) -> Option<Moment> {
        Some(self.expires)
    }

    fn told(&self) -> Told {
        Told::WithSecrets
    }
}

impl Row for AuthorizationCode {
    type Key = Fingerprint;
    const TABLE: &'static str = "codes";
    const KEPT: Kept = Kept::Session;
    const COLUMNS: &'static [Column<Self>] = &[Column::looked_up(LIBRARY, |_, code| text(&code.library))];

    fn expires(&self) -> Option<Moment> {
        Some(self.expires)
    }

    fn told(&self) -> Told {
        Told::WithSecrets
    }
}

impl Row for Grant {
    type Key = Fingerprint;
    const TABLE: &'static str = "access_tokens";
    const COLUMNS: &'static [Column<Self>] = &[Column::looked_up(LIBRARY, |_, grant| text(&grant.library))];
    const KEPT: Kept = Kept::RefreshToken;

    fn expires(&self) -> Option<Moment> {
        Some(self.expires)
    }

    fn told(&self) -> Told {
        Told::WithSecrets
    }
}

impl Row for RefreshGrant {
    type Key = Fingerprint;
    const TABLE: &'static str = "refresh_tokens";
    const COLUMNS: &'static [Column<Self>] =
        &[Column::looked_up(LIBRARY, |_, entry| text(&entry.grant.library))];
    const KEPT: Kept = Kept::RefreshToken;

    fn expires(&self) -> Option<Moment> {
        Some(self.grant.expires)
    }

    fn told(&self) -> Told {
        Told::WithSecrets
    }
}

impl Row for Library {
    type Key = LibraryId;
    const TABLE: &'static str = "libraries";

    fn revive(&mut self, key: &LibraryId, around: &dyn Surroundings) {
        Self::revive(self, key, around);
    }

    /// Downloads are ended by the ids of users and of their accounts.
    fn minted<'a>(key: &'a LibraryId, library: &'a Self) -> Vec<&'a str> {
        let accounts = library.accounts.iter().map(|account| account.reference.as_str());
        accounts.chain([key.as_str()]).collect()
    }
}

impl Row for PushedFile {
    type Key = PartKey;
    const TABLE: &'static str = "pushed_files";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::looked_up(LIBRARY, |key: &PartKey, _| text(&key.whole)),
        Column::swept_by(CONTENT, |_, file| text(file.push.content.id()?)),
    ];

    fn minted<'a>(key: &'a PartKey, _: &'a Self) -> Vec<&'a str> {
        vec![&key.whole]
    }

    fn content(&self) -> Option<&Content> {
        Some(&self.push.content)
    }

    fn content_mut(&mut self) -> Option<&mut Content> {
        Some(&mut self.push.content)
    }

    fn without_content(&self, instead: Apart) -> Option<Self> {
        let mut row = self.clone();
        row.push.content = Content::apart(instead);
        Some(row)
    }

    fn cost(&self) -> u64 {
        self.push.cost()
    }
}

impl Row for PendingPush {
    type Key = PartKey;
    const TABLE: &'static str = "pending_pushes";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::looked_up(LIBRARY, |key: &PartKey, _| text(&key.whole)),
        Column::swept_by(CONTENT, |_, pending| text(pending.push.content.id()?)),
    ];

    fn minted<'a>(key: &'a PartKey, _: &'a Self) -> Vec<&'a str> {
        vec![&key.whole]
    }

    fn content(&self) -> Option<&Content> {
        Some(&self.push.content)
    }

    fn content_mut(&mut self) -> Option<&mut Content> {
        Some(&mut self.push.content)
    }

    fn without_content(&self, instead: Apart) -> Option<Self> {
        let mut row = self.clone();
        row.push.content = Content::apart(instead);
        Some(row)
    }

    fn cost(&self) -> u64 {
        self.push.cost()
    }
}

impl Row for Session {
    type Key = Fingerprint;
    const TABLE: &'static str = "sessions";
    const KEPT: Kept = Kept::Session;
    const COLUMNS: &'static [Column<Self>] =
        &[Column::looked_up(LIBRARY, |_, session| text(&session.read.as_ref()?.library))];

    fn expires(&self) -> Option<Moment> {
        Some(self.expires)
    }

    fn told(&self) -> Told {
        Told::WithSecrets
    }
}

impl Row for ExchangeToken {
    type Key = Fingerprint;
    const TABLE: &'static str = "exchange_tokens";
    const KEPT: Kept = Kept::Session;

    fn expires(&self) -> Option<Moment> {
        Some(self.expires)
    }

    fn told(&self) -> Told {
        Told::WithSecrets
    }
}

impl Row for Postbox {
    type Key = PostboxId;
    const TABLE: &'static str = "postboxes";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::looked_up(LIBRARY, |_, postbox| text(&postbox.library)),
        Column::swept_by("session", |_, postbox| Some(Cow::Owned(postbox.session?.to_string()))),
    ];

    fn told(&self) -> Told {
        Told::WithSecrets
    }

    fn minted<'a>(key: &'a PostboxId, postbox: &'a Self) -> Vec<&'a str> {
        vec![key, &postbox.library]
    }
}

impl Row for Reference {
    type Key = Fingerprint;
    const TABLE: &'static str = "account_references";
    const KEPT: Kept = Kept::Session;

    fn expires(&self) -> Option<Moment> {
        Some(self.expires)
    }

    fn told(&self) -> Told {
        Told::WithSecrets
    }
}

impl Row for Storage {
    type Key = StorageId;
    const TABLE: &'static str = "storages";
    const COLUMNS: &'static [Column<Self>] =
        &[Column::looked_up(LIBRARY, |_, storage| text(storage.owner.as_ref()?))];

    fn minted<'a>(key: &'a StorageId, _: &'a Self) -> Vec<&'a str> {
        vec![key]
    }
}

impl Row for StoredFile {
    type Key = PartKey;
    const TABLE: &'static str = "storage_files";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::looked_up(STORAGE, |key: &PartKey, _| text(&key.whole)),
        Column::swept_by(CONTENT, |_, file| text(file.content.id()?)),
    ];

    fn minted<'a>(key: &'a PartKey, _: &'a Self) -> Vec<&'a str> {
        vec![&key.whole]
    }

    fn content(&self) -> Option<&Content> {
        Some(&self.content)
    }

    fn content_mut(&mut self) -> Option<&mut Content> {
        Some(&mut self.content)
    }

    fn without_content(&self, instead: Apart) -> Option<Self> {
        let mut row = self.clone();
        row.content = Content::apart(instead);
        Some(row)
    }
}

/// What there is one of in a sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fact {
    /// The library of the user whose phone the sandbox has.
    Phone(LibraryId),
    /// Bytes of everything that is pushed and not yet forgotten.
    PushedBytes(u64),
    /// What counts in the quota of a partner.
    Usage(Usage),
    /// A library that came without what leads to it, and stays nevertheless.
    Imported(LibraryId),
}

impl Fact {
    /// The library that it leads to.
    pub(super) fn library(&self) -> Option<&LibraryId> {
        match self {
            Self::Phone(library) | Self::Imported(library) => Some(library),
            Self::PushedBytes(_) | Self::Usage(_) => None,
        }
    }

    /// The key of [`Fact::Imported`].
    pub(super) fn imported(library: &str) -> String {
        format!("imported/{library}")
    }
}

impl Row for Fact {
    type Key = String;
    const TABLE: &'static str = "facts";
    const COLUMNS: &'static [Column<Self>] = &[Column::swept_by(LIBRARY, |_, fact| text(fact.library()?))];

    /// What stays nevertheless is all of it in a file without secrets.
    fn told(&self) -> Told {
        match self {
            Self::Phone(_) | Self::PushedBytes(_) | Self::Usage(_) => Told::Always,
            Self::Imported(_) => Told::WithSecrets,
        }
    }

    fn count(&mut self, pushed: u64) {
        if let Self::PushedBytes(bytes) = self {
            *bytes = pushed;
        }
    }
}
