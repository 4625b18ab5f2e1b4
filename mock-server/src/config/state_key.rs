//! The key that the private keys of a state are encrypted with.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The key that the private keys of a state are encrypted with: 256 bits, as Base64 or as hexadecimal digits.
///
/// ```
/// use digime_mock_server::settings::StateKey;
///
/// assert!("8J0vUVxd0yDWWmNJ8YBJ0xkDgPg2wPvDk6hyDUWhGZ0=".parse::<StateKey>().is_ok());
/// assert!("a password".parse::<StateKey>().is_err());
/// ```
#[derive(Clone)]
pub struct StateKey([u8; 32]);

/// A text is no such key. It never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key has 32 random bytes, as Base64 or hexadecimal digits: openssl rand -base64 32 makes one")]
pub struct StateKeyError;

impl StateKey {
    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for StateKey {
    type Err = StateKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let digits = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        if text.len() == 64
            && text.bytes().all(|byte| byte.is_ascii_hexdigit())
            && let Some(bytes) = text.as_bytes().chunks(2).map(digits).collect::<Option<Vec<_>>>()
        {
            return bytes.try_into().map(Self).map_err(|_| StateKeyError);
        }
        let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        [STANDARD, URL_SAFE]
            .iter()
            .find_map(|alphabet| GeneralPurpose::new(alphabet, config).decode(text).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(StateKeyError)
    }
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_each_of_its_forms_and_nothing_else_is() {
        let forms = [
            "//////////////////////////////////////////8=",
            "//////////////////////////////////////////8",
            "__________________________________________8=\n",
            &"fF".repeat(32),
        ];
        for form in forms {
            let key: StateKey = form.parse().unwrap();
            assert_eq!(key.bytes().first(), Some(&0xff), "{form}");
            assert_eq!(format!("{key:?}"), "StateKey");
        }
        for text in ["", "secret", &"ff".repeat(31), &"+f".repeat(32), "////////////////////////8="] {
            assert!(text.parse::<StateKey>().is_err(), "{text}");
        }
    }
}
