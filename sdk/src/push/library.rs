//! Pushing a file into a user's library (protocol reference, http-api §5.1).

use http::Method;
use serde::Serialize;

use crate::client::user::User;
use crate::error::{Error, Operation, Result};
use crate::http::body::Body;
use crate::http::content::Content;
use crate::http::jwt;
use crate::http::request::Request;
use crate::ids::AccountId;

/// Servers refuse header sections beyond 8 to 16 KiB; the descriptor travels in one.
const MAX_DESCRIPTOR: usize = 6 * 1024;

/// What a pushed file is (protocol reference, crypto §1.5). Contracts that read
/// it find all of this in its [`crate::RawMetadata`].
///
/// ```
/// use digime::PushMetadata;
///
/// let metadata = PushMetadata::new("application/pdf")
///     .account("receipts-2026")
///     .reference("order-4711")
///     .tag("receipt");
/// assert_eq!(
///     serde_json::to_value(&metadata).unwrap(),
///     serde_json::json!({
///         "mimeType": "application/pdf", "accounts": [{"accountId": "receipts-2026"}],
///         "reference": ["order-4711"], "tags": ["receipt"]
///     })
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PushMetadata {
    pub(crate) mime_type: String,
    accounts: Vec<PushAccount>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reference: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct PushAccount {
    account_id: AccountId,
}

impl PushMetadata {
    /// A file of a MIME type, such as `application/json`.
    #[must_use]
    pub fn new(mime_type: impl Into<String>) -> Self {
        Self { mime_type: mime_type.into(), accounts: Vec::new(), reference: Vec::new(), tags: Vec::new() }
    }

    /// Adds an account the data is about; any text of your own.
    #[must_use]
    pub fn account(mut self, account: impl Into<AccountId>) -> Self {
        self.accounts.push(PushAccount { account_id: account.into() });
        self
    }

    /// Adds a reference of your own.
    #[must_use]
    pub fn reference(mut self, reference: impl Into<String>) -> Self {
        self.reference.push(reference.into());
        self
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        let halves = self.mime_type.split_once('/');
        if !halves.is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty())
            || self.mime_type.chars().any(char::is_control)
        {
            return Err(Error::config("mime_type", "is not a MIME type, such as `application/pdf`"));
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Descriptor<'a> {
    metadata: &'a PushMetadata,
}

impl User {
    /// Pushes a file into the user's library; needs a write contract
    /// (protocol reference, http-api §5.1). The content is sent as it is, not
    /// encrypted, and piece by piece.
    ///
    /// If the platform refuses the access token, it is refreshed and the push
    /// repeated, provided the content [can be sent again](Content::is_repeatable).
    /// Content that cannot is sent with a token refreshed beforehand if the
    /// current one is known to have expired.
    ///
    /// # Errors
    ///
    /// As every operation of [`User`]; [`crate::ErrorKind::Body`] if the content
    /// cannot be read, or was used up by an attempt with a refused token: the
    /// token is refreshed then, and the same push with new content will do.
    /// [`crate::ErrorKind::Config`] for metadata that cannot be sent. The request
    /// is never repeated after a server failure.
    ///
    /// ```no_run
    /// # async fn push(user: digime::User) -> Result<(), digime::Error> {
    /// use digime::{Content, PushMetadata};
    ///
    /// let metadata = PushMetadata::new("application/pdf").account("receipts").tag("receipt");
    /// user.push_to_library(&metadata, Content::file("receipt.pdf")).await?;
    /// user.push_to_library(&PushMetadata::new("application/json"), r#"{"paid":true}"#).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn push_to_library(&self, metadata: &PushMetadata, content: impl Into<Content>) -> Result<()> {
        let request = self
            .push_request(metadata, content.into())
            .await
            .map_err(|error| error.with_operation(Operation::PushToLibrary))?;
        self.answer(&request).await?;
        Ok(())
    }

    async fn push_request(&self, metadata: &PushMetadata, content: Content) -> Result<Request> {
        metadata.check()?;
        let descriptor =
            jwt::sign_bare(self.contract(), &Descriptor { metadata }, self.client().transport().cores())
                .await?;
        if descriptor.len() > MAX_DESCRIPTOR {
            return Err(Error::config("metadata", "is too long for the header it travels in"));
        }
        let url = self.client().api(&["permission-access", "import"])?;
        let template = "permission-access/import";
        Request::new(Operation::PushToLibrary, Method::POST, url, template)
            .header("FileDescriptor", &descriptor)
            .map(|request| request.upload(Body::Plain(content)))
    }
}
