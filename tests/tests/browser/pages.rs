//! The other pages of a consent, and what an app may ask of them.

use digime_mock_server::ContractKind;
use digime_tests::{Answer, RawClient, RawUser, World};
use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::callbacks::{Callbacks, parameter};
use crate::visit::{SOURCE, Visit};

/// A user whose account at Facebook must be logged in at again.
const LOCKED: &str =
    "&service=1&sampleDataSet=reauth&sampleDataAutoOnboard=true&includeSampleDataOnlySources=true";

/// A user of a Dutch hospital: only such accounts have permissions that can be withdrawn.
const DUTCH: &str = "&service=30103&sampleDataSet=default&sampleDataAutoOnboard=true";

/// A browser, and a user who consented before.
struct Again {
    browser: Browser,
    callbacks: Callbacks,
    user: RawUser,
    _world: World,
}

impl Again {
    async fn start(page: &str) -> Option<Self> {
        let browser = Browser::start().await?;
        let world = World::new().await;
        let user = RawUser::consent(world.raw(ContractKind::Read), &world.sandbox, None, page).await;
        Some(Self { browser, callbacks: Callbacks::start().await, user, _world: world })
    }

    /// Opens a page for the user, who is asked in a language.
    async fn open(&self, page: &str, mut claims: Value, more: &str) {
        claims["redirect_uri"] = json!(self.callbacks.url());
        let (code, _) = self.user.refer(claims).await;
        self.browser.goto(self.user.page(page, &code, more)).await.unwrap();
    }
}

#[tokio::test]
async fn several_sources_are_connected_in_one_visit() {
    let Some(visit) = Visit::start(ContractKind::Read).await else { return };
    visit.open("").await;
    visit.go_on().await;
    visit.choose(SOURCE).await;
    visit.sign_in("much-data").await;
    visit.browser.click(".more a").await;
    assert_eq!(visit.browser.text("h1").await, "Choose a source");
    visit.choose(16).await;
    visit.sign_in("anna").await;
    let review = visit.browser.text("dl").await;
    assert!(review.contains("Fitbit") && review.contains("Spotify"), "{review}");
    visit.browser.pictures("review-of-two").await;
    visit.go_on().await;
    let arrived = visit.callbacks.next().await;
    let token = visit.raw.exchange(&parameter(&arrived, "code").unwrap()).await.token();
    let claims = json!({ "access_token": token["access_token"]["value"] });
    let accounts = visit.raw.call(Method::GET, "permission-access/accounts", claims).await.json();
    let sources: Vec<_> = accounts.as_array().unwrap().iter().map(|it| &it["sourceId"]).collect();
    assert_eq!(sources, [SOURCE, 16]);
    assert_eq!(parameter(&arrived, "accountReference").as_deref(), accounts[1]["reference"].as_str());
}

#[tokio::test]
async fn an_app_narrows_and_widens_the_list_of_sources() {
    let Some(visit) = Visit::start(ContractKind::Read).await else { return };
    let names = "return [...document.querySelectorAll('.source b')].map(it => it.textContent)";
    for (more, there, missing) in [
        (
            "&sourcesScope=%257B%2522organizationType%2522%253A%2522pharmacy%2522%257D",
            "Apotheek De Vijzel",
            "Spotify",
        ),
        (
            "&sourcesScope=%257B%2522dataType%2522%253A%255B%2522images%2522%255D%257D",
            "Cerner",
            "Apotheek De Vijzel",
        ),
        ("&sourceType=push", "Billdrop Receipts", "Spotify"),
        ("", "Spotify", "Facebook"),
        ("&includeSampleDataOnlySources=true", "Facebook", "Billdrop Receipts"),
    ] {
        visit.open(&format!("{more}&mock_step=source")).await;
        let shown: Vec<String> = serde_json::from_value(visit.browser.evaluate(names).await).unwrap();
        let has = |name: &str| shown.iter().any(|it| it == name);
        assert!(has(there) && !has(missing), "{more}: {shown:?}");
    }
    assert!(visit.browser.text(".source:has([value='1'])").await.contains("Sample data only"));
    visit.choose(1).await;
    visit.sign_in("slow").await;
    visit.go_on().await;
    assert_eq!(visit.outcome().await, ("true".to_owned(), None));
}

#[tokio::test]
async fn data_is_pushed_to_the_source_that_the_user_chose() {
    let Some(visit) = Visit::start(ContractKind::Write).await else { return };
    visit.open("&sourceType=push&lng=fr").await;
    visit.browser.click(".more a, .actions .primary").await;
    visit.choose(30310).await;
    visit.sign_in("anna").await;
    visit.go_on().await;
    assert_eq!(visit.outcome().await, ("true".to_owned(), None));
}

