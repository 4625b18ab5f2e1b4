//! Pushing health records to the source behind an account
//! (protocol reference, http-api §5.2).

use http::Method;
use serde::Serialize;

use crate::client::user::User;
use crate::error::{Error, Operation, Result};
use crate::http::request::Request;
use crate::ids::{AccountId, check_plain};

/// Version of the FHIR standard, as the platform writes it in paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FhirVersion {
    /// `stu3`
    Stu3,
    /// `3.0.2`
    V3_0_2,
}

impl FhirVersion {
    /// The version as it is written in the path.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stu3 => "stu3",
            Self::V3_0_2 => "3.0.2",
        }
    }
}

impl User {
    /// Pushes a FHIR resource, typically a `Bundle` of type `batch`, to the
    /// source behind an account; that account is one of type
    /// [`crate::AccountType::Push`] (protocol reference, http-api §5.2,
    /// objects §8.6).
    ///
    /// # Errors
    ///
    /// As every operation of [`User`]; [`crate::ErrorKind::Config`] if `resource`
    /// does not serialise to a JSON object. The request is repeated after a
    /// token refresh, never after a server failure.
    ///
    /// ```no_run
    /// # async fn push(user: digime::User, account: digime::Account) -> Result<(), digime::Error> {
    /// let bundle = serde_json::json!({
    ///     "resourceType": "Bundle", "type": "batch", "entry": []
    /// });
    /// user.push_to_provider(&account.id, digime::FhirVersion::Stu3, &bundle).await
    /// # }
    /// ```
    pub async fn push_to_provider(
        &self,
        account: &AccountId,
        version: FhirVersion,
        resource: &(impl Serialize + Sync),
    ) -> Result<()> {
        let request = self
            .provider_request(account, version, resource)
            .map_err(|error| error.with_operation(Operation::PushToProvider))?;
        self.answer(&request).await?;
        Ok(())
    }

    fn provider_request(
        &self,
        account: &AccountId,
        version: FhirVersion,
        resource: &impl Serialize,
    ) -> Result<Request> {
        check_plain("account_id", account.as_str())?;
        let resource = serde_json::to_value(resource)
            .map_err(|error| Error::config("resource", format!("cannot be written ({error})")))?;
        if !resource.is_object() {
            return Err(Error::config("resource", "is not a JSON object"));
        }
        // `h:accountId` is literal: the id travels in the header (http-api §1.3).
        let path = ["permission-access", "import", "h:accountId", "fhir", version.as_str()];
        let template = "permission-access/import/h:accountId/{standard}/{version}";
        Request::new(Operation::PushToProvider, Method::POST, self.client().api(&path)?, template)
            .json(&resource)?
            .header("accountId", account.as_str())
    }
}
