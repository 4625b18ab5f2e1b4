//! The web pages that may call the server.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// The origin of web pages that may call the server: scheme, host and port, as browsers write it.
///
/// ```
/// use digime_mock_server::settings::WebOrigin;
///
/// let origin: WebOrigin = "http://localhost:3000/".parse()?;
/// assert_eq!(origin.to_string(), "http://localhost:3000");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOrigin(String);

/// Text that is no origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no origin of a web page; write it as http://localhost:3000")]
pub struct WebOriginError(String);

impl WebOrigin {
    /// Whether this is the `Origin` of a request.
    pub(crate) fn is(&self, header: &str) -> bool {
        self.0 == header
    }
}

impl FromStr for WebOrigin {
    type Err = WebOriginError;

    fn from_str(text: &str) -> Result<Self, WebOriginError> {
        let fail = || WebOriginError(text.chars().take(60).flat_map(char::escape_debug).collect());
        let url = Url::parse(text).map_err(|_| fail())?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && !text.contains(char::is_whitespace);
        if plain { Ok(Self(url.origin().ascii_serialization())) } else { Err(fail()) }
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_named_and_never_everybody() {
        assert!("HTTP://LocalHost:80".parse::<WebOrigin>().unwrap().is("http://localhost"));
        for wrong in
            ["", "*", "null", "localhost:3000", "http://a/b", "http://a?b", "file:///a", "http://a\nb"]
        {
            assert!(wrong.parse::<WebOrigin>().is_err(), "{wrong}");
        }
    }
}
