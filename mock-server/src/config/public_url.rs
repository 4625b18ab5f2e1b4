//! Where the server is reached.

use std::fmt;
use std::str::FromStr;

use url::{Position, Url};

/// Where the server is reached: scheme, host, port, and the path that a proxy puts before all of its
/// paths. Every link begins with it.
///
/// ```
/// use digime_mock_server::settings::PublicUrl;
///
/// let url: PublicUrl = "https://proxy.test/mock/".parse()?;
/// assert_eq!(url.to_string(), "https://proxy.test/mock");
/// assert_eq!((url.origin().as_str(), url.path()), ("https://proxy.test", "/mock"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    scheme: String,
    authority: String,
    /// Empty, or with a slash at its beginning and none at its end.
    path: String,
}

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

/// Text that does not say where a server is reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}; write it as http://mock.test:8080 or https://proxy.test/mock")]
pub struct PublicUrlError(String);

impl PublicUrl {
    /// A server that is reached without a path before its own.
    pub(crate) fn new(scheme: Scheme, authority: impl Into<String>) -> Self {
        let scheme = match scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        Self { scheme: scheme.to_owned(), authority: authority.into(), path: String::new() }
    }

    /// A server that is reached by plain HTTP without a path before its own.
    #[cfg(test)]
    pub(crate) fn http(authority: impl Into<String>) -> Self {
        Self::new(Scheme::Http, authority)
    }

    /// Its host, without the port.
    pub(crate) fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => &self.authority,
        }
    }

    /// Scheme, host and port, as browsers write them into `Origin`.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// Host and port, as clients write them into `Host`.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The path before all paths: empty, or such as `/mock`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The key set that tokens name: at the origin, or below the API root if the origin is not the server's
    /// alone. Clients trust those two.
    pub(crate) fn key_set(&self) -> String {
        let root = if self.path.is_empty() { "" } else { "/v1.7" };
        format!("{self}{root}/jwks/oauth")
    }

    /// What stands behind the path before all paths; `None` if a path does not begin with it, because the
    /// proxy has removed it.
    pub(crate) fn inner_path<'a>(&self, path: &'a str) -> Option<&'a str> {
        let inner = path.strip_prefix(&self.path).filter(|_| !self.path.is_empty())?;
        match inner {
            "" => Some("/"),
            inner => inner.starts_with('/').then_some(inner),
        }
    }
}

impl FromStr for PublicUrl {
    type Err = PublicUrlError;

    fn from_str(text: &str) -> Result<Self, PublicUrlError> {
        let fail = |problem: &str| {
            let shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
            PublicUrlError(format!("\"{shown}\" {problem}"))
        };
        // The parser would silently leave out line breaks.
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(fail("has white space in it"));
        }
        let url = Url::parse(text).map_err(|error| fail(&format!("is no URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(fail("does not begin with http:// or https://"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(fail("has a query or fragment"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(fail("has a user name or password"));
        }
        Ok(Self {
            scheme: url.scheme().to_owned(),
            authority: url[Position::BeforeHost..Position::AfterPort].to_owned(),
            path: url.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_with_its_path() {
        for (text, shown) in [
            ("http://mock.test:8080", "http://mock.test:8080"),
            ("HTTP://Mock.Test:80/", "http://mock.test"),
            ("https://[::1]:8443/a/b//", "https://[::1]:8443/a/b"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().to_string(), shown);
        }
        for wrong in [
            "",
            "mock.test",
            "mock.test:8080",
            "ftp://a",
            "http://",
            "http://a/?b",
            "http://a/#b",
            "http://u:p@a",
            "http://a\nb",
            "http://a /",
        ] {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_whole_segments_are_the_path_before() {
        let url: PublicUrl = "http://proxy.test/mock".parse().unwrap();
        for (path, inner) in
            [("/mock", Some("/")), ("/mock/v1.7/a", Some("/v1.7/a")), ("/mocked/a", None), ("/v1.7/a", None)]
        {
            assert_eq!(url.inner_path(path), inner, "{path}");
        }
        assert_eq!(PublicUrl::http("a").inner_path("/v1.7"), None);
    }
}
