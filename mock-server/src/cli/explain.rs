//! `digime-mock explain`.

use bytes::Bytes;
use clap::Args;
use http::Request;
use http::header::{AUTHORIZATION, HOST};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use url::Url;

use super::Failure;

#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// `error.reference` of the answer.
    reference: String,
    /// Origin of the server.
    #[arg(long, value_name = "ORIGIN", env = "DIGIME_MOCK_URL", default_value = "http://127.0.0.1:8080")]
    url: Url,
    /// The server's admin token, if it has one.
    #[arg(long, value_name = "TOKEN", env = "DIGIME_MOCK_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
}

pub(super) fn run(args: &ExplainArgs) -> Result<(), Failure> {
    if args.reference.is_empty() || !args.reference.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Failure::new("a reference is 32 letters and digits: error.reference of the answer"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::new)?;
    let answer = runtime.block_on(ask(args)).map_err(|problem| {
        Failure(format!("{} cannot be asked: {problem}; is it running? (--url names another)", args.url))
    })?;
    match answer.get("text").and_then(Value::as_str) {
        Some(text) => {
            print!("{text}");
            Ok(())
        }
        None => {
            Err(Failure(answer["error"]["message"].as_str().unwrap_or("an unexpected answer").to_owned()))
        }
    }
}

async fn ask(args: &ExplainArgs) -> Result<Value, Box<dyn std::error::Error>> {
    let addresses = args.url.socket_addrs(|| None)?;
    let stream = tokio::net::TcpStream::connect(&addresses[..]).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let host = &args.url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut request = Request::get(format!("/__admin/explain/{}", args.reference)).header(HOST, host);
    if let Some(token) = &args.admin_token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
    Ok(serde_json::from_slice(&response.into_body().collect().await?.to_bytes())?)
}
