//! The one list of everything that the server can be asked for.

use crate::http::endpoint::Endpoint;
use crate::operations::route::Route;
use crate::{admin, api, consent, console};

/// Every endpoint, in the order of the OpenAPI document.
pub(crate) fn endpoints() -> impl Iterator<Item = &'static Endpoint> + Clone {
    api::ENDPOINTS.iter().chain(consent::ENDPOINTS).chain(admin::ENDPOINTS).chain(console::ENDPOINTS).copied()
}

/// Every route of the server.
///
/// ```
/// let reads = digime_mock_server::routes::all().filter(|route| route.name().starts_with("readFile"));
/// assert_eq!(reads.count(), 3);
/// ```
pub fn routes() -> impl Iterator<Item = &'static Route> + Clone {
    endpoints().map(|endpoint| &endpoint.route)
}

/// Every endpoint, as the OpenAPI document describes it.
#[cfg(test)]
pub(crate) fn described() -> impl Iterator<Item = crate::openapi::Described> + Clone {
    endpoints().map(|endpoint| (&endpoint.route, endpoint.exchange))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    /// The files below a folder that declare an endpoint, and how many each declares.
    fn declared(folder: &Path) -> usize {
        let mut count = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                count += declared(&path);
            } else {
                let source = fs::read_to_string(&path).unwrap();
                count += source.matches("Self::named(").count();
            }
        }
        count
    }

    #[test]
    fn every_operation_is_listed_exactly_once() {
        let names: Vec<_> = routes().map(Route::name).collect();
        let distinct: BTreeSet<_> = names.iter().collect();
        assert_eq!(names.len(), distinct.len(), "{names:?}");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let declared: usize =
            ["api", "admin", "consent", "console"].iter().map(|room| declared(&source.join(room))).sum();
        assert_eq!(names.len(), declared, "an operation is declared that no list names");
    }

    #[test]
    fn no_two_endpoints_answer_the_same_request() {
        let mut seen = BTreeSet::new();
        for route in routes() {
            for path in route.paths() {
                assert!(seen.insert(format!("{} {path}", route.method)), "{} {path}", route.method);
            }
        }
    }

    #[test]
    fn no_operation_lists_a_refusal_twice() {
        for route in routes() {
            let listed: Vec<_> = route.refusals().map(|it| (it.status, it.code.as_str())).collect();
            let distinct: BTreeSet<_> = listed.iter().collect();
            assert_eq!(listed.len(), distinct.len(), "{}: {listed:?}", route.name());
        }
    }

    #[test]
    fn a_fault_rule_names_a_route_by_path_or_by_operation() {
        let by_path = Route::find(routes(), "GET /v1.7/permission-access/query/{sessionKey}").unwrap();
        assert_eq!(by_path.name(), "readFileList");
        assert_eq!(Route::find(routes(), "readFileList").unwrap().name(), "readFileList");
        let near = Route::find(routes(), "GET /v1.7/permission-access/querry/{sessionKey}").unwrap_err();
        assert_eq!(near[0], "GET /v1.7/permission-access/query/{sessionKey}");
        assert!(Route::find(routes(), "GET /__admin/health").is_err());
    }
}
