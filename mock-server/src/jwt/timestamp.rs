//! The freshness of a request, by real time or by the sandbox's clock.

use super::claims::Claims;
use crate::clock::Moment;
use crate::domain::nonce::WINDOW;
use crate::domain::refusal::Refusal;

/// Seconds and milliseconds are told apart by their size: this many seconds is the year 5138,
/// this many milliseconds is the year 1973.
const SMALLEST_MILLIS: f64 = 1e11;

/// When a request says that it was signed. Official clients send milliseconds, some with a fraction;
/// the platform's wiki says seconds (protocol reference, legacy rule 13).
///
/// # Errors
/// `InvalidRequest` if it is missing or no number.
fn signed_millis(claims: &Claims) -> Result<f64, Refusal> {
    let Some(timestamp) = claims.number("timestamp").filter(|number| number.is_finite()) else {
        return Err(Refusal::invalid_request(
            "The claim timestamp is required and must be a number",
            "send milliseconds since 1970 (UTC)",
        ));
    };
    let millis = if timestamp.abs() < SMALLEST_MILLIS { timestamp * 1000.0 } else { timestamp };
    Ok(millis)
}

/// The `timestamp` claim must be within [`WINDOW`] of real time or of the sandbox's present: a test
/// that moves the sandbox's clock may move its client's too, or not.
///
/// # Errors
/// `InvalidRequest` if it is missing, no number, or too far off; the message counts from the nearer
/// clock.
pub(crate) fn fresh(claims: &Claims, clocks: [Moment; 2]) -> Result<Moment, Refusal> {
    let millis = signed_millis(claims)?;
    let [by_real, by_sandbox] = clocks.map(|now| millis - now.millis() as f64);
    let off_by = if by_sandbox.abs() < by_real.abs() { by_sandbox } else { by_real };
    if off_by.abs() > WINDOW.as_millis() as f64 {
        let (seconds, direction) = (off_by.abs() / 1000.0, if off_by < 0.0 { "behind" } else { "ahead of" });
        return Err(Refusal::invalid_request(
            format!("The timestamp is {seconds:.0} seconds {direction} the server's time"),
            "at most 300 seconds either way are accepted, of real time or of the sandbox's clock; \
             set the client's clock, and sign every attempt anew",
        ));
    }
    Ok(Moment::from_millis(millis as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NOW: Moment = Moment::from_millis(1_767_225_600_000);

    fn judge(timestamp: Value) -> Result<Moment, Refusal> {
        let Value::Object(map) = json!({ "timestamp": timestamp }) else { unreachable!() };
        fresh(&Claims(map), [NOW, NOW])
    }

    #[test]
    fn either_clock_makes_a_timestamp_fresh_and_the_time_between_them_does_not() {
        let day = std::time::Duration::from_secs(24 * 3600);
        let judge = |millis: i64| {
            let Value::Object(map) = json!({ "timestamp": millis }) else { unreachable!() };
            fresh(&Claims(map), [NOW, NOW.plus(day)])
        };
        for signed in [NOW, NOW.plus(day), NOW.plus(WINDOW), NOW.plus(day).plus(WINDOW)] {
            assert_eq!(judge(signed.millis()).unwrap(), signed);
        }
        for signed in [NOW.plus(day / 2), NOW.plus(WINDOW * 2), NOW.plus(day).plus(WINDOW * 2)] {
            assert!(judge(signed.millis()).is_err());
        }
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
