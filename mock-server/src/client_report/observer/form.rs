//! What a request looks like, whatever came before it: endpoint, headers, agent, URL.

use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::Value;

use super::request::Observed;
use super::tally::Tallies;
use crate::client_report::ClientCheck;
use crate::domain::session::SessionAccess;
use crate::faults::hostile::REDIRECTED;
use crate::generations::{AuthorizeAnswer, FileForm};
use crate::journal::redact::is_secret;
use crate::operations::Operation;
use crate::operations::route::Area;

const JSON: &str = "application/json";
const OCTETS: &str = "application/octet-stream";
/// Shorter values may be part of a URL by chance; the platform's secrets have 32 characters.
const SHORTEST_SECRET: usize = 16;

pub(super) fn observe(request: &Observed<'_>, tallies: &mut Tallies) {
    tallies.judge(ClientCheck::CurrentEndpoints, request, current(request));
    tallies.judge(ClientCheck::NoSecretInUrl, request, no_secret_in_url(request));
    tallies.judge(ClientCheck::NoRedirectFollowed, request, not_redirected(request));
    if let [expected, ..] = accepted(request) {
        tallies.judge(ClientCheck::AcceptHeader, request, accepts(request, expected));
    }
    if let Some(declared) = declared_json(request) {
        tallies.judge(ClientCheck::ContentType, request, declared);
    }
    if names_agent(request) {
        tallies.judge(ClientCheck::Agent, request, agent(request));
    }
}

/// The current version is the only one that is not deprecated; `/v1/` is the cloud host's as well.
fn current(request: &Observed<'_>) -> Result<(), String> {
    if let Some(route) = request.route.filter(|route| route.deprecated) {
        return Err(format!("{} is for older clients", route.name()));
    }
    let path = request.uri.path();
    let version = path.split('/').nth(1).unwrap_or_default();
    let is_old = version.starts_with("v1") && version != "v1.7" && !path.starts_with("/v1/clouds/");
    if is_old { Err(format!("{version} is an older version of the API")) } else { Ok(()) }
}

fn no_secret_in_url(request: &Observed<'_>) -> Result<(), String> {
    let query = request.uri.query().unwrap_or_default();
    let mut names = url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
    if let Some(name) = names.find(|name| is_secret(name)) {
        return Err(format!("the query has a parameter {name}"));
    }
    let path = request.uri.path();
    let secrets = ["access_token", "refresh_token", "code", "code_verifier"];
    let shown = secrets.into_iter().find(|name| {
        request.claim(name).is_some_and(|secret| {
            secret.len() >= SHORTEST_SECRET && (path.contains(secret) || query.contains(secret))
        })
    });
    match shown {
        Some(name) => Err(format!("the URL contains the value of the claim {name}")),
        None => Ok(()),
    }
}

fn not_redirected(request: &Observed<'_>) -> Result<(), String> {
    match request.parameter(REDIRECTED) {
        Some(_) => Err("it was sent on to where a redirect led".to_owned()),
        None => Ok(()),
    }
}

/// Whether a body of JSON is called so; none where there is no such body, or nothing is said of it.
fn declared_json(request: &Observed<'_>) -> Option<Result<(), String>> {
    let api = matches!(request.area(), Some(Area::Api(_) | Area::ApiAndOrigin(_)));
    if !api || request.body.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    let named = request.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = named.split(';').next().unwrap_or_default().trim();
    Some(match essence.eq_ignore_ascii_case(JSON) {
        true => Ok(()),
        false => Err(format!("Content-Type is \"{named}\", expected {JSON}")),
    })
}

