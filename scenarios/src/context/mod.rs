//! Where a scenario stands while it runs: its users, what the application holds of them, and what was
//! captured.

mod client;
mod error;
mod older;
mod page;
mod reader;
mod user;
mod variables;

use std::collections::BTreeMap;
use std::time::Duration;

use client::client;
use digime::legacy::LegacyClient;
use digime::{Client, Contract, PrivateKey, User};
pub(crate) use error::{StepError, StepOutcome, without_nulls};
pub(crate) use page::{Gives, LinkTarget, Page, StraightBack};
use serde_json::Value;
pub(crate) use user::UserState;
pub(crate) use variables::BUILT_IN;

use crate::format::{ClientSetup, ContractKind, Field, Generation, template};
use crate::record::Recording;
use crate::target::{ContractKey, Control, Environment};

/// The callback of every authorization that names no other.
pub(crate) const CALLBACK: &str = "http://127.0.0.1:9000/callback";

/// Where a scenario stands.
pub(crate) struct ScenarioContext {
    pub(crate) environment: Environment,
    pub(crate) client: Client,
    /// For what the SDK does not do; it follows no redirects.
    pub(crate) http: reqwest::Client,
    pub(crate) recording: Recording,
    pub(crate) generation: Generation,
    /// The SDK for an older generation.
    older: Option<LegacyClient>,
    users: BTreeMap<String, UserState>,
    acting: String,
    /// What was captured, one layer for each flow that is being reused.
    captured: Vec<BTreeMap<String, Value>>,
}

impl ScenarioContext {
    /// The beginning of a scenario.
    ///
    /// # Errors
    /// [`StepError`] if the SDK refuses its settings.
    pub(crate) fn open(
        environment: Environment,
        setup: &ClientSetup,
        generation: Generation,
        http: reqwest::Client,
    ) -> Result<Self, StepError> {
        let recording = Recording::start();
        let client = client(&environment, setup, &recording)?;
        let older = generation.older().map(|generation| client.legacy(generation));
        Ok(Self {
            environment,
            client,
            http,
            recording,
            generation,
            older,
            users: BTreeMap::new(),
            acting: String::new(),
            captured: vec![BTreeMap::new()],
        })
    }

    /// Sets the SDK up anew; all users go on with their tokens.
    ///
    /// # Errors
    /// [`StepError`] if the SDK refuses its settings.
    pub(crate) fn set_up(&mut self, setup: &ClientSetup) -> Result<(), StepError> {
        self.client = client(&self.environment, setup, &self.recording)?;
        self.older = self.generation.older().map(|generation| self.client.legacy(generation));
        for user in self.users.values_mut().filter_map(|user_state| user_state.user.as_mut()) {
            *user = self.client.user(user.contract(), user.token());
        }
        Ok(())
    }

    /// Makes a user the one who acts.
    pub(crate) fn act_as(&mut self, name: Option<&str>) {
        self.acting = name.unwrap_or_default().to_owned();
    }

    /// The user who acts.
    pub(crate) fn user_state(&mut self) -> &mut UserState {
        self.users.entry(self.acting.clone()).or_default()
    }

    pub(crate) fn known_user(&self) -> Option<&UserState> {
        self.users.get(&self.acting)
    }

    /// The user who acts, with their tokens.
    ///
    /// # Errors
    /// [`StepError::Misuse`] before the exchange.
    pub(crate) fn user(&self) -> Result<User, StepError> {
        self.known_user().and_then(|user_state| user_state.user.clone()).ok_or_else(|| {
            StepError::Misuse(
                "there are no tokens yet: `authorize`, `consent` and `exchange` come first".into(),
            )
        })
    }

    /// The session that a step names, or the present one.
    ///
    /// # Errors
    /// [`StepError::Misuse`] if there is none.
    pub(crate) fn session(&self, named: Option<&Field<String>>) -> Result<digime::SessionKey, StepError> {
        if let Some(named) = named {
            return self.field(named).map(digime::SessionKey::new);
        }
        let session = self.known_user().and_then(|user_state| user_state.session.as_ref());
        session.cloned().ok_or_else(|| {
            StepError::Misuse("there is no session yet: `authorize` or `session` comes first".into())
        })
    }

