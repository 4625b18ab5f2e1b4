//! `digime://…`: what Node hands to the application, and the receipts of all clients (protocol reference,
//! legacy/deep-links §1).

use super::parameters::Parameters;
use super::{AppLink, AppLinkError, ConsentLink, PushComplete, Receipt, ReplyForm, Wanted, Words};

const KNOWN: &str = "consent-access, postbox/create, postbox/push-complete, postbox/import and receipt";

/// Reads what stands behind `digime:`.
pub(super) fn read(rest: &str) -> Result<AppLink, AppLinkError> {
    let rest = rest.trim_start_matches('/').split('#').next().unwrap_or_default();
    let (action, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parameters = Parameters::of_query(query);
    match action.trim_end_matches('/').to_ascii_lowercase().as_str() {
        "consent-access" => consent(Wanted::Data, &parameters).map(AppLink::Consent),
        "postbox/create" => consent(Wanted::Postbox, &parameters).map(AppLink::Consent),
        "postbox/push-complete" => push_complete(&parameters).map(AppLink::PushComplete),
        "postbox/import" => Ok(AppLink::Import),
        "receipt" => receipt(&parameters).map(AppLink::Receipt),
        other => {
            let found = other.chars().take(60).collect();
            Err(AppLinkError::UnknownAction { found, known: KNOWN })
        }
    }
}

fn consent(wanted: Wanted, parameters: &Parameters) -> Result<ConsentLink, AppLinkError> {
    Ok(ConsentLink {
        wanted,
        session: parameters.session_key("sessionKey")?,
        application_id: Some(parameters.required("appId")?),
        preauthorization_code: parameters.optional("preauthorizationCode")?,
        reply: reply(parameters)?,
    })
}

/// The spelling of the callback, and `resultVersion`, tell the words of the answer (protocol reference,
/// legacy/deep-links §1.3).
fn reply(parameters: &Parameters) -> Result<ReplyForm, AppLinkError> {
    let names_session = match parameters.optional("resultVersion")?.as_deref() {
        None => false,
        Some("2") => true,
        Some(other) => {
            let shown: String = other.chars().take(20).collect();
            let problem = format!("\"{shown}\", but the only version that a link names is 2");
            return Err(AppLinkError::Unusable { name: "resultVersion", problem });
        }
    };
    match (parameters.callback("callbackURL")?, parameters.callback("callbackUrl")?) {
        (Some(_), Some(_)) => Err(AppLinkError::Repeated("callbackUrl (once as callbackURL)".to_owned())),
        (Some(url), None) => Ok(ReplyForm::Callback { url, words: Words::Ready }),
        (None, Some(url)) => Ok(ReplyForm::Callback { url, words: Words::Success { names_session } }),
        (None, None) => Err(AppLinkError::Missing("callbackUrl")),
    }
}

fn push_complete(parameters: &Parameters) -> Result<PushComplete, AppLinkError> {
    let old = parameters.callback("callbackURL")?;
    let callback = match old {
        Some(callback) => callback,
        None => parameters.callback("callbackUrl")?.ok_or(AppLinkError::Missing("callbackURL"))?,
    };
    Ok(PushComplete {
        session_key: parameters.required("sessionKey")?,
        postbox_id: parameters.required("postboxId")?,
        callback,
    })
}

/// Older clients write the names in lower case.
fn receipt(parameters: &Parameters) -> Result<Receipt, AppLinkError> {
    Ok(Receipt {
        contract_id: parameters.either("contractId", "contractid")?,
        application_id: parameters.either("appId", "appid")?,
    })
}
