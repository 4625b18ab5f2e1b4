//! Which requests go through a proxy, and how a proxy is named in errors.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

use crate::error::{Error, Result};

/// Where requests go: straight to the server, or to a proxy first.
#[derive(Default)]
pub(crate) enum Route {
    /// As `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
    #[default]
    Environment,
    /// Straight to the server.
    Direct,
    /// Through this proxy, whatever the server's address is.
    Fixed(Url),
}

/// Scheme, host and port of a proxy: all that may be shown of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxyName(String);

impl ProxyName {
    fn of(proxy: &Url) -> Self {
        let (scheme, host) = (proxy.scheme(), proxy.host_str().unwrap_or_default());
        let port = proxy.port().map_or_else(String::new, |port| format!(":{port}"));
        Self(format!("{scheme}://{host}{port}"))
    }
}

impl fmt::Display for ProxyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The decision for every URL.
pub(crate) enum Proxies {
    /// No proxy at all.
    Direct,
    /// One for everything.
    Fixed(Url),
    /// The environment's.
    Environment(Box<Matcher>),
}

impl Proxies {
    pub(crate) fn new(route: Route) -> Self {
        match route {
            Route::Environment => Self::Environment(Box::new(Matcher::from_env())),
            Route::Direct => Self::Direct,
            Route::Fixed(proxy) => Self::Fixed(proxy),
        }
    }

    /// The proxy for a URL, with its credentials.
    pub(crate) fn of(&self, url: &Url) -> Option<Url> {
        match self {
            Self::Direct => None,
            Self::Fixed(proxy) => Some(proxy.clone()),
            // No proxy elsewhere can reach what listens on this machine only, and a
            // developer with a company proxy should not have to know about NO_PROXY.
            Self::Environment(_) if is_loopback(url) => None,
            Self::Environment(matcher) => {
                let uri = Uri::try_from(url.as_str()).ok()?;
                let found = matcher.intercept(&uri)?;
                let mut proxy = Url::parse(&found.uri().to_string()).ok()?;
                let raw = || found.raw_auth().map(|(user, password)| (user.to_owned(), password.to_owned()));
                if let Some((user, password)) = found.basic_auth().and_then(credentials).or_else(raw) {
                    proxy.set_username(&user).ok()?;
                    proxy.set_password(Some(&password)).ok()?;
                }
                Some(with_port(proxy))
            }
        }
    }

    /// What errors call the proxy of a URL.
    pub(crate) fn name_for(&self, url: &Url) -> Option<ProxyName> {
        self.of(url).map(|proxy| ProxyName::of(&proxy))
    }
}

/// Checks a proxy that was set explicitly.
pub(crate) fn fixed(text: &str) -> Result<Url> {
    // The text may hold a password, so errors do not repeat it.
    let url = Url::parse(text)
        .map_err(|error| Error::config("proxy", format!("is not an absolute URL ({error})")))?;
    let is_web = matches!(url.scheme(), "http" | "https");
    if !(is_web || is_socks(&url)) || url.host_str().is_none_or(str::is_empty) {
        return Err(Error::config("proxy", "must be an http, https, socks4, socks4a, socks5 or socks5h URL"));
    }
    Ok(with_port(url))
}

/// Whether it is a SOCKS proxy; `a` and `h` let the proxy look names up.
fn is_socks(proxy: &Url) -> bool {
    matches!(proxy.scheme(), "socks4" | "socks4a" | "socks5" | "socks5h")
}

/// A SOCKS proxy with the port that it has if none is named (RFC 1928 §3).
fn with_port(mut proxy: Url) -> Url {
    if is_socks(&proxy) && proxy.port().is_none() {
        // It has a host, so it can have a port.
        let _ = proxy.set_port(Some(1080));
    }
    proxy
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            // RFC 6761 §6.3: names below `localhost` are loopback too.
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

/// User name and password of a `Basic` header value.
fn credentials(value: &HeaderValue) -> Option<(String, String)> {
    let encoded = value.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(no_proxy: &str) -> Proxies {
        let all = "http://user:p%40ss@proxy.example:3128";
        Proxies::Environment(Box::new(Matcher::builder().all(all).no(no_proxy).build()))
    }

    fn proxy_of(proxies: &Proxies, url: &str) -> Option<String> {
        proxies.of(&Url::parse(url).unwrap()).map(|proxy| proxy.to_string())
    }

    #[test]
    fn a_proxy_of_the_environment_never_serves_loopback_addresses() {
        let proxies = environment("");
        for loopback in [
            "http://127.0.0.1:8080/",
            "http://127.9.9.9/",
            "http://localhost/",
            "http://LOCALHOST./",
            "http://mock.localhost/",
            "http://[::1]:8080/",
            "http://[::ffff:127.0.0.1]/",
        ] {
            assert_eq!(proxy_of(&proxies, loopback), None, "{loopback}");
        }
        for elsewhere in ["https://api.digi.me/", "http://localhost.example/", "http://128.0.0.1/"] {
            let proxy = proxy_of(&proxies, elsewhere);
            assert_eq!(proxy.as_deref(), Some("http://user:p%40ss@proxy.example:3128/"), "{elsewhere}");
        }
    }

    #[test]
    fn socks_proxies_are_known_with_port_and_credentials() {
        let of_environment = |all: &str| Proxies::Environment(Box::new(Matcher::builder().all(all).build()));
        for (all, proxy, name) in [
            ("socks5://proxy.example", "socks5://proxy.example:1080", "socks5://proxy.example:1080"),
            (
                "socks5h://me:p%40ss@proxy.example:9",
                "socks5h://me:p%40ss@proxy.example:9",
                "socks5h://proxy.example:9",
            ),
            ("socks4a://[::2]:9", "socks4a://[::2]:9", "socks4a://[::2]:9"),
        ] {
            for proxies in [of_environment(all), Proxies::Fixed(fixed(all).unwrap())] {
                let found = proxy_of(&proxies, "https://api.example/").unwrap();
                assert_eq!(found.trim_end_matches('/'), proxy);
                let url = Url::parse("https://api.example/").unwrap();
                assert_eq!(proxies.name_for(&url).unwrap().to_string(), name);
            }
        }
    }

    #[test]
    fn no_proxy_is_heeded() {
        let proxies = environment("digi.me, 10.0.0.0/8");
        assert_eq!(proxy_of(&proxies, "https://api.digi.me/"), None);
        assert_eq!(proxy_of(&proxies, "http://10.1.2.3/"), None);
        assert!(proxy_of(&proxies, "https://api.example/").is_some());
    }

    #[test]
    fn an_explicit_proxy_serves_everything_and_is_named_without_credentials() {
        let proxies = Proxies::new(Route::Fixed(fixed("http://user:secret@127.0.0.1:3128").unwrap()));
        let url = Url::parse("http://127.0.0.1:8080/").unwrap();
        assert!(proxies.of(&url).is_some());
        assert_eq!(proxies.name_for(&url).unwrap().to_string(), "http://127.0.0.1:3128");
        for wrong in ["socks6://127.0.0.1:1", "socks5://", "127.0.0.1:3128", "user:secret@proxy", ""] {
            let error = fixed(wrong).unwrap_err().to_string();
            assert!(error.contains("proxy") && !error.contains("secret"), "{error}");
        }
    }
}
