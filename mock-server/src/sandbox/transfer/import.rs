//! A file becomes a sandbox, all of it or nothing.

use std::sync::Arc;

use digime_fixtures::Dataset;
use digime_fixtures::catalogue::Source;

use crate::clock::Moment;
use crate::domain::lifeline::Lifeline;
use crate::domain::state::{Before, IncomingRow};
use crate::domain::table::Surroundings;
use crate::domain::unavailable::Unavailable;
use crate::payload::content::{Apart, Content, ContentWriter};
use crate::sandbox::application_changes::ApplicationChanges;
use crate::sandbox::applications::{ApplicationError, Changed};
use crate::sandbox::datasets::Datasets;
use crate::sandbox::store::Intake;
use crate::sandbox::{Sandbox, Sandboxes};
use crate::state_file::{Header, Part, Reader, StateFileError};

/// Why a file does not become a sandbox. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file is none, a newer one, or not whole.
    #[error(transparent)]
    File(#[from] StateFileError),
    /// The request names another sandbox than the file.
    #[error(
        "the file has the state of the sandbox {found}, by which its ids begin: it cannot become the sandbox \
         {named}; leave the sandbox out"
    )]
    OtherSandbox {
        /// The file's.
        found: String,
        /// The request's.
        named: String,
    },
    /// The sandbox has users, tokens or files, or other applications than the configuration.
    #[error("the sandbox {0} is not empty; reset it, or ask for its state to be replaced")]
    NotEmpty(String),
    /// Its applications cannot be used together with those of the configuration.
    #[error("the applications of the file cannot be used: {0}")]
    Applications(String),
    /// It is a partner's, whose quota counts what it holds.
    #[error("the sandbox {0} is a partner's: its quota counts what it holds, so it takes no file")]
    Partners(String),
    /// The server holds as many sandboxes as it can.
    #[error("the server holds as many sandboxes as it can; remove one")]
    TooManySandboxes,
    /// There is no room for it, or the database cannot be used.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// What an import came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Imported {
    /// The sandbox.
    pub(crate) sandbox: String,
    /// How many rows it has of the file.
    pub(crate) rows: u64,
}

/// A file that is coming in.
#[derive(Debug)]
pub(crate) struct StateImport<'a> {
    sandboxes: &'a Sandboxes,
    named: Option<String>,
    before: Before,
    reader: Reader,
    target: Option<Target>,
    rows: u64,
}

/// The sandbox that a file is to become.
#[derive(Debug)]
struct Target {
    sandbox: Arc<Sandbox>,
    header: Box<Header>,
    applications: (ApplicationChanges, Changed),
    intake: Intake,
    /// The row whose content is coming in.
    row: Option<(IncomingRow, ContentWriter)>,
}

impl<'a> StateImport<'a> {
    /// A file for the sandbox that it names itself; `named` is what somebody else calls it.
    pub(crate) fn new(sandboxes: &'a Sandboxes, named: Option<String>, before: Before) -> Self {
        Self { sandboxes, named, before, reader: Reader::default(), target: None, rows: 0 }
    }

    /// Takes in what came.
    ///
    /// # Errors
    /// [`ImportError`]; [`StateImport::discard`] is all that is left to do.
    pub(crate) async fn feed(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        self.reader.feed(bytes);
        while let Some(part) = self.reader.next()? {
            match part {
                Part::Header(header) => self.target = Some(self.choose(header)?),
                Part::Row { table, key, row } => self.row(&table, key, row.get()).await?,
                Part::Piece(piece) => self.piece(&piece).await?,
            }
        }
        Ok(())
    }

    /// Makes the sandbox, now that all of the file has come.
    ///
    /// # Errors
    /// [`ImportError`].
    pub(crate) async fn finish(mut self) -> Result<Imported, ImportError> {
        if let Err(error) = self.reader.finish() {
            self.discard().await;
            return Err(error.into());
        }
        let Some(target) = self.target.take() else { return Err(StateFileError::Foreign.into()) };
        let Target { sandbox, header, applications, intake, .. } = target;
        sandbox.become_imported(&header, applications, intake, self.before).await?;
        if !self.sandboxes.take_up(&sandbox) {
            return Err(ImportError::NotEmpty(sandbox.id().to_owned()));
        }
        sandbox.let_others_see().await;
        Ok(Imported { sandbox: sandbox.id().to_owned(), rows: self.rows })
    }

