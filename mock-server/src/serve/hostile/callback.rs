//! A callback that belongs to another authorization, as an attacker would plant it (RFC 9700 §4.7).

use http::HeaderValue;
use http::header::LOCATION;

use crate::faults::hostile::with_another_state;
use crate::http::call::Call;
use crate::http::reply::Reply;

/// Changes the `state` of the callback that an answer leads to; other answers stay as they are.
pub(super) fn alter(call: &Call, mut reply: Reply) -> Reply {
    let location = reply.headers.get(LOCATION).and_then(|location| location.to_str().ok());
    let changed = location.map(|location| with_another_state(location, &call.sandbox.tag().mint()));
    if let Some(changed) = changed.and_then(|changed| HeaderValue::from_str(&changed).ok()) {
        reply.headers.insert(LOCATION, changed);
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::with_another_state;

    #[test]
    fn only_the_state_changes() {
        for (location, changed) in [
            ("http://a/?success=true&state=mine&code=c", "http://a/?success=true&code=c&state=x"),
            ("http://a/?own=1&success=true", "http://a/?own=1&success=true&state=x"),
            ("app:", "app:?state=x"),
            ("http://a/?state=mine#z", "http://a/?state=x#z"),
        ] {
            assert_eq!(with_another_state(location, "x"), changed);
        }
    }
}
