//! Where a scenario stands while it runs: its people, what they hold, and what was captured.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digime::{
    AccountReauthorization, Authorization, Client, Contract, Onboarding, PermissionRevocation, PrivateKey,
    RetryPolicy, Session, User,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::action::Trouble;
use crate::clock;
use crate::format::{ClientSetup, Field, Generation};
use crate::random;
use crate::record::{Recording, SdkObserver};
use crate::target::{ContractKey, Control, Stage};
use crate::template::{self, Values};

/// The callback of every authorization that names no other.
pub(crate) const CALLBACK: &str = "http://127.0.0.1:9000/callback";

/// A code verifier of the official Node client's form, for raw requests.
const VERIFIER: &str = "YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY";

/// Names that have a value without being captured.
pub(crate) const BUILT_IN: [&str; 18] = [
    "access_token",
    "account_reference",
    "api",
    "application",
    "callback",
    "challenge",
    "client_id",
    "code",
    "contract",
    "nonce",
    "now",
    "now_seconds",
    "onboard",
    "origin",
    "refresh_token",
    "sandbox",
    "session",
    "verifier",
];

/// Where a scenario stands.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) client: Client,
    /// For what the SDK does not do; it follows no redirects.
    pub(crate) http: reqwest::Client,
    pub(crate) recording: Recording,
    pub(crate) generation: Generation,
    people: BTreeMap<String, Person>,
    acting: String,
    /// What was captured, one layer for each flow that is being reused.
    captured: Vec<BTreeMap<String, Value>>,
}

/// A page that the browser was sent to: what the application keeps until it comes back.
pub(crate) enum Page {
    /// The user consents, or renews the consent; a code comes back.
    Authorization(Authorization, StraightBack),
    /// A further source is connected.
    Onboarding(Onboarding, StraightBack),
    /// The user logs in to an account again.
    Account(AccountReauthorization),
    /// The user withdraws a permission.
    Revocation(PermissionRevocation),
}

/// Whether a page sends the browser straight back, without a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StraightBack(pub(crate) bool);

impl Page {
    /// Where the browser is sent.
    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Authorization(page, _) => page.url.as_str(),
            Self::Onboarding(page, _) => page.url.as_str(),
            Self::Account(page) => page.url.as_str(),
            Self::Revocation(page) => page.url.as_str(),
        }
    }

    /// Whether it needs no user.
    pub(crate) fn goes_straight_back(&self) -> bool {
        matches!(self, Self::Authorization(_, StraightBack(true)) | Self::Onboarding(_, StraightBack(true)))
    }
}

/// A user, and what the application holds of them.
#[derive(Default)]
pub(crate) struct Person {
    /// The kind of the contract that they consent to.
    pub(crate) contract: Option<String>,
    /// The page that the browser was last sent to.
    pub(crate) page: Option<Page>,
    /// What the browser brought back.
    pub(crate) callback: Option<String>,
    /// The user, once the code was exchanged.
    pub(crate) user: Option<User>,
    /// The present session.
    pub(crate) session: Option<Session>,
}

impl Scene {
    /// The beginning of a scenario.
    ///
    /// # Errors
    /// [`Trouble`] if the SDK refuses its settings.
    pub(crate) fn open(
        stage: Stage,
        setup: &ClientSetup,
        generation: Generation,
        http: reqwest::Client,
    ) -> Result<Self, Trouble> {
        let recording = Recording::start();
        let client = client(&stage, setup, &recording)?;
        Ok(Self {
            stage,
            client,
            http,
            recording,
            generation,
            people: BTreeMap::new(),
            acting: String::new(),
            captured: vec![BTreeMap::new()],
        })
    }

    /// Sets the SDK up anew; all users go on with their tokens.
    ///
    /// # Errors
    /// [`Trouble`] if the SDK refuses its settings.
    pub(crate) fn set_up(&mut self, setup: &ClientSetup) -> Result<(), Trouble> {
        self.client = client(&self.stage, setup, &self.recording)?;
        for user in self.people.values_mut().filter_map(|person| person.user.as_mut()) {
            *user = self.client.user(user.contract(), user.token());
        }
        Ok(())
    }

    /// Makes a user the one who acts.
    pub(crate) fn act_as(&mut self, name: Option<&str>) {
        self.acting = name.unwrap_or_default().to_owned();
    }

    /// The user who acts.
    pub(crate) fn person(&mut self) -> &mut Person {
        self.people.entry(self.acting.clone()).or_default()
    }

    fn known_person(&self) -> Option<&Person> {
        self.people.get(&self.acting)
    }

    /// The user who acts, with their tokens.
    ///
    /// # Errors
    /// [`Trouble::Misuse`] before the exchange.
    pub(crate) fn user(&self) -> Result<User, Trouble> {
        self.known_person().and_then(|person| person.user.clone()).ok_or_else(|| {
            Trouble::Misuse(
                "there are no tokens yet: `authorize`, `consent` and `exchange` come first".into(),
            )
        })
    }

    /// The session that a step names, or the present one.
    ///
    /// # Errors
    /// [`Trouble::Misuse`] if there is none.
    pub(crate) fn session(&self, named: Option<&Field<String>>) -> Result<digime::SessionKey, Trouble> {
        if let Some(named) = named {
            return self.field(named).map(digime::SessionKey::new);
        }
        let session = self.known_person().and_then(|person| person.session.as_ref());
        session.map(|session| session.key.clone()).ok_or_else(|| {
            Trouble::Misuse("there is no session yet: `authorize` or `session` comes first".into())
        })
    }

