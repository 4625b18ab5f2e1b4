//! What the app gets back, in the words of the generation that opened the link (protocol reference,
//! legacy/deep-links §§2 to 5).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{ConsentLink, IosForm, PushComplete, ReplyForm, Wanted, Words};
use crate::domain::consent::CallbackErrorCode;
use crate::domain::postbox::PostboxRef;
use crate::domain::redirect::with_parameters;

/// The version of the digi.me app that answers: iOS and Android keep it among their diagnostics.
const APP_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the user's decision came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LinkOutcome {
    /// The user agreed.
    Agreed(Agreed),
    /// The user did not, or something went wrong.
    Failed {
        /// What.
        error: CallbackErrorCode,
        /// The app's `state`, if its consent is an ongoing one.
        state: Option<String>,
        /// What the app shows to its user, who may complain.
        reference: String,
    },
}

/// What an app gets with the user's consent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Agreed {
    /// The authorization code of an ongoing consent.
    pub code: Option<String>,
    /// The app's `state`.
    pub state: Option<String>,
    /// The postbox that was made.
    pub postbox: Option<PostboxRef>,
}

/// How an answer reaches the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LinkAnswer {
    /// This address is opened.
    Location(String),
    /// The activity that the app started ends.
    Result(IntentResult),
}

/// What an Android app gets back from the digi.me app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IntentResult {
    /// `RESULT_OK` (−1) or `RESULT_CANCELED` (0), by which version 1 tells success.
    pub result_code: i32,
    /// The extras, by which later versions do.
    pub extras: BTreeMap<String, String>,
}

type Pairs<'a> = Vec<(&'static str, &'a str)>;

impl ConsentLink {
    /// The answer to the app, which opened the session of this key.
    pub(crate) fn answer(&self, session_key: &str, outcome: &LinkOutcome) -> LinkAnswer {
        match &self.reply {
            ReplyForm::Callback { url, words } | ReplyForm::Guest { url, words } => {
                let parameters = match words {
                    Words::Ready => in_first_words(self.wanted, outcome),
                    Words::Success { names_session } => {
                        let named = Some(session_key).filter(|_| *names_session);
                        self.in_later_words(named, outcome)
                    }
                };
                LinkAnswer::Location(with_parameters(url, &parameters))
            }
            ReplyForm::Ios(form) => {
                let parameters = match form {
                    IosForm::Prefixed => prefixed(session_key, outcome),
                    IosForm::Plain => plain(session_key, outcome),
                };
                LinkAnswer::Location(with_parameters(&self.ios_address(), &parameters))
            }
            ReplyForm::Android => LinkAnswer::Result(self.intent_result(session_key, outcome)),
        }
    }

    /// Where an iOS app is reached.
    pub(super) fn ios_address(&self) -> String {
        let host = match (self.wanted, self.is_ongoing()) {
            (Wanted::Postbox, _) => "postbox",
            (Wanted::Data, true) => "authorize",
            (Wanted::Data, false) => "data",
        };
        format!("digime-ca-{}://{host}", self.application_id.as_deref().unwrap_or_default())
    }

    fn in_later_words<'a>(&self, named: Option<&'a str>, outcome: &'a LinkOutcome) -> Pairs<'a> {
        let mut parameters = vec![("result", result(outcome))];
        match outcome {
            LinkOutcome::Agreed(agreed) => {
                parameters.extend(agreed.code.as_deref().map(|code| ("code", code)));
                parameters.extend(agreed.state.as_deref().map(|state| ("state", state)));
                let session = named.filter(|_| agreed.code.is_some() && self.wanted == Wanted::Data);
                parameters.extend(session.map(|key| ("sessionKey", key)));
                parameters.extend(postbox(agreed, ("postboxId", "publicKey")));
            }
            LinkOutcome::Failed { state, error, reference } => {
                // iOS reads it on its way back from the guest page (protocol reference, legacy/deep-links §3).
                let by_ios =
                    matches!(&self.reply, ReplyForm::Guest { url, .. } if url.starts_with("digime-ca-"));
                let reported = by_ios && !is_cancel(error);
                parameters.extend(reported.then_some(("reference", reference.as_str())));
                let message = Some(message(error)).filter(|_| self.is_ongoing() && !is_cancel(error));
                parameters.extend(message.map(|message| ("message", message)));
                let state = state.as_deref().filter(|_| self.is_ongoing());
                parameters.extend(state.map(|state| ("state", state)));
            }
        }
        parameters
    }

