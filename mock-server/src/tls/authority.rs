//! The development CA: made once, kept in a folder, trusted once.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::certificate::{CertificateChain, TlsKey};
use super::name::TlsName;
use crate::clock::Moment;
use crate::random;

/// The certificate of a kept CA, to be trusted by clients.
pub(crate) const CERTIFICATE_FILE: &str = "ca.pem";
/// Its private key, with the certificate that it belongs to.
const KEY_FILE: &str = "ca-key.pem";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a CA is good for: a phone should have to trust it once.
const AUTHORITY_DAYS: u32 = 3650;
/// How long a certificate of the server is good for. It is made anew at each start.
const LEAF_DAYS: u32 = 90;

/// A certificate authority that certificates of this server are signed by.
pub(crate) struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A CA that cannot be made, read or kept.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A file or folder of it.
    #[error("the development CA in {folder}: {problem}")]
    Kept {
        /// Its folder.
        folder: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A certificate was not made.
    #[error("a certificate cannot be made: {0}")]
    Made(String),
}

impl From<rcgen::Error> for AuthorityError {
    fn from(error: rcgen::Error) -> Self {
        Self::Made(error.to_string())
    }
}

impl Authority {
    /// A CA that is kept nowhere.
    pub(crate) fn new(now: Moment) -> Result<Self, AuthorityError> {
        Self::made(now).map(|(authority, _)| authority)
    }

    /// A CA, and the text of its private key.
    fn made(now: Moment) -> Result<(Self, String), AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = valid(now, AUTHORITY_DAYS);
        // Several of the same name in one trust store would be mistaken for each other.
        let name = format!("digime-mock development CA {}", random::alphanumeric(6));
        params.distinguished_name = named(&name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?;
        let text = key.serialize_pem();
        Ok((Self { pem: certificate.pem(), issuer: Issuer::new(params, key) }, text))
    }

    /// The CA of a folder; made there if there is none.
    pub(crate) fn kept_in(folder: &Path, now: Moment) -> Result<Self, AuthorityError> {
        let at = |problem: String| AuthorityError::Kept { folder: folder.display().to_string(), problem };
        let key_file = folder.join(KEY_FILE);
        let text = match fs::read_to_string(&key_file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let (authority, key) = Self::made(now)?;
                let text = format!("{key}{}", authority.pem);
                match keep_new(&key_file, &text) {
                    Ok(()) => text,
                    // Another server was faster: its CA is the one that is kept.
                    Err(error) if error.kind() == ErrorKind::AlreadyExists && key_file.exists() => {
                        fs::read_to_string(&key_file).map_err(|it| at(unusable(KEY_FILE, &it)))?
                    }
                    Err(error) => return Err(at(format!("{KEY_FILE} cannot be written: {error}"))),
                }
            }
            Err(error) => return Err(at(unusable(KEY_FILE, &error))),
        };
        warn_if_open(&key_file);
        let authority = Self::read(&text, now).map_err(|problem| {
            at(format!("{KEY_FILE} {problem}; remove the folder to have a new CA made, and trust that one"))
        })?;
        let certificate_file = folder.join(CERTIFICATE_FILE);
        if fs::read_to_string(&certificate_file).ok().as_ref() != Some(&authority.pem) {
            replace(&certificate_file, &authority.pem)
                .map_err(|error| at(format!("{CERTIFICATE_FILE} cannot be written: {error}")))?;
        }
        Ok(authority)
    }

    /// Reads a private key and its certificate.
    fn read(text: &str, now: Moment) -> Result<Self, String> {
        let no_key = |_| "holds no private key".to_owned();
        let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(no_key)?;
        let key = KeyPair::try_from(&key).map_err(|_| "holds no usable private key".to_owned())?;
        let chain = CertificateChain::from_pem(text.as_bytes()).map_err(|error| error.to_string())?;
        let own = TlsKey::from_pem(text.as_bytes()).map_err(|error| error.to_string())?;
        chain.check(now).map_err(|error| error.to_string())?;
        if !chain.belongs_to(&own) {
            return Err("holds a private key that its certificate does not belong to".to_owned());
        }
        let Some(first) = chain.first() else { return Err("holds no certificate".to_owned()) };
        let issuer = Issuer::from_ca_cert_der(first, key)
            .map_err(|_| "holds a certificate that cannot sign others".to_owned())?;
        Ok(Self { pem: pem(first), issuer })
    }

    /// The certificate that clients must trust, as PEM.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate of a server with these names, and its key.
    pub(crate) fn issue(
        &self,
        names: &[TlsName],
        now: Moment,
    ) -> Result<(CertificateChain, TlsKey), AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = valid(now, LEAF_DAYS);
        params.distinguished_name = named("digime-mock");
        params.subject_alt_names = names.iter().map(alternative).collect::<Result<_, _>>()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok((CertificateChain::new(certificate.der().clone()), TlsKey::new(key.into())))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

