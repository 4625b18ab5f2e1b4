//! Undoing a file's compression in constant memory
//! (protocol reference, crypto §5).

use brotli::{BrotliDecompressStream, BrotliResult, BrotliState, HeapAlloc, HuffmanCode};
use flate2::{Decompress, FlushDecompress, Status};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// Compression of files in a session (protocol reference, crypto §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Compression {
    /// `gzip`
    #[serde(rename = "gzip")]
    Gzip,
    /// `brotli`
    #[serde(rename = "brotli")]
    Brotli,
    /// `no-compression`
    #[serde(rename = "no-compression")]
    None,
}

type Brotli = BrotliState<HeapAlloc<u8>, HeapAlloc<u32>, HeapAlloc<HuffmanCode>>;

/// Pulls plain bytes out of compressed ones, never more than asked for.
pub(crate) enum Decompressor {
    /// The content is plain.
    Plain,
    /// One or more gzip members.
    Gzip { member: Decompress, ended: bool },
    /// One brotli stream.
    Brotli { state: Box<Brotli>, ended: bool },
}

/// What one step did.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) consumed: usize,
    pub(crate) produced: usize,
}

impl Decompressor {
    pub(crate) fn new(compression: Compression) -> Self {
        match compression {
            Compression::None => Self::Plain,
            Compression::Gzip => Self::Gzip { member: gzip_member(), ended: false },
            Compression::Brotli => Self::Brotli {
                // Strict: the large-window extension would allow a gigabyte of window.
                state: Box::new(BrotliState::new_strict(
                    HeapAlloc::new(0),
                    HeapAlloc::new(0),
                    HeapAlloc::new(HuffmanCode::default()),
                )),
                ended: false,
            },
        }
    }

    /// Turns some of `input` into some of `output`. Call again while either
    /// number of the step is not zero.
    pub(crate) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step> {
        match self {
            Self::Plain => {
                let count = input.len().min(output.len());
                output[..count].copy_from_slice(&input[..count]);
                Ok(Step { consumed: count, produced: count })
            }
            Self::Gzip { member, ended } => gzip_step(member, ended, input, output),
            Self::Brotli { state, ended } => brotli_step(state, ended, input, output),
        }
    }

    /// Whether the compressed data is complete.
    pub(crate) fn finish(&self) -> Result<()> {
        match self {
            Self::Plain | Self::Gzip { ended: true, .. } | Self::Brotli { ended: true, .. } => Ok(()),
            Self::Gzip { .. } | Self::Brotli { .. } => Err(failed("the compressed data breaks off")),
        }
    }
}

fn gzip_member() -> Decompress {
    Decompress::new_gzip(15)
}

fn gzip_step(member: &mut Decompress, ended: &mut bool, input: &[u8], output: &mut [u8]) -> Result<Step> {
    if *ended {
        if input.is_empty() {
            return Ok(Step { consumed: 0, produced: 0 });
        }
        // Members may follow one another; anything else fails as a bad header.
        *member = gzip_member();
        *ended = false;
    }
    let (read, written) = (member.total_in(), member.total_out());
    let status = member
        .decompress(input, output, FlushDecompress::None)
        .map_err(|_| failed("it is not valid gzip"))?;
    *ended = status == Status::StreamEnd;
    let count = |total: u64, before: u64| usize::try_from(total - before).unwrap_or(usize::MAX);
    Ok(Step { consumed: count(member.total_in(), read), produced: count(member.total_out(), written) })
}

fn brotli_step(state: &mut Brotli, ended: &mut bool, input: &[u8], output: &mut [u8]) -> Result<Step> {
    if *ended {
        return match input.is_empty() {
            true => Ok(Step { consumed: 0, produced: 0 }),
            false => Err(failed("something follows the brotli data")),
        };
    }
    let (mut available_in, mut consumed) = (input.len(), 0);
    let (mut available_out, mut produced) = (output.len(), 0);
    let mut total = 0;
    match BrotliDecompressStream(
        &mut available_in,
        &mut consumed,
        input,
        &mut available_out,
        &mut produced,
        output,
        &mut total,
        state,
    ) {
        BrotliResult::ResultSuccess => *ended = true,
        BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        BrotliResult::ResultFailure => return Err(failed("it is not valid brotli")),
    }
    Ok(Step { consumed, produced })
}

fn failed(why: &str) -> Error {
    Error::new(ErrorKind::Decompress, format!("the file could not be decompressed: {why}"))
        .advice("User::read_file_raw returns its bytes as they were decrypted")
}
