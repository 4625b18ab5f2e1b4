//! A contract with the redirect URI that belongs to it.

use crate::consent::page_options::CallbackUrl;
use crate::contract::Contract;
use crate::error::{Error, Result};

/// A contract and its redirect URI, which these generations repeat in every signed
/// request.
///
/// **Legacy**, v1.4 to v1.6; today [`Contract`] alone signs, and a flow's options
/// hold the callback (protocol reference, legacy §1, "What changed").
///
/// ```no_run
/// use digime::legacy::LegacyContract;
///
/// # fn made(contract: digime::Contract) -> Result<(), digime::Error> {
/// let contract = LegacyContract::new(contract, "https://app.example/return")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct LegacyContract {
    contract: Contract,
    redirect_uri: CallbackUrl,
}

impl LegacyContract {
    /// Binds a contract to a redirect URI that is registered for it. It need not be
    /// a web URL: `digime-ca-my-app` will do (legacy §2, rule 26).
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Config`] if the URI is empty, has control characters, or
    /// a parameter that the platform adds to callbacks.
    pub fn new(contract: Contract, redirect_uri: impl Into<String>) -> Result<Self> {
        let redirect_uri = redirect_uri.into();
        check_callback("redirect_uri", &redirect_uri)?;
        Ok(Self { contract, redirect_uri: CallbackUrl(redirect_uri) })
    }

    /// The contract.
    #[must_use]
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The redirect URI.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri.0
    }
}

/// What callbacks carry, in all generations of this module
/// (protocol reference, legacy/deep-links §2).
const CALLBACK_PARAMETERS: [&str; 10] = [
    "result",
    "success",
    "state",
    "code",
    "message",
    "reference",
    "errorCode",
    "sessionKey",
    "postboxId",
    "publicKey",
];

/// Refuses callback URLs that nobody can come back to, and those whose answer could
/// not be told from the caller's own query.
pub(crate) fn check_callback(field: &str, callback: &str) -> Result<()> {
    if callback.is_empty() || callback.chars().any(char::is_control) {
        return Err(Error::config(field, "must not be empty or have control characters"));
    }
    let query = callback.split_once('?').map_or("", |(_, query)| query);
    for (name, _) in url::form_urlencoded::parse(query.as_bytes()) {
        if CALLBACK_PARAMETERS.iter().any(|taken| taken.eq_ignore_ascii_case(&name)) {
            let problem = format!("must not have a parameter `{name}`: the platform adds its own");
            return Err(Error::config(field, problem));
        }
    }
    Ok(())
}
