//! Bodies that a client must not read to their end, or not as text.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;
use serde_json::Value;

/// How many bytes of spaces follow an answer that is too large: far more than any answer of the
/// platform has, and still not endless for a client that reads everything.
pub(crate) const OVERSIZE: usize = 1024 * 1024 * 1024;
const SPACES: &[u8] = &[b' '; 64 * 1024];
/// Ends every text; a private-use character, which no answer contains, becomes bytes that no UTF-8
/// has.
const MARK: char = '\u{E000}';
const NO_UTF8: &[u8] = &[0xFF, 0xFE];

/// Told how a client took an oversize answer, when its body goes.
pub(crate) trait Appetite: Send + 'static {
    /// The client read all of it, or hung up before.
    fn ended(&self, read_all: bool);
}

/// The answer, followed by [`OVERSIZE`] bytes of spaces.
pub(crate) fn oversize(response: Response, appetite: impl Appetite) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    let meal = Meal { left: OVERSIZE, appetite };
    let spaces = stream::unfold(meal, |mut meal| async move {
        // Others get their turn in between.
        tokio::task::yield_now().await;
        let size = meal.left.min(SPACES.len());
        meal.left -= size;
        (size > 0).then(|| (Ok(Bytes::from_static(&SPACES[..size])), meal))
    });
    Response::from_parts(parts, Body::from_stream(body.into_data_stream().chain(spaces)))
}

/// How much of an oversize answer is left.
struct Meal<A: Appetite> {
    left: usize,
    appetite: A,
}

impl<A: Appetite> Drop for Meal<A> {
    fn drop(&mut self) {
        self.appetite.ended(self.left == 0);
    }
}

/// The JSON of an answer with bytes at the end of every text that are no UTF-8; other answers stay
/// as they are.
pub(crate) async fn invalid_utf8(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = body.collect().await else { return Response::from_parts(parts, Body::empty()) };
    let whole = whole.to_bytes();
    let Ok(mut json) = serde_json::from_slice(&whole) else {
        return Response::from_parts(parts, Body::from(whole));
    };
    mark_texts(&mut json);
    parts.headers.remove(CONTENT_LENGTH);
    let mark = MARK.to_string();
    let text = json.to_string();
    let spoilt: Vec<_> = text.split(&mark).map(str::as_bytes).collect();
    Response::from_parts(parts, Body::from(spoilt.join(NO_UTF8)))
}

fn mark_texts(value: &mut Value) {
    match value {
        Value::String(text) => text.push(MARK),
        Value::Array(items) => items.iter_mut().for_each(mark_texts),
        Value::Object(members) => members.values_mut().for_each(mark_texts),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    struct Noted(mpsc::Sender<bool>);

    impl Appetite for Noted {
        fn ended(&self, read_all: bool) {
            self.0.send(read_all).unwrap();
        }
    }

    async fn read(response: Response) -> Vec<u8> {
        response.into_body().collect().await.unwrap().to_bytes().to_vec()
    }

    #[tokio::test]
    async fn every_text_of_a_json_is_spoilt_and_nothing_else() {
        let spoilt = |text: &'static str| async move {
            read(invalid_utf8(Response::new(Body::from(text))).await).await
        };
        assert_eq!(
            spoilt(r#"{"a":"b","c":[1,"d"]}"#).await,
            b"{\"a\":\"b\xFF\xFE\",\"c\":[1,\"d\xFF\xFE\"]}"
        );
        assert_eq!(spoilt("not JSON").await, b"not JSON");
    }

    #[tokio::test]
    async fn an_oversize_answer_begins_with_the_right_one_and_tells_who_hung_up() {
        let (sender, ended) = mpsc::channel();
        let response = oversize(Response::new(Body::from("{}")), Noted(sender.clone()));
        let mut body = response.into_body().into_data_stream();
        assert_eq!(body.next().await.unwrap().unwrap(), "{}");
        assert!(body.next().await.unwrap().unwrap().iter().all(|byte| *byte == b' '));
        drop(body);
        assert_eq!(ended.recv(), Ok(false));

        let mut body = oversize(Response::new(Body::empty()), Noted(sender)).into_body().into_data_stream();
        let mut read = 0;
        while let Some(piece) = body.next().await {
            read += piece.unwrap().len();
        }
        assert_eq!((read, ended.recv()), (OVERSIZE, Ok(true)));
    }
}
