//! The user access token: the form it is sent in, and the form it is stored in.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::clock;
use crate::crypto::secret::secret_newtype;
use crate::error::{Error, ErrorKind, Result};
use crate::http::json;
use crate::ids::{ContractId, UserId};

pub(crate) const MAX_TOKEN_ANSWER: usize = 1024 * 1024;

secret_newtype! {
    /// The text of an access or refresh token.
    TokenValue
}

/// One half of a [`UserAccessToken`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Token {
    /// The token itself; redacted in `Debug`.
    pub value: TokenValue,
    /// Expiry in **seconds** since 1970 (protocol reference, http-api §1.4);
    /// 0 if the server did not say.
    #[serde(deserialize_with = "json::integer")]
    pub expiry: i64,
}

impl Token {
    /// A token of its text and its expiry in **seconds** since 1970, 0 if unknown.
    #[must_use]
    pub fn new(value: TokenValue, expiry: i64) -> Self {
        Self { value, expiry }
    }

    /// When the token expires, if the server said so and the platform can express it.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        (self.expiry != 0).then(|| clock::from_unix_seconds(self.expiry)).flatten()
    }

    /// Whether the expiry has passed by this host's clock. Unknown expiries have.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.expiry <= clock::unix_seconds()
    }
}

/// The user a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenUser {
    /// Id of the user's library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<UserId>,
}

/// Access and refresh token of one user for one contract.
///
/// Serialises to the JSON of the official SDKs (protocol reference,
/// http-api §3.2), secrets included: store it like a password.
///
/// ```
/// let stored = r#"{"accessToken":{"value":"at-1","expiry":1767312000},
///                  "refreshToken":{"value":"rt-1","expiry":1767830400},
///                  "user":{"id":"user-1"},"consentid":"consent-1"}"#;
/// let token: digime::UserAccessToken = serde_json::from_str(stored).unwrap();
/// assert_eq!(token.access_token.value.expose(), "at-1");
/// assert!(!format!("{token:?}").contains("at-1"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserAccessToken {
    /// Sent with every request of the user.
    pub access_token: Token,
    /// Gets the next pair once the access token has expired.
    pub refresh_token: Token,
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<TokenUser>,
    /// Id of the consent.
    #[serde(default, rename = "consentid", skip_serializing_if = "Option::is_none")]
    pub consent_id: Option<String>,
}

impl UserAccessToken {
    /// A pair of two tokens, for example from columns of a database. User and consent
    /// are fields that may be set afterwards.
    ///
    /// ```
    /// use digime::{Token, TokenValue, UserAccessToken};
    ///
    /// let access = Token::new(TokenValue::new("at-1"), 1_767_312_000);
    /// let pair = UserAccessToken::new(access, Token::new(TokenValue::new("rt-1"), 1_767_830_400));
    /// assert_eq!(pair.refresh_token.value.expose(), "rt-1");
    /// ```
    #[must_use]
    pub fn new(access_token: Token, refresh_token: Token) -> Self {
        Self { access_token, refresh_token, user: None, consent_id: None }
    }

    /// This pair with what a refresh left out because it does not change (RFC 6749 §6).
    pub(crate) fn completed_from(mut self, previous: &Self) -> Self {
        if self.refresh_token.value.expose().is_empty() {
            self.refresh_token = previous.refresh_token.clone();
        }
        self.user = self.user.or_else(|| previous.user.clone());
        self.consent_id = self.consent_id.or_else(|| previous.consent_id.clone());
        self
    }
}

/// A new token pair, as handed to [`crate::ClientBuilder::on_token`].
#[derive(Debug)]
#[non_exhaustive]
pub struct TokenRefreshed<'a> {
    /// The contract the token belongs to.
    pub contract_id: &'a ContractId,
    /// The pair that was used up.
    pub previous: &'a UserAccessToken,
    /// The pair to store now.
    pub current: &'a UserAccessToken,
}

/// Payload of a token JWT: nested since v1.6, flat before (http-api §3.1).
#[derive(Deserialize)]
pub(crate) struct Payload {
    access_token: WireToken,
    #[serde(default)]
    refresh_token: Option<WireToken>,
    /// Expiry of a flat access token.
    #[serde(default, deserialize_with = "json::optional_integer")]
    expires_on: Option<i64>,
    #[serde(default)]
    sub: Option<UserId>,
    #[serde(default)]
    consentid: Option<String>,
}

/// `{"value","expires_on"}`, or the bare text of older versions.
#[derive(Deserialize)]
#[serde(untagged)]
enum WireToken {
    Nested(NestedToken),
    Flat(TokenValue),
}

#[derive(Deserialize)]
struct NestedToken {
    #[serde(default = "empty")]
    value: TokenValue,
    #[serde(default, deserialize_with = "json::optional_integer")]
    expires_on: Option<i64>,
}

fn empty() -> TokenValue {
    TokenValue::new("")
}

impl WireToken {
    fn into_token(self, flat_expiry: Option<i64>) -> Token {
        let (value, expiry) = match self {
            Self::Nested(NestedToken { value, expires_on }) => (value, expires_on),
            Self::Flat(value) => (value, flat_expiry),
        };
        Token { value, expiry: seconds(expiry.unwrap_or(0)) }
    }
}

/// Some servers write milliseconds where seconds belong; no plausible second
/// count has twelve digits.
fn seconds(expiry: i64) -> i64 {
    const YEAR_5138: i64 = 100_000_000_000;
    if expiry >= YEAR_5138 { expiry / 1000 } else { expiry.max(0) }
}

impl Payload {
    pub(crate) fn into_token(self) -> Result<UserAccessToken> {
        let access_token = self.access_token.into_token(self.expires_on);
        if access_token.value.expose().is_empty() {
            return Err(Error::new(ErrorKind::Decode, "the server sent no access token"));
        }
        let refresh_token =
            self.refresh_token.map_or(Token { value: empty(), expiry: 0 }, |token| token.into_token(None));
        Ok(UserAccessToken {
            access_token,
            refresh_token,
            user: self.sub.map(|id| TokenUser { id: Some(id) }),
            consent_id: self.consentid,
        })
    }
}
