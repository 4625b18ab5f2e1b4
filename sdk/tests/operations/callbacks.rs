//! Callbacks of the flows without an authorization code.

use digime::{
    AccountReauthorization, AccountReference, CallbackErrorCode, Error, ErrorKind, Onboarding,
    PermissionRevocation,
};
use serde_json::json;

fn onboarding() -> Onboarding {
    serde_json::from_value(json!({
        "url": "https://api.example/apps/saas/onboard?code=c", "state": "st-1",
        "session": {"key": "k", "expiry": 1},
    }))
    .unwrap()
}

fn account(callback: &str) -> AccountReauthorization {
    serde_json::from_value(json!({
        "url": "https://api.example/apps/saas/reauthorize?code=c", "callbackUrl": callback,
        "session": {"key": "k", "expiry": 1},
    }))
    .unwrap()
}

fn revocation(callback: &str) -> PermissionRevocation {
    serde_json::from_value(json!({"url": "https://care.example/", "callbackUrl": callback})).unwrap()
}

fn kind(result: Result<Option<AccountReference>, Error>) -> ErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn onboarding_callbacks_are_read_in_every_form() {
    for text in [
        "success=true&state=st-1&accountReference=a-1",
        "?success=true&state=st-1&accountReference=a-1",
        "/back?user=7&success=true&state=st-1&accountReference=a-1",
        "https://app.example/back?success=true&state=st-1&accountReference=a-1#x",
        "digime-ca-demoapp://service?success=true&state=st-1&accountReference=a-1",
    ] {
        assert_eq!(onboarding().callback(text).unwrap().unwrap().as_str(), "a-1", "{text}");
    }
    assert_eq!(onboarding().callback("success=true&state=st-1").unwrap(), None);
}

#[test]
fn the_state_is_checked_before_all_else() {
    for text in [
        "success=true",
        "success=true&state=",
        "success=true&state=st-2",
        "success=true&state=st-1&state=st-1",
        "success=true&state=st-1&state=x",
        "success=maybe&errorCode=X",
        "",
    ] {
        assert_eq!(kind(onboarding().callback(text)), ErrorKind::StateMismatch, "{text}");
    }
}

#[test]
fn a_missing_state_is_accepted_on_request_a_wrong_one_never() {
    assert!(onboarding().callback_without_state("success=true").is_ok());
    assert!(onboarding().callback_without_state("success=true&state=st-1").is_ok());
    assert_eq!(
        kind(onboarding().callback_without_state("success=true&state=st-2")),
        ErrorKind::StateMismatch
    );
    assert!(onboarding().callback_without_state("success=true&state=st-1&state=st-1").is_err());
}

#[test]
fn failures_carry_their_code() {
    for (code, expected) in [
        ("USER_CANCEL", CallbackErrorCode::UserCancel),
        ("ONBOARD_ERROR", CallbackErrorCode::OnboardError),
        ("NEW_THING", CallbackErrorCode::Other("NEW_THING".to_owned())),
        ("", CallbackErrorCode::Unspecified),
    ] {
        let text = format!("success=false&state=st-1&errorCode={code}");
        let error = onboarding().callback(&text).unwrap_err();
        assert_eq!(error.declined(), Some(&expected));
        assert_eq!(error.kind(), ErrorKind::ConsentDenied);
    }
}

#[test]
fn contradictions_are_refused() {
    for text in [
        "state=st-1&success=true&errorCode=USER_CANCEL",
        "state=st-1&success=TRUE",
        "state=st-1&success=true&success=false",
        "state=st-1",
        "state=st-1&success=true&accountReference=a&accountReference=b",
        "state=st-1&success=false&errorCode=A&errorCode=B",
    ] {
        assert_eq!(kind(onboarding().callback(text)), ErrorKind::Callback, "{text}");
    }
    let long = format!("state=st-1&success=true&x={}", "a".repeat(100_000));
    assert_eq!(kind(onboarding().callback(&long)), ErrorKind::Callback);
}

#[test]
fn flows_without_state_are_bound_by_the_callbacks_own_query() {
    let started = account("https://app.example/back?flow=k81&user=J%C3%BCrgen+M");
    for text in [
        "https://app.example/back?flow=k81&user=J%C3%BCrgen+M&success=true",
        "/back?success=true&user=J%C3%BCrgen%20M&flow=k81",
        "Flow=k81&USER=J%C3%BCrgen+M&success=true",
    ] {
        assert_eq!(started.callback(text).unwrap(), None, "{text}");
    }
    for text in [
        "success=true",
        "success=true&flow=k81",
        "success=true&flow=k82&user=J%C3%BCrgen+M",
        "success=true&flow=k81&flow=k82&user=J%C3%BCrgen+M",
        "success=false&errorCode=USER_CANCEL",
    ] {
        assert_eq!(kind(started.callback(text)), ErrorKind::StateMismatch, "{text}");
    }
    let unbound = account("digime-ca-demoapp://service");
    assert_eq!(unbound.callback("success=true").unwrap(), None);
}

#[test]
fn revocations_speak_their_own_words() {
    let started = revocation("https://app.example/revoked?flow=k81");
    assert_eq!(started.callback("flow=k81&result=success").unwrap(), None);
    for text in [
        "flow=k81&result=failed&error_message=USER_CANCEL",
        "flow=k81&result=failed&errorCode=USER_CANCEL",
        "flow=k81&result=failed&errorCode=USER_CANCEL&error_message=other",
    ] {
        let error = started.callback(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConsentDenied, "{text}");
        assert_eq!(error.declined(), Some(&CallbackErrorCode::UserCancel), "{text}");
    }
    for text in [
        "flow=k81",
        "flow=k81&success=true",
        "flow=k81&result=SUCCESS",
        "flow=k81&result=success&error_message=X",
        "flow=k81&result=success&result=failed",
    ] {
        assert_eq!(kind(started.callback(text)), ErrorKind::Callback, "{text}");
    }
    assert_eq!(kind(started.callback("result=success")), ErrorKind::StateMismatch);
}

#[test]
fn started_flows_survive_storage() {
    let stored = serde_json::to_string(&onboarding()).unwrap();
    assert_eq!(serde_json::from_str::<Onboarding>(&stored).unwrap(), onboarding());
    let started = account("https://app.example/back?flow=k81");
    let stored = serde_json::to_string(&started).unwrap();
    assert_eq!(serde_json::from_str::<AccountReauthorization>(&stored).unwrap(), started);
}
