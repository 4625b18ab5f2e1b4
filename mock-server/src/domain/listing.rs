//! What a session shows at a moment: states of the library and its accounts, and the files that
//! have arrived.

use std::borrow::Cow;
use std::sync::Arc;

use digime_fixtures::dataset::Mapped;
use digime_fixtures::{AccountError, Compression, DatasetFile, FileMetadata};
use serde_json::Value;

use super::contract::{Contract, ContractKind};
use super::library::{Account, AccountId, Library};
use super::lifeline::Lifeline;
use super::pushed::PushedFile;
use super::refusal::Refusal;
use super::session::{Read, Session, Unasked};
use super::timeline::Timeline;
use crate::clock::Moment;
use crate::payload::content::Content;
use crate::payload::x_metadata;

/// `status.state` (protocol reference, http-api §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LibraryState {
    /// Waiting for the user, or for the sync to begin.
    Pending,
    /// Files may appear.
    Running,
    /// Final; some accounts failed.
    Partial,
    /// Final.
    Completed,
}

impl LibraryState {
    /// Whether nothing more will come.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Partial | Self::Completed)
    }

    /// The state as the platform writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Partial => "partial",
            Self::Completed => "completed",
        }
    }
}

/// `details.*.state`; an account is never pending.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum AccountState {
    /// Being fetched.
    Running,
    /// Everything fetched.
    Completed,
    /// Ended early.
    Partial(AccountError),
}

/// One file of a session.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ListedFile<'a> {
    /// It came from a source.
    Synced {
        /// The account that it came from.
        account: &'a Account,
        /// The file.
        file: &'a DatasetFile,
    },
    /// A write contract pushed it into this library.
    Pushed(&'a PushedFile, &'a Library),
}

impl<'a> ListedFile<'a> {
    /// The file's name in the session.
    pub(crate) fn name(&self) -> Cow<'a, str> {
        match self {
            Self::Synced { account, file } => account.file_name(file),
            Self::Pushed(file, _) => file.name().into(),
        }
    }

    /// `updatedDate`. It does not move from session to session, so that a client that compares it
    /// sees what is new.
    pub(crate) fn updated(&self) -> Moment {
        match self {
            Self::Synced { account, .. } => account.first_sync.unwrap_or(account.connected),
            Self::Pushed(file, _) => file.push.created,
        }
    }

    /// What a download of the file hangs on.
    pub(crate) fn lifeline(&self) -> &'a Lifeline {
        match self {
            Self::Synced { account, .. } => &account.lifeline,
            Self::Pushed(_, library) => &library.lifeline,
        }
    }
}

/// A library, and what was pushed into it, oldest first, which is asked for only if it is read.
pub(crate) type ReadLibrary<'a> = (&'a Library, &'a dyn Fn() -> PushedFiles<'a>);
/// Files that were pushed into a library.
pub(crate) type PushedFiles<'a> = Box<dyn Iterator<Item = &'a PushedFile> + 'a>;

/// What a session shows at a moment.
#[derive(Debug)]
pub(crate) struct Listing<'a> {
    /// State of the library.
    pub state: LibraryState,
    /// State of each account that takes part.
    pub accounts: Vec<(&'a Account, AccountState)>,
    /// The files that have arrived, by account and in the dataset's order.
    pub files: Vec<ListedFile<'a>>,
}

impl<'a> Listing<'a> {
    /// The listing of a session before the user has consented.
    pub(crate) fn waiting() -> Self {
        Self { state: LibraryState::Pending, accounts: Vec::new(), files: Vec::new() }
    }

