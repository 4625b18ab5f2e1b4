//! How much a partner may use, and what is said when it is used up.

use std::num::NonZeroU32;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::consent::CallbackErrorCode;
use super::refusal::{Refusal, RefusalCode};

/// How much a sandbox may hold. Nothing is counted where there is no quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quota {
    /// Users.
    pub(crate) users: u64,
    /// Bytes of what is pushed and stored for them.
    pub(crate) bytes: u64,
}

/// How much a partner may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PartnerQuotas {
    /// Users, in all sandboxes of the partner.
    pub users: u64,
    /// Bytes of what is pushed and stored for them, in all sandboxes of the partner.
    pub bytes: u64,
    /// Requests a second to each server, of clients and of administration.
    #[schemars(range(min = 1))]
    pub requests_per_second: NonZeroU32,
    /// Sandboxes that the partner makes, besides the one that it always has.
    pub sandboxes: u32,
}

impl Default for PartnerQuotas {
    /// 10,000 users, 1 GiB, 100 requests a second, 20 sandboxes.
    fn default() -> Self {
        const HUNDRED: NonZeroU32 = NonZeroU32::new(100).unwrap();
        Self { users: 10_000, bytes: 1 << 30, requests_per_second: HUNDRED, sandboxes: 20 }
    }
}

impl PartnerQuotas {
    /// What counts in the state of the partner's sandboxes.
    pub(crate) fn held(&self) -> Quota {
        Quota { users: self.users, bytes: self.bytes }
    }
}

/// How much a sandbox holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Usage {
    /// Users.
    pub(crate) users: u64,
    /// Bytes of what is pushed and stored for them.
    pub(crate) bytes: u64,
}

impl Quota {
    /// What is left of it beside what is used elsewhere.
    pub(crate) fn beside(self, elsewhere: Usage) -> Self {
        Self {
            users: self.users.saturating_sub(elsewhere.users),
            bytes: self.bytes.saturating_sub(elsewhere.bytes),
        }
    }
}

impl Usage {
    /// What is left without a part of it.
    pub(crate) fn without(self, part: Self) -> Self {
        Self { users: self.users.saturating_sub(part.users), bytes: self.bytes.saturating_sub(part.bytes) }
    }

    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { users: self.users.saturating_add(other.users), bytes: self.bytes.saturating_add(other.bytes) }
    }
}

/// What a partner has used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UsedUp {
    /// Users.
    #[error("the partner has as many users as it may; deleting one makes room")]
    Users,
    /// Bytes.
    #[error("the partner holds as many bytes as it may; deleting users or files makes room")]
    Bytes,
    /// Requests of this second.
    #[error("the partner asks more often than it may")]
    Requests,
    /// Sandboxes.
    #[error("the partner has as many sandboxes as it may; removing one makes room")]
    Sandboxes,
}

impl UsedUp {
    /// When it is worth while to ask again.
    fn retry_after(self) -> Duration {
        match self {
            Self::Requests => Duration::from_secs(1),
            // Somebody has to make room first.
            Self::Users | Self::Bytes | Self::Sandboxes => Duration::from_secs(60),
        }
    }
}

impl From<UsedUp> for Refusal {
    fn from(used_up: UsedUp) -> Self {
        let message = match used_up {
            UsedUp::Users => "The quota of users is used up",
            UsedUp::Bytes => "The quota of bytes is used up",
            UsedUp::Requests => "Too many requests",
            UsedUp::Sandboxes => "The quota of sandboxes is used up",
        };
        Self::new(429, RefusalCode::TooManyRequests, message, used_up.to_string())
            .retry_after(used_up.retry_after())
    }
}

/// The callback of a consent has no word for it.
impl From<UsedUp> for CallbackErrorCode {
    fn from(_: UsedUp) -> Self {
        Self::ServerError
    }
}
