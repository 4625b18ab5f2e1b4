//! The only file that draws randomness: identifiers, codes and tokens.
//!
//! Every identifier that a sandbox mints begins with the sandbox's tag, so that a consent page,
//! which carries nothing but a code, finds its sandbox without a global table of live objects.

use rand::distr::{Alphanumeric, SampleString};

/// Length of a [`SandboxTag`].
const TAG_LENGTH: usize = 8;
/// Length of a minted identifier: that of the platform's own (protocol reference, crypto §6).
pub(crate) const ID_LENGTH: usize = 32;

/// The first characters of every identifier that one sandbox mints.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SandboxTag(String);

impl SandboxTag {
    /// The tag of the sandbox that always exists.
    pub(crate) fn default_sandbox() -> Self {
        Self("default0".to_owned())
    }

    /// No sandbox's: what is kept of the server itself stands under it.
    pub(crate) fn server() -> Self {
        Self("-server-".to_owned())
    }

    /// A tag for a fresh sandbox.
    pub(crate) fn fresh() -> Self {
        Self(alphanumeric(TAG_LENGTH).to_ascii_lowercase())
    }

    /// The tag that `id` was minted under, if it is long enough to carry one.
    pub(crate) fn of(id: &str) -> Option<Self> {
        id.get(..TAG_LENGTH).map(|tag| Self(tag.to_owned()))
    }

    /// The tag that this text is; none if it is none that a sandbox could have been given.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        (text.len() == TAG_LENGTH && text.bytes().all(is_part)).then(|| Self(text.to_owned()))
    }

    /// The tag as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A new identifier of 32 alphanumerics, 24 of them random (142 bits).
    pub(crate) fn mint(&self) -> String {
        format!("{}{}", self.0, alphanumeric(ID_LENGTH - TAG_LENGTH))
    }
}

/// `length` random characters of `A–Z a–z 0–9`.
#[allow(clippy::disallowed_methods)]
pub(crate) fn alphanumeric(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}

/// `N` random bytes, for keys and initialisation vectors.
#[allow(clippy::disallowed_methods)]
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::Rng::fill_bytes(&mut rand::rng(), &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_leads_back_to_its_sandbox() {
        let tag = SandboxTag::fresh();
        let id = tag.mint();
        assert_eq!(id.len(), 32);
        assert!(id.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_eq!(SandboxTag::of(&id), Some(tag));
        assert_eq!(SandboxTag::of("short"), None);
        assert_eq!(SandboxTag::of("ééééééééé"), SandboxTag::of("éééé"));
    }
}
