//! The freshness of a request, judged against real time.

use super::claims::Claims;
use crate::clock::Moment;
use crate::domain::nonce::WINDOW;
use crate::domain::refusal::Refusal;

/// Seconds and milliseconds are told apart by their size: this many seconds is the year 5138,
/// this many milliseconds is the year 1973.
const SMALLEST_MILLIS: f64 = 1e11;

/// The `timestamp` claim must be within [`WINDOW`] of real time. Official clients send
/// milliseconds, some with a fraction; the platform's wiki says seconds (protocol reference,
/// legacy rule 13).
///
/// # Errors
/// `InvalidRequest` if it is missing, no number, or too far off.
pub(crate) fn fresh(claims: &Claims, real_now: Moment) -> Result<(), Refusal> {
    let Some(timestamp) = claims.number("timestamp").filter(|number| number.is_finite()) else {
        return Err(Refusal::invalid_request(
            "The claim timestamp is required and must be a number",
            "send milliseconds since 1970 (UTC)",
        ));
    };
    let millis = if timestamp.abs() < SMALLEST_MILLIS { timestamp * 1000.0 } else { timestamp };
    let off_by = millis - real_now.millis() as f64;
    if off_by.abs() > WINDOW.as_millis() as f64 {
        let (seconds, direction) = (off_by.abs() / 1000.0, if off_by < 0.0 { "behind" } else { "ahead of" });
        return Err(Refusal::invalid_request(
            format!("The timestamp is {seconds:.0} seconds {direction} the server's time"),
            "at most 300 seconds either way are accepted; set the client's clock, and sign every attempt anew",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NOW: Moment = Moment::from_millis(1_767_225_600_000);

    fn judge(timestamp: Value) -> Result<(), Refusal> {
        let Value::Object(map) = json!({ "timestamp": timestamp }) else { unreachable!() };
        fresh(&Claims(map), NOW)
    }

    #[test]
    fn every_form_that_official_clients_send_is_understood() {
        for timestamp in [
            json!(1_767_225_600_000_u64),
            json!(1_767_225_600_123.456),
            json!(1.7672256E12),
            json!(1_767_225_600),
            json!(1_767_225_900_000_u64),
            json!(1_767_225_300_000_u64),
        ] {
            assert!(judge(timestamp.clone()).is_ok(), "{timestamp}");
        }
    }

    #[test]
    fn anything_else_is_refused_and_says_by_how_much() {
        for timestamp in [json!(null), json!("1767225600000"), json!(0), json!(-1), json!(1e300)] {
            assert_eq!(judge(timestamp).unwrap_err().code.as_str(), "InvalidRequest");
        }
        let late = judge(json!(1_767_225_299_000_u64)).unwrap_err();
        assert_eq!(late.message, "The timestamp is 301 seconds behind the server's time");
        let early = judge(json!(1_767_225_901_000_u64)).unwrap_err();
        assert_eq!(early.message, "The timestamp is 301 seconds ahead of the server's time");
    }
}