#[tokio::test]
async fn a_user_renews_a_consent_in_french() {
    let Some(again) = Again::start("&service=16&sampleDataSet=test&sampleDataAutoOnboard=true").await else {
        return;
    };
    let claims = RawClient::authorize_claims();
    let renewal = json!({
        "state": "again",
        "code_challenge": claims["code_challenge"],
        "code_challenge_method": claims["code_challenge_method"],
    });
    again.open("user-reauth", renewal, "&lng=fr_CA").await;
    assert_eq!(again.browser.attribute("html", "lang").await.as_deref(), Some("fr"));
    again.browser.pictures("user-reauth").await;
    again.browser.click("[value=approve]").await;
    let arrived = again.callbacks.next().await;
    assert_eq!(parameter(&arrived, "success").as_deref(), Some("true"));
    assert!(again.user.client.exchange(&parameter(&arrived, "code").unwrap()).await.status.is_success());
}

#[tokio::test]
async fn a_user_logs_in_again_in_dutch() {
    let Some(again) = Again::start(LOCKED).await else { return };
    let id = again.user.accounts().await[0]["id"].as_str().unwrap().to_owned();
    let reference = again.user.reference("accountId", &id).await.json()["id"].as_str().unwrap().to_owned();
    again.open("reauthorize", json!({}), &format!("&accountRef={reference}&locale=nl_NL")).await;
    assert_eq!(again.browser.attribute("html", "lang").await.as_deref(), Some("nl"));
    again.browser.click(".actions .primary").await;
    again.browser.write("#user", "anna").await;
    again.browser.click(".actions .primary").await;
    again.browser.pictures("reauthorize-review").await;
    again.browser.click("[value=approve]").await;
    assert_eq!(parameter(&again.callbacks.next().await, "success").as_deref(), Some("true"));
    assert_eq!(again.user.accounts().await[0]["accessTokenStatus"]["authorized"], true);
}

#[tokio::test]
async fn a_user_withdraws_a_permission() {
    let Some(again) = Again::start(DUTCH).await else { return };
    let id = again.user.accounts().await[0]["id"].as_str().unwrap().to_owned();
    let request = again.user.request(Method::GET, "permission-access/revoke/h:accountId");
    let request = request.header("accountId", &id).header("redirectUri", again.callbacks.url());
    let answer = Answer::of(request).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    let location = answer.json()["location"].as_str().unwrap().to_owned();
    again.browser.goto(&location).await.unwrap();
    again.browser.pictures("revoke").await;
    again.browser.click("[value=approve]").await;
    assert_eq!(parameter(&again.callbacks.next().await, "result").as_deref(), Some("success"));
}

#[tokio::test]
async fn the_phone_and_the_guest_page_speak_the_browsers_language() {
    let Some(browser) = Browser::start_with(&["--lang=de"]).await else { return };
    let world = World::new().await;
    let phone = format!("{}/apps/phone", world.server.url().trim_end_matches('/'));
    browser.goto(&phone).await.unwrap();
    assert_eq!(browser.text("h1").await, "Was öffnet die App?");
    browser.write("#link", "digime://receipt?contractId=c&appId=a").await;
    browser.click(".primary").await;
    browser.heading("Beleg").await;
    browser.goto(format!("{phone}?lng=nl&link=nowhere")).await.unwrap();
    assert_eq!(browser.text("h1").await, "Deze link leidt nergens heen");

    let callbacks = Callbacks::start().await;
    let older = world.raw(ContractKind::Read).speaking("v1.4");
    let (application, contract) = older.client_id.split_once('_').unwrap();
    let ask = json!({ "appId": application, "contractId": contract });
    let session = older.send(Method::POST, "/v1.4/permission-access/session", None, Some(ask)).await.json();
    let token = session["sessionExchangeToken"].as_str().unwrap();
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("sessionExchangeToken", token)
        .append_pair("callbackUrl", &callbacks.url())
        .append_pair("lng", "fr")
        .finish();
    browser.goto(format!("{}/apps/quark/direct-onboarding?{query}", older.origin)).await.unwrap();
    assert_eq!(browser.text("h1").await, "Mock application souhaite lire vos données");
    browser.pictures("guest").await;
    browser.click("[value=approve]").await;
    let arrived = callbacks.next().await;
    assert_eq!(parameter(&arrived, "result").as_deref(), Some("DATA_READY"));
}
