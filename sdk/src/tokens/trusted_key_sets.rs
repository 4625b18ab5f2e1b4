//! Where the key sets of the server may be (protocol reference, crypto §3).

use url::Url;

use crate::error::{Error, Result};

/// Key-set URLs that tokens may name.
#[derive(Debug, Clone)]
pub(crate) struct TrustedKeySets {
    /// Roots of the API, of as many generations as requests go to.
    roots: Vec<Url>,
    at_origin: Url,
    further: Vec<Url>,
}

impl TrustedKeySets {
    pub(crate) fn new(api: &Url, further: &[String]) -> Result<Self> {
        let at_origin = api
            .join("/jwks/oauth")
            .map_err(|error| Error::config("api_url", format!("has no origin ({error})")))?;
        let further = further.iter().map(|text| parse_trusted(text)).collect::<Result<_>>()?;
        Ok(Self { roots: vec![api.clone()], at_origin, further })
    }

    /// Trusts a further root of the same API.
    #[cfg(feature = "legacy")]
    pub(crate) fn with_root(&self, root: &Url) -> Self {
        let mut trusted = self.clone();
        trusted.roots.push(root.clone());
        trusted
    }

    /// `{origin}/jwks/oauth`, anything below the API root, and what the user added.
    pub(crate) fn accepts(&self, jku: &Url) -> bool {
        if !jku.username().is_empty() || jku.password().is_some() || jku.fragment().is_some() {
            return false;
        }
        // Whoever forges a token also chooses its `jku`, so only key sets at addresses
        // that requests go to anyway are asked, and those the application vouches for.
        *jku == self.at_origin
            || self.roots.iter().any(|root| is_below(root, jku))
            || self
                .further
                .iter()
                .any(|trusted| trusted == jku || (trusted.path() == "/" && trusted.origin() == jku.origin()))
    }
}

fn is_below(root: &Url, jku: &Url) -> bool {
    jku.origin() == root.origin() && jku.query().is_none() && jku.path().starts_with(root.path())
}

fn parse_trusted(text: &str) -> Result<Url> {
    let field = "trust_jku";
    let url = Url::parse(text)
        .map_err(|error| Error::config(field, format!("is not an absolute URL ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() {
        return Err(Error::config(field, "must be an http or https URL without user name"));
    }
    Ok(url)
}
