//! A web application: a link to log in, the callback, and a page that reads with
//! the stored token. `cargo run -p digime --example web_callback`, with the mock
//! server running (`cargo run`); then open <http://127.0.0.1:9000/>.

mod mock_server;

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use digime::{AuthorizeOptions, Client, Contract, StoredAuthorization, UserAccessToken};
use tokio::net::TcpListener;

use mock_server::Result;

#[tokio::main]
async fn main() -> ExitCode {
    let served = async {
        let listener = TcpListener::bind("127.0.0.1:9000").await?;
        println!("http://127.0.0.1:9000/");
        run(&mock_server::origin(), listener).await
    };
    mock_server::ended(served.await)
}

pub(crate) async fn run(origin: &str, listener: TcpListener) -> Result<()> {
    let (client, contract) = mock_server::client_and_contract(origin, "read").await?;
    let callback = format!("http://{}/return", listener.local_addr()?);
    let app = Arc::new(App { client, contract, callback, visitors: Mutex::default() });
    let routes = Router::new()
        .route("/", get(async || Html("<a href='/login'>Share your data</a>")))
        .route("/login", get(login))
        .route("/return", get(returned))
        .route("/accounts", get(accounts))
        .with_state(app);
    Ok(axum::serve(listener, routes).await?)
}

struct App {
    client: Client,
    contract: Contract,
    callback: String,
    /// By the visitor's cookie; a real application keeps this in a database.
    visitors: Mutex<HashMap<String, Visitor>>,
}

/// What is kept of a visitor, both as JSON, as in a database.
#[derive(Default)]
struct Visitor {
    login: Option<String>,
    token: Option<String>,
}

impl App {
    fn visitors(&self) -> MutexGuard<'_, HashMap<String, Visitor>> {
        self.visitors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts a login: keeps what the callback needs, and sends the browser to the consent page.
async fn login(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let options =
        AuthorizeOptions::new(&app.callback).service_id(16).sample_data("default").auto_onboard(true);
    let authorization = app.client.authorize_url(&app.contract, options).await?;
    // A fresh, unguessable cookie: without it, somebody else's callback could be slipped in.
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random)?;
    let visitor = format!("{:032x}", u128::from_be_bytes(random));
    let login = Some(serde_json::to_string(&authorization.to_stored())?);
    app.visitors().insert(visitor.clone(), Visitor { login, token: None });
    let cookie = format!("visitor={visitor}; HttpOnly; SameSite=Lax; Path=/");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(authorization.url.as_str())).into_response())
}

/// The callback: checked, exchanged, and the token stored.
async fn returned(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Redirect, Failure> {
    let visitor = cookie(&headers);
    // Taken, not copied: a login is finished once.
    let login = app.visitors().get_mut(&visitor).and_then(|visitor| visitor.login.take());
    let stored: StoredAuthorization = serde_json::from_str(&login.ok_or("no login was started here")?)?;
    let grant = stored.callback(&app.contract, &query.unwrap_or_default())?;
    let user = app.client.connect(grant).await?;
    let token = Some(serde_json::to_string(&user.token())?);
    app.visitors().insert(visitor, Visitor { login: None, token });
    Ok(Redirect::to("/accounts"))
}

/// Any later request: the stored token makes the user again.
async fn accounts(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<String, Failure> {
    let token = app.visitors().get(&cookie(&headers)).and_then(|visitor| visitor.token.clone());
    let token: UserAccessToken = serde_json::from_str(&token.ok_or("log in first")?)?;
    // An application also stores refreshed tokens: ClientBuilder::on_token.
    let accounts = app.client.user(&app.contract, token).read_accounts().await?;
    Ok(accounts.iter().map(|account| format!("{}\n", account.service_type_name)).collect())
}

fn cookie(headers: &HeaderMap) -> String {
    let cookies = headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut cookies = cookies.split("; ").filter_map(|cookie| cookie.strip_prefix("visitor="));
    cookies.next().unwrap_or_default().to_owned()
}

/// Any failure, told to the browser in words. The SDK's errors contain no secrets.
struct Failure(String);

impl<E: ToString> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, self.0).into_response()
    }
}
