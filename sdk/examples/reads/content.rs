//! The files that are read: objects as a source delivers them, compressed and sealed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use aws_lc_rs::cipher::{AES_256, EncryptionContext, StreamingEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

use crate::FILES;
use crate::support;

/// Of a small file, in bytes.
pub(crate) const SMALL: usize = 100_000;
pub(crate) const KEY: [u8; 32] = [9; 32];
pub(crate) const IV: [u8; 16] = [7; 16];

/// The containers of many files, one after the other.
pub(crate) fn write_many(folder: &Path) {
    for number in 0..FILES {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        let mut objects = Objects(number as u64 + 1);
        gzip.write_all(&objects.take(SMALL)).unwrap();
        std::fs::write(folder.join(name(number)), support::seal(&gzip.finish().unwrap())).unwrap();
    }
}

pub(crate) fn name(number: usize) -> String {
    format!("{number:03}.json")
}

/// The container of one file of so many MiB.
pub(crate) fn write_one(folder: &Path, compression: &str, mib: usize) {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(folder.join(compression)).unwrap());
    file.write_all(&support::seal_with(&KEY, &[])).unwrap();
    let mut objects = Objects(1);
    let sealed = match compression {
        "gzip" => {
            let mut gzip = flate2::write::GzEncoder::new(Sealing::of(file), flate2::Compression::new(3));
            (0..mib).for_each(|_| gzip.write_all(&objects.take(1 << 20)).unwrap());
            gzip.finish().unwrap()
        }
        _ => {
            let mut brotli = brotli::CompressorWriter::new(Sealing::of(file), 1 << 16, 3, 22);
            (0..mib).for_each(|_| brotli.write_all(&objects.take(1 << 20)).unwrap());
            brotli.into_inner()
        }
    };
    sealed.finish();
}

/// Listings of songs, none like another; the seed must not be 0.
struct Objects(u64);

impl Objects {
    fn draw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn take(&mut self, bytes: usize) -> Vec<u8> {
        let mut text = Vec::with_capacity(bytes + 400);
        while text.len() < bytes {
            let (id, date, track) =
                (self.draw(), 1_500_000_000_000 + self.draw() % 100_000_000_000, self.draw());
            write!(
                text,
                r#"{{"accountentityid":"16_demo","baseid":"16_{id:016x}","createddate":{date},"entityid":"16_demo_{id:016x}","track":{{"id":"{track:x}","link":"https://open.example/track/{track:x}","duration":{}}}}},"#,
                track % 600_000,
            )
            .unwrap();
        }
        text.truncate(bytes);
        text
    }
}

/// Encrypts what is written.
struct Sealing<W> {
    cipher: StreamingEncryptingKey,
    encrypted: Vec<u8>,
    out: W,
}

impl<W: Write> Sealing<W> {
    fn of(out: W) -> Self {
        let context = EncryptionContext::Iv128(FixedLength::from(IV));
        let cipher = UnboundCipherKey::new(&AES_256, &KEY).unwrap();
        let cipher = StreamingEncryptingKey::less_safe_cbc_pkcs7(cipher, context).unwrap();
        Self { cipher, encrypted: Vec::new(), out }
    }

    fn finish(mut self) {
        let mut last = [0; 32];
        let (_, written) = self.cipher.finish(&mut last).unwrap();
        self.out.write_all(written.written()).unwrap();
        self.out.flush().unwrap();
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, plain: &[u8]) -> io::Result<usize> {
        self.encrypted.resize(plain.len() + 32, 0);
        let written = self.cipher.update(plain, &mut self.encrypted).unwrap().written().len();
        self.out.write_all(&self.encrypted[..written])?;
        Ok(plain.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
