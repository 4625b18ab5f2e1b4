//! The token that administration requires.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The token that administration requires: never empty, and always one that a header can carry, so that a
/// guard that has a token cannot stand open.
///
/// ```
/// use digime_mock_server::settings::AdminToken;
///
/// assert!(AdminToken::new("let-me-in").is_ok());
/// assert!(AdminToken::new("").is_err());
/// ```
#[derive(Clone)]
pub struct AdminToken(String);

/// Text that cannot be an admin token. It never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdminTokenError {
    /// Nothing, or only blanks.
    #[error(
        "the admin token is empty: give one, or leave the setting out to open administration to this machine only"
    )]
    Empty,
    /// Blanks at an end, which HTTP removes on the way.
    #[error("the admin token begins or ends with white space, which no header carries: remove it")]
    Surrounded,
    /// Line breaks, control characters or letters beyond ASCII.
    #[error("the admin token has a character that no header can carry: use visible ASCII characters only")]
    Uncarriable,
    /// Longer than proxies and servers let a header be.
    #[error("the admin token has {0} bytes; the most is {MOST_BYTES}")]
    TooLong(usize),
}

/// Proxies refuse header lines beyond 4 to 8 KiB.
const MOST_BYTES: usize = 4000;

impl AdminToken {
    /// Takes a text as the token.
    ///
    /// # Errors
    /// [`AdminTokenError`] if it is empty, or no `Authorization` header can carry it.
    pub fn new(text: impl Into<String>) -> Result<Self, AdminTokenError> {
        let text = text.into();
        if text.trim().is_empty() {
            return Err(AdminTokenError::Empty);
        }
        if !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Err(AdminTokenError::Uncarriable);
        }
        if text.trim() != text {
            return Err(AdminTokenError::Surrounded);
        }
        if text.len() > MOST_BYTES {
            return Err(AdminTokenError::TooLong(text.len()));
        }
        Ok(Self(text))
    }

    /// The header that carries it.
    #[cfg(feature = "cli")]
    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// The key that signs sessions of browsers: the same on every server that has this token.
    pub(crate) fn session_key(&self) -> [u8; 32] {
        Sha256::new().chain_update("sessions of the console\0").chain_update(&self.0).finalize().into()
    }

    /// Whether this is the token, in a time that does not tell how much of it is right.
    pub(crate) fn matches(&self, given: &str) -> bool {
        given.as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_empty_and_always_fits_a_header() {
        for (text, error) in [
            ("", AdminTokenError::Empty),
            (" \t\n", AdminTokenError::Empty),
            ("s3\ncret", AdminTokenError::Uncarriable),
            ("s3cret\n", AdminTokenError::Uncarriable),
            ("s3crét", AdminTokenError::Uncarriable),
            (" s3cret", AdminTokenError::Surrounded),
            (&"secret!".repeat(572), AdminTokenError::TooLong(4004)),
        ] {
            let refused = AdminToken::new(text).unwrap_err();
            assert_eq!(refused, error, "{text:?}");
            assert!(!refused.to_string().contains("cret"), "{refused}");
        }
        let token = AdminToken::new("let me in").unwrap();
        assert!(token.matches("let me in") && !token.matches("") && !token.matches("let me out"));
        assert_eq!(format!("{token:?}"), "AdminToken([redacted])");
    }
}
