//! The consent pages, as a user goes through them.

use digime_mock_server::ContractKind;
use digime_mock_server::settings::{Branding, Logo};
use digime_tests::World;
use serde_json::json;

use crate::browser::{Browser, ENTER, Size, TAB};
use crate::callbacks::{Callbacks, parameter};
use crate::visit::{SOURCE, STATE, Visit};

#[tokio::test]
async fn a_user_chooses_a_source_signs_in_reviews_and_approves() {
    let Some(visit) = Visit::start(ContractKind::Read).await else { return };
    visit.open("").await;
    let browser = &visit.browser;
    assert_eq!(browser.text("h1").await, "Mock application wants to read your data");
    assert!(browser.text("main").await.contains("127.0.0.1"));
    assert_eq!(browser.text(".badge").await, "Sandbox");
    browser.pictures("request").await;
    visit.go_on().await;
    browser.write("#search", "fitb").await;
    browser.until("document.querySelectorAll('.source:not([hidden])').length === 1").await;
    browser.write("#search", " ").await;
    browser.pictures("source").await;
    visit.choose(SOURCE).await;
    assert!(browser.text("h1").await.starts_with("Sign in at "));
    browser.pictures("sign-in").await;
    visit.sign_in("wrong-password").await;
    assert!(browser.text("[role=alert]").await.contains("wrong"));
    browser.pictures("sign-in-refused").await;
    visit.sign_in("<b>anna</b>").await;
    assert_eq!(browser.text("h1").await, "Check and approve");
    assert!(browser.text("main").await.contains("<b>anna</b>"));
    browser.click(".drawer summary").await;
    browser.until("localStorage.getItem('digime-mock-drawer') === 'open'").await;
    assert!(browser.text(".drawer").await.contains("USER_CANCEL"));
    browser.pictures("review").await;
    visit.assert_unharmed().await;
    visit.go_on().await;
    let arrived = visit.callbacks.next().await;
    assert_eq!(parameter(&arrived, "success").as_deref(), Some("true"));
    let token = visit.raw.exchange(&parameter(&arrived, "code").unwrap()).await.token();
    let claims = json!({"access_token": token["access_token"]["value"]});
    let accounts = visit.raw.call(reqwest::Method::GET, "permission-access/accounts", claims).await.json();
    assert_eq!(accounts[0]["sourceId"], SOURCE);
    visit.open("").await;
    assert_eq!(browser.text("h1").await, "This request is over");
    browser.pictures("over").await;
    visit.go_on().await;
    assert_eq!(visit.outcome().await, Visit::failed("INVALID_CODE"));
}

#[tokio::test]
async fn a_second_click_sends_no_second_decision() {
    let Some(visit) = Visit::start(ContractKind::Read).await else { return };
    visit.open("&service=16").await;
    visit.go_on().await;
    visit.sign_in("anna").await;
    let twice = "const form = document.querySelector('form#decision');
        const prevented = [];
        form.addEventListener('submit', (event) => prevented.push(event.defaultPrevented));
        const approve = form.querySelector('[value=approve]');
        approve.click();
        approve.click();
        return prevented;";
    assert_eq!(visit.browser.evaluate(twice).await, json!([false, true]));
    assert_eq!(visit.outcome().await, ("true".to_owned(), None));
}

#[tokio::test]
async fn declining_and_each_documented_failure_lead_back() {
    let Some(mut visit) = Visit::start(ContractKind::Read).await else { return };
    for (css, code) in [
        ("[value=decline]", "USER_CANCEL"),
        ("[value=INITIALIZE_CHECK_FAIL]", "INITIALIZE_CHECK_FAIL"),
        ("[value=INVALID_CODE]", "INVALID_CODE"),
        ("[value=ONBOARD_ERROR]", "ONBOARD_ERROR"),
        ("[value=SERVER_ERROR]", "SERVER_ERROR"),
    ] {
        visit = visit.next(ContractKind::Read).await;
        visit.open("").await;
        if css != "[value=decline]" {
            assert!(!visit.browser.is_seen(css).await, "the drawer is closed at first");
            visit.browser.click(".drawer summary").await;
        }
        visit.browser.click(css).await;
        assert_eq!(visit.outcome().await, Visit::failed(code));
    }
}

#[tokio::test]
async fn user_names_decide_what_comes_of_signing_in() {
    let Some(mut visit) = Visit::start(ContractKind::Read).await else { return };
    for (user, code) in
        [("cancel", "USER_CANCEL"), ("source-error", "ONBOARD_ERROR"), ("server-error", "SERVER_ERROR")]
    {
        visit = visit.next(ContractKind::Read).await;
        visit.open("&service=16").await;
        visit.go_on().await;
        visit.sign_in(user).await;
        assert_eq!(visit.outcome().await, Visit::failed(code));
    }
    for (user, dataset) in [("no-data", "empty"), ("expired", "reauth"), ("much-data", "busy-user")] {
        visit = visit.next(ContractKind::Read).await;
        visit.open("&service=16").await;
        visit.go_on().await;
        visit.sign_in(user).await;
        let chosen = visit.browser.attribute("input[name=dataSet]", "value").await;
        assert_eq!(chosen.as_deref(), Some(dataset));
        visit.go_on().await;
        assert_eq!(visit.outcome().await, ("true".to_owned(), None));
    }
}

