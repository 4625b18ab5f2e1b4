//! Consent callbacks that are forged, contradictory, or another login's.

use digime::{
    Authorization, AuthorizeOptions, CallbackErrorCode, CallbackResult, CodeVerifier, Contract, Error,
    ErrorKind, OnboardOptions, Operation, PrivateKey, ReauthorizeAccountOptions, ReauthorizeOptions,
    StoredAuthorization,
};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::support::*;

const STATE: &str = "state-1";

fn parse(callback: &str) -> Result<CallbackResult, Error> {
    CallbackResult::parse(callback, STATE)
}

fn kind_of(callback: &str) -> ErrorKind {
    let error = parse(callback).expect_err(callback);
    assert_eq!(error.operation(), Some(Operation::Callback));
    error.kind()
}

fn declined(callback: &str) -> CallbackErrorCode {
    match parse(callback).expect(callback) {
        CallbackResult::Declined { error_code } => error_code,
        other => panic!("{callback}: {other:?}"),
    }
}

#[test]
fn the_state_must_be_there_once_and_equal() {
    for callback in [
        "",
        "?",
        "success=true&code=c",
        "success=true&code=c&state=",
        "success=true&code=c&state=state-2",
        "success=true&code=c&state=STATE-1",
        "success=true&code=c&state=state-1%00",
        "success=true&code=c&state=state-1&state=state-1",
        "success=true&code=c&state=state-1&state=state-2",
        "success=true&code=c&State=state-1",
        "success=true&code=c&state[]=state-1",
        "https://app.example/cb#state=state-1&success=true&code=c",
        "/cb?success=true&code=c#state=state-1",
    ] {
        assert_eq!(kind_of(callback), ErrorKind::StateMismatch, "{callback}");
    }
}

#[test]
fn the_state_is_checked_before_anything_else() {
    for rest in ["success=TRUE", "success=true", "code=a&code=b", "success=false&code=a", "%ff=%"] {
        assert_eq!(kind_of(&format!("state=other&{rest}")), ErrorKind::StateMismatch, "{rest}");
    }
}

#[test]
fn refusals_need_the_state_too() {
    assert_eq!(kind_of("success=false&errorCode=USER_CANCEL"), ErrorKind::StateMismatch);
}

#[test]
fn an_empty_expected_state_matches_nothing() {
    for callback in ["success=true&code=c&state=", "success=true&code=c"] {
        let error = CallbackResult::parse(callback, "").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StateMismatch);
    }
}

#[test]
fn contradictions_and_other_spellings_are_refused() {
    for rest in [
        "success=TRUE&code=c",
        "success=1&code=c",
        "success=&code=c",
        "code=c",
        "success=true",
        "success=true&code=",
        "success=true&errorCode=USER_CANCEL",
        "success=true&code=c&errorCode=USER_CANCEL",
        "success=false&code=c",
        "success=false&code=c&errorCode=USER_CANCEL",
        "success=true&success=false&code=c",
        "success=true&success=true&code=c",
        "success=true&code=c&code=c",
        "success=true&code=c&code=d",
        "success=false&errorCode=A&errorCode=B",
        "success=true&code=c&accountReference=a&accountReference=b",
    ] {
        assert_eq!(kind_of(&format!("state=state-1&{rest}")), ErrorKind::Callback, "{rest}");
    }
}

#[test]
fn error_codes_are_known_passed_through_or_unspecified() {
    let with = |code: &str| declined(&format!("state=state-1&success=false{code}"));
    assert_eq!(with("&errorCode=USER_CANCEL"), CallbackErrorCode::UserCancel);
    assert_eq!(with("&errorCode=NEW_REASON"), CallbackErrorCode::Other("NEW_REASON".to_owned()));
    assert_eq!(with("&errorCode=user_cancel"), CallbackErrorCode::Other("user_cancel".to_owned()));
    assert_eq!(with(""), CallbackErrorCode::Unspecified);
    assert_eq!(with("&errorCode="), CallbackErrorCode::Unspecified);
}

#[test]
fn a_refusal_as_an_error_is_short_and_printable() {
    let long = format!("state=state-1&success=false&errorCode=%1b[31m%0a{}", "x".repeat(5_000));
    let error = parse(&long).unwrap().into_code().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConsentDenied);
    let text = error.to_string();
    assert!(text.len() < 300 && !text.chars().any(char::is_control), "{text:?}");
}

#[test]
fn every_form_of_a_callback_is_read() {
    let query = "state=state-1&success=true&code=a%2Bb+c&accountReference=r-1&unknown=1";
    for callback in [
        query.to_owned(),
        format!("?{query}"),
        format!("/cb?{query}#fragment"),
        format!("https://app.example/cb?u=1&{query}"),
        format!("my-app://cb?{query}"),
    ] {
        let CallbackResult::Approved { code, account_reference } = parse(&callback).unwrap() else {
            panic!("{callback}")
        };
        assert_eq!(code.expose(), "a+b c");
        assert_eq!(account_reference.unwrap(), "r-1");
    }
}

#[test]
fn oversized_callbacks_are_refused() {
    let callback = format!("state=state-1&success=true&code={}", "c".repeat(100_000));
    assert_eq!(kind_of(&callback), ErrorKind::Callback);
}

#[test]
fn errors_do_not_repeat_the_callback() {
    for callback in [
        "state=hush-state&success=true&code=hush-code",
        "state=state-1&success=hush-flag&code=hush-code",
        "state=state-1&success=true&code=hush-code&code=hush-code",
    ] {
        let error = parse(callback).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(!text.contains("hush") && !text.contains(STATE), "{text}");
    }
}

