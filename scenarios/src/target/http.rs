//! The HTTP client for what the SDK does not do.

use std::net::IpAddr;
use std::time::Duration;

use super::{CaCertificates, TargetError};

/// A client that follows nothing and repeats nothing. `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` hold for
/// it if the server is another machine: a server on this one is reached directly.
///
/// # Errors
/// [`TargetError::Client`].
pub(crate) fn http_client(
    server: Option<&str>,
    ca: Option<&CaCertificates>,
) -> Result<reqwest::Client, TargetError> {
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .tls_certs_merge(ca.map(CaCertificates::certificates).unwrap_or_default())
        .timeout(Duration::from_secs(120));
    let builder = match server.is_none_or(is_this_machine) {
        true => builder.no_proxy(),
        false => builder,
    };
    builder.build().map_err(|error| TargetError::Client(error.to_string()))
}

/// Whether a URL leads to this machine: a loopback address, or a name that RFC 6761 keeps for them.
fn is_this_machine(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
    let Some(host) = url.host_str() else { return false };
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    name == "localhost"
        || name.ends_with(".localhost")
        || address.is_ok_and(|it| it.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_for_other_machines() {
        for (url, this) in [
            ("http://127.0.0.1:8080/v1.7/", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:80", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("http://LOCALHOST:1", true),
            ("http://mock.localhost.", true),
            ("http://localhost.example", false),
            ("https://api.example/v1.7/", false),
            ("http://192.168.0.1", false),
            ("nonsense", false),
        ] {
            assert_eq!(is_this_machine(url), this, "{url}");
        }
    }
}
