//! Which callbacks a contract has registered.
//!
//! A callback need not be a web URL (protocol reference, legacy rule 26), so callbacks are
//! compared as text; only rules for a whole host look inside the URL.

use std::fmt;

use url::Url;

/// One registered callback, or a family of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedirectRule {
    /// Exactly this text, optionally followed by a query.
    Exact(String),
    /// Any port and path of one host: `http://127.0.0.1:*/*`.
    Host {
        /// Scheme of the host, `http` or `https`.
        scheme: String,
        /// Host name or address, IPv6 in brackets.
        host: String,
    },
    /// Any callback whose scheme starts with this text: `digime-ca*`.
    SchemePrefix(String),
}

/// A redirect rule that cannot be understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("\"{0}\" is not a redirect rule: write a literal URI, \"http://host:*/*\" or \"scheme*\"")]
pub struct RedirectRuleError(String);

impl RedirectRule {
    /// Reads a rule as written in the configuration.
    ///
    /// # Errors
    /// [`RedirectRuleError`] if `*` stands anywhere but in the two documented places.
    pub fn parse(text: &str) -> Result<Self, RedirectRuleError> {
        let wrong = || RedirectRuleError(text.to_owned());
        if let Some(authority) = text.strip_suffix(":*/*") {
            let (scheme, host) = authority.split_once("://").ok_or_else(wrong)?;
            let plain = !host.is_empty() && !host.contains(['*', '/', '@']);
            return match scheme {
                "http" | "https" if plain => {
                    Ok(Self::Host { scheme: scheme.to_owned(), host: host.to_owned() })
                }
                _ => Err(wrong()),
            };
        }
        if let Some(prefix) = text.strip_suffix('*') {
            return if !prefix.is_empty() && prefix.chars().all(is_scheme_char) {
                Ok(Self::SchemePrefix(prefix.to_owned()))
            } else {
                Err(wrong())
            };
        }
        if text.is_empty() || text.contains('*') || !is_plain(text) {
            return Err(wrong());
        }
        Ok(Self::Exact(text.to_owned()))
    }

    /// Whether `uri` is covered by this rule.
    pub fn allows(&self, uri: &str) -> bool {
        if !is_plain(uri) {
            return false;
        }
        match self {
            Self::Exact(registered) => match uri.strip_prefix(registered.as_str()) {
                Some("") => true,
                // An app may add a query of its own to a registered callback.
                Some(rest) => rest.starts_with('?') && !registered.contains('?'),
                None => false,
            },
            Self::Host { scheme, host } => Url::parse(uri).is_ok_and(|url| {
                url.scheme() == scheme
                    && url.host_str() == Some(host.as_str())
                    && url.username().is_empty()
                    && url.password().is_none()
            }),
            Self::SchemePrefix(prefix) => {
                let scheme = uri.split([':', '?', '/']).next().unwrap_or_default();
                scheme.starts_with(prefix.as_str()) && scheme.chars().all(is_scheme_char)
            }
        }
    }
}

impl fmt::Display for RedirectRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(uri) => f.write_str(uri),
            Self::Host { scheme, host } => write!(f, "{scheme}://{host}:*/*"),
            Self::SchemePrefix(prefix) => write!(f, "{prefix}*"),
        }
    }
}

fn is_scheme_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_')
}

/// Visible ASCII without what could end a header, an attribute or confuse two URL parsers; no
/// fragment, which a redirect would lose (RFC 6749 §3.1.2).
fn is_plain(uri: &str) -> bool {
    uri.len() <= 2048
        && uri.bytes().all(|b| b.is_ascii_graphic())
        && !uri.contains(['"', '\'', '<', '>', '\\', '#'])
}

/// What the default contracts register: one literal callback first, then any loopback port and
/// path, and the native apps' schemes.
pub(crate) const DEFAULT_REDIRECT_RULES: [&str; 9] = [
    "http://127.0.0.1:9000/callback",
    "http://127.0.0.1:*/*",
    "http://localhost:*/*",
    "http://[::1]:*/*",
    "https://127.0.0.1:*/*",
    "https://localhost:*/*",
    "https://[::1]:*/*",
    "digime-ca*",
    "quark-callback*",
];

