//! The portability report.

use std::time::{Duration, SystemTime};

use digime::{ErrorKind, Operation, PortabilityReportOptions};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::independent::*;
use crate::support::*;

const REPORT: &str = "/v1.7/export/medmij/report";
const XML: &str = "<?xml version=\"1.0\"?><PortabiliteitsRapport><Zorgaanbieders></Zorgaanbieders>\
    <Deelnemer>J\u{fc}rgen</Deelnemer></PortabiliteitsRapport>";

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

#[tokio::test]
async fn bounds_are_sent_in_seconds_and_left_out_if_not_set() {
    let new = PortabilityReportOptions::new;
    for (options, query) in [
        (new(), "format=xml"),
        (new().since(at(1_767_225_600)), "format=xml&from=1767225600"),
        (new().until(at(1_769_903_999)), "format=xml&to=1769903999"),
        (new().since(at(5)).until(at(7)), "format=xml&from=5&to=7"),
        (new().since(SystemTime::UNIX_EPOCH - Duration::from_secs(9)), "format=xml&from=-9"),
    ] {
        let server = Server::start().await;
        server.get(REPORT, ResponseTemplate::new(200).set_body_string(XML)).await;
        assert_eq!(server.user().portability_report(options).await.unwrap(), XML);
        let request = only(&server, REPORT).await;
        assert_eq!(request.url.query(), Some(query));
        assert_eq!(api_claims(&request), json!({"access_token": "at-1"}));
        assert_eq!(header(&request, "accept"), Some("application/octet-stream"));
    }
}

#[tokio::test]
async fn a_report_that_is_no_text_is_refused() {
    let server = Server::start().await;
    server.get(REPORT, ResponseTemplate::new(200).set_body_bytes([0xff, 0xfe, 0x00])).await;
    let error = server.user().portability_report(PortabilityReportOptions::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some(Operation::PortabilityReport)));
}

#[tokio::test]
async fn refusals_are_mapped_and_refused_tokens_refreshed() {
    let server = Server::start().await;
    server.once("GET", REPORT, invalid_token()).await;
    server.once("GET", REPORT, ResponseTemplate::new(502)).await;
    server.get(REPORT, api_error(400, "ValidationErrors")).await;
    server.issue("at-2", "rt-2").await;
    let error = server.user().portability_report(PortabilityReportOptions::new()).await.unwrap_err();
    assert_eq!(error.api().unwrap().code.as_str(), "ValidationErrors");
    assert_eq!(server.count(REPORT).await, 3);
    assert_eq!(server.count("/v1.7/oauth/token").await, 1);
}
