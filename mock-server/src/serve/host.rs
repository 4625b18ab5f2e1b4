//! HTTP/2 names the host of a request in `:authority`, HTTP/1.1 in `Host`: what follows reads `Host` alone.

use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, Uri};

/// A `Host` that names something else than `:authority`, which makes a request malformed (RFC 9113 §8.3.1).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HostConflict;

/// Gives a request of HTTP/2 the `Host` and the URI that it has in HTTP/1.1.
pub(super) fn settle<B>(request: &mut Request<B>) -> Result<(), HostConflict> {
    let Some(authority) = request.uri().authority() else { return Ok(()) };
    let authority = authority.as_str().to_owned();
    match request.headers().contains_key(HOST) {
        true if !agree(request.headers(), &authority) => return Err(HostConflict),
        true => {}
        false => {
            if let Ok(host) = HeaderValue::from_str(&authority) {
                request.headers_mut().insert(HOST, host);
            }
        }
    }
    let path = request.uri().path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(path);
    Ok(())
}

fn agree(headers: &HeaderMap, authority: &str) -> bool {
    // 443 is what https has without a port.
    let bare = |name: &str| name.strip_suffix(":443").unwrap_or(name).to_ascii_lowercase();
    headers.get_all(HOST).iter().all(|host| host.to_str().is_ok_and(|host| bare(host) == bare(authority)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(uri: &str, hosts: &[&str]) -> Result<(String, String), HostConflict> {
        let mut request = Request::builder().uri(uri);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        let mut request = request.body(()).unwrap();
        settle(&mut request)?;
        let host = request.headers().get(HOST).map_or("", |host| host.to_str().unwrap());
        Ok((host.to_owned(), request.uri().to_string()))
    }

    #[test]
    fn a_request_of_http2_becomes_as_one_of_http1() {
        let as_http1 = |host: &str, uri: &str| Ok((host.to_owned(), uri.to_owned()));
        assert_eq!(settled("https://Mock.test:8443/a?b=c", &[]), as_http1("Mock.test:8443", "/a?b=c"));
        assert_eq!(settled("https://mock.test/a", &["MOCK.test:443"]), as_http1("MOCK.test:443", "/a"));
        assert_eq!(settled("/a", &["mock.test"]), as_http1("mock.test", "/a"));
        for hosts in [&["other.test"][..], &["mock.test", "other.test"], &[""]] {
            assert_eq!(settled("https://mock.test/a", hosts), Err(HostConflict));
        }
    }
}
