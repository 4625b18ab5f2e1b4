//! Proof key for code exchange, method `S256` (protocol reference, crypto §2).

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::crypto::random;
use crate::crypto::secret::secret_newtype;
use crate::error::Result;

secret_newtype! {
    /// The secret half of PKCE: made with the authorization, needed once more to
    /// exchange its code (protocol reference, crypto §2).
    CodeVerifier
}

impl CodeVerifier {
    /// A fresh verifier: Base64url of 32 random characters, 43 characters long.
    pub(crate) fn random() -> Result<Self> {
        Ok(Self::new(URL_SAFE_NO_PAD.encode(random::alphanumeric(32)?)))
    }

    /// The public half: Base64url of the SHA-256 of the verifier's text.
    ///
    /// ```
    /// use digime::CodeVerifier;
    ///
    /// let verifier = CodeVerifier::new("YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY");
    /// assert_eq!(verifier.challenge(), "b0Mk1mbbZAcNmukyu-xmEp1PppE0wF_2HE5Q2nc4VBg");
    /// ```
    #[must_use]
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, self.expose().as_bytes()))
    }
}
