//! The proxies whose word counts.

use std::net::IpAddr;
use std::str::FromStr;

/// The address of a proxy, or a network of them, whose headers about the original request are believed.
///
/// ```
/// use digime_mock_server::settings::TrustedProxy;
///
/// let network: TrustedProxy = "10.0.0.0/8".parse()?;
/// assert!(network.covers("10.1.2.3".parse()?) && !network.covers("11.0.0.1".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedProxy {
    network: IpAddr,
    bits: u32,
}

/// Text that is no address and no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no address and no network; write it as 127.0.0.1 or 10.0.0.0/8")]
pub struct TrustedProxyError(String);

impl TrustedProxy {
    /// Whether a peer is this proxy, or one of this network.
    pub fn covers(&self, peer: IpAddr) -> bool {
        let same = |one: u128, other: u128, width: u32| {
            // A shift by the whole width is none that the type has.
            let differing = (one ^ other).checked_shr(width - self.bits).unwrap_or(0);
            differing == 0
        };
        match (self.network, peer.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(peer)) => same(own.to_bits().into(), peer.to_bits().into(), 32),
            (IpAddr::V6(own), IpAddr::V6(peer)) => same(own.to_bits(), peer.to_bits(), 128),
            _ => false,
        }
    }
}

impl FromStr for TrustedProxy {
    type Err = TrustedProxyError;

    fn from_str(text: &str) -> Result<Self, TrustedProxyError> {
        let fail = || TrustedProxyError(text.chars().take(60).flat_map(char::escape_debug).collect());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let network: IpAddr = address.parse().map_err(|_| fail())?;
        let width = if network.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= width).ok_or_else(fail)?,
            None => width,
        };
        Ok(Self { network, bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_covers_its_addresses_and_no_others() {
        for (proxy, peer, covered) in [
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "::ffff:127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
            ("fd00::/8", "fd12::1", true),
            ("::/0", "2001:db8::1", true),
        ] {
            let proxy: TrustedProxy = proxy.parse().unwrap();
            assert_eq!(proxy.covers(peer.parse().unwrap()), covered, "{proxy:?} {peer}");
        }
        for wrong in ["", "*", "10.0.0.0/33", "10.0.0.0/", "::/129", "proxy", "10.0.0.0/-1"] {
            assert!(wrong.parse::<TrustedProxy>().is_err(), "{wrong}");
        }
    }
}
