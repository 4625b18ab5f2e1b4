//! What the callback brings back: every outcome of a consent, as the SDK reads it.

use digime::{AuthorizeOptions, CallbackErrorCode, ErrorKind};
use digime_mock_server::{CallbackErrorCode as Sent, ContractKind};
use digime_tests::World;
use digime_tests::raw_client::parameter;
use digime_tests::world::CALLBACK;
use insta::assert_snapshot;

#[tokio::test]
async fn a_declined_consent_comes_back_as_such() {
    let world = World::new().await;
    let options = AuthorizeOptions::new(CALLBACK).service_id(1u64);
    let authorization =
        world.client().authorize_url(&world.contract(ContractKind::Read), options).await.unwrap();
    let location = world.sandbox.consent(authorization.url.as_str()).decline().unwrap();
    let error = authorization.callback(&location).unwrap_err();
    assert_eq!(error.declined(), Some(&CallbackErrorCode::UserCancel));
    assert_eq!(error.kind(), ErrorKind::ConsentDenied);
    assert!(error.to_string().contains("USER_CANCEL"), "{error}");
}

#[tokio::test]
async fn every_error_of_the_page_arrives_unchanged() {
    for (sent, expected) in [
        (Sent::InitializeCheckFail, CallbackErrorCode::InitializeCheckFail),
        (Sent::InvalidCode, CallbackErrorCode::InvalidCode),
        (Sent::OnboardError, CallbackErrorCode::OnboardError),
        (Sent::ServerError, CallbackErrorCode::ServerError),
        (Sent::Other("SOMETHING_NEW".to_owned()), CallbackErrorCode::Other("SOMETHING_NEW".to_owned())),
    ] {
        let world = World::new().await;
        let options = AuthorizeOptions::new(CALLBACK);
        let authorization =
            world.client().authorize_url(&world.contract(ContractKind::Read), options).await.unwrap();
        let location = world.sandbox.consent(authorization.url.as_str()).fail(sent).unwrap();
        let error = authorization.callback(&location).unwrap_err();
        assert_eq!(error.declined(), Some(&expected));
    }
}

#[tokio::test]
async fn a_callback_for_another_login_is_refused() {
    let world = World::new().await;
    let contract = world.contract(ContractKind::Read);
    let mine = world.client().authorize_url(&contract, World::sample("default")).await.unwrap();
    let other = world.client().authorize_url(&contract, World::sample("default")).await.unwrap();
    let location = world.sandbox.approve(other.url.as_str()).unwrap();
    assert_eq!(mine.callback(&location).unwrap_err().kind(), ErrorKind::StateMismatch);
}

#[tokio::test]
async fn the_callback_keeps_its_own_query_and_state_survives_any_characters() {
    let world = World::new().await;
    let options = AuthorizeOptions::new("http://127.0.0.1:9000/callback?tenant=7&q=a%20b")
        .service_id(1u64)
        .sample_data("default")
        .auto_onboard(true)
        .state("ä &=+/?#%20 🦀");
    let authorization =
        world.client().authorize_url(&world.contract(ContractKind::Read), options).await.unwrap();
    let location = world.sandbox.approve(authorization.url.as_str()).unwrap();
    assert!(
        location.starts_with("http://127.0.0.1:9000/callback?tenant=7&q=a%20b&success=true"),
        "{location}"
    );
    assert_eq!(parameter(&location, "state").as_deref(), Some("ä &=+/?#%20 🦀"));
    let _ = authorization.callback(&location).unwrap();
}

#[tokio::test]
async fn an_unknown_source_or_data_set_is_an_onboarding_error() {
    for options in [
        AuthorizeOptions::new(CALLBACK).service_id(1u64).sample_data("no-such-set"),
        AuthorizeOptions::new(CALLBACK).service_id(999_999u64).sample_data("default"),
    ] {
        let world = World::new().await;
        let authorization =
            world.client().authorize_url(&world.contract(ContractKind::Read), options).await.unwrap();
        let location = world.sandbox.approve(authorization.url.as_str()).unwrap();
        assert_eq!(parameter(&location, "errorCode").as_deref(), Some("ONBOARD_ERROR"));
    }
}

#[tokio::test]
async fn a_page_that_was_decided_leads_back_with_invalid_code() {
    let world = World::new().await;
    let options = World::sample("default");
    let authorization =
        world.client().authorize_url(&world.contract(ContractKind::Read), options).await.unwrap();
    world.sandbox.approve(authorization.url.as_str()).unwrap();
    let again = world.sandbox.approve(authorization.url.as_str()).unwrap();
    assert_eq!(parameter(&again, "errorCode").as_deref(), Some("INVALID_CODE"));
    assert_eq!(parameter(&again, "code"), None);
}

#[tokio::test]
async fn the_transcript_of_a_declined_consent() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let (code, _) = raw.authorize().await;
    raw.get(&raw.page(&code, "&service=16")).await;
    raw.post_form(&raw.page(&code, "&service=16"), "decision=decline").await;
    assert_snapshot!(world.transcript());
}