/// Valid since yesterday: clocks of phones and virtual machines are a little wrong.
fn valid(now: Moment, days: u32) -> CertificateParams {
    let mut params = CertificateParams::default();
    let yesterday = now.millis() - i64::try_from(DAY.as_millis()).unwrap_or_default();
    let day = |moment: Moment| {
        let date = moment.date();
        let positive = |number: i8| u8::try_from(number).unwrap_or(1);
        rcgen::date_time_ymd(i32::from(date.year()), positive(date.month()), positive(date.day()))
    };
    params.not_before = day(Moment::from_millis(yesterday));
    params.not_after = day(now.plus(DAY * days));
    params
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "digime-mock");
    name.push(DnType::CommonName, common_name);
    name
}

fn alternative(name: &TlsName) -> Result<SanType, rcgen::Error> {
    Ok(match name {
        TlsName::Address(address) => SanType::IpAddress(*address),
        TlsName::Name(name) => SanType::DnsName(name.as_str().try_into()?),
    })
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    use base64::Engine as _;

    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn unusable(file: &str, error: &io::Error) -> String {
    format!("{file} cannot be read: {error}")
}

/// Writes a file that only its owner may read, unless there is one: whole or not at all, so that servers
/// that start together agree on one CA.
fn keep_new(path: &Path, text: &str) -> io::Result<()> {
    let folder = folder_of(path)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(drop).map_err(|error| error.error)
}

/// Writes a file that everybody may read.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder_of(path)?)?;
    file.write_all(text.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path).map(drop).map_err(|error| error.error)
}

fn folder_of(path: &Path) -> io::Result<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    Ok(folder.to_owned())
}

/// Whoever reads the key can pass for any server at every client that trusts the CA.
#[cfg(unix)]
fn warn_if_open(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o077 != 0 {
        tracing::warn!("others may read the private key of the CA: chmod 600 {}", path.display());
    }
}

#[cfg(not(unix))]
fn warn_if_open(_: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_millis(1_767_225_600_000);

    #[test]
    fn a_kept_ca_is_made_once_and_only_its_owner_reads_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("deep/inside");
        let together: Vec<_> = std::thread::scope(|scope| {
            let started: Vec<_> = (0..8).map(|_| scope.spawn(|| Authority::kept_in(&folder, NOW))).collect();
            started.into_iter().map(|it| it.join().unwrap().unwrap().pem().to_owned()).collect()
        });
        assert!(together.iter().all(|pem| pem == &together[0]), "servers that start together share it");
        let certificate = fs::read_to_string(folder.join(CERTIFICATE_FILE)).unwrap();
        assert_eq!(certificate, together[0]);
        assert!(!certificate.contains("PRIVATE"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |name| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(KEY_FILE), mode(CERTIFICATE_FILE)), (0o600, 0o644));
        }
        fs::remove_file(folder.join(CERTIFICATE_FILE)).unwrap();
        assert_eq!(Authority::kept_in(&folder, NOW).unwrap().pem(), certificate);
        assert_eq!(fs::read_to_string(folder.join(CERTIFICATE_FILE)).unwrap(), certificate);
    }

    #[test]
    fn a_ca_that_is_damaged_or_has_run_out_is_told_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        Authority::kept_in(path, NOW).unwrap();
        let late = Authority::kept_in(path, NOW.plus(DAY * 4000)).unwrap_err().to_string();
        assert!(late.contains("expired") && late.contains("remove the folder"), "{late}");
        let text = fs::read_to_string(path.join(KEY_FILE)).unwrap();
        let other = Authority::made(NOW).unwrap().1;
        let (_, certificate) = text.split_at(text.find("-----BEGIN CERTIFICATE").unwrap());
        for (text, words) in [
            ("", "no private key"),
            (text.split("-----BEGIN CERTIFICATE").next().unwrap(), "no certificate"),
            (&format!("{other}{certificate}"), "does not belong to"),
        ] {
            fs::write(path.join(KEY_FILE), text).unwrap();
            let error = Authority::kept_in(path, NOW).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains(&path.display().to_string()), "{error}");
        }
    }
}
