//! Renewing a user, logging in at a source again, and revoking a permission.
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digime_mock_server::ContractKind;
use digime_tests::raw_client::{VERIFIER, parameter};
use digime_tests::{Answer, RawUser, World};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const DAY: Duration = Duration::from_secs(24 * 3600);
const LOCKED: &str = "&service=1&sampleDataSet=reauth&sampleDataAutoOnboard=true";
const DUTCH: &str = "&service=30103&sampleDataSet=default&sampleDataAutoOnboard=true";

fn renewal() -> Value {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    json!({ "state": "again", "code_challenge": challenge, "code_challenge_method": "S256" })
}

#[tokio::test]
async fn a_user_whose_refresh_token_expired_is_renewed() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    world.sandbox.clock().advance(DAY * 31);
    assert_eq!(user.client.refresh(&user.refresh).await.error(), (401, "InvalidToken".to_owned()));
    let (code, session) = user.refer(renewal()).await;
    let page = user.page("user-reauth", &code, "&lng=en");
    assert!(user.client.get(&page).await.text().contains("asks you to renew your consent"));
    let answer = user.client.post_form(&page, "decision=approve").await;
    assert_eq!(answer.location_parameter("success").as_deref(), Some("true"));
    assert_eq!(answer.location_parameter("state").as_deref(), Some("again"));
    let code = answer.location_parameter("code").unwrap();
    let pair = user.client.exchange(&code).await.token();
    let renewed = RawUser { access: pair["access_token"]["value"].as_str().unwrap().to_owned(), ..user };
    assert_eq!(renewed.accounts().await.len(), 1);
    assert!(!renewed.file_names(&session).await.is_empty());
}

#[tokio::test]
async fn a_renewal_can_be_declined_and_needs_a_known_token_of_the_contract() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let (code, _) = user.refer(renewal()).await;
    let callback = world.sandbox.consent(&user.page("user-reauth", &code, "")).decline().unwrap();
    assert_eq!(parameter(&callback, "errorCode").as_deref(), Some("USER_CANCEL"));
    let (code, _) = user.refer(renewal()).await;
    for page in ["onboard", "reauthorize", "authorize"] {
        let answer = user.client.get(&user.page(page, &code, "")).await;
        assert_eq!(answer.location_parameter("errorCode").as_deref(), Some("INVALID_CODE"), "{page}");
    }
    let mut unknown = renewal();
    unknown["access_token"] = json!("unknown");
    assert_eq!(user.try_refer(unknown).await.error(), (401, "InvalidToken".to_owned()));
    let stranger = RawUser { client: world.raw(ContractKind::ReadRaw), ..user };
    assert_eq!(stranger.try_refer(renewal()).await.error(), (401, "InvalidToken".to_owned()));
}

#[tokio::test]
async fn without_a_trigger_a_renewal_reads_what_is_in_the_library() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let (code, session) = user.refer(renewal()).await;
    world.sandbox.approve(&user.page("user-reauth", &code, "&triggerQuery=false")).unwrap();
    assert_eq!(user.file_names(&session).await, user.file_names(&user.session).await);
}

#[tokio::test]
async fn logging_in_again_clears_the_errors_of_that_account() {
    let world = World::new().await;
    let user = RawUser::consent(world.raw(ContractKind::Read), &world.sandbox, None, LOCKED).await;
    let account = user.accounts().await[0].clone();
    let id = account["id"].as_str().unwrap();
    assert_eq!(account["accessTokenStatus"]["authorized"], false);
    let list = user.file_list(&user.session).await.json();
    assert_eq!(list["status"]["state"], "partial");
    assert_eq!(list["status"]["details"][id]["error"]["reauth"], true);

    let (code, session) = user.refer(json!({})).await;
    let reference = user.reference("accountId", id).await;
    assert_eq!(reference.status, 201);
    let reference = reference.json()["id"].as_str().unwrap().to_owned();
    let page = user.page("reauthorize", &code, &format!("&accountRef={reference}&locale=en_GB"));
    let html = user.client.get(&page).await.text();
    assert!(html.contains("asks you to log in at a source again") && html.contains("Facebook"));
    let answer = user.client.post_form(&page, "decision=approve").await;
    assert_eq!(answer.header("location"), "http://127.0.0.1:9000/callback?own=1&success=true");
    assert_eq!(user.accounts().await[0]["accessTokenStatus"]["authorized"], true);
    for session in [session, user.trigger(json!({})).await] {
        let list = user.file_list(&session).await.json();
        assert_eq!(list["status"]["state"], "completed");
        assert_eq!(list["status"]["details"][id], json!({ "state": "completed" }));
    }
    let earlier = user.file_list(&user.session).await.json();
    assert_eq!(earlier["status"]["state"], "partial", "a final state stays");
}