#[tokio::test]
async fn everything_works_without_scripts_and_in_another_language() {
    let Some(visit) = Visit::start(ContractKind::Read).await else { return };
    let browser = &visit.browser;
    browser.allow_scripts(false).await;
    visit.open("&lng=nl_NL").await;
    assert_eq!(browser.text("h1").await, "Mock application wil uw gegevens lezen");
    assert_eq!(browser.attribute("html", "lang").await.as_deref(), Some("nl"));
    visit.go_on().await;
    browser.write("#search", "spotify").await;
    browser.click("[value=source]").await;
    browser.appears("#search[value=spotify]").await;
    assert_eq!(browser.count(".source").await, 1);
    visit.choose(16).await;
    browser.click("[value=review]:not(.primary)").await;
    assert_eq!(browser.text("h1").await, "Controleer en ga akkoord");
    visit.go_on().await;
    assert_eq!(visit.outcome().await, ("true".to_owned(), None));
}

#[tokio::test]
async fn the_browsers_language_is_spoken_if_the_page_names_none() {
    let Some(visit) = Visit::start_with(ContractKind::Read, &["--lang=de"]).await else { return };
    for (more, heading) in [
        ("", "Mock application möchte Ihre Daten lesen"),
        ("&lng=ja", "Mock application möchte Ihre Daten lesen"),
        ("&lng=fr", "Mock application souhaite lire vos données"),
        ("&lng=en-GB", "Mock application wants to read your data"),
    ] {
        visit.open(more).await;
        assert_eq!(visit.browser.text("h1").await, heading, "{more}");
    }
}

#[tokio::test]
async fn the_keyboard_alone_is_enough() {
    let Some(visit) = Visit::start(ContractKind::Read).await else { return };
    let browser = &visit.browser;
    visit.open("&service=16").await;
    browser.press(&format!("{TAB}{ENTER}")).await;
    browser.heading("Sign in at Spotify").await;
    browser.press(&format!("{TAB}anna{ENTER}")).await;
    browser.heading("Check and approve").await;
    browser.press(&format!("{TAB}{ENTER}")).await;
    assert_eq!(visit.outcome().await, ("true".to_owned(), None));
}

#[tokio::test]
async fn an_unknown_code_leads_to_a_page_that_helps_and_nowhere_else() {
    let Some(visit) = Visit::start(ContractKind::Read).await else { return };
    visit.browser.goto(visit.raw.page("unknown", "")).await.unwrap();
    assert!(visit.browser.text("h1").await.contains("does not belong to any request"));
    assert_eq!(visit.browser.count("main a").await, 0);
    visit.browser.resize(Size::Phone).await;
    assert_eq!(visit.browser.evaluate("return document.documentElement.scrollWidth").await, 390);
    let _ = &visit.world;
}

#[tokio::test]
async fn a_user_connects_a_second_source() {
    let Some(browser) = Browser::start().await else { return };
    let callbacks = Callbacks::start().await;
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let (code, _) = user.refer(json!({ "redirect_uri": callbacks.url(), "state": "second" })).await;
    browser.goto(user.page("onboard", &code, "")).await.unwrap();
    assert_eq!(browser.text("h1").await, "Mock application wants to connect one more source");
    browser.click(".actions .primary").await;
    browser.click(&format!("input[name=mock_source][value='{SOURCE}']")).await;
    browser.click(".actions .primary").await;
    browser.write("#user", "anna").await;
    browser.click(".actions .primary").await;
    browser.click("button[value=approve]").await;
    let arrived = callbacks.next().await;
    assert_eq!(parameter(&arrived, "success").as_deref(), Some("true"));
    let accounts = user.accounts().await;
    assert_eq!((accounts.len(), &accounts[1]["sourceId"]), (2, &json!(SOURCE)));
}

#[tokio::test]
async fn an_application_has_its_name_colour_and_logo_and_does_no_harm() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("logo.svg");
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><rect width='9' height='9' fill='red'/>\
        <script>parent.document.title='hurt';document.title='hurt'</script></svg>";
    std::fs::write(&file, svg).unwrap();
    let branding =
        Branding { colour: Some("#ffe14d".parse().unwrap()), logo: Some(Logo::read(&file).unwrap().into()) };
    let world = World::with(move |builder| {
        builder.settings(move |settings| {
            settings.applications[0].name = STATE.to_owned();
            settings.applications[0].branding = branding;
        })
    })
    .await;
    let raw = world.raw(ContractKind::Read);
    let (code, _) = raw.authorize().await;
    browser.goto(raw.page(&code, "")).await.unwrap();
    assert_eq!(browser.text("header .name").await, STATE);
    let style = "const style = getComputedStyle(document.querySelector('.primary')); return [style.backgroundColor, style.color]";
    assert_eq!(browser.evaluate(style).await, json!(["rgb(255, 225, 77)", "rgb(0, 0, 0)"]));
    browser.until("document.querySelector('img.mark').naturalWidth > 0").await;
    browser.pictures("branded").await;
    assert!(browser.complaints().await.is_empty() && browser.title().await != "hurt");
    let logo = browser.evaluate("return document.querySelector('img.mark').src").await;
    browser.goto(logo.as_str().unwrap()).await.unwrap();
    assert_ne!(browser.title().await, "hurt");
}

#[tokio::test]
async fn the_phone_of_older_generations_has_the_same_look() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::new().await;
    browser.goto(format!("{}/apps/phone", world.server.url())).await.unwrap();
    assert_eq!(browser.text("h1").await, "What does the app open?");
    assert_eq!(browser.text(".badge").await, "Sandbox");
    browser.pictures("phone-page").await;
    browser.write("#link", "digime://receipt?contractId=<b>c</b>&appId=a").await;
    browser.click(".primary").await;
    browser.appears("dl").await;
    assert!(browser.text("main").await.contains("<b>c</b>"));
    browser.pictures("phone-receipt").await;
    assert!(browser.complaints().await.is_empty());
}