async fn two_logins() -> (Server, Authorization, Authorization) {
    let server = Server::start().await;
    let token = sign(&server.jku(), &json!({"preauthorization_code": "pre-1"}));
    let answer = json!({"token": token, "session": {"key": SESSION, "expiry": 4_102_444_800_000_i64}});
    server.post("/v1.7/oauth/authorize", ResponseTemplate::new(200).set_body_json(answer)).await;
    let client = server.client();
    let options = || AuthorizeOptions::new("https://app.example/cb");
    let first = client.authorize_url(&contract(), options()).await.unwrap();
    let second = client.authorize_url(&contract(), options()).await.unwrap();
    (server, first, second)
}

#[tokio::test]
async fn a_callback_of_another_login_is_refused() {
    let (_server, first, second) = two_logins().await;
    assert_ne!(first.state, second.state);
    let callback = format!("state={}&success=true&code=c", first.state.expose());
    assert_eq!(second.callback(&callback).unwrap_err().kind(), ErrorKind::StateMismatch);
    assert_eq!(first.callback(&callback).unwrap().session, first.session);
}

#[tokio::test]
async fn each_login_exchanges_its_code_with_its_own_verifier() {
    let (server, first, second) = two_logins().await;
    server.issue("at-2", "rt-2").await;
    let client = server.client();
    for login in [&second, &first] {
        let callback = format!("?state={}&success=true&code=c", login.state.expose());
        client.connect(login.callback(&callback).unwrap()).await.unwrap();
    }
    let claims_at = async |path| server.requests(path).await.iter().map(claims).collect::<Vec<_>>();
    let started = claims_at("/v1.7/oauth/authorize").await;
    let exchanged = claims_at("/v1.7/oauth/token").await;
    for (start, exchange) in [(&started[0], &exchanged[1]), (&started[1], &exchanged[0])] {
        let verifier = CodeVerifier::new(exchange["code_verifier"].as_str().unwrap());
        assert_eq!(start["code_challenge"], verifier.challenge());
    }
    assert_ne!(started[0]["code_challenge"], started[1]["code_challenge"]);
}

#[tokio::test]
async fn a_stored_login_still_recognises_its_callback() {
    let (server, login, _) = two_logins().await;
    server.issue("at-2", "rt-2").await;
    let kept = serde_json::to_string(&login.to_stored()).unwrap();
    assert!(!kept.contains("pre-1") && !kept.contains("PRIVATE"), "neither URL nor key are kept: {kept}");
    let restored = || serde_json::from_str::<StoredAuthorization>(&kept).unwrap();
    assert_eq!(restored(), login.to_stored());

    let callback = format!("?state={}&success=false&errorCode=USER_CANCEL", login.state.expose());
    let declined = restored().callback(&contract(), &callback).unwrap_err();
    assert_eq!(declined.kind(), ErrorKind::ConsentDenied);
    assert_eq!(declined.declined(), Some(&CallbackErrorCode::UserCancel));

    let callback = format!("?state={}&success=true&code=c&accountReference=a", login.state.expose());
    let grant = restored().callback(&contract(), &callback).unwrap();
    assert_eq!(grant.session, login.session);
    assert_eq!(grant.account_reference.as_ref().unwrap().as_str(), "a");
    let user = server.client().connect(grant).await.unwrap();
    assert_eq!(user.token().access_token.value.expose(), "at-2");
}

#[tokio::test]
async fn a_login_for_one_contract_is_not_finished_with_another() {
    let (_server, login, _) = two_logins().await;
    let key = PrivateKey::from_pem(&vector_text("contract-private.pem")).unwrap();
    let other = Contract::new("another", key).unwrap();
    let callback = format!("?state={}&success=true&code=c", login.state.expose());
    let error = login.to_stored().callback(&other, &callback).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let text = error.to_string();
    assert!(text.contains("another") && text.contains(CONTRACT), "{text}");
}

/// Every flow that comes back by a callback URL refuses one whose own query has a
/// parameter the callback will carry; nothing is sent.
#[tokio::test]
async fn callback_urls_must_leave_the_callbacks_parameters_alone() {
    let server = Server::start().await;
    let (client, user) = (server.client(), server.user());
    for name in [
        "state",
        "code",
        "error",
        "success",
        "errorCode",
        "error_message",
        "errorMessage",
        "accountReference",
        "result",
        "State",
        "st%61te",
    ] {
        let callback = &format!("http://127.0.0.1:9000/cb?own=1&{name}=mine");
        let account = "19_a".into();
        let errors = [
            client.authorize_url(&contract(), AuthorizeOptions::new(callback)).await.err(),
            user.reauthorize_url(ReauthorizeOptions::new(callback)).await.err(),
            user.onboard_service_url(OnboardOptions::new(callback)).await.err(),
            user.reauthorize_account_url(ReauthorizeAccountOptions::new(callback, "19_a")).await.err(),
            user.revoke_account_permission_url(&account, callback).await.err(),
        ];
        for error in errors {
            let error = error.expect(name);
            assert_eq!(error.kind(), ErrorKind::Config, "{error}");
            let name = name.replace("%61", "a");
            assert!(
                error.to_string().contains(&format!("callback_url: must not have a parameter `{name}`")),
                "{error}"
            );
        }
    }
    assert_eq!(server.mock.received_requests().await.unwrap().len(), 0);
}