    /// What `session` shows of `library` at `now`.
    pub(crate) fn at(
        session: &Session,
        (library, pushed): ReadLibrary<'a>,
        contract: &Contract,
        timeline: &Timeline,
        now: Moment,
    ) -> Self {
        let Some(read) = &session.read else { return Self::waiting() };
        let taking_part: Vec<&Account> = read
            .accounts
            .iter()
            .filter_map(|it| library.accounts.iter().find(|account| &account.reference == it))
            .collect();
        let pushed = pushed_files(session, read, (library, pushed), contract, now);
        if !session.options.fetches() {
            return Self::stored(session, &taking_part, pushed, contract, timeline, now);
        }
        let elapsed = now.since(read.started);
        if elapsed < timeline.pending {
            return Self::waiting();
        }
        let quota = session.options.quota();
        let count = taking_part.len();
        let mut accounts = Vec::with_capacity(count);
        let mut files = Vec::new();
        for (position, &account) in taking_part.iter().enumerate() {
            let schedule = timeline.account(position, count, quota);
            let ended = elapsed >= schedule.end();
            accounts.push((
                account,
                match account.error(read.started) {
                    _ if !ended => AccountState::Running,
                    _ if schedule.runs_out() => AccountState::Partial(quota_reached()),
                    Some(error) => AccountState::Partial(error),
                    None => AccountState::Completed,
                },
            ));
            if !account.delivers(read.started) {
                continue;
            }
            let wanted = wanted_files(session, account, contract, now);
            let wanted_count = wanted.len();
            let arrived = wanted.into_iter().enumerate();
            files.extend(
                arrived
                    .filter(|(i, _)| schedule.has_file(*i, wanted_count, elapsed))
                    .map(|(_, file)| ListedFile::Synced { account, file }),
            );
        }
        files.extend(pushed);
        // Without accounts there is nothing to wait for but the time that a sync takes.
        let running = elapsed < timeline.account(0, 1, quota).end();
        let state = if running || accounts.iter().any(|(_, state)| *state == AccountState::Running) {
            LibraryState::Running
        } else if accounts.iter().any(|(_, state)| matches!(state, AccountState::Partial(_))) {
            LibraryState::Partial
        } else {
            LibraryState::Completed
        };
        Self { state, accounts, files }
    }

    /// A read without fetching: final at once, with what earlier syncs brought.
    fn stored(
        session: &Session,
        taking_part: &[&'a Account],
        pushed: Vec<ListedFile<'a>>,
        contract: &Contract,
        timeline: &Timeline,
        now: Moment,
    ) -> Self {
        let schedule = timeline.account(0, 1, None);
        let files = taking_part.iter().flat_map(|&account| {
            let wanted = wanted_files(session, account, contract, now);
            let count = wanted.len();
            let elapsed = account.first_sync.map(|first| now.since(first));
            wanted
                .into_iter()
                .enumerate()
                .filter(move |(i, _)| elapsed.is_some_and(|e| schedule.has_file(*i, count, e)))
                .map(move |(_, file)| ListedFile::Synced { account, file })
        });
        Self {
            state: LibraryState::Completed,
            files: files.chain(pushed).collect(),
            accounts: taking_part.iter().map(|&a| (a, AccountState::Completed)).collect(),
        }
    }
}

/// What was pushed before the read began: it is in the library, nothing has to be fetched.
fn pushed_files<'a>(
    session: &Session,
    read: &Read,
    (library, pushed): ReadLibrary<'a>,
    contract: &Contract,
    now: Moment,
) -> Vec<ListedFile<'a>> {
    if contract.kind != ContractKind::ReadRaw {
        return Vec::new();
    }
    let then = pushed().take_while(|file| file.sequence <= read.pushed);
    let wanted = then.filter(|file| {
        let facts = file.facts();
        session.options.admits_raw(&facts, now) && contract.scope.admits_raw(&facts, now)
    });
    wanted.map(|file| ListedFile::Pushed(file, library)).collect()
}

fn wanted_files<'a>(
    session: &Session,
    account: &'a Account,
    contract: &Contract,
    now: Moment,
) -> Vec<&'a DatasetFile> {
    let ids = account.source_ids();
    account
        .dataset
        .files
        .iter()
        .filter(|file| {
            matches!(
                (&file.metadata, contract.kind),
                (FileMetadata::Mapped(_), ContractKind::Read | ContractKind::OneOff)
                    | (FileMetadata::Raw(_), ContractKind::ReadRaw)
            )
        })
        .filter(|file| matches!(file.metadata, FileMetadata::Raw(_)) || contract.covers(ids.group))
        .filter(|file| session.options.admits(&ids, file, now) && contract.scope.admits(&ids, file, now))
        .collect()
}

/// What a session shows at a moment, as values of its own.
#[derive(Clone, Debug)]
pub(crate) struct FileList {
    /// State of the library.
    pub state: LibraryState,
    /// State of each account that takes part.
    pub accounts: Vec<(AccountId, AccountState)>,
    /// The files that have arrived, by account and in the dataset's order.
    pub files: Vec<FileEntry>,
}

