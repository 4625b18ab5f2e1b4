//! The platform's own error answer (protocol reference, errors §1–3).

use std::fmt;

use http::header::HeaderMap;
use serde::Deserialize;

/// What the platform said about a refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// HTTP status of the answer.
    pub status: u16,
    /// The platform's error code.
    pub code: ErrorCode,
    /// The platform's explanation. Values this SDK sent as secrets are blanked out.
    pub message: String,
    /// The platform's reference for this failure; quote it to support.
    pub reference: Option<String>,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.code, self.status, self.message)?;
        match &self.reference {
            Some(reference) => write!(f, " [reference {reference}]"),
            None => Ok(()),
        }
    }
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident),+ $(,)?) => {
        /// Error codes known from the platform's clients and documentation
        /// (protocol reference, errors §3). New codes arrive as [`ErrorCode::Other`].
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)+
            /// A code this version does not know, as sent.
            Other(String),
        }

        impl ErrorCode {
            /// The code as it is written on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => stringify!($variant),)+
                    Self::Other(code) => code,
                }
            }
        }

        impl From<&str> for ErrorCode {
            fn from(code: &str) -> Self {
                match code {
                    $(stringify!($variant) => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
}

error_codes! {
    /// The access or refresh token is unknown or expired.
    InvalidToken,
    /// The callback URL is not registered for the contract.
    InvalidRedirectUri,
    /// Application or contract id unknown in this environment.
    InvalidClient,
    /// The contract allows less than was asked.
    InsufficientScope,
    /// The `agent` of the request is not recognised.
    SDKInvalid,
    /// The `agent` of the request is too old.
    SDKVersionInvalid,
    /// A header, parameter or signature is wrong.
    ValidationErrors,
    /// Malformed request, among others a repeated nonce.
    InvalidRequest,
    /// The requested scope exceeds the contract.
    ScopeOutOfBounds,
    /// The contract is of a kind that does not allow this request.
    InvalidContractDataRequest,
    /// The request JWT is unreadable or wrongly signed.
    InvalidJWT,
    /// The authorization code or its verifier is wrong, used or expired.
    InvalidGrant,
    /// A token of the wrong kind was used.
    InvalidTokenType,
    /// The session is unknown or expired.
    InvalidSession,
    /// The session is unknown or expired (name used by other clients).
    SessionInvalid,
    /// A one-off session was already used.
    SessionUsed,
    /// Too many requests.
    TooManyRequests,
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Deserialize)]
struct Envelope {
    error: Wire,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Wire {
    /// `{"error":{"code","message","reference"?}}`
    Nested {
        code: String,
        #[serde(default)]
        message: Option<String>,
        #[serde(default)]
        reference: Option<String>,
    },
    /// `{"error":"code","message"?}`, the storage host's form.
    Flat(String),
}

#[derive(Deserialize)]
struct FlatMessage {
    #[serde(default)]
    message: Option<String>,
}

impl ApiError {
    /// Reads the body, and failing that the `X-Error-*` headers
    /// (protocol reference, errors §1.1–1.3). `None` if neither is an API error.
    pub(crate) fn read(status: u16, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        Self::from_body(status, body).or_else(|| Self::from_headers(status, headers))
    }

    fn from_body(status: u16, body: &[u8]) -> Option<Self> {
        let envelope: Envelope = serde_json::from_slice(body).ok()?;
        let (code, message, reference) = match envelope.error {
            Wire::Nested { code, message, reference } => (code, message, reference),
            Wire::Flat(code) => {
                let flat: FlatMessage = serde_json::from_slice(body).ok()?;
                (code, flat.message, None)
            }
        };
        Some(Self {
            status,
            code: ErrorCode::from(code.as_str()),
            message: message.unwrap_or_default(),
            reference,
        })
    }

    fn from_headers(status: u16, headers: &HeaderMap) -> Option<Self> {
        let text = |name: &str| {
            headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Some(Self {
            status,
            code: ErrorCode::from(text("x-error-code")?.as_str()),
            message: text("x-error-message").unwrap_or_default(),
            reference: text("x-error-reference"),
        })
    }

    /// Blanks out every given secret, should the server have echoed one, and
    /// control characters, which have no place in a log line.
    pub(crate) fn without(mut self, secrets: &[&str]) -> Self {
        for text in [Some(&mut self.message), self.reference.as_mut()].into_iter().flatten() {
            *text = blank(text, secrets);
        }
        if let ErrorCode::Other(code) = &mut self.code {
            *code = blank(code, secrets);
        }
        self
    }
}

fn blank(text: &str, secrets: &[&str]) -> String {
    let mut clean: String = text.chars().filter(|c| !c.is_control()).take(2_000).collect();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        clean = clean.replace(secret, "[redacted]");
    }
    clean
}