    /// The key of a contract of a kind.
    ///
    /// # Errors
    /// [`Trouble::Skip`] if the target has no such contract.
    pub(crate) fn contract_key(&self, kind: Option<&str>) -> Result<&ContractKey, Trouble> {
        let kind = kind.or_else(|| self.known_person()?.contract.as_deref()).unwrap_or("read");
        let found = self.stage.contracts.iter().find(|contract| contract.kind == kind);
        found.ok_or_else(|| Trouble::Skip(format!("the target has no contract of the kind {kind}")))
    }

    /// A contract for the SDK.
    ///
    /// # Errors
    /// [`Trouble`] if there is none of this kind, or its key is unusable.
    pub(crate) fn contract(&self, kind: Option<&str>, key_of: Option<&str>) -> Result<Contract, Trouble> {
        let id = self.contract_key(kind)?.contract_id.clone();
        let pem = self
            .contract_key(key_of.or(kind))?
            .private_key
            .as_deref()
            .ok_or_else(|| Trouble::Skip(format!("the private key of {id} is not known")))?;
        let key = PrivateKey::from_pem(pem)?;
        Ok(Contract::new(id, key)?)
    }

    /// The control API.
    ///
    /// # Errors
    /// [`Trouble::Skip`] if the target has none.
    pub(crate) fn control(&self) -> Result<&Control, Trouble> {
        self.stage.control.as_ref().ok_or_else(|| {
            Trouble::Skip("it needs the control API, which only the mock server has".to_owned())
        })
    }

    /// The value of a field.
    ///
    /// # Errors
    /// [`Trouble::Misuse`] if its template cannot be resolved.
    pub(crate) fn field<T: serde::de::DeserializeOwned + Clone>(
        &self,
        field: &Field<T>,
    ) -> Result<T, Trouble> {
        template::field(field, self).map_err(Trouble::Misuse)
    }

    /// The value of a field that may be absent.
    ///
    /// # Errors
    /// As [`Scene::field`].
    pub(crate) fn optional<T: serde::de::DeserializeOwned + Clone>(
        &self,
        field: Option<&Field<T>>,
    ) -> Result<Option<T>, Trouble> {
        field.map(|field| self.field(field)).transpose()
    }

    /// A JSON value whose templates are resolved.
    ///
    /// # Errors
    /// As [`Scene::field`].
    pub(crate) fn json(&self, value: &Value) -> Result<Value, Trouble> {
        template::json(value, self).map_err(Trouble::Misuse)
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
    /// [`Trouble::Unreachable`] if the control API is gone.
    pub(crate) async fn wait(&self, span: Duration) -> Result<Duration, Trouble> {
        match &self.stage.control {
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

impl Values for Scene {
    fn value(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.captured.last().and_then(|layer| layer.get(name)) {
            return Some(value.clone());
        }
        let person = self.known_person();
        let token = || person?.user.as_ref().map(User::token);
        let from_callback = |parameter: &str| {
            let query = person?.callback.as_deref()?.split_once('?')?.1.to_owned();
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(known, _)| known == parameter).map(|(_, value)| value.into_owned())
        };
        let contract = || self.contract_key(None).ok().map(|contract| contract.contract_id.clone());
        let text = match name {
            "access_token" => token()?.access_token.value.expose().to_owned(),
            "refresh_token" => token()?.refresh_token.value.expose().to_owned(),
            "code" => from_callback("code")?,
            "account_reference" => from_callback("accountReference")?,
            "session" => person?.session.as_ref()?.key.expose().to_owned(),
            "application" => self.stage.application_id.clone(),
            "contract" => contract()?,
            "client_id" => format!("{}_{}", self.stage.application_id, contract()?),
            "api" => self.stage.urls.api.clone(),
            "onboard" => self.stage.urls.onboard.clone(),
            "origin" => self.stage.urls.origin(),
            "callback" => CALLBACK.to_owned(),
            "sandbox" => self.stage.control.as_ref()?.sandbox().to_owned(),
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

/// Our SDK, its requests recorded. It waits but briefly before it tries again, unless the server
/// asks for longer.
fn client(stage: &Stage, setup: &ClientSetup, recording: &Recording) -> Result<Client, Trouble> {
    let mut retry = RetryPolicy::default()
        .base_delay(Duration::from_millis(10))
        .max_delay(Duration::from_millis(50))
        .jitter(Duration::ZERO);
    if let Some(attempts) = setup.attempts {
        retry = retry.attempts(attempts);
    }
    if let Some(longest) = setup.max_retry_after {
        retry = retry.max_retry_after(longest.0);
    }
    let mut builder = Client::builder(&stage.application_id)
        .api_url(&stage.urls.api)
        .onboard_url(&stage.urls.onboard)
        .cloud_url(&stage.urls.cloud)
        .trust_jku(stage.urls.origin())
        // As the runner's own client: both must reach the same server.
        .no_proxy()
        .observe(SdkObserver::new(recording.clone()))
        .retry(retry);
    if let Some(limit) = setup.timeout {
        builder = builder.timeout(limit.0).read_timeout(limit.0).download_timeout(limit.0);
    }
    if let Some(bytes) = setup.max_file_size {
        builder = builder.max_file_size(bytes);
    }
    if let Some(bytes) = setup.max_json_size {
        builder = builder.max_json_size(bytes);
    }
    Ok(builder.build()?)
}
