//! A server in a Rust test fails the test when it is dropped, if a client showed a defect or a fault
//! never struck.

use std::panic::{AssertUnwindSafe, catch_unwind};

use digime_mock_server::{ContractKind, Fault, MockServer, Operation, SandboxHandle, Timeline};
use digime_tests::RawClient;
use reqwest::Method;

/// What the drop of a server says after `test`; nothing if it does not fail.
async fn said(test: impl AsyncFnOnce(&SandboxHandle, &RawClient)) -> Option<String> {
    let server = MockServer::builder().timeline(Timeline::INSTANT).start().await;
    let sandbox = server.sandbox().await;
    let raw = RawClient::new(&server.url(), sandbox.credentials().contract(ContractKind::Read).unwrap());
    test(&sandbox, &raw).await;
    let failed = catch_unwind(AssertUnwindSafe(|| drop(server))).err()?;
    Some(*failed.downcast::<String>().unwrap())
}

async fn forge(raw: &RawClient) {
    let mut token = raw.sign(&raw.claims(serde_json::json!({})));
    token.truncate(token.len() - 8);
    raw.send(Method::GET, "/v1.7/permission-access/accounts", Some(&token), None).await;
}

async fn get_lost(raw: &RawClient) {
    raw.send(Method::GET, "/v1.7/no/such/path", None, None).await;
}

#[tokio::test]
async fn a_defect_of_the_client_fails_the_test_with_its_verdict_trace() {
    let forged = said(async |_, raw| forge(raw).await).await.unwrap();
    assert!(forged.contains("FAIL  signature") && forged.contains("allow_refusals"), "{forged}");
    let lost = said(async |_, raw| get_lost(raw).await).await.unwrap();
    assert!(lost.contains("/v1.7/no/such/path"), "{lost}");
}

#[tokio::test]
async fn what_the_test_itself_causes_does_not() {
    let clean = said(async |sandbox, raw| {
        // A code that is unknown, a page that is declined, and an answer that a fault gives.
        raw.refresh("unknown").await;
        let (code, _) = raw.authorize().await;
        sandbox.consent(&raw.page(&code, "")).decline().unwrap();
        sandbox.inject(Fault::on(Operation::READ_ACCOUNTS).times(1).status(503));
        forge(raw).await;
    });
    assert_eq!(clean.await, None);
}

#[tokio::test]
async fn a_fault_that_never_struck_fails_the_test_unless_it_is_allowed() {
    let unused = said(async |sandbox, _| sandbox.inject(Fault::on(Operation::TOKEN).status(503))).await;
    let unused = unused.unwrap();
    assert!(unused.contains("a fault on token never struck"), "{unused}");
    let allowed = said(async |sandbox, raw| {
        sandbox.inject(Fault::on(Operation::TOKEN).status(503));
        sandbox.allow_unused_faults();
        sandbox.allow_refusals();
        forge(raw).await;
        get_lost(raw).await;
    });
    assert_eq!(allowed.await, None);
}

#[tokio::test]
async fn a_test_that_fails_already_is_not_failed_twice() {
    let server = MockServer::start().await;
    server.default_sandbox().inject(Fault::on(Operation::TOKEN).status(503));
    let failed = catch_unwind(AssertUnwindSafe(move || {
        let _server = server;
        panic!("the test's own reason");
    }));
    assert_eq!(failed.unwrap_err().downcast_ref::<&str>(), Some(&"the test's own reason"));
}
