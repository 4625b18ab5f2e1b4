//! The SDK's requests, as the SDK shows them to an observer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use digime::observe::{AttemptId, Event, Observer};

use super::{Pending, Recording};
use crate::report::Party;

/// Notes every attempt of the SDK in a recording.
#[derive(Debug)]
pub(crate) struct SdkObserver {
    recording: Recording,
    /// Attempts whose answer is not yet at its end.
    pending: Mutex<HashMap<AttemptId, Pending>>,
}

impl SdkObserver {
    pub(crate) fn new(recording: Recording) -> Self {
        Self { recording, pending: Mutex::default() }
    }
}

impl Observer for SdkObserver {
    fn on_event(&self, attempt: AttemptId, event: Event<'_>) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if let Event::Request { method, url, headers, .. } = event {
            let noted = self.recording.request(Party::Sdk, method.as_str(), url.as_str(), headers, &[]);
            pending.insert(attempt, noted);
            return;
        }
        let Some(noted) = pending.get(&attempt) else { return };
        match event {
            Event::RequestBody(piece) => noted.request_piece(piece),
            Event::Answer { status, headers, .. } => noted.answer(status, headers),
            Event::AnswerBody(piece) => noted.piece(piece),
            Event::Broken(why) => noted.broke(why),
            _ => {}
        }
        if matches!(event, Event::Complete | Event::Broken(_) | Event::Abandoned) {
            pending.remove(&attempt);
        }
    }
}

#[cfg(test)]
mod tests {
    use digime::Client;
    use digime::discovery::ServicesQuery;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::record::RawExchange;

    async fn recorded(origin: &str) -> Vec<RawExchange> {
        let recording = Recording::start();
        let client = Client::builder("app")
            .origin(origin)
            .retry(digime::RetryPolicy::never())
            .observe(SdkObserver::new(recording.clone()))
            .build()
            .unwrap();
        let _ = client.services(&ServicesQuery::new()).await;
        recording.since(0)
    }

    #[tokio::test]
    async fn a_request_is_recorded_with_its_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 4096]).await.unwrap();
            let answer = "HTTP/1.1 200 OK\r\nretry-after: 7\r\ncontent-length: 2\r\n\r\n{}";
            socket.write_all(answer.as_bytes()).await.unwrap();
        });
        let exchanges = recorded(&origin).await;
        server.await.unwrap();
        assert_eq!(exchanges.len(), 1);
        let exchange = &exchanges[0];
        assert_eq!((exchange.method.as_str(), exchange.status), ("GET", Some(200)));
        assert_eq!(exchange.url, format!("{origin}/v1.7/discovery/services"));
        assert_eq!((exchange.answer.as_slice(), exchange.answer_size), (b"{}".as_slice(), 2));
        assert_eq!(exchange.answer_header("retry-after"), Some("7"));
        assert!(exchange.broken.is_none());
    }

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_recorded_as_such() {
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let exchanges = recorded(&format!("http://{nobody}")).await;
        assert!(exchanges[0].status.is_none() && exchanges[0].broken.is_some());
    }
}
