//! TLS as the server offers it, and as `explain` asks for it.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
#[cfg(feature = "cli")]
use rustls::{ClientConfig, RootCertStore};

use super::certificate::{CertificateChain, TlsKey};

/// HTTP/2, in the handshake (RFC 9113 §3.2).
pub(crate) const H2: &[u8] = b"h2";

/// TLS 1.2 and 1.3, with HTTP/2 and HTTP/1.1 for clients that say which they speak.
///
/// # Errors
/// If the certificate and the key do not belong together.
pub(crate) fn server_config(
    chain: &CertificateChain,
    key: &TlsKey,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    // A provider of the whole process is the application's choice, where the server runs in a test.
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain.certificates(), key.der())?;
    config.alpn_protocols = vec![H2.to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// A client that trusts these CAs alone.
///
/// # Errors
/// If one of them is no CA.
#[cfg(feature = "cli")]
pub(crate) fn client_config(trusted: &CertificateChain) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    for certificate in trusted.certificates() {
        roots.add(certificate)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    Ok(config.with_no_client_auth())
}
