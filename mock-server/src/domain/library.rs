//! A user's library and the accounts that are connected to it.

use std::collections::HashMap;
use std::sync::Arc;

use digime_fixtures::Dataset;
use digime_fixtures::catalogue::{self, Source};

use super::pull_options::SourceIds;
use crate::clock::Moment;
use crate::random::SandboxTag;

/// Identifies a library; clients see it as `sub` and `identifier.id`.
pub type LibraryId = String;
/// `{serviceId}_{opaque}`.
pub type AccountId = String;

/// A user's data store.
#[derive(Debug)]
pub struct Library {
    /// The accounts in the order in which they were connected.
    pub accounts: Vec<Account>,
    /// Contract id → `consentid`.
    pub consents: HashMap<String, String>,
}

/// One connection of a library to a source.
#[derive(Clone, Debug)]
pub struct Account {
    /// `{serviceId}_{opaque}`.
    pub id: AccountId,
    /// What the callback calls `accountReference`.
    pub reference: String,
    /// The source.
    pub source: &'static Source,
    /// What the source delivers for this account.
    pub dataset: Arc<Dataset>,
    /// 1 for the first account of the library; part of file names.
    pub index: u32,
    /// Whether it was connected by sample data.
    pub sample: bool,
    /// When it was connected.
    pub connected: Moment,
    /// When its files were first fetched, if they were.
    pub first_sync: Option<Moment>,
}

impl Account {
    /// The ids by which a scope may mean this account's source.
    pub fn source_ids(&self) -> SourceIds {
        SourceIds { group: self.source.group_id, service: self.source.service_id, source: self.source.id }
    }

    /// The name of one of its files in a session; unique over the library's accounts.
    pub fn file_name(&self, file: &digime_fixtures::DatasetFile) -> String {
        file.name_for_account(self.index)
    }
}

/// What a user chooses on the consent page.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The source.
    pub source: &'static Source,
    /// What it delivers.
    pub dataset: Arc<Dataset>,
    /// Whether the flow asked for sample data.
    pub sample: bool,
}

impl Library {
    pub(crate) fn new() -> Self {
        Self { accounts: Vec::new(), consents: HashMap::new() }
    }

    /// Connects a source. The account's id follows the platform's form for sample data
    /// (protocol reference, consent-web §7) and is opaque otherwise.
    pub(crate) fn connect(&mut self, connection: &Connection, tag: &SandboxTag, now: Moment) -> &Account {
        let service = connection.source.service_id;
        let mut id = if connection.sample {
            format!("{service}_sampleDataSet-{}", connection.dataset.id)
        } else {
            format!("{service}_{}", crate::random::alphanumeric(10).to_ascii_lowercase())
        };
        while self.accounts.iter().any(|account| account.id == id) {
            id = format!("{id}-{}", self.accounts.len() + 1);
        }
        let index = self.accounts.iter().map(|account| account.index).max().unwrap_or(0) + 1;
        let account = Account {
            id,
            reference: tag.mint(),
            source: connection.source,
            dataset: Arc::clone(&connection.dataset),
            index,
            sample: connection.sample,
            connected: now,
            first_sync: None,
        };
        let position = self.accounts.len();
        self.accounts.push(account);
        &self.accounts[position]
    }
}

/// The service of a source, which accounts and files name.
pub fn service_of(source: &Source) -> Option<&'static catalogue::Service> {
    catalogue::service(source.service_id)
}
