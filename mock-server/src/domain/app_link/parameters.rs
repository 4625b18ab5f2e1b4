//! The parameters of a link.

use super::{AppLinkError, SessionName};

/// The parameters of a link, decoded.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Decodes a query. Clients encode a space as `+` or as `%20` (protocol reference, legacy/deep-links
    /// §1.2); what they insert as it is has neither.
    pub(super) fn of_query(query: &str) -> Self {
        Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// Parameters that are decoded already.
    pub(super) fn of_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// A parameter that is there and not empty.
    ///
    /// # Errors
    /// `Repeated` if it is there with two values: nobody can say which is meant.
    pub(super) fn optional(&self, name: &'static str) -> Result<Option<String>, AppLinkError> {
        let mut values = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        let Some(first) = values.next() else { return Ok(None) };
        if values.any(|value| value != first) {
            return Err(AppLinkError::Repeated(name.to_owned()));
        }
        if first.chars().any(char::is_control) {
            return Err(AppLinkError::Unusable { name, problem: "text with control characters".to_owned() });
        }
        Ok(Some(first.clone()).filter(|value| !value.is_empty()))
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// `Missing`, or as [`Parameters::optional`].
    pub(super) fn required(&self, name: &'static str) -> Result<String, AppLinkError> {
        self.optional(name)?.ok_or(AppLinkError::Missing(name))
    }

    /// A parameter that clients write in two ways.
    ///
    /// # Errors
    /// `Missing` by the first name, or as [`Parameters::optional`].
    pub(super) fn either(&self, name: &'static str, other: &'static str) -> Result<String, AppLinkError> {
        match self.optional(name)? {
            Some(value) => Ok(value),
            None => self.optional(other)?.ok_or(AppLinkError::Missing(name)),
        }
    }

    /// The parameter `name` as a callback.
    ///
    /// # Errors
    /// `Unusable` if it does not begin with a scheme, or as [`Parameters::optional`].
    pub(super) fn callback(&self, name: &'static str) -> Result<Option<String>, AppLinkError> {
        let Some(callback) = self.optional(name)? else { return Ok(None) };
        match scheme(&callback) {
            Some(_) => Ok(Some(callback)),
            None => {
                let problem = "no address that an app can be reached at: it has no scheme".to_owned();
                Err(AppLinkError::Unusable { name, problem })
            }
        }
    }

    /// The parameter `name` as a session key.
    ///
    /// # Errors
    /// As [`Parameters::required`].
    pub(super) fn session_key(&self, name: &'static str) -> Result<SessionName, AppLinkError> {
        self.required(name).map(SessionName::Key)
    }
}

/// The scheme of an address: what stands before its colon. The callback of some phones is a scheme alone
/// (protocol reference, legacy rule 26).
pub(super) fn scheme(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_at(address.find([':', '/', '?', '#']).unwrap_or(address.len()));
    let mut characters = scheme.chars();
    let begins = characters.next().is_some_and(|c| c.is_ascii_alphabetic());
    let follows = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
    let ends = rest.starts_with(':') || scheme.starts_with("digime-ca-");
    (begins && characters.all(follows) && ends).then_some(scheme)
}

/// Decodes `%XX` and leaves `+` alone, as intents are written.
pub(super) fn percent_decoded(text: &str) -> String {
    let guarded = format!("v={}", text.replace('+', "%2B").replace('&', "%26"));
    let decoded = url::form_urlencoded::parse(guarded.as_bytes()).next().map(|(_, value)| value.into_owned());
    decoded.unwrap_or_default()
}