/// `uri` with `parameters` added to its query, each percent-encoded once, and before its fragment.
///
/// A space becomes `%20`, not `+`: native clients do not decode `+`.
pub(crate) fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    use url::form_urlencoded::byte_serialize;
    let (address, fragment) = uri.find('#').map_or((uri, ""), |at| uri.split_at(at));
    let mut target = address.to_owned();
    // What follows the first question mark is the query; before it, an ampersand is a character of the path.
    let mut separator = match address.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    for (name, value) in parameters {
        target.push_str(separator);
        separator = "&";
        let value: String = byte_serialize(value.as_bytes()).collect();
        target.push_str(name);
        target.push('=');
        target.push_str(&value.replace('+', "%20"));
    }
    target.push_str(fragment);
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    fn default_rules_allow(uri: &str) -> bool {
        DEFAULT_REDIRECT_RULES.iter().any(|rule| RedirectRule::parse(rule).unwrap().allows(uri))
    }

    #[test]
    fn default_rules_allow_loopback_and_native_callbacks() {
        for uri in [
            "http://127.0.0.1:9000/callback",
            "http://127.0.0.1:1/any/path?u=1",
            "http://localhost/",
            "https://localhost:8443/x",
            "http://[::1]:3000/cb",
            "digime-ca://callback",
            "digime-ca-app1://auth",
            "digime-ca-app1",
            "quark-callback://?",
            "quark-callback://quark-return/",
        ] {
            assert!(default_rules_allow(uri), "{uri}");
        }
    }

    #[test]
    fn default_rules_allow_nothing_else() {
        for uri in [
            "",
            "https://client.example/callback",
            "http://127.0.0.1.evil.example/",
            "http://127.0.0.1@evil.example/",
            "http://user:pw@127.0.0.1/",
            "http://127.0.0.1\\@evil.example/",
            "http://localhost.evil.example/",
            "http://192.168.0.1/",
            "javascript:alert(1)//digime-ca",
            "xdigime-ca://callback",
            "http://127.0.0.1/\r\nX: y",
            "http://127.0.0.1/#fragment",
            "ftp://127.0.0.1/",
        ] {
            assert!(!default_rules_allow(uri), "{uri}");
        }
    }

    #[test]
    fn a_literal_rule_allows_an_own_query_and_no_longer_path() {
        let rule = RedirectRule::parse("https://app.example/return").unwrap();
        assert!(rule.allows("https://app.example/return"));
        assert!(rule.allows("https://app.example/return?userId=1"));
        assert!(!rule.allows("https://app.example/returned"));
        assert!(!rule.allows("https://app.example/return/x"));
    }

    #[test]
    fn a_star_elsewhere_is_refused() {
        for text in ["", "https://*.example/", "http://*:*/*", "*", "ftp://host:*/*", "http://a@b:*/*"] {
            assert!(RedirectRule::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn parameters_join_an_existing_query_and_are_encoded_once() {
        let parameters = [("success", "true"), ("state", "a b&c=ü")];
        assert_eq!(
            with_parameters("https://app.example/r?u=1", &parameters),
            "https://app.example/r?u=1&success=true&state=a%20b%26c%3D%C3%BC"
        );
        assert_eq!(with_parameters("quark-callback://?", &parameters[..1]), "quark-callback://?success=true");
        assert_eq!(with_parameters("digime-ca-x", &parameters[..1]), "digime-ca-x?success=true");
        assert_eq!(with_parameters("http://a/?u=1#z?", &parameters[..1]), "http://a/?u=1&success=true#z?");
    }

    #[test]
    fn parameters_are_in_the_query_whatever_the_path_ends_with() {
        for (uri, target) in [
            ("http://localhost/a", "http://localhost/a?code=1&state=2"),
            ("http://localhost/a&", "http://localhost/a&?code=1&state=2"),
            ("http://localhost/a?", "http://localhost/a?code=1&state=2"),
            ("http://localhost/a?b=c", "http://localhost/a?b=c&code=1&state=2"),
            ("http://localhost/a?b=c&", "http://localhost/a?b=c&code=1&state=2"),
            ("http://localhost/a?b=?", "http://localhost/a?b=?&code=1&state=2"),
        ] {
            assert_eq!(with_parameters(uri, &[("code", "1"), ("state", "2")]), target);
        }
    }
}
