//! Whether the server speaks https, and with which certificate.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::config::place::Place;
use crate::tls::certificate::{CertificateChain, TlsKey};
use crate::tls::name::TlsName;

/// Whether the server speaks https, and with which certificate.
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    /// Whether it speaks https; if nobody said, it does when it was given a certificate of its own.
    pub enabled: Option<bool>,
    /// Where the CA is that signs its certificate, if it has none of its own.
    pub authority: AuthorityPlace,
    /// A certificate of its own, and where it was set.
    pub certificate: Option<(CertificateChain, Place)>,
    /// The private key of that certificate, and where it was set.
    pub key: Option<(TlsKey, Place)>,
    /// What a certificate of the CA covers besides the usual names.
    pub names: Vec<TlsName>,
}

/// Where the development CA is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AuthorityPlace {
    /// A folder for data of this user and this program, so that clients trust it once.
    #[default]
    UserFolder,
    /// A folder, and where it was set.
    Folder(PathBuf, Place),
    /// Nowhere: a new CA for each server.
    Memory,
}

impl TlsSettings {
    /// Whether the server speaks https.
    pub fn is_on(&self) -> bool {
        self.enabled.unwrap_or(self.certificate.is_some() || self.key.is_some())
    }
}

/// The folder for data of this user and this program, where the system has one.
pub(crate) fn user_folder() -> Option<PathBuf> {
    folder_by(|name| env::var_os(name))
}

fn folder_by(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = if cfg!(windows) {
        absolute("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        absolute("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        // A relative one counts for nothing (XDG Base Directory Specification).
        absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
    };
    data.map(|data| data.join("digime-mock"))
}

#[cfg(all(test, not(windows), not(target_os = "macos")))]
mod tests {
    use super::*;

    #[test]
    fn data_of_a_user_is_where_the_system_keeps_it() {
        let with = |variables: &'static [(&str, &str)]| {
            folder_by(|name| variables.iter().find(|it| it.0 == name).map(|it| it.1.into()))
        };
        assert_eq!(with(&[("HOME", "/home/a")]), Some("/home/a/.local/share/digime-mock".into()));
        assert_eq!(
            with(&[("HOME", "/home/a"), ("XDG_DATA_HOME", "/data")]),
            Some("/data/digime-mock".into())
        );
        assert_eq!(with(&[("XDG_DATA_HOME", "relative")]), None);
    }
}
