//! A user's library and the accounts that are connected to it.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use digime_fixtures::catalogue::{self, Source};
use digime_fixtures::{AccountError, Dataset, DatasetFile};
use serde::{Deserialize, Serialize};

use super::lifeline::Lifeline;
use super::pull_options::SourceIds;
use super::refusal::Refusal;
use super::table::Surroundings;
use crate::clock::Moment;

/// Identifies a library; clients see it as `sub` and `identifier.id`.
pub(crate) type LibraryId = String;
/// `{serviceId}_{opaque}`.
pub(crate) type AccountId = String;

/// A user's data store.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Library {
    /// The accounts in the order in which they were connected.
    pub accounts: Vec<Account>,
    /// `client_id` → `consentid`.
    pub consents: BTreeMap<String, String>,
    /// `client_id` → the callback of the user's last authorization.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub callbacks: BTreeMap<String, String>,
    /// How many files were ever pushed into it.
    pub push_count: u64,
    /// How many files ever had to wait in the user's postboxes.
    pub pending_count: u64,
    /// Cut when the user is deleted.
    #[serde(skip)]
    pub lifeline: Lifeline,
}

/// One connection of a library to a source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    /// `{serviceId}_{opaque}`.
    pub id: AccountId,
    /// What the callback calls `accountReference`.
    pub reference: String,
    /// The source.
    #[serde(with = "source_by_id")]
    pub source: &'static Source,
    /// What the source delivers for this account.
    #[serde(with = "dataset_by_id")]
    pub dataset: Arc<Dataset>,
    /// 1 for the first account of the library; part of file names.
    pub index: u32,
    /// Whether it was connected by sample data.
    pub sample: bool,
    /// When it was connected.
    pub connected: Moment,
    /// When its files were first fetched, if they were.
    pub first_sync: Option<Moment>,
    /// When its source was last asked, oldest first; the portability report tells of it.
    pub syncs: VecDeque<Moment>,
    /// Whether the source lets the platform in.
    pub login: Login,
    /// Cut when the account or its user is deleted.
    #[serde(skip)]
    pub lifeline: Lifeline,
}

/// The platform's permission at the source of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Login {
    /// As the dataset says.
    AsConnected,
    /// The user logged in again at this time: syncs from then on no longer ask for it.
    Renewed(Moment),
    /// The user withdrew the permission at this time: syncs from then on fail.
    Withdrawn(Moment),
    /// The source is out of order since this time: syncs from then on fail, and no login helps.
    OutOfOrder(Moment),
    /// The source works since this time, whatever the dataset says.
    Working(Moment),
}

impl Login {
    /// Whether a sync that begins at `started` gets nothing from the source.
    pub(crate) fn is_shut(self, started: Moment) -> bool {
        matches!(self, Self::Withdrawn(at) | Self::OutOfOrder(at) if started >= at)
    }
}

/// How many syncs of an account are remembered.
const MOST_SYNCS: usize = 100;

impl Account {
    /// The ids by which a scope may mean this account's source.
    pub(crate) fn source_ids(&self) -> SourceIds {
        SourceIds { group: self.source.group_id, service: self.source.service_id, source: self.source.id }
    }

    /// Whether the account is one of a Dutch care provider.
    pub(crate) fn is_medmij(&self) -> bool {
        service_of(self.source).is_some_and(|service| service.reference == "medmij")
    }

    /// The error that ends a sync which began at `started`, if one does.
    pub(crate) fn error(&self, started: Moment) -> Option<AccountError> {
        let at_source = self.dataset.account.error.as_ref();
        match self.login {
            Login::Withdrawn(at) if started >= at => Some(login_required()),
            Login::OutOfOrder(at) if started >= at => Some(out_of_order()),
            Login::Working(at) if started >= at => None,
            Login::Renewed(at) if started >= at => at_source.filter(|error| !error.reauth).cloned(),
            _ => at_source.cloned(),
        }
    }

    /// Whether the source lets the platform in at `now`.
    pub(crate) fn is_authorized(&self, now: Moment) -> bool {
        self.error(now).is_none_or(|error| !error.reauth)
    }

    /// Whether a sync that began at `started` gets anything from the source.
    pub(crate) fn delivers(&self, started: Moment) -> bool {
        self.first_sync.is_some() || !self.login.is_shut(started)
    }

    /// Notes that the source was asked.
    pub(crate) fn sync(&mut self, now: Moment) {
        self.first_sync.get_or_insert(now);
        if self.syncs.len() == MOST_SYNCS {
            self.syncs.pop_front();
        }
        self.syncs.push_back(now);
    }

    /// The name of one of its files in a session; unique over the library's accounts.
    pub(crate) fn file_name<'a>(&self, file: &'a DatasetFile) -> Cow<'a, str> {
        file.name_for_account(self.index)
    }
}

