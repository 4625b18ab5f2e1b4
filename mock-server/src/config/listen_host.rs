//! Where the server listens.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::str::FromStr;

use crate::host_name::is_host_name;

/// An address to listen on, or a name whose addresses are all listened on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenHost {
    /// `127.0.0.1`, `::1`, `0.0.0.0`.
    Address(IpAddr),
    /// `localhost`, or the name of a container.
    Name(String),
}

/// Text that is neither an address nor a host name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is neither an IP address nor a host name, such as 127.0.0.1, ::1, 0.0.0.0 or localhost")]
pub struct ListenHostError(String);

impl ListenHost {
    /// The socket addresses, each once, in the order of the resolver.
    ///
    /// # Errors
    /// What the resolver says, if the name is unknown.
    pub fn resolve(&self, port: u16) -> io::Result<Vec<SocketAddr>> {
        let mut addresses = Vec::new();
        match self {
            Self::Address(address) => addresses.push(SocketAddr::new(*address, port)),
            Self::Name(name) => {
                for address in (name.as_str(), port).to_socket_addrs()? {
                    if !addresses.contains(&address) {
                        addresses.push(address);
                    }
                }
            }
        }
        Ok(addresses)
    }
}

impl Default for ListenHost {
    fn default() -> Self {
        Self::Address(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }
}

impl FromStr for ListenHost {
    type Err = ListenHostError;

    fn from_str(text: &str) -> Result<Self, ListenHostError> {
        // IPv6 addresses stand in brackets in URLs, so they are written so here too.
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse() {
            return Ok(Self::Address(address));
        }
        match is_host_name(text) {
            true => Ok(Self::Name(text.to_owned())),
            false => Err(ListenHostError(text.chars().take(80).collect())),
        }
    }
}

impl fmt::Display for ListenHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_told_apart() {
        for (text, address) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("[::]", true),
            ("localhost", false),
            ("LOCALHOST.", false),
            ("digime_mock.internal", false),
        ] {
            let host: ListenHost = text.parse().unwrap();
            assert_eq!(matches!(host, ListenHost::Address(_)), address, "{text}");
        }
        for wrong in ["", ".", "a b", "127.0.1", "300.1.1.1", "localhost:8080", "http://localhost", "höst"] {
            assert!(wrong.parse::<ListenHost>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_gives_all_its_addresses() {
        let addresses = ListenHost::Name("localhost".to_owned()).resolve(7).unwrap();
        assert!(!addresses.is_empty() && addresses.iter().all(|it| it.ip().is_loopback() && it.port() == 7));
    }
}
