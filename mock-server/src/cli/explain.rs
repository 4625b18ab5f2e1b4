//! `digime-mock explain`.

use std::ffi::{OsStr, OsString};

use bytes::Bytes;
use clap::Args;
use http::Request;
use http::header::{AUTHORIZATION, HOST};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use url::Url;

use super::failure::Failure;
use super::output::print;
use crate::config::admin_token::AdminToken;
use crate::config::place::Place;
use crate::config::sources::{ConfigError, chosen};

#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// `error.reference` of the answer.
    reference: String,
    /// Where the server is reached [env: DIGIME_MOCK_URL] [default: http://127.0.0.1:8080]
    #[arg(long, value_name = "URL")]
    url: Option<OsString>,
    /// The server's admin token, if it has one [env: DIGIME_MOCK_ADMIN_TOKEN]
    #[arg(long, value_name = "TOKEN")]
    admin_token: Option<OsString>,
}

/// Where a server is reached that was started without settings.
const DEFAULT_URL: &str = "http://127.0.0.1:8080";

pub(super) fn run(args: ExplainArgs) -> Result<(), Failure> {
    if args.reference.is_empty() || !args.reference.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Failure::usage("a reference is 32 letters and digits: error.reference of the answer"));
    }
    let server = Server::from_args(args.url, args.admin_token)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::new)?;
    let answer = runtime.block_on(ask(&server, &args.reference)).map_err(|problem| {
        Failure::new(format!(
            "{} cannot be asked: {problem}; is it running? (--url names another)",
            server.url
        ))
    })?;
    match answer.get("text").and_then(Value::as_str) {
        Some(text) => print(text),
        None => Err(Failure::new(answer["error"]["message"].as_str().unwrap_or("an unexpected answer"))),
    }
}

/// The server that is asked.
struct Server {
    url: Url,
    token: Option<AdminToken>,
}

impl Server {
    fn from_args(url: Option<OsString>, token: Option<OsString>) -> Result<Self, ConfigError> {
        let url = chosen("url", "DIGIME_MOCK_URL", url)?;
        let url = match &url {
            Some((place, text)) => read(place, text, |text| {
                let url: Url = text.trim().parse().map_err(|error| format!("it is no URL: {error}"))?;
                match (url.scheme(), url.host()) {
                    ("http", Some(_)) => Ok(url),
                    _ => Err("it is no URL that begins with http://".to_owned()),
                }
            })?,
            None => Url::parse(DEFAULT_URL)
                .map_err(|error| ConfigError::Value { place: Place::Default, problem: error.to_string() })?,
        };
        let token = chosen("admin-token", "DIGIME_MOCK_ADMIN_TOKEN", token)?;
        let token = token.map(|(place, text)| {
            read(&place, &text, |text| AdminToken::new(text).map_err(|error| error.to_string()))
        });
        Ok(Self { url, token: token.transpose()? })
    }
}

fn read<T>(
    place: &Place,
    text: &OsStr,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, ConfigError> {
    text.to_str()
        .ok_or_else(|| "the value is not UTF-8".to_owned())
        .and_then(read)
        .map_err(|problem| ConfigError::Value { place: place.clone(), problem })
}

async fn ask(server: &Server, reference: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let addresses = server.url.socket_addrs(|| None)?;
    let stream = tokio::net::TcpStream::connect(&addresses[..]).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let host = &server.url[url::Position::BeforeHost..url::Position::AfterPort];
    let prefix = server.url.path().trim_end_matches('/');
    let mut request = Request::get(format!("{prefix}/__admin/explain/{reference}")).header(HOST, host);
    if let Some(token) = &server.token {
        request = request.header(AUTHORIZATION, token.bearer());
    }
    let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
    Ok(serde_json::from_slice(&response.into_body().collect().await?.to_bytes())?)
}
