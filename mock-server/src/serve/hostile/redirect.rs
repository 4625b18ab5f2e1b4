//! A redirect that leads back to itself.

use http::StatusCode;
use http::header::LOCATION;

use crate::faults::hostile::REDIRECTED;
use crate::http::call::Call;
use crate::http::reply::{Reply, ReplyBody};

/// The status keeps method and body (RFC 9110 §15.4.8), so that the request would be sent again with
/// its JWT.
pub(crate) fn reply(call: &Call) -> Reply {
    let pairs = call.query();
    let hops =
        pairs.iter().find(|(name, _)| name == REDIRECTED).and_then(|(_, value)| value.parse::<u32>().ok());
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(name, _)| name != REDIRECTED));
    query.append_pair(REDIRECTED, &hops.unwrap_or(0).saturating_add(1).to_string());
    Reply::new(StatusCode::TEMPORARY_REDIRECT, ReplyBody::Empty)
        .header(LOCATION, &format!("{}{}?{}", call.reached().path(), call.uri.path(), query.finish()))
}
