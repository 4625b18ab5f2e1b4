//! The first bytes of a connection to a server that speaks https.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::header::{CONNECTION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Request, StatusCode};
use hyper::body::Incoming;
use rustls::{AlertDescription, Error};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a client may take from connecting to the end of the handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The type of the record that begins TLS (RFC 8446 §5.1).
const HANDSHAKE_RECORD: u8 = 0x16;

/// What a client speaks.
pub(super) enum Received {
    /// TLS, after the handshake.
    Tls(Box<TlsStream<TcpStream>>),
    /// Plain HTTP, which is a mistake here.
    Plain(TcpStream),
}

/// Does the handshake; none if the connection came to nothing.
pub(super) async fn receive(acceptor: &TlsAcceptor, stream: TcpStream, peer: SocketAddr) -> Option<Received> {
    let received = async {
        let mut first = [0];
        match stream.peek(&mut first).await? {
            // It came to see whether the port is open.
            0 => Ok(None),
            _ if first != [HANDSHAKE_RECORD] => Ok(Some(Received::Plain(stream))),
            _ => acceptor.accept(stream).await.map(|stream| Some(Received::Tls(Box::new(stream)))),
        }
    };
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, received).await {
        Ok(Ok(received)) => received,
        Ok(Err(error)) => {
            tell(&error, peer);
            None
        }
        Err(_) => {
            tracing::debug!(%peer, "a client did not end its TLS handshake in time");
            None
        }
    }
}

/// Most handshakes fail for the same few reasons, of which the client often tells less than the server.
fn tell(error: &io::Error, peer: SocketAddr) {
    let reason = error.get_ref().and_then(|error| error.downcast_ref::<Error>());
    match reason {
        Some(Error::AlertReceived(
            AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown,
        )) => tracing::warn!(
            %peer,
            "a client does not trust the server's certificate: let it trust the CA, which `digime-mock ca` \
             prints, and call the server by a name of the certificate (--tls-name adds one)"
        ),
        Some(Error::PeerIncompatible(why)) => {
            tracing::warn!(%peer, "a client and the server have no form of TLS in common, which is 1.2 or 1.3: {why:?}");
        }
        _ => tracing::debug!(%error, %peer, "a TLS handshake failed"),
    }
}

/// What plain HTTP is answered.
pub(super) async fn refuse_plain(request: Request<Incoming>) -> Result<Response, Infallible> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let text = format!("This server speaks https, and was asked by plain http: call https://{host}{path}\n");
    tracing::warn!("a client speaks plain http to a server that speaks https");
    let mut answer = plain_text(StatusCode::BAD_REQUEST, text);
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    Ok(answer)
}

/// An answer of the connection, before any endpoint.
pub(super) fn plain_text(status: StatusCode, text: String) -> Response {
    let mut answer = Response::new(Body::from(text));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}
