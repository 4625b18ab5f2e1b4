//! The token of a mock server's control API.

use std::fmt;

/// The longest header that servers commonly read has 8 KiB.
const LONGEST: usize = 4096;

/// The token that a mock server was started with, by `--admin-token`; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminToken(String);

impl AdminToken {
    /// A token that a header can carry.
    ///
    /// # Errors
    /// [`AdminTokenError`] for anything else than visible ASCII characters.
    ///
    /// ```
    /// use digime_scenarios::AdminToken;
    ///
    /// assert!(AdminToken::new("s3cret").is_ok());
    /// assert!(AdminToken::new("two\nlines").is_err());
    /// ```
    pub fn new(token: impl Into<String>) -> Result<Self, AdminTokenError> {
        let token = token.into();
        match (1..=LONGEST).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic()) {
            true => Ok(Self(token)),
            false => Err(AdminTokenError),
        }
    }

    /// The value of the `Authorization` header.
    pub(super) fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken")
    }
}

/// A text that is no admin token; it is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an admin token has visible ASCII characters only, because a header carries it: 1 to {LONGEST} of them"
)]
pub struct AdminTokenError;
