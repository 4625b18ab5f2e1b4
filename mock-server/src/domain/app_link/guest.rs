//! The guest page, which a browser opens (protocol reference, legacy/deep-links §3).

use super::parameters::{Parameters, scheme};
use super::{AppLinkError, ConsentLink, ReplyForm, SessionName, Wanted, Words};

/// Reads what stands behind `http:` or `https:`.
pub(super) fn read(rest: &str) -> Result<ConsentLink, AppLinkError> {
    let rest = rest.split('#').next().unwrap_or_default();
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let address = address.trim_end_matches('/');
    if address.ends_with("/apps/quark/v1/direct-onboarding") {
        read_query(true, query)
    } else if address.ends_with("/apps/quark/direct-onboarding") {
        read_query(false, query)
    } else {
        Err(AppLinkError::NoLink)
    }
}

/// Reads the page's query. Android's callback wants the old words on the new page too.
pub(super) fn read_query(versioned: bool, query: &str) -> Result<ConsentLink, AppLinkError> {
    let parameters = Parameters::of_query(query);
    let session = match (parameters.optional("sessionExchangeToken")?, parameters.optional("sessionKey")?) {
        (Some(token), _) => SessionName::ExchangeToken(token),
        (None, Some(key)) => SessionName::Key(key),
        (None, None) => return Err(AppLinkError::Missing("sessionExchangeToken")),
    };
    let url = parameters.callback("callbackUrl")?.ok_or(AppLinkError::Missing("callbackUrl"))?;
    let android = scheme(&url).is_some_and(|scheme| scheme.eq_ignore_ascii_case("quark-callback"));
    let words = match versioned && !android {
        true => Words::Success { names_session: false },
        false => Words::Ready,
    };
    let reply = ReplyForm::Guest { url, words };
    Ok(ConsentLink {
        wanted: Wanted::Data,
        session,
        application_id: None,
        preauthorization_code: None,
        reply,
    })
}
