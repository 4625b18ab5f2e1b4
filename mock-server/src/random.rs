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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SandboxTag([u8; TAG_LENGTH]);

impl SandboxTag {
    /// The tag of the sandbox that always exists.
    pub(crate) fn default_sandbox() -> Self {
        Self(*b"default0")
    }

    /// No sandbox's: what is kept of the server itself stands under it.
    pub(crate) fn server() -> Self {
        Self(*b"-server-")
    }

    /// A tag for a fresh sandbox.
    pub(crate) fn fresh() -> Self {
        let mut tag = [0; TAG_LENGTH];
        alphanumeric(TAG_LENGTH)
            .bytes()
            .zip(&mut tag)
            .for_each(|(drawn, byte)| *byte = drawn.to_ascii_lowercase());
        Self(tag)
    }

    /// The tag that `id` was minted under, if it is long enough to carry one.
    pub(crate) fn of(id: &str) -> Option<Self> {
        id.get(..TAG_LENGTH)?.as_bytes().try_into().ok().map(Self)
    }

    /// The tag that this text is; none if it is none that a sandbox could have been given.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        Self::of(text).filter(|_| text.len() == TAG_LENGTH && text.bytes().all(is_part))
    }

    /// The tag as text.
    pub(crate) fn as_str(&self) -> &str {
        // It is made of text alone.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// A new identifier of 32 alphanumerics, 24 of them random (142 bits).
    pub(crate) fn mint(&self) -> String {
        format!("{}{}", self.as_str(), alphanumeric(ID_LENGTH - TAG_LENGTH))
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
