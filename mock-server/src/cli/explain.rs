//! `digime-mock explain`.

use std::ffi::{OsStr, OsString};

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use clap::Args;
use http::Request;
use http::header::{AUTHORIZATION, HOST};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::failure::Failure;
use super::output::print;
use crate::config::admin_token::AdminToken;
use crate::config::place::Place;
use crate::config::sources::{ConfigError, chosen};
use crate::config::tls::user_folder;
use crate::tls::authority::CERTIFICATE_FILE;
use crate::tls::certificate::CertificateChain;
use crate::tls::protocol::client_config;

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
    /// The CA to trust if the server speaks https (PEM) [env: DIGIME_MOCK_CA] [default: the development CA]
    #[arg(long, value_name = "FILE")]
    ca: Option<OsString>,
}

/// Where a server is reached that was started without settings.
const DEFAULT_URL: &str = "http://127.0.0.1:8080";

pub(super) fn run(args: ExplainArgs) -> Result<(), Failure> {
    if args.reference.is_empty() || !args.reference.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Failure::usage("a reference is 32 letters and digits: error.reference of the answer"));
    }
    let server = Server::from_args(args.url, args.admin_token, args.ca)?;
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
    /// Whom to trust if the URL begins with https.
    trusted: Option<CertificateChain>,
}

impl Server {
    fn from_args(
        url: Option<OsString>,
        token: Option<OsString>,
        ca: Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let url = chosen("url", "DIGIME_MOCK_URL", url)?;
        let url = match &url {
            Some((place, text)) => read(place, text, |text| {
                let url: Url = text.trim().parse().map_err(|error| format!("it is no URL: {error}"))?;
                match (url.scheme(), url.host()) {
                    ("http" | "https", Some(_)) => Ok(url),
                    _ => Err("it is no URL that begins with http:// or https://".to_owned()),
                }
            })?,
            None => Url::parse(DEFAULT_URL)
                .map_err(|error| ConfigError::Value { place: Place::Default, problem: error.to_string() })?,
        };
        let token = chosen("admin-token", "DIGIME_MOCK_ADMIN_TOKEN", token)?;
        let token = token.map(|(place, text)| {
            read(&place, &text, |text| AdminToken::new(text).map_err(|error| error.to_string()))
        });
        let trusted = match url.scheme() {
            "https" => Some(trusted(ca)?),
            _ => None,
        };
        Ok(Self { url, token: token.transpose()?, trusted })
    }
}

/// The certificates of a file, or else the development CA where `serve` keeps it.
fn trusted(ca: Option<OsString>) -> Result<CertificateChain, ConfigError> {
    let (place, file) =
        match (chosen("ca", "DIGIME_MOCK_CA", ca)?, chosen("tls-ca", "DIGIME_MOCK_TLS_CA", None)?) {
            (Some((place, file)), _) => (place, file.into()),
            (None, Some((place, folder))) => (place, Path::new(&folder).join(CERTIFICATE_FILE)),
            (None, None) => (Place::Default, user_folder().unwrap_or_default().join(CERTIFICATE_FILE)),
        };
    let read = std::fs::read(&file).map_err(|error| format!("cannot be read: {error}"));
    let read = read.and_then(|text| CertificateChain::from_pem(&text).map_err(|error| error.to_string()));
    read.map_err(|problem| {
        let problem = format!("the CA to trust, {}, {problem}; --ca names another file", file.display());
        ConfigError::Value { place, problem }
    })
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
    let Some(trusted) = &server.trusted else { return ask_over(stream, server, reference).await };
    let name = match server.url.host() {
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned())?,
        Some(Host::Ipv4(address)) => ServerName::from(std::net::IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => ServerName::from(std::net::IpAddr::V6(address)),
        None => return Err("the URL names no host".into()),
    };
    let connector = TlsConnector::from(Arc::new(client_config(trusted)?));
    ask_over(connector.connect(name, stream).await?, server, reference).await
}

async fn ask_over(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    server: &Server,
    reference: &str,
) -> Result<Value, Box<dyn std::error::Error>> {
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
