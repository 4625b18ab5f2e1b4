//! The sockets that the server listens on: one for each address of its host.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use futures_util::future::{join, join_all};
use socket2::SockRef;
use tokio::sync::watch;

use crate::config::listen_host::ListenHost;
use crate::http::server::Server;
use crate::serve::connections;
use crate::serve::https::Https;

/// A host and port that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on port {port} of {host}: {problem}")]
pub struct ListenError {
    /// The host.
    pub host: ListenHost,
    /// The port.
    pub port: u16,
    /// Why, and what to do.
    problem: String,
    /// What the system said.
    pub source: io::Error,
}

/// How many connections may wait to be accepted, if the system allows so many. By default it is 128, and whoever of many
/// that connect at once finds no room tries again after a second.
const WAITING: i32 = 4096;
/// How often another free port is tried, when the one that is free on the first address is taken on another.
const PORT_TRIALS: usize = 10;

/// Listens on every address of a host, on the same port of each.
pub(crate) fn bind(host: &ListenHost, port: u16) -> Result<Vec<TcpListener>, ListenError> {
    let mut trial = 0;
    loop {
        trial += 1;
        match bind_once(host, port) {
            Err(error) if port == 0 && trial < PORT_TRIALS && error.kind() == ErrorKind::AddrInUse => {}
            bound => {
                return bound.map_err(|source| ListenError {
                    host: host.clone(),
                    port,
                    problem: problem(host, &source),
                    source,
                });
            }
        }
    }
}

fn bind_once(host: &ListenHost, port: u16) -> io::Result<Vec<TcpListener>> {
    let mut bound: Vec<TcpListener> = Vec::new();
    let mut missing = None;
    for mut address in host.resolve(port)? {
        if let Some(first) = bound.first() {
            address.set_port(first.local_addr()?.port());
        }
        match listener(address) {
            Ok(listener) => bound.push(listener),
            // `localhost` is ::1 too, where there may be no IPv6.
            Err(error) if error.kind() == ErrorKind::AddrNotAvailable || is_unsupported(&error) => {
                missing = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    match missing {
        Some(error) if bound.is_empty() => Err(error),
        _ if bound.is_empty() => Err(io::Error::new(ErrorKind::NotFound, "the name has no address")),
        _ => Ok(bound),
    }
}

fn listener(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    SockRef::from(&listener).listen(WAITING)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Unsupported)
        // EAFNOSUPPORT has no kind of its own.
        || error.raw_os_error() == Some(97)
}

fn problem(host: &ListenHost, error: &io::Error) -> String {
    match (error.kind(), host) {
        (ErrorKind::AddrInUse, _) => "another program uses the port; stop it, or choose another port with \
            --port, DIGIME_MOCK_PORT or the key port (--port 0 picks a free one)"
            .to_owned(),
        (ErrorKind::PermissionDenied, _) => {
            "the system does not allow it; choose a port above 1023 with --port".to_owned()
        }
        (ErrorKind::AddrNotAvailable, _) => {
            "this machine does not have the address; --host 0.0.0.0 listens on all that it has".to_owned()
        }
        (_, ListenHost::Name(_)) => {
            format!("{error}; --host names an address of this machine, or a name for it")
        }
        _ => error.to_string(),
    }
}

/// Serves all listeners until `stop` resolves, then lets open requests end.
pub(crate) async fn serve(
    server: &Arc<Server>,
    listeners: Vec<tokio::net::TcpListener>,
    https: Option<&Https>,
    stop: impl Future<Output = ()>,
) {
    let (asked, stopped) = watch::channel(());
    let serving = listeners.into_iter().map(|listener| {
        let mut stopped = stopped.clone();
        let tls = https.map(|https| https.acceptor.clone());
        connections::serve(Arc::clone(server), listener, tls, async move {
            // An error says that the sender has gone, which is the stop.
            while stopped.changed().await.is_ok() {}
        })
    });
    let ask = async {
        stop.await;
        drop(asked);
    };
    tokio::select! {
        _ = join(join_all(serving), ask) => {}
        () = server.sandboxes.keep_up() => {}
    }
}

/// Hands listeners to the runtime.
pub(crate) fn register(listeners: Vec<TcpListener>) -> io::Result<Vec<tokio::net::TcpListener>> {
    listeners.into_iter().map(tokio::net::TcpListener::from_std).collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;
    use std::time::Duration;

    use super::*;

    #[test]
    fn many_may_connect_before_one_is_accepted() {
        let listener = &bind(&"127.0.0.1".parse().unwrap(), 0).unwrap()[0];
        let address = listener.local_addr().unwrap();
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(500)).unwrap();
        let waiting: Vec<_> = (0..300).map(|_| connect()).collect();
        assert_eq!(waiting.len(), 300);
    }

    #[test]
    fn a_name_is_listened_on_at_all_its_addresses_and_one_port() {
        let host: ListenHost = "localhost".parse().unwrap();
        let listeners = bind(&host, 0).unwrap();
        let addresses: Vec<_> = listeners.iter().map(|it| it.local_addr().unwrap()).collect();
        assert!(addresses.iter().all(|it| it.ip().is_loopback() && it.port() == addresses[0].port()));
        let resolved = host.resolve(addresses[0].port()).unwrap();
        for address in resolved {
            // An address that the machine lacks cannot be connected to either.
            assert!(
                addresses.contains(&address) || std::net::TcpStream::connect(address).is_err(),
                "{address}"
            );
        }
    }

    #[test]
    fn what_cannot_be_listened_on_is_told_with_what_to_do() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        for (host, port, words) in [
            ("127.0.0.1", port, vec![port.to_string(), "--port 0".to_owned()]),
            ("192.0.2.1", 0, vec!["192.0.2.1".to_owned(), "--host 0.0.0.0".to_owned()]),
            ("no-such-host.invalid", 0, vec!["no-such-host.invalid".to_owned(), "--host".to_owned()]),
        ] {
            let error = bind(&host.parse().unwrap(), port).unwrap_err().to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
    }
}
