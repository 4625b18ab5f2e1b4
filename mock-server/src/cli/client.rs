//! What commands ask a server that is running.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Incoming};
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

/// The body of a request.
pub(super) type Message = BoxBody<Bytes, io::Error>;

/// A body that is sent as it comes.
pub(super) fn outgoing<B>(body: B) -> Message
where
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    body.map_err(io::Error::other).boxed()
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
        self.converse(async {
            let body = outgoing(Full::from(body.map(Value::to_string).unwrap_or_default()));
            let response = self.request(method, path, Some("application/json"), body).await?;
            let (status, body) = (response.status(), response.into_body().collect().await?.to_bytes());
            Ok(Answer { status, json: serde_json::from_slice(&body)? })
        })
    }

    /// Runs a conversation with the server, and says so if it cannot be had.
    pub(super) fn converse<T>(
        &self,
        conversation: impl Future<Output = Result<T, Box<dyn Error>>>,
    ) -> Result<T, Failure> {
        run(conversation)?.map_err(|problem| {
            let Self { url, flag, .. } = self;
            Failure::new(format!("{url} cannot be asked: {problem}; is it running? (--{flag} names another)"))
        })
    }

    /// Asks administration, and gives the answer as it begins.
    pub(super) async fn request(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&'static str>,
        body: Message,
    ) -> Result<Response<Incoming>, Box<dyn Error>> {
        let prefix = self.url.path().trim_end_matches('/');
        let mut request = Request::builder().method(method).uri(format!("{prefix}/__admin/{path}"));
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token.bearer());
        }
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        exchange(&self.url, request.body(body)?, self.trusted.as_ref()).await
    }
}

/// Asks an app's callback, and gives the status of its answer.
pub(super) fn call(callback: &str) -> Result<StatusCode, Failure> {
    // What stands behind # never leaves a browser.
    let url = url_of(callback.split('#').next().unwrap_or_default(), &["http"]);
    let url = url.map_err(|problem| Failure::new(format!("the callback cannot be called: {problem}")))?;
    let called = run(async {
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        exchange(&url, Request::get(path).body(Message::default())?, None).await
    })?;
    let called =
        called.map_err(|problem| Failure::new(format!("the callback cannot be called: {problem}")))?;
    Ok(called.status())
}

/// One request over a connection of its own.
async fn exchange(
    url: &Url,
    mut request: Request<Message>,
    trusted: Option<&CertificateChain>,
) -> Result<Response<Incoming>, Box<dyn Error>> {
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
    request: Request<Message>,
) -> Result<Response<Incoming>, Box<dyn Error>> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?)
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
