//! What the user comes back with, in the words of each generation
//! (protocol reference, legacy/deep-links §2, legacy/js-5-to-12 §3).

use subtle::ConstantTimeEq;

use crate::consent::callback::{self, check_state, malformed, mismatch, single};
use crate::error::{CallbackErrorCode, Error, ErrorKind, Operation, Result};
use crate::ids::{AuthorizationCode, SessionKey};
use crate::legacy::client::LegacyClient;
use crate::legacy::generation::{BY_LINK, Generation};
use crate::legacy::postbox::Postbox;
use crate::legacy::session::LegacySession;

/// How a consent ended: with what was granted, or without.
///
/// **Legacy**, v1 to v1.6; today [`crate::CallbackResult`]
/// (protocol reference, legacy/deep-links §2, legacy/js-5-to-12 §3).
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Outcome<T> {
    /// The user consented.
    Approved(T),
    /// The user declined.
    Cancelled,
    /// Something failed on the way.
    Failed(ConsentFailure),
}

impl<T> Outcome<T> {
    /// What was granted, or the refusal as an error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ConsentDenied`]; [`Error::declined`] is
    /// [`CallbackErrorCode::UserCancel`] if the user declined.
    pub fn approved(self) -> Result<T> {
        match self {
            Self::Approved(granted) => Ok(granted),
            Self::Cancelled => Err(callback::declined(DENIED, CallbackErrorCode::UserCancel)),
            Self::Failed(failure) => Err(failure.into_error()),
        }
    }

    pub(crate) fn try_map<U>(self, map: impl FnOnce(T) -> Result<U>) -> Result<Outcome<U>> {
        Ok(match self {
            Self::Approved(granted) => Outcome::Approved(map(granted)?),
            Self::Cancelled => Outcome::Cancelled,
            Self::Failed(failure) => Outcome::Failed(failure),
        })
    }
}

const DENIED: &str = "the user's consent was not given";

/// What a callback says of a failure. Whoever made the link chose these words.
///
/// **Legacy**, v1.4 to v1.6 (protocol reference, legacy/deep-links §2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsentFailure {
    /// `errorCode`, in v1.6.
    pub error_code: CallbackErrorCode,
    /// `message`, up to v1.5.
    pub message: Option<String>,
    /// `reference`, to quote to the platform's support.
    pub reference: Option<String>,
}

impl ConsentFailure {
    fn read(query: &str, error_code: CallbackErrorCode) -> Result<Self> {
        let text = |name| Ok::<_, Error>(single(query, name)?.filter(|text| !text.is_empty()));
        Ok(Self { error_code, message: text("message")?, reference: text("reference")? })
    }

    fn into_error(self) -> Error {
        let Self { error_code, message, reference } = self;
        let mut what = match message {
            Some(message) => format!("{DENIED}: {:?}", cut(&message)),
            None => format!("{DENIED}: {error_code}"),
        };
        if let Some(reference) = reference {
            what.push_str(&format!(" [reference {:?}]", cut(&reference)));
        }
        Error::new(ErrorKind::ConsentDenied, what)
            .with_operation(Operation::Callback)
            .with_declined(error_code)
    }
}

fn cut(text: &str) -> String {
    text.chars().take(200).collect()
}

/// A callback whose binding to its flow has been checked.
pub(crate) struct Callback {
    query: String,
    generation: Generation,
}

impl Callback {
    /// Checks that the callback belongs to the flow. A refusal need not name `state`:
    /// the platform adds it to successes only, and nothing of a refusal is used. A
    /// `state` or session key that is there must be the right one.
    pub(crate) fn read(
        generation: Generation,
        url_or_query: &str,
        state: Option<&str>,
        session: &SessionKey,
    ) -> Result<Self> {
        let callback = Self { query: query_of(url_or_query)?, generation };
        let query = &callback.query;
        if let Some(state) = state
            && (callback::values(query, "state").next().is_some() || callback.claims_success())
        {
            check_state(query, state)?;
        }
        if let Some(key) = single(query, "sessionKey")?
            && !bool::from(key.as_bytes().ct_eq(session.expose().as_bytes()))
        {
            return Err(mismatch("its session is another one"));
        }
        Ok(callback)
    }

    /// Whether it is anything but a plain refusal.
    fn claims_success(&self) -> bool {
        let refusals: &[&str] = match self.generation {
            Generation::V1_6 => &["false"],
            _ => &["CANCEL", "CANCELLED", "ERROR"],
        };
        let name = if self.generation == Generation::V1_6 { "success" } else { "result" };
        callback::values(&self.query, name).any(|value| !refusals.contains(&value.as_str()))
            || callback::values(&self.query, "code").next().is_some()
    }

