//! The three base URLs, and how request URLs and their shown form are built.

use url::Url;

use crate::error::{Error, Result};
use crate::ids::check_segment;

pub(crate) const API: &str = "https://api.digi.me/v1.7/";
pub(crate) const ONBOARD: &str = "https://api.digi.me/apps/saas/";
pub(crate) const CLOUD: &str = "https://cloud.digi.me/v1/";

/// Checks a base URL the user gave; an empty one means the default
/// (protocol reference, README §4).
pub(crate) fn base(field: &str, given: &str, default: &str) -> Result<Url> {
    let text = if given.is_empty() { default } else { given };
    let url = Url::parse(text)
        .map_err(|error| Error::config(field, format!("is not an absolute URL ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(Error::config(field, "must be an http or https URL"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::config(field, "must not have a query or a fragment"));
    }
    // The HTTP library would send them as `Authorization`, next to the request's token.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::config(field, "must not contain a user name or password"));
    }
    Ok(into_folder(url))
}

/// `{scheme}://{host}:{port}`, the only part of a URL errors may show.
pub(crate) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// A page without its query, which holds a code.
pub(crate) fn without_query(url: &Url) -> String {
    format!("{}{}?[redacted]", origin(url), url.path())
}

/// Appends segments to a base URL, each percent-encoded on its own.
pub(crate) fn append(base: &Url, field: &str, segments: &[&str]) -> Result<Url> {
    // Session keys and file names are the server's texts; a slash or `..` in one must
    // not lead a signed request to another operation.
    let mut url = base.clone();
    for segment in segments {
        check_segment(field, segment)?;
    }
    url.path_segments_mut()
        .map_err(|()| Error::config(field, "the base URL cannot have a path"))?
        .pop_if_empty()
        .extend(segments);
    Ok(url)
}

/// Turns the last segment into a folder: `docs` into `docs/`.
pub(crate) fn into_folder(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url
}