    fn intent_result(&self, session_key: &str, outcome: &LinkOutcome) -> IntentResult {
        let mut extras = BTreeMap::new();
        let mut put = |name: &str, value: &str| extras.insert(name.to_owned(), value.to_owned());
        put("result", result(outcome));
        put("sessionKey", session_key);
        put("digiMeVersion", APP_VERSION);
        if self.wanted == Wanted::Postbox {
            // Without them the client crashes, whatever the result.
            put("postbox_id", "");
            put("postbox_public_key", "");
        }
        match outcome {
            LinkOutcome::Agreed(agreed) => {
                if let Some(code) = &agreed.code {
                    put("authorizationCode", code);
                }
                for (name, value) in postbox(agreed, ("postbox_id", "postbox_public_key")) {
                    put(name, value);
                }
            }
            LinkOutcome::Failed { error, .. } if is_cancel(error) => {}
            LinkOutcome::Failed { error, reference, .. } => {
                put("argonErrorCode", &error.to_string());
                put("argonErrorMessage", message(error));
                put("argonErrorReference", reference);
            }
        }
        let result_code = if matches!(outcome, LinkOutcome::Agreed(_)) { -1 } else { 0 };
        IntentResult { result_code, extras }
    }
}

impl PushComplete {
    /// The answer to the app. No source says what it is: the words are those of the generation, and the
    /// data is there.
    pub(crate) fn answer(&self, delivered: bool) -> String {
        let result = if delivered { "DATA_READY" } else { "CANCELLED" };
        with_parameters(&self.callback, &[("result", result)])
    }
}

fn in_first_words(wanted: Wanted, outcome: &LinkOutcome) -> Pairs<'_> {
    match (outcome, wanted) {
        // There is no word for an error.
        (LinkOutcome::Failed { .. }, _) => vec![("result", "CANCELLED")],
        (LinkOutcome::Agreed(_), Wanted::Data) => vec![("result", "DATA_READY")],
        (LinkOutcome::Agreed(agreed), Wanted::Postbox) => {
            let mut parameters = vec![("result", "POSTBOX_READY")];
            parameters.extend(postbox(agreed, ("postboxId", "publicKey")));
            parameters
        }
    }
}

/// iOS 2.
fn prefixed<'a>(session_key: &'a str, outcome: &'a LinkOutcome) -> Pairs<'a> {
    let (response, postbox) = match outcome {
        LinkOutcome::Agreed(agreed) => {
            ("1", postbox(agreed, ("CARequestPostboxId", "CARequestPostboxPublicKey")))
        }
        LinkOutcome::Failed { .. } => ("0", Vec::new()),
    };
    let mut parameters = vec![("CADigimeResponse", response), ("CARequestSessionKey", session_key)];
    parameters.extend(postbox);
    parameters
}

/// iOS 3 and 4.
fn plain<'a>(session_key: &'a str, outcome: &'a LinkOutcome) -> Pairs<'a> {
    let mut parameters = vec![("sessionKey", session_key), ("result", result(outcome))];
    match outcome {
        LinkOutcome::Agreed(agreed) => {
            parameters.extend(agreed.code.as_deref().map(|code| ("authorizationCode", code)));
            parameters.extend(postbox(agreed, ("postboxId", "publicKey")));
        }
        LinkOutcome::Failed { error, reference, .. } if !is_cancel(error) => {
            parameters.push(("reference", reference));
        }
        LinkOutcome::Failed { .. } => {}
    }
    parameters.push(("digiMeVersion", APP_VERSION));
    parameters
}

fn postbox<'a>(agreed: &'a Agreed, (id, key): (&'static str, &'static str)) -> Pairs<'a> {
    let made = agreed.postbox.as_ref();
    made.map_or_else(Vec::new, |it| vec![(id, it.id.as_str()), (key, it.public_pem.as_str())])
}

fn result(outcome: &LinkOutcome) -> &'static str {
    match outcome {
        LinkOutcome::Agreed(_) => "SUCCESS",
        LinkOutcome::Failed { error, .. } if is_cancel(error) => "CANCEL",
        LinkOutcome::Failed { .. } => "ERROR",
    }
}

fn is_cancel(error: &CallbackErrorCode) -> bool {
    *error == CallbackErrorCode::UserCancel
}

/// What went wrong, for people.
fn message(error: &CallbackErrorCode) -> &str {
    match error {
        CallbackErrorCode::InitializeCheckFail => "The request cannot be understood",
        CallbackErrorCode::InvalidCode => "The request is over",
        CallbackErrorCode::UserCancel => "The user declined",
        CallbackErrorCode::OnboardError => "The source could not be connected",
        CallbackErrorCode::ServerError => "The server failed",
        CallbackErrorCode::Other(code) => code,
    }
}