    /// The result, `ready` being the word for success before v1.4.
    pub(crate) fn outcome(&self, ready: &str) -> Result<Outcome<()>> {
        let query = &self.query;
        let outcome = match self.generation {
            Generation::V1_6 => self.by_success()?,
            generation => {
                let result = single(query, "result")?;
                let failed = |code| ConsentFailure::read(query, code).map(Outcome::Failed);
                match (result.as_deref(), generation.is_first()) {
                    (None, _) => return Err(malformed("it does not say `result`")),
                    (Some(result), true) if result == ready => Outcome::Approved(()),
                    (Some("CANCELLED"), true) | (Some("CANCEL"), false) => Outcome::Cancelled,
                    (Some("SUCCESS"), false) => Outcome::Approved(()),
                    (Some("ERROR"), false) => failed(CallbackErrorCode::Unspecified)?,
                    (Some(_), _) => return Err(malformed("its `result` is unknown in this generation")),
                }
            }
        };
        let granted = ["code", "postboxId", "publicKey"];
        if !matches!(outcome, Outcome::Approved(()))
            && granted.iter().any(|name| callback::values(query, name).next().is_some())
        {
            return Err(malformed("it reports failure and grants something"));
        }
        Ok(outcome)
    }

    fn by_success(&self) -> Result<Outcome<()>> {
        let error_code = single(&self.query, "errorCode")?;
        match (single(&self.query, "success")?.as_deref(), error_code.as_deref()) {
            (Some("true"), None) => Ok(Outcome::Approved(())),
            (Some("true"), Some(_)) => Err(malformed("it reports success and an error code")),
            (Some("false"), Some("USER_CANCEL")) => Ok(Outcome::Cancelled),
            (Some("false"), code) => {
                let code = CallbackErrorCode::from(code.unwrap_or_default());
                ConsentFailure::read(&self.query, code).map(Outcome::Failed)
            }
            (Some(_), _) => Err(malformed("`success` is neither `true` nor `false`")),
            (None, _) => Err(malformed("it does not say `success`")),
        }
    }

    pub(crate) fn code(&self) -> Result<AuthorizationCode> {
        Ok(AuthorizationCode::new(self.required("code")?))
    }

    pub(crate) fn postbox(&self) -> Result<Postbox> {
        Postbox::new(self.required("postboxId")?, &self.required("publicKey")?)
            .map_err(|error| malformed(error).with_operation(Operation::Callback))
    }

    fn required(&self, name: &str) -> Result<String> {
        single(&self.query, name)?
            .filter(|value| !value.is_empty())
            .ok_or_else(|| malformed(format!("it reports success without a `{name}`")))
    }
}

/// The query of a callback, whose URL may lack `://` (legacy §2, rule 26).
fn query_of(url_or_query: &str) -> Result<String> {
    if let Some((before, query)) = url_or_query.split_once('?')
        && !before.contains(['=', '&', ':', '/'])
    {
        return callback::query_of(&format!("?{query}"));
    }
    callback::query_of(url_or_query)
}

impl LegacyClient {
    /// Reads the callback of a [consent link](LegacyClient::consent_link) or
    /// [guest page](LegacyClient::guest_link): after an approval the session can be
    /// read.
    ///
    /// **Legacy**, v1 to v1.5; today [`crate::Authorization::callback`]
    /// (protocol reference, legacy/deep-links §2). These callbacks have no `state`:
    /// put a value of your own into the callback URL and compare it.
    ///
    /// ```
    /// use digime::legacy::{Generation, LegacySession, Outcome};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let client = digime::Client::builder("app").build()?;
    /// let kept = r#"{"sessionKey":"key-1","sessionExchangeToken":"token-1","expiry":1614946500000}"#;
    /// let session: LegacySession = serde_json::from_str(kept)?;
    /// let legacy = client.legacy(Generation::V1_4);
    /// let outcome = legacy.consent_callback(&session, "/return?login=7&result=CANCEL")?;
    /// assert_eq!(outcome, Outcome::Cancelled);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Callback`] if it is malformed or contradicts itself;
    /// [`ErrorKind::StateMismatch`] if it names another session;
    /// [`ErrorKind::Config`] in v1.6.
    pub fn consent_callback(&self, session: &LegacySession, url_or_query: &str) -> Result<Outcome<()>> {
        self.one_off(session, url_or_query)?.outcome("DATA_READY")
    }

    /// Reads the callback of a [postbox link](LegacyClient::postbox_link).
    ///
    /// **Legacy**, v1 to v1.5 (protocol reference, legacy/deep-links §2).
    ///
    /// # Errors
    ///
    /// As [`LegacyClient::consent_callback`]; [`ErrorKind::Callback`] too if the
    /// postbox or its key is missing or unusable.
    pub fn postbox_callback(&self, session: &LegacySession, url_or_query: &str) -> Result<Outcome<Postbox>> {
        let callback = self.one_off(session, url_or_query)?;
        callback.outcome("POSTBOX_READY")?.try_map(|()| callback.postbox())
    }

    fn one_off(&self, session: &LegacySession, url_or_query: &str) -> Result<Callback> {
        self.generation().check(BY_LINK, "one-off callback", "use `PendingConsent::callback`")?;
        Callback::read(self.generation(), url_or_query, None, &session.session_key)
    }
}
