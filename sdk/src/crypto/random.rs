//! Randomness for every value this crate makes: nonces, states, keys. Only the
//! salts of signatures and the padding of OAEP are drawn by AWS-LC itself.

use aws_lc_rs::rand;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `length` characters of `A-Za-z0-9`, each equally likely
/// (protocol reference, crypto §1.2: nonces have 32 of them).
pub(crate) fn alphanumeric(length: usize) -> Result<String, Error> {
    let mut text = String::with_capacity(length);
    let mut draw = [0u8; 64];
    while text.len() < length {
        rand::fill(&mut draw).map_err(|_| no_randomness())?;
        for byte in draw {
            // Values from 248 up would favour the first letters of the alphabet.
            if byte < 248 && text.len() < length {
                text.push(char::from(ALPHANUMERIC[usize::from(byte) % 62]));
            }
        }
    }
    Ok(text)
}

/// Random bytes for keys and initialisation vectors; wiped when dropped.
pub(crate) fn bytes<const N: usize>() -> Result<Zeroizing<[u8; N]>, Error> {
    let mut draw = Zeroizing::new([0; N]);
    rand::fill(draw.as_mut_slice()).map_err(|_| no_randomness())?;
    Ok(draw)
}

fn no_randomness() -> Error {
    Error::new(ErrorKind::Config, "the system's random generator failed")
}

/// A number in `0.0..1.0` for retry noise; 0.5 should the generator fail.
pub(crate) fn fraction() -> f64 {
    let mut draw = [0u8; 4];
    match rand::fill(&mut draw) {
        Ok(()) => f64::from(u32::from_le_bytes(draw)) / (f64::from(u32::MAX) + 1.0),
        Err(_) => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_have_the_documented_form_and_differ() {
        let first = alphanumeric(32).unwrap();
        assert_eq!(first.len(), 32);
        assert!(first.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(first, alphanumeric(32).unwrap());
    }

    #[test]
    fn fractions_stay_below_one() {
        for _ in 0..1000 {
            let value = fraction();
            assert!((0.0..1.0).contains(&value));
        }
    }
}
