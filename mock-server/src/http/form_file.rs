//! The file of a multipart form (RFC 7578), taken in piece by piece in constant memory.
//!
//! Official clients write such forms in ways of their own (protocol reference, legacy rule 22): a name
//! without quotes, the part's type before its disposition, a second part of the same name.

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use multer::Multipart;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::request_body;
use crate::domain::refusal::Refusal;

/// The name of the part; of several, the first counts.
const PART: &str = "file";
/// How much of a form may be before the file, and after it, in bytes. The parser keeps what it has not
/// understood yet, so that this limits memory.
const MOST_AROUND: usize = 1024 * 1024;

/// How many bytes a body may have besides its file: what is around it, if it is a form.
pub(crate) fn room(headers: &HeaderMap) -> u64 {
    if boundary(headers).is_ok() { 2 * MOST_AROUND as u64 } else { 0 }
}

/// A problem of the body, on its way through the parser.
#[derive(Debug, thiserror::Error)]
#[error("the body could not be read")]
struct Unread(Refusal);

/// The boundary that the header `Content-Type` names. Some clients send two such headers.
///
/// # Errors
/// `ValidationErrors` if none names one.
pub(crate) fn boundary(headers: &HeaderMap) -> Result<String, Refusal> {
    let values = headers.get_all(CONTENT_TYPE).iter().filter_map(|value| value.to_str().ok());
    let mut boundaries = values.filter_map(|value| multer::parse_boundary(value).ok());
    boundaries
        .find(|boundary| !boundary.is_empty())
        .ok_or_else(|| Refusal::validation("the Content-Type must be multipart/form-data, with a boundary"))
}

/// Hands the file of a form to `take`, and reads the form to its end.
///
/// # Errors
/// `ValidationErrors` if the form has no part `file`, or ends before its boundary; that of `take`.
pub(crate) async fn read(
    body: &mut Body,
    boundary: String,
    mut take: impl FnMut(&[u8]) -> Result<(), Refusal> + Send,
) -> Result<(), Refusal> {
    let in_file = Arc::new(AtomicBool::new(false));
    let incoming = Incoming { body, in_file: Arc::clone(&in_file), pieces: 0, before: 0 };
    let mut form = Multipart::new(stream::unfold(incoming, Incoming::next), boundary);
    let mut file = loop {
        match form.next_field().await.map_err(unreadable)? {
            Some(field) if field.name() == Some(PART) => break field,
            Some(_) => {}
            None => return Err(Refusal::validation(format!("the form has no part named {PART}"))),
        }
    };
    in_file.store(true, Ordering::Relaxed);
    while let Some(piece) = file.chunk().await.map_err(unreadable)? {
        take(&piece)?;
    }
    drop((file, form));
    let mut after = 0;
    while let Some(piece) = request_body::next(body).await? {
        after += piece.len();
        if after > MOST_AROUND {
            return Err(too_much());
        }
    }
    Ok(())
}

/// The body, as the parser takes it in.
struct Incoming<'a> {
    body: &'a mut Body,
    in_file: Arc<AtomicBool>,
    pieces: usize,
    before: usize,
}

impl Incoming<'_> {
    async fn next(mut self) -> Option<(Result<Bytes, Unread>, Self)> {
        // The parser takes whatever there is before it looks at it, and a fast client sends much.
        if self.pieces > 0 {
            tokio::task::yield_now().await;
        }
        self.pieces += 1;
        let piece = match request_body::next(self.body).await {
            Ok(piece) => piece?,
            Err(refusal) => return Some((Err(Unread(refusal)), self)),
        };
        if !self.in_file.load(Ordering::Relaxed) {
            self.before += piece.len();
            if self.before > MOST_AROUND {
                return Some((Err(Unread(too_much())), self));
            }
        }
        Some((Ok(piece), self))
    }
}

fn too_much() -> Refusal {
    Refusal::validation(format!("the form has more than {MOST_AROUND} bytes besides the part {PART}"))
}

