//! The platform's operations, by which requests are told apart.

use crate::report::{Exchange, Party};

/// Method and path of each operation of the API (protocol reference, http-api); `{}` stands for any
/// part of a path.
const API: [(&str, &str); 30] = [
    ("POST", "oauth/authorize"),
    ("POST", "oauth/token"),
    ("POST", "oauth/token/reference"),
    ("POST", "reference"),
    ("GET", "jwks/oauth"),
    ("POST", "permission-access/session"),
    ("POST", "permission-access/trigger"),
    ("GET", "permission-access/query/{}"),
    ("GET", "permission-access/query/{}/{}"),
    ("HEAD", "permission-access/query/{}/{}"),
    ("GET", "permission-access/accounts"),
    ("GET", "permission-access/contract"),
    ("GET", "permission-access/contract/{}/{}"),
    ("GET", "permission-access/revoke/h:accountId"),
    ("GET", "permission-access/sample/datasets/{}"),
    ("POST", "permission-access/import"),
    ("POST", "permission-access/import/h:accountId/{}/{}"),
    ("POST", "permission-access/postbox/{}"),
    ("DELETE", "permission-access/service/h:accountId"),
    ("DELETE", "user"),
    ("GET", "export/{}/report"),
    ("POST", "discovery/sources"),
    ("POST", "discovery/countries"),
    ("POST", "discovery/platforms"),
    ("POST", "discovery/categories"),
    ("POST", "discovery/sourceTypes"),
    ("GET", "discovery/services"),
    ("POST", "tracking/sdk"),
    ("POST", "storage"),
    ("GET", "storage"),
];

/// Methods of the storage host.
const STORAGE: [&str; 3] = ["POST", "GET", "DELETE"];

/// Pages of the consent web client (protocol reference, consent-web), and the guest page of older
/// generations (legacy/deep-links §3).
const PAGES: [&str; 6] =
    ["authorize", "onboard", "user-reauth", "reauthorize", "revoke", "direct-onboarding"];

/// Links to the digi.me app (protocol reference, legacy/deep-links §1).
const LINKS: [&str; 5] =
    ["consent-access", "postbox/create", "postbox/push-complete", "postbox/import", "receipt"];

/// All operations that have a name.
pub(crate) fn all() -> Vec<String> {
    let api = API.iter().map(|(method, path)| format!("{method} {path}"));
    let storage = STORAGE.iter().map(|method| format!("{method} (storage)"));
    let pages = PAGES.iter().map(|page| format!("page {page}"));
    let links = LINKS.iter().map(|link| format!("link {link}"));
    api.chain(storage).chain(pages).chain(links).collect()
}

/// The operation of a request; its method and path, if no operation is there.
pub(crate) fn of(exchange: &Exchange) -> String {
    let path = exchange.path.split('?').next().unwrap_or_default();
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    match exchange.to {
        Party::ConsentPage => {
            let page = parts.last().copied().unwrap_or_default();
            if PAGES.contains(&page) {
                return format!("page {page}");
            }
        }
        Party::Phone => {
            let link = path.split_once("://").map_or(path, |(_, link)| link);
            if LINKS.contains(&link) {
                return format!("link {link}");
            }
        }
        Party::Storage => {
            if STORAGE.contains(&exchange.method.as_str()) {
                return format!("{} (storage)", exchange.method);
            }
        }
        _ => {
            let known =
                API.iter().filter(|(method, path)| *method == exchange.method && ends_with(&parts, path));
            // The longest, so that a reference of a token is not taken for any other.
            if let Some((method, path)) = known.max_by_key(|(_, path)| path.len()) {
                return format!("{method} {path}");
            }
        }
    }
    format!("{} {path}", exchange.method)
}

fn ends_with(parts: &[&str], template: &str) -> bool {
    let wanted: Vec<_> = template.split('/').collect();
    let Some(start) = parts.len().checked_sub(wanted.len()) else { return false };
    parts[start..].iter().zip(&wanted).all(|(part, wanted)| *wanted == "{}" || part == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_known_whatever_comes_before_it() {
        let is = |path: &str, template| {
            let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
            ends_with(&parts, template)
        };
        assert!(is("/v1.7/oauth/token", "oauth/token"));
        assert!(is("/prefix/v1.6/permission-access/query/[id:1]/f", "permission-access/query/{}/{}"));
        assert!(!is("/v1.7/permission-access/query/[id:1]/f", "permission-access/query/{}"));
        assert!(!is("/token", "oauth/token"));
    }

    #[test]
    #[cfg(feature = "embedded")]
    fn every_operation_of_the_mock_server_has_a_name() {
        use digime_mock_server::routes::{self, Area};
        let named = |method: &str, path: &str| {
            let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
            API.iter().any(|(known, template)| *known == method && ends_with(&parts, template))
        };
        for route in routes::all().filter(|route| matches!(route.area, Area::Api(_) | Area::ApiAndOrigin(_)))
        {
            assert!(named(route.method.as_str(), route.template), "{}", route.name());
        }
    }
}
