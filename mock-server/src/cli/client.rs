//! What commands ask a server that is running.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::failure::Failure;
use crate::config::admin_token::AdminToken;
use crate::config::place::Place;
use crate::config::sources::{ConfigError, chosen};
use crate::config::tls::user_folder;
use crate::tls::authority::CERTIFICATE_FILE;
use crate::tls::certificate::CertificateChain;
use crate::tls::protocol::client_config;

/// Where a server is reached that was started without settings.
const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// A server that is running.
pub(super) struct Client {
    url: Url,
    token: Option<AdminToken>,
    /// Whom to trust if the URL begins with https.
    trusted: Option<CertificateChain>,
    flag: &'static str,
}

/// What a server answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) json: Value,
}

impl Answer {
    /// Why it was refused.
    pub(super) fn problem(&self) -> &str {
        self.json["error"]["message"].as_str().unwrap_or("an unexpected answer")
    }
}

impl Client {
    /// The server that the flag `flag` names, or else the environment.
    pub(super) fn from_args(
        flag: &'static str,
        url: Option<OsString>,
        token: Option<OsString>,
        ca: Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let url = chosen(flag, "DIGIME_MOCK_URL", url)?;
        let url = match &url {
            Some((place, text)) => read(place, text, |text| url_of(text, &["http", "https"]))?,
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
        Ok(Self { url, token: token.transpose()?, trusted, flag })
    }

    /// Asks administration.
    pub(super) fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Failure> {
        run(self.send(method, path, body))?.map_err(|problem| {
            let Self { url, flag, .. } = self;
            Failure::new(format!("{url} cannot be asked: {problem}; is it running? (--{flag} names another)"))
        })
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Box<dyn Error>> {
        let prefix = self.url.path().trim_end_matches('/');
        let mut request = Request::builder().method(method).uri(format!("{prefix}/__admin/{path}"));
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token.bearer());
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = request.header(CONTENT_TYPE, "application/json").body(Full::from(body))?;
        let (status, body) = exchange(&self.url, request, self.trusted.as_ref()).await?;
        Ok(Answer { status, json: serde_json::from_slice(&body)? })
    }
}

/// Asks an app's callback, and gives the status of its answer.
pub(super) fn call(callback: &str) -> Result<StatusCode, Failure> {
    // What stands behind # never leaves a browser.
    let url = url_of(callback.split('#').next().unwrap_or_default(), &["http"]);
    let url = url.map_err(|problem| Failure::new(format!("the callback cannot be called: {problem}")))?;
    let called = run(async {
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        exchange(&url, Request::get(path).body(Full::default())?, None).await
    })?;
    let (status, _) =
        called.map_err(|problem| Failure::new(format!("the callback cannot be called: {problem}")))?;
    Ok(status)
}

/// One request over a connection of its own.
async fn exchange(
    url: &Url,
    mut request: Request<Full<Bytes>>,
    trusted: Option<&CertificateChain>,
) -> Result<(StatusCode, Bytes), Box<dyn Error>> {
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    request.headers_mut().insert(HOST, host.parse()?);
    let addresses = url.socket_addrs(|| None)?;
    let stream = tokio::net::TcpStream::connect(&addresses[..]).await?;
    let Some(trusted) = trusted else { return exchange_over(stream, request).await };
    let name = match url.host() {
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned())?,
        Some(Host::Ipv4(address)) => ServerName::from(std::net::IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => ServerName::from(std::net::IpAddr::V6(address)),
        None => return Err("the URL names no host".into()),
    };
    let connector = TlsConnector::from(Arc::new(client_config(trusted)?));
    exchange_over(connector.connect(name, stream).await?, request).await
}

async fn exchange_over(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), Box<dyn Error>> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}

fn run<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::new)?;
    Ok(runtime.block_on(work))
}

fn url_of(text: &str, schemes: &[&str]) -> Result<Url, String> {
    let url: Url = text.trim().parse().map_err(|error| format!("it is no URL: {error}"))?;
    match schemes.contains(&url.scheme()) && url.host().is_some() {
        true => Ok(url),
        false => Err(format!("it is no URL that begins with {}://", schemes.join(":// or "))),
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
