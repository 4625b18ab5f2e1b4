//! Starting browser flows: connecting a source, revoking a permission.

use digime::{
    Error, ErrorKind, OnboardOptions, Operation, Scope, SessionOptions, SourceType, SourcesScope, TimeRange,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::independent::*;
use crate::support::*;

pub(crate) const REFERENCE: &str = "/v1.7/oauth/token/reference";
const CALLBACK: &str = "https://app.example/onboarded?user=7";

pub(crate) fn started(server: &Server) -> ResponseTemplate {
    let payload = json!({"reference_code": "rc-1", "token_type": "code", "expires_on": 1_767_312_000});
    json_answer(json!({
        "token": sign(&server.jku(), &payload),
        "session": {"key": SESSION, "expiry": 1_767_229_200_000_i64},
    }))
}

pub(crate) fn query(url: &reqwest::Url) -> Vec<(String, String)> {
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn onboarding_sends_exactly_the_documented_request() {
    let server = Server::start().await;
    server.post(REFERENCE, started(&server)).await;
    let session = SessionOptions::new().scope(Scope::new().time_range(TimeRange::last_days(3)));
    let options = OnboardOptions::new(CALLBACK).state("st-1").session_options(session);
    let onboarding = server.user().onboard_service_url(options).await.unwrap();

    let request = only(&server, REFERENCE).await;
    assert_eq!(
        api_claims(&request),
        json!({"access_token": "at-1", "redirect_uri": CALLBACK, "state": "st-1"})
    );
    assert_eq!(header(&request, "accept"), Some("application/json"));
    assert_eq!(header(&request, "content-type"), Some("application/json"));
    assert_eq!(
        body(&request),
        json!({
            "agent": {"sdk": {"name": "rust", "version": env!("CARGO_PKG_VERSION"), "meta": {}}},
            "actions": {"pull": {"scope": {"timeRanges": [{"last": "3d"}]}}},
        })
    );
    assert_eq!(onboarding.session.key.expose(), SESSION);
    assert_eq!(onboarding.url.path(), "/apps/saas/onboard");
    assert_eq!(query(&onboarding.url), pairs(&[("code", "rc-1"), ("sourceType", "pull")]));
}

#[tokio::test]
async fn onboarding_parameters_come_in_the_documented_order() {
    let server = Server::start().await;
    server.post(REFERENCE, started(&server)).await;
    let options = OnboardOptions::new(CALLBACK)
        .sources_scope(SourcesScope::new().data_type("images").organization_type("hospital"))
        .trigger_query(false)
        .include_sample_data_only_sources(true)
        .locale("nl")
        .auto_onboard(true)
        .sample_data("default")
        .source_type(SourceType::Push)
        .service_id(16);
    let url = server.user().onboard_service_url(options).await.unwrap().url;
    assert_eq!(
        query(&url),
        pairs(&[
            ("code", "rc-1"),
            ("sourceType", "push"),
            ("service", "16"),
            ("sampleDataSet", "default"),
            ("sampleDataAutoOnboard", "true"),
            ("lng", "nl"),
            ("includeSampleDataOnlySources", "true"),
            ("triggerQuery", "false"),
            (
                "sourcesScope",
                "%7B%22dataType%22%3A%5B%22images%22%5D%2C%22organizationType%22%3A%22hospital%22%7D"
            ),
        ])
    );
}

#[tokio::test]
async fn every_onboarding_has_a_state_of_its_own() {
    let server = Server::start().await;
    server.post(REFERENCE, started(&server)).await;
    let user = server.user();
    let first = user.onboard_service_url(OnboardOptions::new(CALLBACK)).await.unwrap();
    let second = user.onboard_service_url(OnboardOptions::new(CALLBACK)).await.unwrap();
    assert_eq!(first.state.expose().len(), 32);
    assert_ne!(first.state, second.state);
    let sent = api_claims(&server.requests(REFERENCE).await[0]);
    assert_eq!(sent["state"], first.state.expose());
    assert!(body(&server.requests(REFERENCE).await[0]).get("actions").is_none());
}

#[tokio::test]
async fn onboarding_refreshes_a_refused_token_once() {
    let server = Server::start().await;
    server.once("POST", REFERENCE, invalid_token()).await;
    server.post(REFERENCE, started(&server)).await;
    server.issue("at-2", "rt-2").await;
    let user = server.user();
    let _ = user.onboard_service_url(OnboardOptions::new(CALLBACK)).await.unwrap();
    let requests = server.requests(REFERENCE).await;
    assert_eq!(requests.len(), 2);
    assert_eq!(api_claims(&requests[1])["access_token"], "at-2");
    assert_eq!(user.token().access_token.value.expose(), "at-2");
}

#[tokio::test]
async fn a_server_failure_does_not_start_a_second_flow() {
    let server = Server::start().await;
    server.post(REFERENCE, ResponseTemplate::new(503)).await;
    let error = server.user().onboard_service_url(OnboardOptions::new(CALLBACK)).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(503)));
    assert_eq!(error.operation(), Some(Operation::OnboardService));
    assert_eq!(server.count(REFERENCE).await, 1);
}