/// What a user chooses on the consent page.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// The source.
    pub source: &'static Source,
    /// What it delivers.
    pub dataset: Arc<Dataset>,
    /// Whether the flow asked for sample data.
    pub sample: bool,
}

impl Library {
    pub(crate) fn new() -> Self {
        Self {
            accounts: Vec::new(),
            consents: BTreeMap::new(),
            callbacks: BTreeMap::new(),
            push_count: 0,
            pending_count: 0,
            lifeline: Lifeline::default(),
        }
    }

    /// The account with this id.
    ///
    /// # Errors
    /// `AccountNotFound` if the library has none.
    pub(crate) fn account(&self, id: &str) -> Result<&Account, Refusal> {
        let known = || self.accounts.iter().map(|account| account.id.as_str()).collect::<Vec<_>>();
        let found = self.accounts.iter().find(|account| account.id == id);
        found.ok_or_else(|| Refusal::account_not_found(id, &known()))
    }

    /// Finds what no database holds: the datasets, and what downloads hang on.
    pub(crate) fn revive(&mut self, id: &LibraryId, around: &dyn Surroundings) {
        self.lifeline = around.lifeline(id);
        for account in &mut self.accounts {
            account.lifeline = around.lifeline(&account.reference);
            match around.dataset(account.source, &account.dataset.id, account.connected) {
                Some(dataset) => account.dataset = dataset,
                None => tracing::warn!(dataset = account.dataset.id, "the settings have no such dataset now"),
            }
        }
    }

    /// Connects a source. The account's id follows the platform's form for sample data
    /// (protocol reference, consent-web §7) and is opaque otherwise.
    pub(crate) fn connect(&mut self, connection: &Connection, reference: String, now: Moment) -> &Account {
        let service = connection.source.service_id;
        let mut id = if connection.sample {
            format!("{service}_sampleDataSet-{}", connection.dataset.id)
        } else {
            format!("{service}_{}", crate::random::alphanumeric(10).to_ascii_lowercase())
        };
        while self.accounts.iter().any(|account| account.id == id) {
            id = format!("{id}-{}", self.accounts.len() + 1);
        }
        let index = self.accounts.iter().map(|account| account.index).max().unwrap_or(0).saturating_add(1);
        let account = Account {
            id,
            reference,
            source: connection.source,
            dataset: Arc::clone(&connection.dataset),
            index,
            sample: connection.sample,
            connected: now,
            first_sync: None,
            syncs: VecDeque::new(),
            login: Login::AsConnected,
            lifeline: Lifeline::default(),
        };
        let position = self.accounts.len();
        self.accounts.push(account);
        &self.accounts[position]
    }
}

/// Rows name a source by its id.
mod source_by_id {
    use digime_fixtures::catalogue::{self, Source};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(source: &Source, serializer: S) -> Result<S::Ok, S::Error> {
        source.id.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<&'static Source, D::Error> {
        let id = u32::deserialize(from)?;
        catalogue::source(id).ok_or_else(|| serde::de::Error::custom(format!("there is no source {id}")))
    }
}

/// Rows name a dataset by its id. Until [`Library::revive`] finds it, and for good if the settings no longer
/// have it, it is an empty one.
mod dataset_by_id {
    use std::sync::Arc;

    use digime_fixtures::{AccountProfile, AccountType, Dataset};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(dataset: &Dataset, serializer: S) -> Result<S::Ok, S::Error> {
        dataset.id.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<Dataset>, D::Error> {
        let account = AccountProfile { username: None, account_type: AccountType::User, error: None };
        Ok(Arc::new(Dataset {
            id: String::deserialize(from)?,
            name: String::new(),
            description: String::new(),
            source_id: 0,
            account,
            files: Vec::new(),
        }))
    }
}

/// The account error of a source that asks for a login (protocol reference, errors §3).
fn login_required() -> AccountError {
    AccountError {
        code: "ServiceAuthorizationError".to_owned(),
        status_code: 511,
        message: "Service authorization required".to_owned(),
        reauth: true,
        retry_after_seconds: None,
        object_type_errors: Vec::new(),
    }
}

/// The account error of a source that fails by itself (protocol reference, http-api §4.2).
fn out_of_order() -> AccountError {
    AccountError {
        code: "ServerError".to_owned(),
        status_code: 502,
        message: "The source failed".to_owned(),
        reauth: false,
        retry_after_seconds: Some(60),
        object_type_errors: Vec::new(),
    }
}

/// The service of a source, which accounts and files name.
pub(crate) fn service_of(source: &Source) -> Option<&'static catalogue::Service> {
    catalogue::service(source.service_id)
}