#[tokio::test]
async fn a_login_needs_a_reference_to_an_account_of_the_user() {
    let world = World::new().await;
    let user = RawUser::consent(world.raw(ContractKind::Read), &world.sandbox, None, LOCKED).await;
    let strange = user.reference("accountId", "99_nobody").await.json()["id"].as_str().unwrap().to_owned();
    for (more, code) in [
        (String::new(), "INITIALIZE_CHECK_FAIL"),
        ("&accountRef=unknown".to_owned(), "INITIALIZE_CHECK_FAIL"),
        (format!("&accountRef={strange}"), "ONBOARD_ERROR"),
    ] {
        let (reference, _) = user.refer(json!({})).await;
        let page = user.page("reauthorize", &reference, &more);
        let answer = user.client.get(&page).await;
        assert_eq!(answer.location_parameter("errorCode").as_deref(), Some(code), "{more}");
    }
    let (code, _) = user.refer(json!({})).await;
    let callback = world.sandbox.approve(&user.page("reauthorize", &code, "")).unwrap();
    assert_eq!(parameter(&callback, "errorCode").as_deref(), Some("INITIALIZE_CHECK_FAIL"));
    assert_eq!(user.accounts().await[0]["accessTokenStatus"]["authorized"], false);
}

async fn revoke(user: &RawUser, account: &str, callback: &str) -> Answer {
    let request = user.request(Method::GET, "permission-access/revoke/h:accountId");
    Answer::of(request.header("accountId", account).header("redirectUri", callback)).await
}

#[tokio::test]
async fn a_revoked_permission_is_gone_until_the_user_logs_in_again() {
    let world = World::new().await;
    let user = RawUser::consent(world.raw(ContractKind::Read), &world.sandbox, None, DUTCH).await;
    let id = user.accounts().await[0]["id"].as_str().unwrap().to_owned();
    let callback = "digime-ca-app://revoke";
    let location = revoke(&user, &id, callback).await.json()["location"].as_str().unwrap().to_owned();
    let html = user.client.get(&location).await.text();
    assert!(html.contains("lets you withdraw a permission") && html.contains("Ziekenhuis Waterland-Oost"));
    let answer = user.client.post_form(&location, "decision=approve").await;
    assert_eq!(answer.header("location"), "digime-ca-app://revoke?result=success");
    assert_eq!(user.accounts().await[0]["accessTokenStatus"]["authorized"], false);
    let list = user.file_list(&user.trigger(json!({})).await).await.json();
    assert_eq!(list["status"]["state"], "partial");
    assert_eq!(list["status"]["details"][&id]["error"]["code"], "ServiceAuthorizationError");

    let (code, session) = user.refer(json!({})).await;
    let reference = user.reference("accountId", &id).await.json()["id"].as_str().unwrap().to_owned();
    world.sandbox.approve(&user.page("reauthorize", &code, &format!("&accountRef={reference}"))).unwrap();
    assert_eq!(user.file_list(&session).await.json()["status"]["state"], "completed");

    let location = revoke(&user, &id, callback).await.json()["location"].as_str().unwrap().to_owned();
    let declined = world.sandbox.consent(&location).decline().unwrap();
    assert_eq!(
        declined,
        "digime-ca-app://revoke?result=failed&errorCode=USER_CANCEL&error_message=USER_CANCEL"
    );
    assert_eq!(user.accounts().await[0]["accessTokenStatus"]["authorized"], true);
}

#[tokio::test]
async fn a_permission_that_does_not_exist_cannot_be_revoked() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let id = user.accounts().await[0]["id"].as_str().unwrap().to_owned();
    let callback = "http://127.0.0.1:9000/revoked";
    for (account, callback, status, code) in [
        (id.as_str(), callback, 400, "InvalidRequest"),
        ("99_nobody", callback, 404, "AccountNotFound"),
        ("", callback, 400, "ValidationErrors"),
        (&id, "", 400, "ValidationErrors"),
        (&id, "https://elsewhere.example/", 404, "InvalidRedirectUri"),
    ] {
        assert_eq!(revoke(&user, account, callback).await.error(), (status, code.to_owned()), "{account}");
    }
}

#[tokio::test]
async fn the_account_that_needs_the_user_comes_first_among_the_details() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let flickr = "&service=6&sampleDataSet=default&sampleDataAutoOnboard=true";
    for page in [flickr, "&service=16&sampleDataSet=reauth&sampleDataAutoOnboard=true"] {
        let (code, _) = user.refer(json!({})).await;
        world.sandbox.approve(&user.page("onboard", &code, page)).unwrap();
    }
    let locked = user.accounts().await[2]["id"].as_str().unwrap().to_owned();
    let list = user.file_list(&user.trigger(json!({})).await).await;
    assert_eq!(list.json()["status"]["details"].as_object().unwrap().len(), 3);
    assert_eq!(list.json()["status"]["details"][&locked]["error"]["statuscode"], 511);
    let text = list.text();
    let details = text.split_once("\"details\":{").unwrap().1;
    assert!(details.starts_with(&format!("\"{locked}\":")), "{text}");
}
