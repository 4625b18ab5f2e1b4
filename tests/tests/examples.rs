//! The SDK's examples, run against the mock server as a newcomer runs them.

// Each example brings what it shares with the others, as it does when built alone.
#![allow(clippy::duplicate_mod)]

// An example's `main` is not called here; all else of it is.
#[allow(dead_code)]
#[path = "../../sdk/examples/push.rs"]
mod push;
#[allow(dead_code)]
#[path = "../../sdk/examples/read_flow.rs"]
mod read_flow;
#[allow(dead_code)]
#[path = "../../sdk/examples/storage.rs"]
mod storage;
#[allow(dead_code)]
#[path = "../../sdk/examples/web_callback.rs"]
mod web_callback;

use digime::SyncState;
use digime_mock_server::{MockServer, Timeline};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};

async fn server() -> MockServer {
    MockServer::builder().timeline(Timeline::INSTANT).start().await
}

#[tokio::test]
async fn read_flow_reads_everything() {
    let server = server().await;
    let all = read_flow::run(&server.url()).await.unwrap();
    assert_eq!(all.status.state, SyncState::Completed);
    assert!(!all.files.is_empty() && all.failures.is_empty());
}

#[tokio::test]
async fn push_brings_back_what_it_pushed() {
    let server = server().await;
    assert_eq!(push::run(&server.url()).await.unwrap(), "remember the milk");
}

#[tokio::test]
async fn storage_keeps_what_it_is_given() {
    let server = server().await;
    assert_eq!(storage::run(&server.url()).await.unwrap(), "remember the milk");
}

#[tokio::test]
async fn web_callback_logs_a_visitor_in_and_reads_with_the_stored_token() {
    let server = server().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let app = format!("http://{}", listener.local_addr().unwrap());
    let origin = server.url();
    let serving = tokio::spawn(async move { web_callback::run(&origin, listener).await });
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let location = |answer: &reqwest::Response| answer.headers()[LOCATION].to_str().unwrap().to_owned();

    let home = browser.get(&app).send().await.unwrap().text().await.unwrap();
    assert!(home.contains("href='/login'"), "{home}");
    let login = browser.get(format!("{app}/login")).send().await.unwrap();
    let cookie = login.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page = browser.get(location(&login)).send().await.unwrap();
    let callback = location(&page);
    assert!(callback.starts_with(&format!("{app}/return?success=true&")), "{callback}");

    let stranger = browser.get(&callback).send().await.unwrap();
    assert_eq!(stranger.status(), 400, "a callback without the cookie of its login is refused");
    let returned = browser.get(&callback).header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(location(&returned), "/accounts");
    let again = browser.get(&callback).header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(again.status(), 400, "a login is finished once");
    let accounts = browser.get(format!("{app}/accounts")).header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!((accounts.status().as_u16(), accounts.text().await.unwrap().as_str()), (200, "Spotify\n"));
    serving.abort();
}
