//! The logo of an application: a picture whose size and type are checked before it is served.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use sha2::{Digest, Sha256};

/// The largest logo, in bytes.
const LARGEST: usize = 64 * 1024;

/// A picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    bytes: Bytes,
    media_type: &'static str,
    name: String,
}

impl std::fmt::Debug for Logo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Logo").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A file that cannot be a logo.
#[derive(Debug, thiserror::Error)]
pub enum LogoError {
    /// It cannot be read.
    #[error("{file}: {source}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is larger than a logo may be.
    #[error("{file} has {bytes} bytes; a logo has at most {LARGEST}")]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// Its size in bytes.
        bytes: usize,
    },
    /// It is no picture that browsers show.
    #[error("{file} is no picture: a logo is a PNG, JPEG, WebP, GIF or SVG file, whatever its name")]
    NoPicture {
        /// The file.
        file: PathBuf,
    },
}

impl Logo {
    /// Reads a logo.
    ///
    /// # Errors
    /// [`LogoError`].
    pub fn read(file: &Path) -> Result<Self, LogoError> {
        let size = std::fs::metadata(file).map(|it| usize::try_from(it.len()).unwrap_or(usize::MAX));
        let unreadable = |source| LogoError::Unreadable { file: file.to_owned(), source };
        let too_large = |bytes| LogoError::TooLarge { file: file.to_owned(), bytes };
        if let Some(bytes) = size.as_ref().ok().filter(|bytes| **bytes > LARGEST) {
            return Err(too_large(*bytes));
        }
        let bytes = std::fs::read(file).map_err(unreadable)?;
        if bytes.len() > LARGEST {
            return Err(too_large(bytes.len()));
        }
        Self::of(bytes).ok_or_else(|| LogoError::NoPicture { file: file.to_owned() })
    }

    fn of(bytes: Vec<u8>) -> Option<Self> {
        let (media_type, extension) = kind(&bytes)?;
        let digest = Sha256::digest(&bytes);
        let hash: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Some(Self { bytes: bytes.into(), media_type, name: format!("logo-{hash}.{extension}") })
    }

    /// The file's name where it is served: it follows from the content.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn media_type(&self) -> &'static str {
        self.media_type
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }
}

/// Media type and extension, by how the content begins.
fn kind(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Some(("image/png", "png")),
        [0xFF, 0xD8, 0xFF, ..] => Some(("image/jpeg", "jpg")),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(("image/gif", "gif")),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(("image/webp", "webp")),
        _ => is_svg(bytes).then_some(("image/svg+xml", "svg")),
    }
}

/// Whether the first element is `svg`, after what XML allows before it.
fn is_svg(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = match rest {
            _ if rest.starts_with("<?") => "?>",
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.starts_with("<!") => ">",
            _ => break,
        };
        let Some((_, after)) = rest.split_once(end) else { return false };
        rest = after.trim_start();
    }
    rest.strip_prefix("<svg").is_some_and(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == '>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_a_logo_is_that_of_its_content() {
        let svg =
            b"<?xml version=\"1.0\"?>\n<!-- a logo --><svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec();
        let logo = Logo::of(svg).unwrap();
        assert_eq!(logo.media_type(), "image/svg+xml");
        assert!(logo.name().starts_with("logo-") && logo.name().ends_with(".svg"), "{}", logo.name());
        for other in [&b""[..], b"<html><svg></svg></html>", b"PNG", b"<svgx/>", b"<!-- <svg>", b"\xFF\xFE"] {
            assert!(Logo::of(other.to_vec()).is_none());
        }
    }

    #[test]
    fn a_file_that_is_too_large_or_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("logo.png");
        std::fs::write(&file, vec![0; LARGEST + 1]).unwrap();
        let error = Logo::read(&file).unwrap_err().to_string();
        assert!(error.contains("logo.png") && error.contains("65537"), "{error}");
        let missing = folder.path().join("missing.png");
        assert!(Logo::read(&missing).unwrap_err().to_string().contains("missing.png"));
    }
}
