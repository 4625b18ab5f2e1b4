//! How generations of the API differ: one row for each generation, one column for each concern
//! (protocol reference, legacy §1). Endpoints ask [`Dialect`]; they never compare versions.

#[cfg(test)]
mod page;

use crate::domain::session::{SessionAccess, Unasked};
use crate::domain::token::Proof;
use crate::operations::generation::Generation;
use crate::payload::container::ContainerForm;

/// What one generation does in its own way.
#[derive(Clone, Debug)]
pub(crate) struct Dialect {
    /// How files are encrypted.
    pub container: ContainerForm,
    /// How a file travels.
    pub file: FileForm,
    /// What a file is compressed with that nobody asked to be compressed.
    pub unasked: Unasked,
    /// What the file list names.
    pub list: ListForm,
    /// What opens a session for reading.
    pub access: SessionAccess,
    /// What `oauth/authorize` answers.
    pub authorize: AuthorizeAnswer,
    /// What `oauth/token` answers.
    pub token: TokenForm,
    /// Whether a code is exchanged without its verifier.
    pub proof: Proof,
    /// What `permission-access/trigger` makes readable.
    pub trigger: TriggerForm,
    /// Which requests name their callback.
    pub redirect_uri: RedirectUriClaim,
    /// Where a push carries what its file is encrypted with.
    pub push: PushForm,
    /// Whose consent to a write contract makes a postbox.
    pub postbox: PostboxOffer,
}

/// How a file travels (protocol reference, legacy/endpoints §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileForm {
    /// As Base64 in JSON, beside what describes it.
    Envelope,
    /// As bytes, with the header `x-metadata`.
    Binary,
}

/// What the file list names (protocol reference, legacy rules 3 and 18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListForm {
    /// Names alone. Clients read it once, so that it waits until every file is there.
    Names,
    /// States and files. Clients stop for good at `pending`, so that it says `running`.
    NeverPending,
    /// States and files.
    Entries,
}

/// What `oauth/authorize` answers (protocol reference, legacy/endpoints §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthorizeAnswer {
    /// A token: the client has opened a session before.
    Token,
    /// A token, and a session.
    TokenAndSession,
}

/// The payload of a user access token (protocol reference, legacy §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenForm {
    /// `access_token` and `refresh_token` are texts.
    Flat,
    /// Both are objects with a value and an end of their own.
    Nested,
}

/// What `permission-access/trigger` makes readable (protocol reference, legacy/endpoints §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TriggerForm {
    /// The session that the claim `session_key` names.
    NamedSession,
    /// A new session, which is answered.
    NewSession,
}

/// Which requests name their callback (protocol reference, legacy §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectUriClaim {
    /// Every one that has a JWT.
    EveryRequest,
    /// Those that lead to a page.
    PagesAlone,
}

/// Where a push to a postbox carries what its file is encrypted with (protocol reference,
/// legacy/endpoints §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PushForm {
    /// In headers; nothing is signed.
    Headers,
    /// In claims, the session among them.
    ClaimsAndSession,
    /// In claims; a session is not needed.
    Claims,
}

/// Whose consent to a write contract, on the authorize page, makes a postbox (protocol reference,
/// legacy/js-5-to-12 §3 and §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PostboxOffer {
    /// Nobody's: there is no such page, and a link asks for the postbox.
    ByLink,
    /// Everybody's.
    Always,
    /// That of clients which push into one: Node 8 and iOS.
    WhereExpected,
}

/// Android up to 1.6, iOS 2.0 to 2.4.
const V1: Dialect = Dialect {
    container: ContainerForm::Hashed,
    file: FileForm::Envelope,
    unasked: Unasked::Uncompressed,
    list: ListForm::Names,
    access: SessionAccess::Key,
    authorize: AuthorizeAnswer::Token,
    token: TokenForm::Flat,
    proof: Proof::Optional,
    trigger: TriggerForm::NamedSession,
    redirect_uri: RedirectUriClaim::EveryRequest,
    push: PushForm::Headers,
    postbox: PostboxOffer::ByLink,
};
/// The lists of Node 1 to 3, which end at `pending`.
const V1_4: Dialect = Dialect { list: ListForm::NeverPending, ..V1 };
/// Files as bytes, pushes signed.
const V1_5: Dialect =
    Dialect { file: FileForm::Binary, list: ListForm::Entries, push: PushForm::ClaimsAndSession, ..V1_4 };
/// Consent in the browser.
const V1_6: Dialect = Dialect {
    authorize: AuthorizeAnswer::TokenAndSession,
    token: TokenForm::Nested,
    proof: Proof::Required,
    trigger: TriggerForm::NewSession,
    push: PushForm::Claims,
    postbox: PostboxOffer::Always,
    ..V1_5
};
/// Reading takes a token.
const V1_7: Dialect = Dialect {
    container: ContainerForm::Plain,
    unasked: Unasked::AsStored,
    access: SessionAccess::Token,
    redirect_uri: RedirectUriClaim::PagesAlone,
    postbox: PostboxOffer::WhereExpected,
    ..V1_6
};

/// Every generation, oldest first.
static DIALECTS: [(Generation, Dialect); 8] = [
    (Generation::V1, V1),
    (Generation::V1_0, V1),
    (Generation::V1_1, V1_4),
    (Generation::V1_3, V1),
    (Generation::V1_4, V1_4),
    (Generation::V1_5, V1_5),
    (Generation::V1_6, V1_6),
    (Generation::V1_7, V1_7),
];

impl Dialect {
    /// The row of a generation.
    pub(crate) fn of(generation: Generation) -> &'static Self {
        // The table has a row for each generation in their order, which a test keeps.
        &DIALECTS[generation as usize].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generation_finds_its_row() {
        for (generation, (of_row, _)) in Generation::ALL.iter().zip(&DIALECTS) {
            assert_eq!(generation, of_row);
            assert_eq!(*of_row as usize, *generation as usize);
        }
    }
}
