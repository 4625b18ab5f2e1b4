//! A callback that belongs to another authorization, as an attacker would plant it (RFC 9700 §4.7).

use http::HeaderValue;
use http::header::LOCATION;

use crate::call::Call;
use crate::reply::Reply;

/// Changes the `state` of the callback that an answer leads to; other answers stay as they are.
pub(super) fn alter(call: &Call, mut reply: Reply) -> Reply {
    let location = reply.headers.get(LOCATION).and_then(|location| location.to_str().ok());
    let changed = location.map(|location| with_another_state(location, &call.sandbox.tag().mint()));
    if let Some(changed) = changed.and_then(|changed| HeaderValue::from_str(&changed).ok()) {
        reply.headers.insert(LOCATION, changed);
    }
    reply
}

/// A callback with this `state`, whether or not it had one.
pub(crate) fn with_another_state(location: &str, state: &str) -> String {
    let (path, query) = location.split_once('?').unwrap_or((location, ""));
    let others = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("state="));
    let pairs: Vec<_> = others.map(str::to_owned).chain([format!("state={state}")]).collect();
    format!("{path}?{}", pairs.join("&"))
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
        ] {
            assert_eq!(with_another_state(location, "x"), changed);
        }
    }
}
