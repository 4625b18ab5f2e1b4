//! What a proxy tells of the request that it passes on.

use http::HeaderMap;
use http::uri::Authority;

use crate::config::public_url::PublicUrl;

const REAL_IP: &str = "x-real-ip";
const VIA: &str = "via";
const FORWARDED: &str = "forwarded";
const X_FORWARDED: &str = "x-forwarded-";
const HOST: &str = "x-forwarded-host";
const PROTO: &str = "x-forwarded-proto";
const PORT: &str = "x-forwarded-port";
const PREFIX: &str = "x-forwarded-prefix";

/// Whether a proxy passed the request on, or somebody says so: it may come from another machine, then,
/// whoever the peer is.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    [FORWARDED, REAL_IP, VIA].iter().any(|name| headers.contains_key(*name))
        || headers.keys().any(|name| name.as_str().starts_with(X_FORWARDED))
}

/// Where the client reached the proxy, by `Forwarded` (RFC 7239) or else by the older `X-Forwarded-*`;
/// what they leave out is as in `direct`.
pub(crate) fn reached(headers: &HeaderMap, direct: &PublicUrl) -> PublicUrl {
    // Each proxy of a chain adds its own part at the end; the client knows the first one.
    let first = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        value.split(',').next().map(str::trim).filter(|value| !value.is_empty())
    };
    let standard = |parameter: &str| {
        first(FORWARDED)?.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case(parameter).then(|| value.trim().trim_matches('"'))
        })
    };
    let scheme = standard("proto").or_else(|| first(PROTO));
    let host = standard("host").or_else(|| first(HOST));
    let origin = direct.origin();
    let direct_scheme = origin.split_once("://").map_or("http", |(scheme, _)| scheme);
    let scheme = scheme.unwrap_or(direct_scheme).to_ascii_lowercase();
    let names_port = |host: &str| host.parse().is_ok_and(|host: Authority| host.port().is_some());
    let port = host.filter(|host| !names_port(host)).and_then(|_| first(PORT)).map(|port| format!(":{port}"));
    let (host, port) = (host.unwrap_or(direct.authority()), port.unwrap_or_default());
    let prefix = first(PREFIX).unwrap_or_default().trim_start_matches('/');
    // What is no URL is the mistake of the proxy, or of whoever asks through it.
    format!("{scheme}://{host}{port}/{prefix}").parse().unwrap_or_else(|_| direct.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_proxy_of_a_chain_is_what_the_client_knows() {
        let direct = PublicUrl::http("10.0.0.1:8080");
        let tell = |pairs: &[(&'static str, &str)]| {
            let headers = pairs.iter().map(|(name, value)| {
                (http::HeaderName::from_static(name), http::HeaderValue::from_str(value).unwrap())
            });
            reached(&headers.collect(), &direct).to_string()
        };
        for (pairs, url) in [
            (&[][..], "http://10.0.0.1:8080"),
            (&[(PROTO, "https"), (HOST, "mock.test")], "https://mock.test"),
            (&[(PROTO, "https, http"), (HOST, "a.test, b.test")], "https://a.test"),
            (&[(HOST, "mock.test"), (PREFIX, "/mock/")], "http://mock.test/mock"),
            (
                &[(FORWARDED, "for=1.2.3.4;Proto=https;host=\"a.test:8443\", for=5.6.7.8")],
                "https://a.test:8443",
            ),
            (&[(FORWARDED, "proto=https;host=a.test"), (HOST, "b.test")], "https://a.test"),
            (&[(FORWARDED, "for=_x"), (HOST, "b.test"), (PROTO, "https")], "https://b.test"),
            (&[(HOST, "mock.test"), (PREFIX, "mock")], "http://mock.test/mock"),
            (&[(PROTO, "https"), (HOST, "mock.test"), (PORT, "8443")], "https://mock.test:8443"),
            (&[(HOST, "mock.test:81"), (PORT, "8443")], "http://mock.test:81"),
            (&[(HOST, "[::1]"), (PORT, "8443")], "http://[::1]:8443"),
            (&[(PORT, "8443")], "http://10.0.0.1:8080"),
            (&[(PROTO, "javascript"), (HOST, "mock.test")], "http://10.0.0.1:8080"),
            (&[(HOST, "a b\"<")], "http://10.0.0.1:8080"),
        ] {
            assert_eq!(tell(pairs), url, "{pairs:?}");
        }
    }
}
