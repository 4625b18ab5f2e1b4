//! Intents: what Android starts the digi.me app with (protocol reference, legacy/deep-links §5.1).

use super::parameters::{Parameters, percent_decoded};
use super::{AppLink, AppLinkError, ConsentLink, Intent, ReplyForm, Wanted, digime};

const KNOWN: &str = "android.intent.action.DIGI_PERMISSION_REQUEST, \
    android.intent.action.DIGI_POSTBOX_AUTH_REQUEST, android.intent.action.me.digi.consent-access and \
    android.intent.action.me.digi.postbox-create";

/// Reads an intent. Version 1 names its extras otherwise than 2 and 3.
pub(super) fn read(intent: &Intent) -> Result<ConsentLink, AppLinkError> {
    let wanted = match intent.action.as_str() {
        "android.intent.action.DIGI_PERMISSION_REQUEST" | "android.intent.action.me.digi.consent-access" => {
            Wanted::Data
        }
        "android.intent.action.DIGI_POSTBOX_AUTH_REQUEST"
        | "android.intent.action.me.digi.postbox-create" => Wanted::Postbox,
        other => {
            let found = other.chars().take(80).collect();
            return Err(AppLinkError::UnknownAction { found, known: KNOWN });
        }
    };
    let extras = Parameters::of_pairs(intent.extras.clone());
    Ok(ConsentLink {
        wanted,
        session: super::SessionName::Key(extras.either("sessionKey", "KEY_SESSION_TOKEN")?),
        application_id: Some(extras.either("appId", "KEY_APP_ID")?),
        preauthorization_code: extras.optional("preauthorizationCode")?,
        reply: ReplyForm::Android,
    })
}

/// Reads what stands behind `intent:`, in the form that Android writes an intent in:
/// `#Intent;action=…;S.name=value;end`.
pub(super) fn read_uri(rest: &str) -> Result<AppLink, AppLinkError> {
    let (data, fields) = rest.split_once("#Intent;").ok_or(AppLinkError::Missing("#Intent;"))?;
    let fields = fields.trim_end().trim_end_matches(';');
    let fields = fields.strip_suffix("end").ok_or(AppLinkError::Missing("end"))?;
    let mut intent = Intent::default();
    let mut scheme = None;
    for field in fields.split(';').filter(|field| !field.is_empty()) {
        let (name, value) = field.split_once('=').ok_or_else(|| AppLinkError::Unusable {
            name: "#Intent",
            problem: "a list with a field that has no value".to_owned(),
        })?;
        let value = percent_decoded(value);
        match (name, name.strip_prefix("S.")) {
            ("action", _) => intent.action = value,
            ("scheme", _) => scheme = Some(value),
            (_, Some(extra)) => {
                let extra = percent_decoded(extra);
                if intent.extras.get(&extra).is_some_and(|before| *before != value) {
                    return Err(AppLinkError::Repeated(extra));
                }
                intent.extras.insert(extra, value);
            }
            // Package, type, flags and extras that are no text.
            _ => {}
        }
    }
    // A receipt is a link that Android opens as it is.
    if scheme.as_deref() == Some("digime") {
        return digime::read(data);
    }
    if intent.action.is_empty() {
        return Err(AppLinkError::Missing("action"));
    }
    read(&intent).map(AppLink::Consent)
}
