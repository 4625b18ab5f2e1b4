//! What the other tests rely on.

use crate::browser::{Browser, Size};
use crate::callbacks::{Callbacks, parameter};

#[tokio::test]
async fn a_browser_reaches_this_machine_and_nothing_else() {
    let Some(browser) = Browser::start().await else { return };
    let callbacks = Callbacks::start().await;
    browser.goto(format!("{}?success=true&state=a%20b", callbacks.url())).await.unwrap();
    assert_eq!(browser.text("h1").await, "Back in the app");
    let arrived = callbacks.next().await;
    assert_eq!(parameter(&arrived, "state").as_deref(), Some("a b"));
    let elsewhere = browser.goto("http://example.com/").await.unwrap_err().0;
    assert!(elsewhere.contains("ERR_NAME_NOT_RESOLVED"), "{elsewhere}");
}

#[tokio::test]
async fn a_browser_without_scripts_runs_none() {
    let Some(browser) = Browser::start().await else { return };
    browser.allow_scripts(false).await;
    browser
        .goto("data:text/html,<p>written</p><script>document.querySelector('p').remove()</script>")
        .await
        .unwrap();
    assert_eq!(browser.text("p").await, "written");
    browser.allow_scripts(true).await;
    browser.refresh().await;
    assert_eq!(browser.count("p").await, 0);
}

#[tokio::test]
async fn a_page_is_read_filled_in_and_seen_as_a_user_does() {
    let Some(browser) = Browser::start_with(&["--lang=nl"]).await else { return };
    let page = "data:text/html,<meta name=viewport content=width=device-width><style>@media (prefers-color-scheme: dark){p{color:red}}</style><p>text</p>\
        <input name=a><button onclick=\"this.remove()\">Gone</button><script>console.error('heard')</script>";
    browser.goto(page).await.unwrap();
    browser.write("input", "written").await;
    browser.press("!").await;
    assert_eq!(browser.evaluate("return document.querySelector('input').value").await, "written!");
    assert_eq!(browser.evaluate("return navigator.language").await, "nl");
    browser.click("button").await;
    browser.until("!document.querySelector('button')").await;
    assert!(browser.complaints().await.iter().any(|it| it.contains("heard")));
    let colour = "return getComputedStyle(document.querySelector('p')).color";
    browser.prefer_dark(true).await;
    assert_eq!(browser.evaluate(colour).await, "rgb(255, 0, 0)");
    browser.resize(Size::Phone).await;
    assert_eq!(browser.evaluate("return innerWidth").await, 390);
    browser.pictures("harness").await;
    assert_eq!(browser.evaluate(colour).await, "rgb(0, 0, 0)");
}