    /// The key of a contract of a kind.
    ///
    /// # Errors
    /// [`StepError::Skip`] if the target has no such contract.
    pub(crate) fn contract_key(&self, kind: Option<ContractKind>) -> Result<&ContractKey, StepError> {
        let kind = kind.or_else(|| self.known_user()?.contract).unwrap_or_default();
        let found = self.environment.contracts.iter().find(|contract| contract.kind == kind.as_str());
        found.ok_or_else(|| StepError::Skip(format!("the target has no contract of the kind {kind}")))
    }

    /// A contract for the SDK.
    ///
    /// # Errors
    /// [`StepError`] if there is none of this kind, or its key is unusable.
    pub(crate) fn contract(
        &self,
        kind: Option<ContractKind>,
        key_of: Option<ContractKind>,
    ) -> Result<Contract, StepError> {
        let id = self.contract_key(kind)?.contract_id.clone();
        let pem = self
            .contract_key(key_of.or(kind))?
            .private_key
            .as_deref()
            .ok_or_else(|| StepError::Skip(format!("the private key of {id} is not known")))?;
        let key = PrivateKey::from_pem(pem)?;
        Ok(Contract::new(id, key)?)
    }

    /// The control API.
    ///
    /// # Errors
    /// [`StepError::Skip`] if the target has none.
    pub(crate) fn control(&self) -> Result<&Control, StepError> {
        self.environment.control.as_ref().ok_or_else(|| {
            StepError::Skip("it needs the control API, which only the mock server has".to_owned())
        })
    }

    /// The value of a field.
    ///
    /// # Errors
    /// [`StepError::Misuse`] if its template cannot be resolved.
    pub(crate) fn field<T: serde::de::DeserializeOwned + Clone>(
        &self,
        field: &Field<T>,
    ) -> Result<T, StepError> {
        template::field(field, self).map_err(StepError::Misuse)
    }

    /// The value of a field that may be absent.
    ///
    /// # Errors
    /// As [`ScenarioContext::field`].
    pub(crate) fn optional<T: serde::de::DeserializeOwned + Clone>(
        &self,
        field: Option<&Field<T>>,
    ) -> Result<Option<T>, StepError> {
        field.map(|field| self.field(field)).transpose()
    }

    /// A JSON value whose templates are resolved.
    ///
    /// # Errors
    /// As [`ScenarioContext::field`].
    pub(crate) fn json(&self, value: &Value) -> Result<Value, StepError> {
        template::json(value, self).map_err(StepError::Misuse)
    }

    /// Keeps a value for later steps.
    pub(crate) fn capture(&mut self, name: &str, value: Value) {
        if let Some(layer) = self.captured.last_mut() {
            layer.insert(name.to_owned(), value);
        }
    }

    /// Begins a reused flow, which sees what it is given and nothing else.
    pub(crate) fn enter(&mut self, given: BTreeMap<String, Value>) {
        self.captured.push(given);
    }

    /// Ends a reused flow; what it captured is the reusing file's now, what it was given is not.
    pub(crate) fn leave(&mut self, given: &[String]) {
        if self.captured.len() > 1
            && let Some(layer) = self.captured.pop()
        {
            for (name, value) in layer.into_iter().filter(|(name, _)| !given.contains(name)) {
                self.capture(&name, value);
            }
        }
    }

    /// Waits on the sandbox's clock where there is one, else for real. Gives how far it was moved.
    ///
    /// # Errors
    /// [`StepError::Unreachable`] if the control API is gone.
    pub(crate) async fn wait(&self, span: Duration) -> Result<Duration, StepError> {
        match &self.environment.control {
            Some(control) => {
                control.advance(span).await?;
                Ok(span)
            }
            None => {
                tokio::time::sleep(span).await;
                Ok(Duration::ZERO)
            }
        }
    }
}