    /// Forgets what came.
    pub(crate) async fn discard(self) {
        if let Some(target) = self.target {
            target.intake.discard().await;
        }
    }

    fn choose(&self, header: Box<Header>) -> Result<Target, ImportError> {
        let tag = header.tag();
        if let Some(named) = &self.named
            && self.sandboxes.tag_named(named) != Some(tag)
        {
            let (found, named) = (tag.as_str().to_owned(), named.clone());
            return Err(ImportError::OtherSandbox { found, named });
        }
        let rules = (header.lifetimes.into(), header.timeline.into());
        let sandbox = self.sandboxes.get_or_prepare(&tag, rules).ok_or(ImportError::TooManySandboxes)?;
        if sandbox.owner().is_some() {
            return Err(ImportError::Partners(tag.as_str().to_owned()));
        }
        let changes: ApplicationChanges = serde_json::from_value(header.applications.clone())
            .map_err(|error| ImportError::Applications(error.to_string()))?;
        let changed = sandbox.applications.resumed(&changes).map_err(|error| match error {
            ApplicationError::Unavailable(unavailable) => unavailable.into(),
            other => ImportError::Applications(other.to_string()),
        })?;
        let intake = sandbox.store.intake(header.shares());
        Ok(Target { sandbox, header, applications: (changes, changed), intake, row: None })
    }

    async fn row(&mut self, table: &str, key: String, row: &str) -> Result<(), ImportError> {
        self.rows += 1;
        let Some(target) = &mut self.target else { return Ok(()) };
        let read = target.intake.incoming().read(table, key, row);
        let (row, besides) = read.map_err(|error| self.reader.damaged(error))?;
        if let Some(besides) = besides {
            target.take(besides, None).await?;
        }
        match row.row.apart() {
            None => target.take(row, None).await,
            Some(Apart::Follows(0)) => target.take(row, Some(Content::from(Vec::new()))).await,
            Some(Apart::Follows(length)) => {
                self.reader.expect_content(length);
                target.row = Some((row, ContentWriter::new()));
                Ok(())
            }
            Some(Apart::LeftOut(length)) if length > self.sandboxes.largest_file() => {
                let problem = "a file that is left out is larger than the server takes; see --push-limit";
                Err(self.reader.damaged(problem).into())
            }
            Some(Apart::LeftOut(length)) => {
                let zeros = Content::zeros(length).map_err(|error| no_room(&error))?;
                target.take(row, Some(zeros)).await
            }
        }
    }

    async fn piece(&mut self, piece: &[u8]) -> Result<(), ImportError> {
        let Some(target) = &mut self.target else { return Ok(()) };
        let Some((_, writer)) = &mut target.row else { return Ok(()) };
        writer.write(piece).map_err(|error| no_room(&error))?;
        if self.reader.content_is_whole()
            && let Some((row, writer)) = target.row.take()
        {
            target.take(row, Some(writer.finish())).await?;
        }
        Ok(())
    }
}

impl Target {
    async fn take(&mut self, row: IncomingRow, content: Option<Content>) -> Result<(), ImportError> {
        let around = Fresh(&self.sandbox.datasets);
        Ok(self.intake.take(row, content, &around).await?)
    }
}

fn no_room(error: &std::io::Error) -> Unavailable {
    tracing::error!("a content cannot be taken in: {error}");
    Unavailable
}

/// What rows refer to, for a sandbox of which nobody downloads anything yet.
struct Fresh<'a>(&'a Datasets);

impl Surroundings for Fresh<'_> {
    fn dataset(&self, source: &Source, id: &str, connected: Moment) -> Option<Arc<Dataset>> {
        self.0.get(source, id, connected)
    }

    fn lifeline(&self, _: &str) -> Lifeline {
        Lifeline::default()
    }

    fn cut(&self, _: &str) {}
}