#[tokio::test]
async fn forged_and_empty_reference_codes_are_refused() {
    let server = Server::start().await;
    let forged = sign("https://elsewhere.example/jwks", &json!({"reference_code": "rc-1"}));
    let session = json!({"key": SESSION, "expiry": 1});
    for (token, kind) in [
        (forged, ErrorKind::TokenRejected),
        ("a.b.c".to_owned(), ErrorKind::TokenRejected),
        (sign(&server.jku(), &json!({"reference_code": ""})), ErrorKind::Decode),
        (sign(&server.jku(), &json!({"reference_code": 7})), ErrorKind::Decode),
        (sign(&server.jku(), &json!({})), ErrorKind::Decode),
    ] {
        server.once("POST", REFERENCE, json_answer(json!({"token": token, "session": session}))).await;
        let error = server.user().onboard_service_url(OnboardOptions::new(CALLBACK)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn options_that_cannot_be_meant_send_nothing() {
    let server = Server::start().await;
    for (options, field) in [
        (OnboardOptions::new("not a url"), "callback_url"),
        (OnboardOptions::new("https://app.example/#x"), "callback_url"),
        (OnboardOptions::new(CALLBACK).state(""), "state"),
        (OnboardOptions::new(CALLBACK).sources_scope(SourcesScope::new().data_type("x")), "sources_scope"),
    ] {
        let error = server.user().onboard_service_url(options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(field), "{error}");
    }
    assert!(server.mock.received_requests().await.unwrap().is_empty());
}

// --- revoking -------------------------------------------------------------

const REVOKE: &str = "/v1.7/permission-access/revoke/h:accountId";
const REVOKED: &str = "https://app.example/revoked?flow=k81&name=J%C3%BCrgen";

async fn revoke(answer: Value) -> (Server, Result<digime::PermissionRevocation, Error>) {
    let server = Server::start().await;
    server.get(REVOKE, json_answer(answer)).await;
    let result = server.user().revoke_account_permission_url(&"37_k3v9z".into(), REVOKED).await;
    (server, result)
}

#[tokio::test]
async fn revoking_sends_account_and_callback_as_headers() {
    let (server, result) = revoke(json!({"location": "https://care.example/consents?x=1"})).await;
    assert_eq!(result.unwrap().url.as_str(), "https://care.example/consents?x=1");
    let request = only(&server, REVOKE).await;
    assert_eq!(request.url.path(), REVOKE, "the literal text, unencoded");
    assert_eq!(api_claims(&request), json!({"access_token": "at-1"}));
    assert_eq!(header(&request, "accountid"), Some("37_k3v9z"));
    assert_eq!(header(&request, "redirecturi"), Some(REVOKED));
    assert_eq!(header(&request, "accept"), Some("application/json"));
    assert_eq!(header(&request, "content-type"), None);
}

#[tokio::test]
async fn a_revocation_page_must_be_a_web_page() {
    for location in ["javascript:alert(1)", "file:///etc/passwd", "/relative", "", "data:text/html,x"] {
        let (_server, result) = revoke(json!({"location": location})).await;
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{location}: {error}");
    }
    for answer in [json!({}), json!({"location": 7}), json!([]), json!(null)] {
        let (_server, result) = revoke(answer).await;
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Decode);
    }
}

#[tokio::test]
async fn account_ids_cannot_smuggle_headers() {
    let server = Server::start().await;
    for account in ["a\r\nx-evil: 1", "", "a b", "a\u{0}b"] {
        let error = server.user().revoke_account_permission_url(&account.into(), REVOKED).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{account:?}");
    }
    assert!(server.mock.received_requests().await.unwrap().is_empty());
}
