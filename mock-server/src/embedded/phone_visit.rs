//! The user's phone as a test holds it.

use crate::consent::browser::{ConsentError, Reach, UserDecision, decide_intent, decide_url};
use crate::consent::decision::Choice;
use crate::consent::link::ConsentEnding;
use crate::domain::app_link::Intent;
use crate::domain::consent::CallbackErrorCode;
use crate::embedded::sandbox_handle::SandboxHandle;

/// What an app opens the digi.me app with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// A link.
    Link(String),
    /// An intent.
    Intent(Intent),
}

impl From<&str> for Opened {
    fn from(link: &str) -> Self {
        Self::Link(link.to_owned())
    }
}

impl From<Intent> for Opened {
    fn from(intent: Intent) -> Self {
        Self::Intent(intent)
    }
}

impl SandboxHandle {
    /// Opens the digi.me app on the user's phone, with a link or an intent of an app. The phone has one
    /// user, who is made by the first consent on it.
    ///
    /// ```
    /// use digime_mock_server::MockServer;
    /// use digime_mock_server::phone::{ConsentEnding, PhoneScreen};
    ///
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    /// # runtime.block_on(async {
    /// let server = MockServer::start().await;
    /// let ending = server.default_sandbox().phone("digime://postbox/import").approve()?;
    /// assert_eq!(ending, ConsentEnding::Shown(PhoneScreen::Import { delivered: 0 }));
    /// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn phone(&self, opened: impl Into<Opened>) -> PhoneVisit<'_> {
        PhoneVisit { handle: self, opened: opened.into(), choice: Choice::default() }
    }
}

/// A user who looks at what an app asks on the phone.
#[derive(Debug)]
#[must_use = "nothing is decided until the user approves, declines or fails"]
pub struct PhoneVisit<'a> {
    handle: &'a SandboxHandle,
    opened: Opened,
    choice: Choice,
}

impl PhoneVisit<'_> {
    /// Chooses the source to connect.
    pub fn source(mut self, id: u32) -> Self {
        self.choice.source = Some(id);
        self
    }

    /// Chooses the dataset that the source delivers.
    pub fn data_set(mut self, id: impl Into<String>) -> Self {
        self.choice.dataset = Some(id.into());
        self
    }

    /// Consents as a new user, whose phone it is from now on.
    pub fn new_user(mut self) -> Self {
        self.choice.new_user = true;
        self
    }

    /// Approves.
    ///
    /// # Errors
    /// [`ConsentError`] if the link cannot be read, or nothing waits for it.
    pub fn approve(self) -> Result<ConsentEnding, ConsentError> {
        let decision = UserDecision::Approve(self.choice.clone());
        self.decide(&decision)
    }

    /// Declines.
    ///
    /// # Errors
    /// As [`PhoneVisit::approve`].
    pub fn decline(self) -> Result<ConsentEnding, ConsentError> {
        self.fail(CallbackErrorCode::UserCancel)
    }

    /// Answers with an error.
    ///
    /// # Errors
    /// As [`PhoneVisit::approve`].
    pub fn fail(self, code: CallbackErrorCode) -> Result<ConsentEnding, ConsentError> {
        self.decide(&UserDecision::Fail(code))
    }

    fn decide(self, decision: &UserDecision) -> Result<ConsentEnding, ConsentError> {
        let SandboxHandle { server, sandbox } = self.handle;
        let reach = Reach::of_host(&server.sandboxes, sandbox);
        sandbox.wait(async {
            match &self.opened {
                Opened::Link(link) => decide_url(reach, link, decision).await,
                Opened::Intent(intent) => decide_intent(reach, intent, decision).await,
            }
        })
    }
}
