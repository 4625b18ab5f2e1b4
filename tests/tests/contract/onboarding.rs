//! Connecting further sources, and further contracts, to a library.
use digime_mock_server::{CallbackErrorCode, ContractKind, Operation};
use digime_tests::raw_client::parameter;
use digime_tests::raw_user::SAMPLE;
use digime_tests::{RawUser, World};
use reqwest::Method;
use serde_json::json;

const FITBIT: &str = "&service=15&sampleDataSet=default&sampleDataAutoOnboard=true";

fn of_service(names: &[String], service: u32) -> usize {
    names.iter().filter(|name| name.split('_').nth(2) == Some(&service.to_string())).count()
}

#[tokio::test]
async fn a_second_service_brings_an_account_whose_files_join_the_session() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let (code, session) = user.refer(json!({ "state": "s 1" })).await;
    assert_eq!(user.file_list(&session).await.json()["status"]["state"], "pending");

    let answer = user.client.get(&user.page("onboard", &code, FITBIT)).await;
    assert_eq!(answer.status, 302);
    let callback = answer.header("location");
    assert!(
        callback.starts_with("http://127.0.0.1:9000/callback?own=1&success=true&state=s%201&"),
        "{callback}"
    );
    assert!(parameter(callback, "code").is_none());
    let accounts = user.accounts().await;
    assert_eq!(accounts.len(), 2);
    assert_eq!(accounts[1]["sourceId"], 15);
    assert_eq!(parameter(callback, "accountReference").as_deref(), accounts[1]["reference"].as_str());

    let names = user.file_names(&session).await;
    assert!(of_service(&names, 1) > 0 && of_service(&names, 18) > 0, "{names:?}");
    let list = user.file_list(&session).await.json();
    assert_eq!(list["status"]["state"], "completed");
    assert_eq!(list["status"]["details"].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn without_a_trigger_the_new_files_wait_for_the_next_one() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let (code, session) = user.refer(json!({})).await;
    let page = user.page("onboard", &code, &format!("{FITBIT}&triggerQuery=false"));
    assert_eq!(user.client.get(&page).await.location_parameter("success").as_deref(), Some("true"));
    let names = user.file_names(&session).await;
    assert_eq!(of_service(&names, 18), 0);
    assert!(of_service(&names, 1) > 0);
    let next = user.trigger(json!({})).await;
    assert!(of_service(&user.file_names(&next).await, 18) > 0);
}

#[tokio::test]
async fn without_a_trigger_none_of_several_sources_is_read() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    for (query, read) in [("&triggerQuery=false", false), ("", true)] {
        let (code, session) = user.refer(json!({})).await;
        let page = user.page("onboard", &code, query);
        let answer =
            user.client.post_form(&page, "decision=approve&service=15&dataSet=default&also=16.default").await;
        assert_eq!(answer.location_parameter("success").as_deref(), Some("true"));
        let names = user.file_names(&session).await;
        assert_eq!([18, 19].map(|service| of_service(&names, service) > 0), [read; 2], "{names:?}");
    }
    let next = user.trigger(json!({})).await;
    let names = user.file_names(&next).await;
    assert!(of_service(&names, 18) > 0 && of_service(&names, 19) > 0);
}

#[tokio::test]
async fn the_page_lets_a_user_choose_approve_and_decline() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;

    let (code, _) = user.refer(json!({ "state": "st" })).await;
    let page = user.page("onboard", &code, "&lng=nl&sourceType=pull");
    let html = user.client.get(&page).await;
    assert_eq!(html.status, 200);
    assert!(html.text().contains("Mock application wil nog een bron koppelen"), "{}", html.text());
    let sources = user.client.get(&user.page("onboard", &code, "&lng=nl&mock_step=source")).await;
    assert!(sources.text().contains("Fitbit"), "{}", sources.text());
    let answer = user.client.post_form(&page, "decision=approve&service=15&dataSet=test").await;
    assert_eq!(answer.location_parameter("success").as_deref(), Some("true"));
    assert_eq!(user.accounts().await[1]["sourceId"], 15);
    let again = user.client.post_form(&page, "decision=approve").await;
    assert_eq!(again.location_parameter("errorCode").as_deref(), Some("INVALID_CODE"));

    let (code, session) = user.refer(json!({ "state": "st" })).await;
    let page = user.page("onboard", &code, "");
    let answer = user.client.post_form(&page, "decision=decline").await;
    assert_eq!(
        answer.header("location"),
        "http://127.0.0.1:9000/callback?own=1&success=false&errorCode=USER_CANCEL&state=st"
    );
    assert_eq!(user.accounts().await.len(), 2);
    assert_eq!(user.file_list(&session).await.json()["status"]["state"], "pending");
}

#[tokio::test]
async fn a_page_is_decided_in_process_and_by_administration_too() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let (code, _) = user.refer(json!({})).await;
    let url = user.page("onboard", &code, "");
    let callback = world.sandbox.consent(&url).source(15).data_set("test").approve().unwrap();
    assert_eq!(parameter(&callback, "success").as_deref(), Some("true"));
    let (code, _) = user.refer(json!({})).await;
    let url = user.page("onboard", &code, "");
    let callback = world.sandbox.consent(&url).fail(CallbackErrorCode::ServerError).unwrap();
    assert_eq!(parameter(&callback, "errorCode").as_deref(), Some("SERVER_ERROR"));

    let (code, _) = user.refer(json!({})).await;
    let body = json!({ "url": user.page("onboard", &code, ""), "service": 254 });
    let answer = user.client.send(Method::POST, "/__admin/consent", None, Some(body)).await;
    let location = answer.json()["location"].as_str().unwrap().to_owned();
    assert_eq!(parameter(&location, "success").as_deref(), Some("true"));
    let sources: Vec<_> = user.accounts().await.iter().map(|it| it["sourceId"].clone()).collect();
    assert_eq!(sources, [1, 15, 254]);
}

