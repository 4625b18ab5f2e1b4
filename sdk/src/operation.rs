//! Names of the operations, as they appear in errors and traces.

use std::fmt;

/// One operation of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `POST oauth/authorize` (protocol reference, http-api §2.1).
    Authorize,
    /// `POST reference` (§2.3).
    CreateReference,
    /// `POST oauth/token` with an authorization code (§3.1).
    ExchangeCode,
    /// `POST oauth/token` with a refresh token (§3.1).
    RefreshToken,
    /// `POST permission-access/trigger` (§4.1).
    ReadSession,
    /// `GET permission-access/query/{sessionKey}` (§4.2).
    ReadFileList,
    /// `GET permission-access/query/{sessionKey}/{fileName}` (§4.3).
    ReadFile,
    /// `HEAD permission-access/query/{sessionKey}/{fileName}` (§4.4).
    ReadFileMetadata,
    /// Polling and downloading everything (README §8).
    ReadAllFiles,
    /// `GET permission-access/accounts` (§4.5).
    ReadAccounts,
    /// `GET` of a JSON Web Key Set (§9.1).
    KeySet,
    /// Reading a consent callback (consent-web §5).
    Callback,
}

impl Operation {
    /// The name used in errors and in the `operation` field of traces.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize_url",
            Self::CreateReference => "create_reference",
            Self::ExchangeCode => "exchange_code_for_token",
            Self::RefreshToken => "refresh_token",
            Self::ReadSession => "read_session",
            Self::ReadFileList => "read_file_list",
            Self::ReadFile => "read_file",
            Self::ReadFileMetadata => "read_file_metadata",
            Self::ReadAllFiles => "read_all_files",
            Self::ReadAccounts => "read_accounts",
            Self::KeySet => "key_set",
            Self::Callback => "callback",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
