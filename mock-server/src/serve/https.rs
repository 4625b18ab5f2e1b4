//! What the server needs to speak https, by its settings.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;

use crate::clock::Moment;
use crate::config::listen_host::ListenHost;
use crate::config::place::Place;
use crate::config::settings::Settings;
use crate::config::tls::{AuthorityPlace, TlsSettings, user_folder};
use crate::tls::authority::{Authority, AuthorityError, CERTIFICATE_FILE};
use crate::tls::name::TlsName;
use crate::tls::protocol::server_config;

/// The address under which an Android emulator reaches its host.
const ANDROID_EMULATOR: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 2, 2));

/// Why a server cannot speak https.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The folder of the development CA, as somebody set it.
    #[error("{place}: {source}")]
    Authority {
        /// Where the folder was set.
        place: Box<Place>,
        /// What is wrong with it.
        source: AuthorityError,
    },
    /// The development CA in the folder of the user, or in memory.
    #[error("{0}; --tls-ca, DIGIME_MOCK_TLS_CA or the key tls.ca names another folder")]
    OwnAuthority(AuthorityError),
    /// No folder for data of the user.
    #[error(
        "there is no folder for the development CA, because HOME is not set: name one by --tls-ca, DIGIME_MOCK_TLS_CA or the key tls.ca"
    )]
    NoFolder,
    /// TLS refuses certificate or key.
    #[error("https cannot be served with this certificate: {0}")]
    Refused(String),
}

/// The CA that clients must trust, and where it is kept.
pub(crate) struct Trust {
    /// Its certificate, as PEM.
    pub(crate) pem: String,
    /// The file of its certificate; none if it is in memory alone.
    #[cfg_attr(not(feature = "cli"), expect(dead_code))]
    pub(crate) file: Option<PathBuf>,
}

/// A server's side of TLS.
#[derive(Clone)]
pub(crate) struct Https {
    /// Takes handshakes.
    pub(crate) acceptor: TlsAcceptor,
    /// The development CA, unless the server has a certificate of its own.
    pub(crate) trust: Option<Arc<Trust>>,
}

impl Https {
    /// What the settings ask for; none if the server speaks plain http.
    ///
    /// # Errors
    /// [`TlsError`].
    pub(crate) fn prepare(settings: &Settings) -> Result<Option<Self>, TlsError> {
        let tls = &settings.tls;
        if !tls.is_on() {
            return Ok(None);
        }
        let (chain, key, trust) = match (&tls.certificate, &tls.key) {
            (Some((chain, _)), Some((key, _))) => (chain.clone(), key.clone(), None),
            _ => {
                let (authority, trust) = authority(tls)?;
                let issued = authority.issue(&names(settings), Moment::real());
                let (chain, key) = issued.map_err(TlsError::OwnAuthority)?;
                (chain, key, Some(Arc::new(trust)))
            }
        };
        let config = server_config(&chain, &key).map_err(|error| TlsError::Refused(error.to_string()))?;
        Ok(Some(Self { acceptor: config.into(), trust }))
    }
}

impl fmt::Debug for Https {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Https").field("own_certificate", &self.trust.is_none()).finish_non_exhaustive()
    }
}

/// The development CA of these settings; made if there is none.
///
/// # Errors
/// [`TlsError`].
pub(crate) fn authority(tls: &TlsSettings) -> Result<(Authority, Trust), TlsError> {
    let now = Moment::real();
    let (folder, place) = match &tls.authority {
        AuthorityPlace::Memory => {
            let authority = Authority::new(now).map_err(TlsError::OwnAuthority)?;
            let trust = Trust { pem: authority.pem().to_owned(), file: None };
            return Ok((authority, trust));
        }
        AuthorityPlace::UserFolder => (user_folder().ok_or(TlsError::NoFolder)?, None),
        AuthorityPlace::Folder(folder, place) => (folder.clone(), Some(place)),
    };
    let authority = Authority::kept_in(&folder, now).map_err(|source| match place {
        Some(place) => TlsError::Authority { place: Box::new(place.clone()), source },
        None => TlsError::OwnAuthority(source),
    })?;
    let trust = Trust { pem: authority.pem().to_owned(), file: Some(folder.join(CERTIFICATE_FILE)) };
    Ok((authority, trust))
}

/// Everything that clients may call the server, each once.
fn names(settings: &Settings) -> Vec<TlsName> {
    let listening = match &settings.host {
        ListenHost::Address(address) if address.is_unspecified() => None,
        ListenHost::Address(address) => Some(TlsName::Address(*address)),
        ListenHost::Name(name) => name.parse().ok(),
    };
    let public = settings.public_url.as_ref().and_then(|url| url.host().parse().ok());
    let usual = [
        TlsName::Name("localhost".to_owned()),
        TlsName::Address(Ipv4Addr::LOCALHOST.into()),
        TlsName::Address(Ipv6Addr::LOCALHOST.into()),
        TlsName::Address(ANDROID_EMULATOR),
    ];
    let mut names = Vec::new();
    for name in usual.into_iter().chain(listening).chain(public).chain(settings.tls.names.iter().cloned()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_covers_whatever_the_settings_call_the_server() {
        let mut settings = Settings::standard().unwrap();
        settings.host = "0.0.0.0".parse().unwrap();
        settings.public_url = "https://[2001:db8::1]:8443/mock".parse().ok();
        settings.tls.names =
            ["192.168.1.20", "*.mock.test", "LOCALHOST"].map(|it| it.parse().unwrap()).into();
        let shown: Vec<_> = names(&settings).iter().map(ToString::to_string).collect();
        let usual = ["localhost", "127.0.0.1", "::1", "10.0.2.2"];
        assert_eq!(shown[..4], usual);
        assert_eq!(shown[4..], ["2001:db8::1", "192.168.1.20", "*.mock.test"]);
        settings.host = "mock.internal".parse().unwrap();
        assert!(names(&settings).contains(&TlsName::Name("mock.internal".to_owned())));
    }
}
