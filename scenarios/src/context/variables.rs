//! The names that a scenario may ask for: what it captured, and what has a value without that.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digime::User;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{CALLBACK, ScenarioContext};
use crate::clock;
use crate::format::template::Values;
use crate::random;

/// A code verifier of the official Node client's form, for raw requests.
const VERIFIER: &str = "YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY";

/// Names that have a value without being captured.
pub(crate) const BUILT_IN: [&str; 20] = [
    "access_token",
    "account_reference",
    "api",
    "application",
    "callback",
    "challenge",
    "client_id",
    "code",
    "contract",
    "exchange_token",
    "nonce",
    "now",
    "now_seconds",
    "onboard",
    "origin",
    "postbox",
    "refresh_token",
    "sandbox",
    "session",
    "verifier",
];

impl Values for ScenarioContext {
    fn value(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.captured.last().and_then(|layer| layer.get(name)) {
            return Some(value.clone());
        }
        let user_state = self.known_user();
        let token = || {
            let today = user_state?.user.as_ref().map(User::token);
            today.or_else(|| user_state?.older.token.clone())
        };
        let opened = || user_state?.older.opened.as_ref();
        let from_callback = |parameter: &str| {
            let query = user_state?.callback.as_deref()?.split_once('?')?.1.to_owned();
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(known, _)| known == parameter).map(|(_, value)| value.into_owned())
        };
        let contract = || self.contract_key(None).ok().map(|contract| contract.contract_id.clone());
        let text = match name {
            "access_token" => token()?.access_token.value.expose().to_owned(),
            "refresh_token" => token()?.refresh_token.value.expose().to_owned(),
            "code" => from_callback("code")?,
            "account_reference" => from_callback("accountReference")?,
            "session" => user_state?.session.as_ref()?.expose().to_owned(),
            "exchange_token" => opened()?.session_exchange_token.expose().to_owned(),
            "postbox" => user_state?.older.postbox.as_ref()?.id().to_owned(),
            "application" => self.environment.application_id.clone(),
            "contract" => contract()?,
            "client_id" => format!("{}_{}", self.environment.application_id, contract()?),
            "api" => self.environment.urls.api.clone(),
            "onboard" => self.environment.urls.onboard.clone(),
            "origin" => self.environment.urls.origin(),
            "callback" => CALLBACK.to_owned(),
            "sandbox" => self.environment.control.as_ref()?.sandbox().to_owned(),
            "verifier" => VERIFIER.to_owned(),
            "challenge" => URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)),
            "nonce" => random::nonce(),
            "now" => return Some(clock::unix_millis().into()),
            "now_seconds" => return Some((clock::unix_millis() / 1000).into()),
            _ => return None,
        };
        Some(Value::String(text))
    }

    fn names(&self) -> Vec<String> {
        let captured = self.captured.last().into_iter().flat_map(|layer| layer.keys().cloned());
        captured.chain(BUILT_IN.map(str::to_owned)).collect()
    }
}
