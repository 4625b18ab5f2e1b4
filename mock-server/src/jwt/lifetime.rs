//! The lifetime of a storage request's JWT, by real time or by the sandbox's clock.

use std::time::Duration;

use super::claims::Claims;
use crate::clock::Moment;
use crate::domain::refusal::Refusal;

/// How far a client's clock may be off.
const LEEWAY: Duration = Duration::from_secs(60);

fn refuse<T>(message: &str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::invalid_jwt(message, detail))
}

/// The JWT must be valid now, by real time or on the sandbox's clock: a test that moves that may move
/// its client's too, or not.
///
/// # Errors
/// `InvalidJWT` saying by how much it is not by real time.
pub(crate) fn lifetime(claims: &Claims, [real_now, sandbox_now]: [Moment; 2]) -> Result<(), Refusal> {
    valid_at(claims, real_now).or_else(|refusal| valid_at(claims, sandbox_now).map_err(|_| refusal))
}

fn valid_at(claims: &Claims, now: Moment) -> Result<(), Refusal> {
    let (Some(issued), Some(expires)) = (claims.number("iat"), claims.number("exp")) else {
        return refuse("The JWT must say iat and exp", "both are required, in seconds since 1970 (UTC)");
    };
    let (now, leeway) = (now.millis() as f64 / 1000.0, LEEWAY.as_secs_f64());
    if expires <= issued {
        return refuse("The JWT's exp must be after its iat", format!("iat {issued}, exp {expires}"));
    }
    if issued > now + leeway {
        let early = issued - now;
        return refuse("The JWT's iat is in the future", format!("{early:.0} s ahead; seconds are expected"));
    }
    if expires + leeway < now {
        return refuse("The JWT has expired", format!("{:.0} s ago by real time", now - expires));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NOW: f64 = 1_767_225_600.0;

    fn judge(claims: Value) -> Result<(), Refusal> {
        let Value::Object(claims) = claims else { panic!("claims are an object") };
        lifetime(&Claims(claims), [Moment::from_millis((NOW * 1000.0) as i64); 2])
    }

    #[test]
    fn either_clock_makes_a_jwt_valid() {
        let day = 24.0 * 3600.0;
        let clocks = [NOW, NOW + day].map(|now| Moment::from_millis((now * 1000.0) as i64));
        for (issued, valid) in [(0.0, true), (day, true), (day / 2.0, false), (day * 2.0, false)] {
            let Value::Object(claims) = json!({"iat": NOW + issued, "exp": NOW + issued + 60.0}) else {
                unreachable!()
            };
            assert_eq!(lifetime(&Claims(claims), clocks).is_ok(), valid, "{issued}");
        }
    }

    #[test]
    fn a_lifetime_around_now_is_accepted_with_some_leeway() {
        for (issued, expires) in [(0.0, 60.0), (0.0, 59.0), (-100.0, -40.0), (50.0, 110.0), (-3600.0, 1.0)] {
            assert!(judge(json!({"iat": NOW + issued, "exp": NOW + expires})).is_ok(), "{issued} {expires}");
        }
    }

    #[test]
    fn any_other_is_refused() {
        for (issued, expires) in
            [(-121.0, -61.0), (61.0, 121.0), (0.0, 0.0), (10.0, -10.0), (NOW * 999.0, 1e13)]
        {
            let refusal = judge(json!({"iat": NOW + issued, "exp": NOW + expires})).unwrap_err();
            assert_eq!((refusal.status, refusal.code.as_str()), (401, "InvalidJWT"));
        }
        for claims in [json!({"iat": NOW}), json!({"exp": NOW}), json!({"iat": "x", "exp": NOW})] {
            assert!(judge(claims).is_err());
        }
    }
}
