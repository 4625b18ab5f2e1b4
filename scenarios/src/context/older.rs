//! What an application of an older generation holds: the SDK for it, sessions, tokens, postboxes.

use digime::UserAccessToken;
use digime::legacy::{LegacyClient, LegacyContract, LegacySession, Postbox, Renewed, SessionFiles};

use super::{CALLBACK, ScenarioContext, StepError};
use crate::format::{ContractKind, Field};

/// What an application of an older generation holds of a user.
#[derive(Default)]
pub(crate) struct OlderUser {
    /// The session that was opened last.
    pub(crate) opened: Option<LegacySession>,
    /// The tokens, once a code was exchanged.
    pub(crate) token: Option<UserAccessToken>,
    /// Where the user takes files.
    pub(crate) postbox: Option<Postbox>,
}

impl ScenarioContext {
    /// The SDK for the scenario's generation, if that is an older one which the SDK speaks.
    pub(crate) fn older(&self) -> Option<&LegacyClient> {
        self.older.as_ref()
    }

    /// The SDK for a step that only older generations have.
    ///
    /// # Errors
    /// [`StepError::Misuse`] in today's generation.
    pub(crate) fn required_older(&self) -> Result<LegacyClient, StepError> {
        let missing = || StepError::Misuse("this step needs an older `generation`, such as v1.4".to_owned());
        self.older.clone().ok_or_else(missing)
    }

    /// A contract with the callback that older generations repeat in every signed request.
    ///
    /// # Errors
    /// As [`ScenarioContext::contract`].
    pub(crate) fn older_contract(
        &self,
        kind: Option<ContractKind>,
        callback: Option<String>,
    ) -> Result<LegacyContract, StepError> {
        let callback = callback.unwrap_or_else(|| CALLBACK.to_owned());
        Ok(LegacyContract::new(self.contract(kind, None)?, callback)?)
    }

    /// The session that was opened last.
    ///
    /// # Errors
    /// [`StepError::Misuse`] if there is none.
    pub(crate) fn opened(&self) -> Result<LegacySession, StepError> {
        let opened = self.known_user().and_then(|user_state| user_state.older.opened.clone());
        opened.ok_or_else(|| StepError::Misuse("there is no session yet: `session` comes first".to_owned()))
    }

    /// The tokens of the user who acts.
    ///
    /// # Errors
    /// [`StepError::Misuse`] before the exchange.
    pub(crate) fn older_token(&self) -> Result<UserAccessToken, StepError> {
        let token = self.known_user().and_then(|user_state| user_state.older.token.clone());
        token.ok_or_else(|| {
            StepError::Misuse(
                "there are no tokens yet: `authorize`, `consent` and `exchange` come first".into(),
            )
        })
    }

    /// The postbox of the user who acts.
    ///
    /// # Errors
    /// [`StepError::Misuse`] before there is one.
    pub(crate) fn postbox(&self) -> Result<Postbox, StepError> {
        let postbox = self.known_user().and_then(|user_state| user_state.older.postbox.clone());
        postbox.ok_or_else(|| {
            StepError::Misuse("there is no postbox yet: the consent to a write contract gives it".to_owned())
        })
    }

    /// What a call with a token came to; a new pair is kept.
    pub(crate) fn renewed<T>(&mut self, renewed: Renewed<T>) -> T {
        let Renewed { value, updated_token, .. } = renewed;
        if let Some(token) = updated_token {
            self.user_state().older.token = Some(token);
        }
        value
    }

    /// The files of a session, which its key alone opens.
    ///
    /// # Errors
    /// As [`ScenarioContext::session`] and [`ScenarioContext::contract`].
    pub(crate) fn session_files(
        &self,
        older: &LegacyClient,
        session: Option<&Field<String>>,
    ) -> Result<SessionFiles, StepError> {
        Ok(older.session_files(&self.contract(None, None)?, &self.session(session)?))
    }
}