fn unreadable(error: multer::Error) -> Refusal {
    let problem = error.to_string();
    let in_words = |_| Refusal::validation(format!("the form could not be read: {problem}"));
    match error {
        multer::Error::StreamReadFailed(error) => {
            error.downcast::<Unread>().map_or_else(in_words, |unread| unread.0)
        }
        _ => in_words(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What arrives of a form, sent in pieces of `size` bytes.
    async fn file_of(form: &[u8], boundary: &str, size: usize) -> Result<Vec<u8>, String> {
        let pieces: Vec<_> =
            form.chunks(size).map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece))).collect();
        let mut body = Body::from_stream(stream::iter(pieces));
        let mut file = Vec::new();
        let read = read(&mut body, boundary.to_owned(), |piece| {
            file.extend_from_slice(piece);
            Ok(())
        });
        read.await.map_err(|refusal| refusal.detail)?;
        Ok(file)
    }

    fn boundary_of(content_type: &str) -> Option<String> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().unwrap())]);
        boundary(&headers).ok()
    }

    #[tokio::test]
    async fn the_forms_of_official_clients_are_understood_in_pieces_of_any_size() {
        let js = include_bytes!("../../../fixtures/vectors/legacy/postbox-multipart-js.bin");
        let ios = include_bytes!("../../../fixtures/vectors/legacy/postbox-multipart-ios.bin");
        let expected = include_bytes!("../../../fixtures/vectors/legacy/postbox-body.bin");
        let android = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\
            Content-Type: text/plain\r\nContent-Length: 5\r\n\r\n\r\n--x\r\n\
            --b\r\nContent-Disposition: form-data; name=\"file\"\r\nContent-Type: text/plain\r\n\r\nfile\r\n--b--";
        let rich = b"preamble --b\r\n\r\n--b \t\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n--c\r\n\
            --b\r\ncontent-disposition: form-data; filename=\"name=x\"; name=file\r\n\r\n\r\n--b--\r\nepilogue";
        for (form, boundary, file) in [
            (&js[..], "--------------------------0123456789abcdef01234567", &expected[..]),
            (ios, "Boundary-7A6B1B0C-0000-4000-8000-000000000001", expected),
            (android, "b", b"\r\n--x"),
            (rich, "b", b""),
        ] {
            for size in [1, 2, 3, 16, 50, 10_000] {
                assert_eq!(file_of(form, boundary, size).await.unwrap(), file, "{boundary} {size}");
            }
        }
    }

    #[tokio::test]
    async fn a_form_without_the_file_or_its_end_is_refused() {
        let head = "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n";
        for (form, says) in [
            (String::new(), "could not be read"),
            ("text".to_owned(), "could not be read"),
            ("--b--".to_owned(), "no part named file"),
            (head.replace("file", "other") + "x\r\n--b--", "no part named file"),
            (head.replace("; name=\"file\"", "") + "x\r\n--b--", "no part named file"),
            (head.to_owned() + "x", "could not be read"),
            (head.to_owned() + "x\r\n--c--", "could not be read"),
            (head.replace("\r\n", "\n") + "x\r\n--b--", "could not be read"),
            (head.replace("Content", "\u{7f}:Content") + "x\r\n--b--", "could not be read"),
            ("x".repeat(MOST_AROUND + 1) + head, "more than 1048576 bytes"),
            (head.to_owned() + "x\r\n--b--" + &"x".repeat(2 * MOST_AROUND), "more than 1048576 bytes"),
        ] {
            let refused = file_of(form.as_bytes(), "b", 1000).await.unwrap_err();
            assert!(refused.contains(says), "{refused}: {:?}", &form[..form.len().min(100)]);
        }
    }

    #[test]
    fn the_boundary_may_be_quoted() {
        assert_eq!(boundary_of("multipart/form-data; boundary=--b-1").as_deref(), Some("--b-1"));
        assert_eq!(boundary_of("Multipart/Form-Data;Boundary=\"b 1\"").as_deref(), Some("b 1"));
        for none in ["multipart/form-data", "multipart/mixed; boundary=b", "application/json", "x"] {
            assert_eq!(boundary_of(none), None, "{none}");
        }
        let mut twice = HeaderMap::new();
        twice.append(CONTENT_TYPE, "application/json".parse().unwrap());
        twice.append(CONTENT_TYPE, "multipart/form-data; boundary=b".parse().unwrap());
        assert_eq!(boundary(&twice).unwrap(), "b");
    }
}
