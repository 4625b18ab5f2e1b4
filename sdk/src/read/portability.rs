//! The portability report of health data
//! (protocol reference, http-api §5.6, objects §7).

use std::time::SystemTime;

use http::Method;

use crate::client::user::User;
use crate::clock;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::http::request::Request;

/// Which reports there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ReportService {
    /// `medmij`, the Dutch health data network.
    #[default]
    Medmij,
}

/// Options of [`User::portability_report`].
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use digime::PortabilityReportOptions;
///
/// let from = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
/// let options = PortabilityReportOptions::new().since(from);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PortabilityReportOptions {
    service: ReportService,
    from: Option<SystemTime>,
    to: Option<SystemTime>,
}

impl PortabilityReportOptions {
    /// The MedMij report of all time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Which report.
    #[must_use]
    pub fn service(mut self, service: ReportService) -> Self {
        self.service = service;
        self
    }

    /// Nothing before this time; sent in **seconds** since 1970. The platform
    /// widens it to the whole day, in UTC.
    #[must_use]
    pub fn since(mut self, from: SystemTime) -> Self {
        self.from = Some(from);
        self
    }

    /// Nothing after this time; sent in **seconds** since 1970. The platform
    /// widens it to the whole day, in UTC.
    #[must_use]
    pub fn until(mut self, to: SystemTime) -> Self {
        self.to = Some(to);
        self
    }
}

impl User {
    /// Reads the report of where the user's health data came from, as XML text
    /// (protocol reference, http-api §5.6). A bound that is not set is left out
    /// of the request.
    ///
    /// # Errors
    ///
    /// As every operation of [`User`]; [`ErrorKind::Decode`] if the answer is not
    /// UTF-8 text.
    ///
    /// ```no_run
    /// # async fn report(user: digime::User) -> Result<(), digime::Error> {
    /// let xml = user.portability_report(digime::PortabilityReportOptions::new()).await?;
    /// assert!(xml.contains("PortabiliteitsRapport"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn portability_report(&self, options: PortabilityReportOptions) -> Result<String> {
        let operation = Operation::PortabilityReport;
        let service = match options.service {
            ReportService::Medmij => "medmij",
        };
        let mut url = self.client().api(&["export", service, "report"])?;
        url.query_pairs_mut().append_pair("format", "xml");
        for (name, bound) in [("from", options.from), ("to", options.to)] {
            if let Some(bound) = bound {
                url.query_pairs_mut().append_pair(name, &clock::seconds_of(bound).to_string());
            }
        }
        let template = "export/{serviceType}/report";
        let request = Request::new(operation, Method::GET, url, template).for_bytes();
        let answer = self.answer(&request).await?;
        String::from_utf8(answer.body.into()).map_err(|_| {
            Error::new(ErrorKind::Decode, "the report is not UTF-8 text").with_operation(operation)
        })
    }
}
