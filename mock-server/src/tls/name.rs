//! What a certificate is for.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::host_name::is_host_name;

/// A name or an address that a server's certificate covers.
///
/// ```
/// use digime_mock_server::settings::TlsName;
///
/// assert_eq!("10.0.2.2".parse::<TlsName>()?.to_string(), "10.0.2.2");
/// assert_eq!("*.mock.test".parse::<TlsName>()?.to_string(), "*.mock.test");
/// assert!("https://mock.test".parse::<TlsName>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsName {
    /// An address.
    Address(IpAddr),
    /// A host name; `*` may stand for its first label.
    Name(String),
}

/// Text that no certificate can cover.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is neither a host name nor an address; write it without scheme and port, such as mock.test, *.mock.test or 10.0.2.2"
)]
pub struct TlsNameError(String);

impl FromStr for TlsName {
    type Err = TlsNameError;

    fn from_str(text: &str) -> Result<Self, TlsNameError> {
        // IPv6 addresses stand in brackets in URLs.
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse() {
            return Ok(Self::Address(address));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        match is_host_name(name.strip_prefix("*.").unwrap_or(&name)) {
            true => Ok(Self::Name(name)),
            false => Err(TlsNameError(text.chars().take(60).flat_map(char::escape_debug).collect())),
        }
    }
}

impl fmt::Display for TlsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_told_apart_and_anything_else_is_refused() {
        for (text, shown) in
            [("[::1]", "::1"), ("Mock.Test.", "mock.test"), ("*.a_b.test", "*.a_b.test"), ("a", "a")]
        {
            assert_eq!(text.parse::<TlsName>().unwrap().to_string(), shown);
        }
        for wrong in ["", "*", "*.", "a.*.b", "10.0.2", "a:8080", "https://a", "a b", "é.test", "a..b"] {
            assert!(wrong.parse::<TlsName>().is_err(), "{wrong}");
        }
    }
}
