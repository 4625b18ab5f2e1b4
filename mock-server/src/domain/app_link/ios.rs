//! `digime-ca-master://…`: what iOS opens the digi.me app with (protocol reference, legacy/deep-links §4).

use super::parameters::Parameters;
use super::{AppLinkError, ConsentLink, IosForm, ReplyForm, Wanted};

const KNOWN: &str = "data, authorize, postbox and postbox/create";

/// Reads what stands behind `digime-ca-master:`.
pub(super) fn read(rest: &str) -> Result<ConsentLink, AppLinkError> {
    let rest = rest.trim_start_matches('/').split('#').next().unwrap_or_default();
    let (action, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parameters = Parameters::of_query(query);
    let action = action.trim_end_matches('/').to_ascii_lowercase();
    let old = parameters.optional("CARequestSessionKey")?.is_some();
    match (action.as_str(), old) {
        ("data", true) => prefixed(Wanted::Data, &parameters),
        ("postbox", true) => prefixed(Wanted::Postbox, &parameters),
        ("data", false) => plain(Wanted::Data, None, &parameters),
        ("authorize", false) => {
            let code = parameters.required("preAuthorizationCode")?;
            plain(Wanted::Data, Some(code), &parameters)
        }
        ("postbox/create" | "postbox", false) => {
            let code = parameters.optional("preAuthorizationCode")?;
            plain(Wanted::Postbox, code, &parameters)
        }
        (other, _) => {
            let found = other.chars().take(60).collect();
            Err(AppLinkError::UnknownAction { found, known: KNOWN })
        }
    }
}

/// iOS 2.
fn prefixed(wanted: Wanted, parameters: &Parameters) -> Result<ConsentLink, AppLinkError> {
    Ok(ConsentLink {
        wanted,
        session: parameters.session_key("CARequestSessionKey")?,
        application_id: Some(application_id("CARequestRegisteredAppID", parameters)?),
        preauthorization_code: None,
        reply: ReplyForm::Ios(IosForm::Prefixed),
    })
}

/// iOS 3 and 4.
fn plain(
    wanted: Wanted,
    preauthorization_code: Option<String>,
    parameters: &Parameters,
) -> Result<ConsentLink, AppLinkError> {
    Ok(ConsentLink {
        wanted,
        session: parameters.session_key("sessionKey")?,
        application_id: Some(application_id("appId", parameters)?),
        preauthorization_code,
        reply: ReplyForm::Ios(IosForm::Plain),
    })
}

/// The application's id, which the scheme of the answer is made of.
fn application_id(name: &'static str, parameters: &Parameters) -> Result<String, AppLinkError> {
    let id = parameters.required(name)?;
    match id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '+')) {
        true => Ok(id),
        false => {
            let problem = "no id that can be part of a URL scheme".to_owned();
            Err(AppLinkError::Unusable { name, problem })
        }
    }
}
