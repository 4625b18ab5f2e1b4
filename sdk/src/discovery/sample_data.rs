//! Canned data of a source, to try a flow without a login
//! (protocol reference, http-api §6.7).

use std::collections::BTreeMap;

use http::Method;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::contract::Contract;
use crate::error::{Operation, Result};
use crate::http::request::Request;
use crate::ids::SourceId;

/// A set of canned data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SampleDataSet {
    /// Name.
    pub name: String,
    /// What is in it; often empty.
    pub description: String,
}

impl Client {
    /// The sample data sets of a source, by their ids. An id is what
    /// [`crate::AuthorizeOptions::sample_data`] takes
    /// (protocol reference, http-api §6.7).
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Api`], [`crate::ErrorKind::Transport`],
    /// [`crate::ErrorKind::Timeout`], [`crate::ErrorKind::Decode`].
    ///
    /// ```no_run
    /// # async fn show(client: digime::Client, contract: digime::Contract) -> Result<(), digime::Error> {
    /// let sets = client.sample_data_sets(&contract, digime::SourceId(16)).await?;
    /// assert!(sets.contains_key("default"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn sample_data_sets(
        &self,
        contract: &Contract,
        source: SourceId,
    ) -> Result<BTreeMap<String, SampleDataSet>> {
        let url = self.api(&["permission-access", "sample", "datasets", &source.to_string()])?;
        let template = "permission-access/sample/datasets/{sourceId}";
        self.json(contract, &Request::new(Operation::SampleDataSets, Method::GET, url, template)).await
    }
}
