//! `DELETE user` (protocol reference, http-api §5.3).

use http::StatusCode;

use crate::journal::check::Check;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::{Reply, ReplyBody};

pub(crate) fn delete(call: &mut Call) -> Outcome {
    let (_, user) = call.verify_user()?;
    let deleted = call.sandbox.state().delete_user(&user);
    call.verdict.check(Check::User, deleted)?;
    Ok(Reply::new(StatusCode::NO_CONTENT, ReplyBody::Empty))
}