/// The media types that a client may ask an operation for, the usual one first; none where official
/// clients name none.
fn accepted(request: &Observed<'_>) -> &'static [&'static str] {
    match request.operation() {
        Some(Operation::READ_FILE) if request.dialect().file == FileForm::Envelope => &[JSON],
        Some(Operation::READ_FILE | Operation::DOWNLOAD_STORAGE_FILE) => &[OCTETS],
        Some(Operation::READ_FILE_METADATA) => &[JSON, OCTETS],
        Some(Operation::PORTABILITY_REPORT) => &[OCTETS, "application/xml"],
        Some(Operation::PUSH_TO_LIBRARY | Operation::DELETE_STORAGE_FILES) | None => &[],
        Some(_) => match request.area() {
            Some(Area::Web | Area::Guest | Area::Phone | Area::Assets | Area::Admin) => &[],
            _ => &[JSON],
        },
    }
}

/// There may be several `Accept` lines (protocol reference, legacy rule 12).
fn accepts(request: &Observed<'_>, expected: &str) -> Result<(), String> {
    let lines = request.headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let lines: Vec<_> = lines.collect();
    let essence = |range: &str| range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut ranges = lines.iter().flat_map(|line| line.split(','));
    if ranges.any(|range| accepted(request).contains(&essence(range).as_str())) {
        return Ok(());
    }
    match &lines[..] {
        [] => Err(format!("there is no Accept, expected {expected}")),
        lines => Err(format!("Accept is \"{}\", expected {expected}", lines.join(", "))),
    }
}

/// iOS sends no body when it asks for a reference (protocol reference, http-api §2.2). Older generations
/// name it where they open a session (protocol reference, legacy/endpoints §5 and §8).
fn names_agent(request: &Observed<'_>) -> bool {
    match request.operation() {
        Some(Operation::AUTHORIZE) => request.dialect().authorize == AuthorizeAnswer::TokenAndSession,
        Some(Operation::READ_SESSION) => request.dialect().access == SessionAccess::Token,
        Some(Operation::TRACKING) => true,
        Some(Operation::TOKEN_REFERENCE) => !request.body.is_empty(),
        _ => false,
    }
}

/// iOS leaves out the `sdk` around name and version.
fn agent(request: &Observed<'_>) -> Result<(), String> {
    let body: Value = serde_json::from_slice(request.body).unwrap_or_default();
    let agent = &body["agent"];
    let named = |it: &Value| {
        ["name", "version"].iter().all(|name| it[*name].as_str().is_some_and(|it| !it.is_empty()))
    };
    match named(&agent["sdk"]) || named(agent) {
        true => Ok(()),
        false => Err("the body has no agent with a name and a version".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::super::sample::failed;
    use super::*;

    #[test]
    fn what_older_versions_had_is_deprecated_and_the_cloud_host_is_not() {
        for old in [
            Sample::of(Operation::AVAILABLE_SERVICES),
            Sample::of(Operation::NAMED_CONTRACT_DETAILS),
            Sample::of(Operation::JWKS).path("/v1.6/jwks/oauth"),
            Sample::of(Operation::TOKEN).nowhere("/v1.5/oauth/token"),
        ] {
            assert_eq!(failed([&old]), [ClientCheck::CurrentEndpoints]);
        }
        for new in [
            Sample::of(Operation::JWKS).path("/jwks/oauth"),
            Sample::of(Operation::JWKS).path("/v1.7/jwks/oauth"),
            Sample::of(Operation::LIST_STORAGE_FILES).path("/v1/clouds/s/files/apps/app/"),
        ] {
            assert!(failed([&new]).is_empty());
        }
    }

    #[test]
    fn a_secret_in_the_url_is_found_by_its_name_or_its_value() {
        let accounts = "/v1.7/permission-access/accounts";
        let token = |path: String| {
            Sample::of(Operation::READ_ACCOUNTS)
                .claim("access_token", "a-secret-token-of-the-user")
                .path(&path)
        };
        for path in [
            format!("{accounts}?access_token=x"),
            format!("{accounts}?x=a-secret-token-of-the-user"),
            "/v1.7/a-secret-token-of-the-user".to_owned(),
        ] {
            assert_eq!(failed([&token(path)]), [ClientCheck::NoSecretInUrl]);
        }
        assert!(failed([&token(format!("{accounts}?schemaVersion=5"))]).is_empty());
    }

    #[test]
    fn a_request_that_was_sent_on_is_recognised() {
        let followed =
            Sample::of(Operation::READ_ACCOUNTS).path("/v1.7/permission-access/accounts?redirected=1");
        assert_eq!(failed([&followed]), [ClientCheck::NoRedirectFollowed]);
    }

    #[test]
    fn accept_names_what_the_operation_answers() {
        let accounts = || Sample::of(Operation::READ_ACCOUNTS);
        for good in ["application/json", "text/html, Application/JSON;q=0.5"] {
            assert!(failed([&accounts().header("accept", good)]).is_empty(), "{good}");
        }
        for bad in ["*/*", "application/*", "application/octet-stream"] {
            assert_eq!(failed([&accounts().header("accept", bad)]), [ClientCheck::AcceptHeader], "{bad}");
        }
        assert_eq!(failed([&accounts().without_header("accept")]), [ClientCheck::AcceptHeader]);
        assert_eq!(failed([&Sample::of(Operation::READ_FILE)]), [ClientCheck::AcceptHeader]);
        assert!(failed([&Sample::of(Operation::READ_FILE).header("accept", OCTETS)]).is_empty());
        assert!(failed([&Sample::of(Operation::PUSH_TO_LIBRARY).without_header("accept")]).is_empty());
    }

    #[test]
    fn either_form_of_the_agent_will_do() {
        let start = |body: &str| Sample::of(Operation::READ_SESSION).body(body);
        assert!(failed([&start(r#"{"agent":{"name":"ios","version":"5.1.0"}}"#)]).is_empty());
        for body in ["", "{}", "not JSON", r#"{"agent":{"sdk":{"name":"js"}}}"#, r#"{"agent":"js"}"#] {
            assert_eq!(failed([&start(body)]), [ClientCheck::Agent], "{body}");
        }
        let bare = Sample::of(Operation::TOKEN_REFERENCE).claim("state", "s").body("");
        assert!(failed([&bare]).is_empty());
    }

    #[test]
    fn a_body_of_json_is_called_so_or_nothing_is_said_of_it() {
        let sent = |kind: &str| Sample::of(Operation::READ_SESSION).header("content-type", kind);
        assert!(failed([&Sample::of(Operation::READ_SESSION)]).is_empty());
        for kind in ["application/json", "Application/JSON; charset=UTF-8"] {
            assert!(failed([&sent(kind)]).is_empty(), "{kind}");
        }
        assert_eq!(failed([&sent("text/plain")]), [ClientCheck::ContentType]);
        let empty = failed([&sent("text/plain").body("")]);
        assert!(!empty.contains(&ClientCheck::ContentType), "nothing is sent: {empty:?}");
    }
}