/// A file of a [`FileList`].
#[derive(Clone, Debug)]
pub(crate) struct FileEntry {
    /// The file's name in the session.
    pub name: String,
    /// When it was last updated.
    pub updated: Moment,
    /// What the list tells of mapped files.
    pub mapped: Option<Arc<Mapped>>,
}

impl FileList {
    /// What `session` shows of `library` at `now`.
    pub(crate) fn at(
        session: &Session,
        library: ReadLibrary<'_>,
        contract: &Contract,
        timeline: &Timeline,
        now: Moment,
    ) -> Self {
        let Listing { state, accounts, files } = Listing::at(session, library, contract, timeline, now);
        let entry = |file: ListedFile<'_>| FileEntry {
            name: file.name().into_owned(),
            updated: file.updated(),
            mapped: match file {
                ListedFile::Synced {
                    file: DatasetFile { metadata: FileMetadata::Mapped(mapped), .. },
                    ..
                } => Some(Arc::clone(mapped)),
                _ => None,
            },
        };
        Self {
            state,
            accounts: accounts.into_iter().map(|(account, state)| (account.id.clone(), state)).collect(),
            files: files.into_iter().map(entry).collect(),
        }
    }
}

/// A file of a session, as a download needs it.
#[derive(Clone, Debug)]
pub(crate) struct SessionFile {
    /// Its content.
    pub content: Content,
    /// What the answer says of it.
    pub metadata: Value,
    /// How its content is compressed.
    pub compression: Compression,
    /// When it was last updated.
    pub updated: Moment,
    /// What the download hangs on.
    pub lifeline: Lifeline,
    /// Whether others will ask for the same content.
    pub shared: bool,
}

impl SessionFile {
    /// The file of this name, if `session` shows it at `now`.
    ///
    /// # Errors
    /// `FileNotFound` if it does not, or not yet.
    pub(crate) fn find(
        session: &Session,
        library: ReadLibrary<'_>,
        contract: &Contract,
        timeline: &Timeline,
        now: Moment,
        (name, unasked): (&str, Unasked),
    ) -> Result<Self, Refusal> {
        let listing = Listing::at(session, library, contract, timeline, now);
        let listed = listing.files.iter().find(|listed| listed.name() == name).ok_or_else(|| {
            let (count, state) = (listing.files.len(), listing.state.as_str());
            Refusal::file_not_found(name, format!("the session lists {count} files now, in state {state}"))
        })?;
        let asked = |own| session.options.compression_of(own, unasked);
        let (content, compression, metadata, shared) = match listed {
            ListedFile::Synced { file, .. } => {
                let metadata = x_metadata::of_sample(&file.metadata);
                match padded(file) {
                    Some(content) => (Content::from(content), Compression::None, metadata, false),
                    None => {
                        (Content::from(Arc::clone(&file.content)), asked(file.compression), metadata, true)
                    }
                }
            }
            // What a client pushed is handed on as it came.
            ListedFile::Pushed(file, _) => {
                (file.push.content.clone(), asked(Compression::None), file.metadata(), false)
            }
        };
        Ok(Self {
            content,
            metadata,
            compression,
            updated: listed.updated(),
            lifeline: listed.lifeline().clone(),
            shared,
        })
    }
}

/// Android reads no container of less content (protocol reference, legacy/container §2).
pub(crate) const LEAST_CONTENT: usize = 64;

/// The JSON of a small file, made long enough with spaces at its end.
fn padded(file: &DatasetFile) -> Option<Vec<u8>> {
    let small = file.content.len() < LEAST_CONTENT && matches!(file.metadata, FileMetadata::Mapped(_));
    small.then(|| {
        let mut content = file.content.to_vec();
        content.resize(LEAST_CONTENT, b' ');
        content
    })
}

/// The account error of a client's own limit (protocol reference, errors §3).
fn quota_reached() -> AccountError {
    AccountError {
        code: "SourceFetchDurationQuotaReached".to_owned(),
        status_code: 408,
        message: "The time allowed for fetching from sources (limits.duration.sourceFetch) is over"
            .to_owned(),
        reauth: false,
        retry_after_seconds: None,
        object_type_errors: Vec::new(),
    }
}
