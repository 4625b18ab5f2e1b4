//! The app that a page leads back to: a small server that keeps the addresses at which it was asked.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::Uri;
use axum::response::Html;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use url::Url;

/// Where callbacks arrive. Its server ends with the value.
pub(crate) struct Callbacks {
    address: SocketAddr,
    arrived: Mutex<UnboundedReceiver<Uri>>,
    server: JoinHandle<()>,
}

impl Callbacks {
    /// A receiver on a free port.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, arrived) = unbounded_channel();
        let app = Router::new().fallback(move |uri: Uri| {
            // A browser asks for an icon by itself.
            if uri.path() != "/favicon.ico" {
                let _ = sender.send(uri);
            }
            async { Html("<!doctype html><title>Back in the app</title><h1>Back in the app</h1>") }
        });
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, arrived: Mutex::new(arrived), server }
    }

    /// The URL that an app registers as its callback.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/callback", self.address)
    }

    /// The next callback.
    ///
    /// # Panics
    /// If none arrives within fifteen seconds.
    pub(crate) async fn next(&self) -> Url {
        let mut arrived = self.arrived.lock().await;
        let uri = tokio::time::timeout(Duration::from_secs(15), arrived.recv()).await;
        let uri = uri.expect("a callback arrives").unwrap();
        Url::parse(&format!("http://{}{uri}", self.address)).unwrap()
    }
}

impl Drop for Callbacks {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A parameter of a callback.
pub(crate) fn parameter(callback: &Url, name: &str) -> Option<String> {
    callback.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}
