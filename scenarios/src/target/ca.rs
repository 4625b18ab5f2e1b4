//! Whom a runner trusts besides the CAs of its system.

/// CA certificates (PEM) of a server that speaks https, such as the ones that `digime-mock ca` prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaCertificates(String);

/// A text without certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it holds no CA certificate in PEM form (BEGIN CERTIFICATE), or a damaged one")]
pub struct CaCertificatesError;

impl CaCertificates {
    /// Reads one certificate or several.
    ///
    /// # Errors
    /// [`CaCertificatesError`] if there is none, or one is damaged.
    pub fn from_pem(text: impl Into<String>) -> Result<Self, CaCertificatesError> {
        let certificates = Self(text.into());
        match reqwest::Certificate::from_pem_bundle(certificates.0.as_bytes()) {
            Ok(found) if !found.is_empty() => Ok(certificates),
            _ => Err(CaCertificatesError),
        }
    }

    /// The text that it was read from.
    pub(crate) fn pem(&self) -> &str {
        &self.0
    }

    /// For the HTTP client. The text has been read before.
    pub(super) fn certificates(&self) -> Vec<reqwest::Certificate> {
        reqwest::Certificate::from_pem_bundle(self.0.as_bytes()).unwrap_or_default()
    }
}
