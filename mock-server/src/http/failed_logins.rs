//! Attempts to log in with a wrong token, which are few a minute from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Moment;

/// How many attempts may fail in a [`WINDOW`].
const MOST_FAILED: u32 = 10;
/// How long failed attempts count.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are remembered at once; of more, all are forgotten.
const MOST_ADDRESSES: usize = 4096;

/// Failed attempts, by address.
#[derive(Debug, Default)]
pub(crate) struct FailedLogins(Mutex<HashMap<IpAddr, Failed>>);

#[derive(Debug)]
struct Failed {
    since: Moment,
    count: u32,
}

impl FailedLogins {
    /// Whether an address may try.
    pub(crate) fn may_try(&self, address: IpAddr, now: Moment) -> bool {
        let failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.get(&network(address)).is_none_or(|it| is_over(it, now) || it.count < MOST_FAILED)
    }

    /// Notes that an attempt failed.
    pub(crate) fn note(&self, address: IpAddr, now: Moment) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() >= MOST_ADDRESSES {
            failed.retain(|_, it| !is_over(it, now));
            if failed.len() >= MOST_ADDRESSES {
                failed.clear();
            }
        }
        let entry = failed.entry(network(address)).or_insert(Failed { since: now, count: 0 });
        if is_over(entry, now) {
            *entry = Failed { since: now, count: 0 };
        }
        entry.count += 1;
    }
}

fn is_over(failed: &Failed, now: Moment) -> bool {
    now.since(failed.since) >= WINDOW
}

/// One customer has a whole /64 of IPv6 addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_waits_after_too_many_failures_and_others_do_not() {
        let (logins, now) = (FailedLogins::default(), Moment::from_millis(0));
        let [one, neighbour, other] =
            ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"].map(|it| it.parse().unwrap());
        for _ in 0..MOST_FAILED {
            assert!(logins.may_try(one, now));
            logins.note(one, now);
        }
        assert!(!logins.may_try(one, now) && !logins.may_try(neighbour, now) && logins.may_try(other, now));
        assert!(logins.may_try(one, now.plus(WINDOW)));
        logins.note(one, now.plus(WINDOW));
        assert!(logins.may_try(one, now.plus(WINDOW)), "a new minute counts anew");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (logins, now) = (FailedLogins::default(), Moment::from_millis(0));
        for address in 0..3 * MOST_ADDRESSES as u32 {
            logins.note(IpAddr::V4(address.into()), now);
        }
        assert!(logins.0.lock().unwrap().len() <= MOST_ADDRESSES);
    }
}
