//! A user, as administration shows them. Times are milliseconds since 1970, by the sandbox's clock.

use schemars::JsonSchema;
use serde::Serialize;

use super::accounts::AccountJson;
use crate::clock::Moment;
use crate::domain::state::{TokenRole, TokenView, UserView};

/// All that there is of a user.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "User")]
pub(super) struct UserJson {
    /// The `sub` of their tokens.
    user: String,
    /// The sandbox's present.
    now: i64,
    accounts: Vec<AccountJson>,
    consents: Vec<ConsentJson>,
    /// Access tokens, then refresh tokens; those that end last first.
    tokens: Vec<TokenJson>,
    /// Sessions that read the library.
    sessions: Vec<SessionJson>,
    /// Authorization codes.
    codes: Vec<CodeJson>,
    /// Consent pages that were opened for them.
    pages: Vec<PageJson>,
    /// How many files were ever pushed into the library.
    pushed: u64,
    postboxes: Vec<PostboxJson>,
    /// Files that wait in postboxes.
    waiting: Vec<WaitingJson>,
    storages: Vec<StorageJson>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UserConsent")]
struct ConsentJson {
    client_id: String,
    consent_id: String,
}

/// Whether something is good for anything at the sandbox's present.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Life {
    Alive,
    Expired,
    /// A refresh token that another took the place of; it works for the grace period.
    Replaced,
    /// A code that was exchanged, or a page that was decided.
    Used,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UserToken")]
struct TokenJson {
    fingerprint: String,
    role: RoleJson,
    client_id: String,
    expires: i64,
    life: Life,
    /// When a refresh token was first used.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TokenRole")]
enum RoleJson {
    Access,
    Refresh,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UserSession")]
struct SessionJson {
    fingerprint: String,
    client_id: String,
    expires: i64,
    life: Life,
    /// When it began to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UserCode")]
struct CodeJson {
    fingerprint: String,
    client_id: String,
    expires: i64,
    life: Life,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UserPage")]
struct PageJson {
    fingerprint: String,
    client_id: String,
    expires: i64,
    life: Life,
    /// What it asks for: authorize, extend, renew or revoke.
    purpose: &'static str,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UserPostbox")]
struct PostboxJson {
    id: String,
    client_id: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WaitingFile")]
struct WaitingJson {
    postbox: String,
    client_id: String,
    created: i64,
    /// In bytes.
    size: u64,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UserStorage")]
struct StorageJson {
    id: String,
    /// The application whose contract made it.
    application_id: String,
    /// Bytes of all its files.
    used: u64,
    /// Its files, which the server cannot read.
    files: Vec<StoredJson>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UserStoredFile")]
struct StoredJson {
    path: String,
    /// In bytes.
    size: u64,
}

impl UserJson {
    pub(super) fn of(user: UserView, now: Moment) -> Self {
        let life = |expires: Moment, used: bool| match used {
            true => Life::Used,
            false if now >= expires => Life::Expired,
            false => Life::Alive,
        };
        let (accounts, consents, sessions, codes) = (user.accounts, user.consents, user.sessions, user.codes);
        Self {
            user: user.id,
            now: now.millis(),
            accounts: accounts.iter().map(|account| AccountJson::of(account, now)).collect(),
            consents: consents
                .into_iter()
                .map(|(client_id, consent_id)| ConsentJson { client_id, consent_id })
                .collect(),
            tokens: user.tokens.into_iter().map(|token| TokenJson::of(token, now)).collect(),
            sessions: sessions
                .into_iter()
                .map(|it| SessionJson {
                    fingerprint: it.fingerprint.to_string(),
                    client_id: it.client_id,
                    expires: it.expires.millis(),
                    life: life(it.expires, false),
                    started: it.started.map(Moment::millis),
                })
                .collect(),
            codes: codes
                .into_iter()
                .map(|it| CodeJson {
                    fingerprint: it.fingerprint.to_string(),
                    client_id: it.client_id,
                    expires: it.expires.millis(),
                    life: life(it.expires, it.used),
                })
                .collect(),
            pages: user
                .pages
                .into_iter()
                .map(|it| PageJson {
                    fingerprint: it.fingerprint.to_string(),
                    client_id: it.client_id,
                    expires: it.expires.millis(),
                    life: life(it.expires, it.decided),
                    purpose: it.purpose,
                })
                .collect(),
            pushed: user.push_count,
            postboxes: user
                .postboxes
                .into_iter()
                .map(|it| PostboxJson { id: it.id, client_id: it.client_id })
                .collect(),
            waiting: user
                .waiting
                .into_iter()
                .map(|it| WaitingJson {
                    postbox: it.postbox,
                    client_id: it.client_id,
                    created: it.created.millis(),
                    size: it.size,
                })
                .collect(),
            storages: user
                .storages
                .into_iter()
                .map(|it| StorageJson {
                    id: it.id,
                    application_id: it.application_id,
                    used: it.used,
                    files: it
                        .files
                        .into_iter()
                        .map(|file| StoredJson { path: file.path, size: file.size })
                        .collect(),
                })
                .collect(),
        }
    }
}

impl TokenJson {
    fn of(token: TokenView, now: Moment) -> Self {
        Self {
            fingerprint: token.fingerprint.to_string(),
            role: match token.role {
                TokenRole::Access => RoleJson::Access,
                TokenRole::Refresh => RoleJson::Refresh,
            },
            client_id: token.client_id,
            expires: token.expires.millis(),
            life: match token.superseded {
                _ if now >= token.expires => Life::Expired,
                Some(_) => Life::Replaced,
                None => Life::Alive,
            },
            replaced: token.superseded.map(Moment::millis),
        }
    }
}