#[tokio::test]
async fn what_cannot_be_connected_is_an_error_of_the_callback() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    for (more, code) in [
        ("&service=999999", "ONBOARD_ERROR"),
        ("&service=15&sampleDataSet=none&sampleDataAutoOnboard=true", "ONBOARD_ERROR"),
        ("&service=x", "INITIALIZE_CHECK_FAIL"),
        ("&triggerQuery=x", "INITIALIZE_CHECK_FAIL"),
    ] {
        let (reference, _) = user.refer(json!({})).await;
        let answer = user.client.get(&user.page("onboard", &reference, more)).await;
        assert_eq!(answer.location_parameter("errorCode").as_deref(), Some(code), "{more}");
    }
    let (reference, _) = user.refer(json!({})).await;
    for page in ["authorize", "user-reauth", "revoke"] {
        let answer = user.client.get(&user.page(page, &reference, "")).await;
        let code = answer.location_parameter("errorCode");
        assert_eq!(code.as_deref(), Some("INVALID_CODE"), "a reference code does not open {page}");
    }
    assert_eq!(user.client.get(&user.page("onboard", "nonsense", "")).await.status, 404);
    world.sandbox.clock().advance(std::time::Duration::from_secs(11 * 60));
    let answer = user.client.get(&user.page("onboard", &reference, FITBIT)).await;
    assert_eq!(answer.location_parameter("errorCode").as_deref(), Some("INVALID_CODE"));
    assert_eq!(user.accounts().await.len(), 1);
}

#[tokio::test]
async fn a_reference_code_is_refused_without_what_it_needs() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    for (claims, status, code) in [
        (json!({ "access_token": null }), 400, "InvalidRequest"),
        (json!({ "access_token": "unknown" }), 401, "InvalidToken"),
        (json!({ "redirect_uri": 1 }), 400, "InvalidRequest"),
        (json!({ "redirect_uri": "https://elsewhere.example/" }), 404, "InvalidRedirectUri"),
        (json!({ "state": 1 }), 400, "InvalidRequest"),
        (json!({ "code_challenge": "short", "code_challenge_method": "S256" }), 400, "InvalidRequest"),
    ] {
        assert_eq!(user.try_refer(claims.clone()).await.error(), (status, code.to_owned()), "{claims}");
    }
    let stranger = RawUser { client: world.raw(ContractKind::Write), ..user.clone() };
    assert_eq!(stranger.try_refer(json!({})).await.error(), (401, "InvalidToken".to_owned()));
    world.sandbox.clock().advance(std::time::Duration::from_secs(25 * 3600));
    assert_eq!(user.try_refer(json!({})).await.error(), (401, "InvalidToken".to_owned()));

    let once = world.raw_user(ContractKind::OneOff).await;
    assert_eq!(once.try_refer(json!({})).await.error(), (403, "InsufficientScope".to_owned()));
    world.sandbox.requests().of(Operation::TOKEN_REFERENCE).expect(9);
}

#[tokio::test]
async fn a_second_contract_joins_the_library_of_a_users_token() {
    let world = World::new().await;
    let reader = world.raw_user(ContractKind::Read).await;
    let raw = world.raw(ContractKind::ReadRaw);
    let second = RawUser::consent(raw.clone(), &world.sandbox, Some(&reader.access), "").await;
    assert_eq!(parameter(&second.callback, "accountReference"), None);
    assert_eq!(second.accounts().await, reader.accounts().await);
    assert_ne!(second.access, reader.access);
    let stranger = RawUser::consent(raw.clone(), &world.sandbox, None, SAMPLE).await;
    assert_ne!(stranger.accounts().await, reader.accounts().await);

    let mut claims = digime_tests::RawClient::authorize_claims();
    claims["access_token"] = json!("unknown");
    let refused = raw.call(Method::POST, "oauth/authorize", claims).await;
    assert_eq!(refused.error(), (401, "InvalidToken".to_owned()));
}

#[tokio::test]
async fn a_storage_reference_is_bound_only_if_it_is_known() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    for (kind, value, status, code) in [
        ("cloudId", "no-such-storage", 404, "StorageNotFound"),
        ("cloudId", "", 400, "ValidationErrors"),
        ("other", "x", 400, "ValidationErrors"),
    ] {
        assert_eq!(user.reference(kind, value).await.error(), (status, code.to_owned()), "{kind} {value}");
    }
    let (code, _) = user.client.authorize().await;
    let page = user.client.page(&code, &format!("{SAMPLE}&storageRef=unknown"));
    let answer = user.client.get(&page).await;
    assert_eq!(answer.location_parameter("errorCode").as_deref(), Some("INITIALIZE_CHECK_FAIL"));
}

#[tokio::test]
async fn a_page_without_a_callback_returns_to_that_of_the_authorization() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    // As Android 4.1.0 asks for a further source.
    let (code, _) = user.refer(json!({ "redirect_uri": null })).await;
    let callback = world.sandbox.approve(&user.page("onboard", &code, FITBIT)).unwrap();
    assert!(callback.starts_with("http://127.0.0.1:9000/callback?success=true"), "{callback}");
    assert_eq!(user.accounts().await.len(), 2);
}
