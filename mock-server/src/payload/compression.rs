//! Compression of files before they are encrypted.

use std::io::{self, Write};

use digime_fixtures::Compression;

/// Brotli quality: the usual choice for content that is compressed as it is sent.
const BROTLI_QUALITY: u32 = 5;
/// Brotli window, as a power of two.
const BROTLI_WINDOW: u32 = 22;
const BROTLI_BUFFER: usize = 4096;

/// Compresses what is written and hands out what is ready.
pub(crate) enum Compressor {
    None(Vec<u8>),
    Gzip(Box<flate2::write::GzEncoder<Vec<u8>>>),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
}

impl Compressor {
    pub(crate) fn new(compression: Compression) -> Self {
        match compression {
            Compression::None => Self::None(Vec::new()),
            Compression::Gzip => Self::Gzip(Box::new(flate2::write::GzEncoder::new(
                Vec::new(),
                flate2::Compression::default(),
            ))),
            Compression::Brotli => Self::Brotli(Box::new(brotli::CompressorWriter::new(
                Vec::new(),
                BROTLI_BUFFER,
                BROTLI_QUALITY,
                BROTLI_WINDOW,
            ))),
        }
    }

    /// Takes `plain` in and gives what is ready of the compressed form.
    pub(crate) fn write(&mut self, plain: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::None(out) => out.extend_from_slice(plain),
            Self::Gzip(encoder) => encoder.write_all(plain)?,
            Self::Brotli(encoder) => encoder.write_all(plain)?,
        }
        Ok(std::mem::take(match self {
            Self::None(out) => out,
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Brotli(encoder) => encoder.get_mut(),
        }))
    }

    /// The rest of the compressed form.
    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::None(out) => Ok(out),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Brotli(encoder) => Ok(encoder.into_inner()),
        }
    }
}
