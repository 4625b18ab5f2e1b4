//! Makes answers what a client must not believe.
//!
//! What is wrong with a token or a callback is made before the answer is written, what is wrong
//! with a body afterwards.

pub(super) mod body;
mod callback;
pub(super) mod redirect;
mod token;

use crate::faults::hostile::Hostile;
use crate::http::call::Call;
use crate::http::reply::{Outcome, Reply};

/// Makes an answer wrong, as far as that is done before it is written.
///
/// # Errors
/// A defect, if the token cannot be signed.
pub(super) fn alter(hostile: Hostile, call: &Call, reply: Reply) -> Outcome {
    match hostile {
        Hostile::UnknownKid
        | Hostile::ForeignJku
        | Hostile::BadSignature
        | Hostile::Rs512
        | Hostile::Hs256
        | Hostile::Unsigned
        | Hostile::WrongPreauthorizationCode => token::alter(hostile, call, reply),
        Hostile::ChangedState => Ok(callback::alter(call, reply)),
        Hostile::InvalidUtf8 | Hostile::OversizeBody | Hostile::RedirectLoop => Ok(reply),
    }
}
