//! How long codes, tokens and sessions live.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long things live, on the sandbox's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetimes {
    /// Preauthorization and authorization codes.
    pub code: Duration,
    /// Access tokens.
    pub access_token: Duration,
    /// Refresh tokens; a refresh keeps this end (protocol reference, legacy §4).
    pub refresh_token: Duration,
    /// How long a refresh token still works after it was used.
    pub refresh_grace: Duration,
    /// Read sessions.
    pub session: Duration,
}

impl Default for Lifetimes {
    /// Ten minutes for codes, one day and thirty days for tokens, one hour for sessions.
    fn default() -> Self {
        const MINUTE: u64 = 60;
        const DAY: u64 = 24 * 60 * MINUTE;
        Self {
            code: Duration::from_secs(10 * MINUTE),
            access_token: Duration::from_secs(DAY),
            refresh_token: Duration::from_secs(30 * DAY),
            refresh_grace: Duration::from_secs(MINUTE),
            session: Duration::from_secs(60 * MINUTE),
        }
    }
}
