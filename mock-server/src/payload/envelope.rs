//! The JSON in which older generations deliver a file (protocol reference, legacy/container §5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use digime_fixtures::Compression;
use serde_json::{Value, json};

use crate::payload::container::ContainerError;
use crate::payload::container_cache::Container;

/// Three bytes are four characters, so that pieces of this many bytes can be encoded one by one.
const GROUP: usize = 3;

/// `{"fileContent": "…", "fileMetadata": {…}, "compression"?: "gzip"}`, made piece by piece.
pub(crate) struct Envelope {
    container: Container,
    /// Bytes of the container that did not fill a group.
    carried: Vec<u8>,
    /// What comes before the text, until it is sent.
    head: Option<&'static str>,
    /// What comes after it, until it is sent.
    tail: Option<String>,
    length: Option<u64>,
}

impl Envelope {
    /// The envelope around a container. `compression` is absent when nothing is compressed, which old
    /// iOS clients insist on (protocol reference, legacy rule 5).
    pub(crate) fn new(container: Container, metadata: &Value, compression: Compression) -> Self {
        let head = "{\"fileContent\":\"";
        let compression = match compression {
            Compression::None => String::new(),
            Compression::Gzip | Compression::Brotli => {
                format!(",\"compression\":{}", json!(compression.as_str()))
            }
        };
        let tail = format!("\",\"fileMetadata\":{metadata}{compression}}}");
        let text = |bytes: u64| bytes.div_ceil(GROUP as u64) * 4;
        let length = container.length().map(|bytes| (head.len() + tail.len()) as u64 + text(bytes));
        Self { container, carried: Vec::new(), head: Some(head), tail: Some(tail), length }
    }

    /// Its length in bytes, where the container's is known before it is made.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// [`ContainerError::Content`] if the content cannot be read or compressed.
    pub(crate) fn next_piece(&mut self) -> Result<Option<Bytes>, ContainerError> {
        if let Some(head) = self.head.take() {
            return Ok(Some(Bytes::from_static(head.as_bytes())));
        }
        while let Some(piece) = self.container.next_piece()? {
            self.carried.extend_from_slice(&piece);
            let whole = self.carried.len() / GROUP * GROUP;
            if whole > 0 {
                let rest = self.carried.split_off(whole);
                let text = STANDARD.encode(std::mem::replace(&mut self.carried, rest));
                return Ok(Some(text.into()));
            }
        }
        let Some(tail) = self.tail.take() else { return Ok(None) };
        Ok(Some(format!("{}{tail}", STANDARD.encode(std::mem::take(&mut self.carried))).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_is_json_whatever_its_containers_length_and_knows_its_own() {
        for length in [0, 1, 2, 3, 288, 70_000] {
            let bytes = Bytes::from(vec![7; length]);
            let container = Container::Whole(bytes.clone());
            let mut envelope = Envelope::new(container, &json!({"mimetype": "\"a\""}), Compression::Gzip);
            let announced = envelope.length();
            let mut text = Vec::new();
            while let Some(piece) = envelope.next_piece().unwrap() {
                text.extend_from_slice(&piece);
            }
            assert_eq!(announced, Some(text.len() as u64));
            let json: Value = serde_json::from_slice(&text).unwrap();
            assert_eq!(STANDARD.decode(json["fileContent"].as_str().unwrap()).unwrap(), bytes);
            assert_eq!(json["compression"], "gzip");
            assert_eq!(json["fileMetadata"]["mimetype"], "\"a\"");
        }
        let plain = Envelope::new(Container::Whole(Bytes::new()), &json!({}), Compression::None);
        assert!(!plain.tail.unwrap().contains("compression"));
    }
}
