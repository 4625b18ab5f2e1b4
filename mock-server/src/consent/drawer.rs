//! What a page shows developers: how it can fail, which callbacks it leads to, what the request claimed.

use serde_json::{Value, json};

use super::frame::Frame;
use crate::domain::consent::{
    CallbackErrorCode, Page, Success, failure_location, revoked_location, success_location,
};
use crate::domain::state::WaitingConsent;

/// What a page shows developers.
#[derive(Debug)]
pub(super) struct Drawer {
    pub(super) failures: Vec<String>,
    pub(super) on_success: String,
    pub(super) on_decline: String,
    pub(super) claims: String,
    pub(super) expires: String,
    pub(super) console: String,
}

/// What stands where only approval draws a value.
const DRAWN: &str = "…";

impl Drawer {
    /// That of a page whose request is answered at a callback.
    pub(super) fn of(frame: &Frame, page: Page, waiting: &WaitingConsent, callback: &str) -> Self {
        let state = waiting.state.as_deref();
        let revokes = page == Page::Revoke;
        let on_success = match page {
            Page::Revoke => revoked_location(callback),
            _ => {
                let connects = matches!(page, Page::Authorize | Page::Onboard);
                let code = waiting.code_challenge.as_ref().map(|_| DRAWN);
                let account_reference = connects.then_some(DRAWN);
                success_location(callback, Success { state, code, account_reference, postbox: None })
            }
        };
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("text", state.unwrap_or(&waiting.client_id));
        Self {
            failures: CallbackErrorCode::DOCUMENTED.iter().map(ToString::to_string).collect(),
            // It is shown, so that it may stay readable.
            on_success: on_success.replace("%E2%80%A6", DRAWN),
            on_decline: failure_location(callback, state, &CallbackErrorCode::UserCancel, revokes),
            claims: claims(waiting),
            expires: waiting.expires.timestamp().to_string(),
            console: frame.below_root(&format!("__admin/ui/traffic?{}", query.finish())),
        }
    }
}

/// The claims of the request that are kept with its code, as JSON.
fn claims(waiting: &WaitingConsent) -> String {
    let mut claims = json!({ "client_id": waiting.client_id, "redirect_uri": waiting.redirect_uri });
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims[name] = value;
        }
    };
    add("state", waiting.state.as_ref().map(|state| json!(state)));
    add("code_challenge", waiting.code_challenge.as_ref().map(|challenge| json!(challenge)));
    let options = waiting.options.as_ref().and_then(|options| serde_json::to_value(options).ok());
    let without_nothing = options.map(|options| match options {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect())
        }
        other => other,
    });
    add("pull", without_nothing.filter(|it| it.as_object().is_some_and(|it| !it.is_empty())));
    serde_json::to_string_pretty(&claims).unwrap_or_default()
}
