//! One SQLite file, and the contents of large files in a folder beside it. One server uses it at a time.
//!
//! What is committed survives the end of the process at any moment, `kill -9` included: it is in the
//! write-ahead log. The loss of power may take the last commits, but never a half of one, unless the file
//! is opened to be synchronised with the disk at each commit.

mod reading;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, SqliteConnection};
use tokio::sync::{Mutex, MutexGuard};

use super::contents::Folder;
use super::engine::{Connection, Engine, Isolation};
use super::statement::Statement;
use super::transfer::Reading;
use super::{Failure, sql};
use crate::config::state_place::StateError;
use crate::own_files;
use crate::payload::content::{Content, LARGEST_IN_MEMORY};
use crate::random::SandboxTag;
use reading::FileReading;

/// How long another program, such as one that makes a backup, may keep the file to itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// A file that this server alone uses.
#[derive(Debug)]
pub(crate) struct Sqlite {
    writer: Mutex<Writer>,
    contents: Folder,
    path: PathBuf,
    /// Held for as long as the server runs; the system releases it whatever ends the server.
    _lock: File,
}

#[derive(Debug)]
struct Writer {
    connection: SqliteConnection,
    /// Whether somebody who began a transaction went away before its end.
    is_open: bool,
}

impl Sqlite {
    /// Opens a file, or makes one.
    ///
    /// # Errors
    /// [`StateError`] if another server uses it, or it is damaged, newer, or none of this program. It is as
    /// it was then.
    pub(crate) async fn open(path: &Path, synced: bool) -> Result<Self, StateError> {
        let linked = linked(path)?;
        let path = linked.as_deref().unwrap_or(path);
        let lock = lock(path)?;
        // It has keys and people's data. SQLite gives the files beside it the mode that it has.
        let made = own_files::options().append(true).open(path);
        made.map_err(|error| StateError::Unusable { place: place(path), problem: error.to_string() })?;
        let is_new = fs::metadata(path).map_or(true, |file| file.len() == 0);
        let synchronous = if synced { SqliteSynchronous::Full } else { SqliteSynchronous::Normal };
        // The journal's mode is written into the file, which may be none of this program.
        let options =
            SqliteConnectOptions::new().filename(path).create_if_missing(true).busy_timeout(PATIENCE);
        let options = options.synchronous(synchronous).disable_statement_logging();
        let wrong = |error: sqlx::Error| {
            let (place, problem) = (place(path), error.to_string());
            match code_of(&error).as_deref() {
                Some(code) if DAMAGED.contains(&code) => StateError::Damaged { place, problem },
                _ => StateError::Unusable { place, problem },
            }
        };
        let mut connection = options.connect().await.map_err(wrong)?;
        if !is_new {
            check(&mut connection, path).await?;
        }
        sqlx::query("PRAGMA journal_mode = WAL").execute(&mut connection).await.map_err(wrong)?;
        migrate(&mut connection).await.map_err(wrong)?;
        let beside = beside(path, ".contents");
        let unreadable = |error: std::io::Error| StateError::Unusable {
            place: place(&beside),
            problem: error.to_string(),
        };
        let contents = Folder::open(beside.clone(), synced).map_err(unreadable)?;
        let named: Vec<(String,)> =
            sqlx::query_as(sql::NAMED_CONTENTS).fetch_all(&mut connection).await.map_err(wrong)?;
        let named: HashSet<String> = named.into_iter().map(|(id,)| id).collect();
        let swept = contents.sweep(&named).map_err(unreadable)?;
        let orphans = format!("DELETE FROM contents WHERE id NOT IN ({})", sql::NAMED_CONTENTS);
        sqlx::query(AssertSqlSafe(orphans)).execute(&mut connection).await.map_err(wrong)?;
        tracing::debug!("{} is open; {swept} files were swept that nothing names", path.display());
        let writer = Mutex::new(Writer { connection, is_open: false });
        Ok(Self { writer, contents, path: path.to_owned(), _lock: lock })
    }

    /// The connection, without what somebody left half done.
    async fn writer(&self) -> Result<MutexGuard<'_, Writer>, Failure> {
        let mut writer = self.writer.lock().await;
        if writer.is_open {
            // It may have been committed after all.
            if let Err(error) = sqlx::query("ROLLBACK").execute(&mut writer.connection).await {
                tracing::debug!("nothing was left to roll back: {error}");
            }
            writer.is_open = false;
        }
        Ok(writer)
    }
}

fn place(path: &Path) -> String {
    path.display().to_string()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The file that a link leads to: lock and contents stand beside the file itself, or two servers would share it.
fn linked(path: &Path) -> Result<Option<PathBuf>, StateError> {
    if !path.is_symlink() {
        return Ok(None);
    }
    let found = own_files::options().append(true).open(path).and_then(|_| path.canonicalize());
    found.map(Some).map_err(|error| StateError::Unusable { place: place(path), problem: error.to_string() })
}

fn folder_of(path: &Path) -> Option<&Path> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty())
}

fn lock(path: &Path) -> Result<File, StateError> {
    let lock = beside(path, ".lock");
    let unusable =
        |error: std::io::Error| StateError::Unusable { place: place(&lock), problem: error.to_string() };
    let file = own_files::options().append(true).open(&lock).map_err(|error| match folder_of(path) {
        Some(folder) if !folder.exists() => StateError::Unusable {
            place: place(path),
            problem: format!("there is no folder {}", folder.display()),
        },
        _ => unusable(error),
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StateError::InUse(place(path))),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// Refuses a file that is damaged, newer, or none of this program, before anything is written.
async fn check(connection: &mut SqliteConnection, path: &Path) -> Result<(), StateError> {
    let damaged = |problem: String| StateError::Damaged { place: place(path), problem };
    let found: Vec<(String,)> = sqlx::query_as("PRAGMA quick_check(1)")
        .fetch_all(&mut *connection)
        .await
        .map_err(|error| damaged(error.to_string()))?;
    match found.first() {
        Some((problem,)) if problem != "ok" => return Err(damaged(problem.clone())),
        _ => {}
    }
    let version: Option<(i64,)> = sqlx::query_as(sql::VERSION_OF)
        .fetch_optional(&mut *connection)
        .await
        .map_err(|_| StateError::Foreign(place(path)))?;
    match version {
        Some((version,)) if version > sql::VERSION => {
            Err(StateError::Newer { place: place(path), version, known: sql::VERSION })
        }
        Some(_) => Ok(()),
        None => Err(StateError::Foreign(place(path))),
    }
}

/// Brings the file to the present version, in one transaction.
async fn migrate(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    sqlx::query(sql::META).execute(&mut *connection).await?;
    let version: Option<(i64,)> = sqlx::query_as(sql::VERSION_OF).fetch_optional(&mut *connection).await?;
    let version = usize::try_from(version.map_or(0, |(version,)| version)).unwrap_or_default();
    for migration in sql::MIGRATIONS.iter().skip(version) {
        let migration = migration.replace(" BYTES ", " BLOB ");
        sqlx::raw_sql(AssertSqlSafe(migration)).execute(&mut *connection).await?;
    }
    sqlx::query(sql::SET_VERSION).bind(sql::VERSION).execute(&mut *connection).await?;
    sqlx::query("COMMIT").execute(&mut *connection).await?;
    Ok(())
}

/// SQLite's codes for a file that another program has to itself.
const BUSY: [&str; 4] = ["5", "6", "261", "517"];
/// SQLite's codes for a file that is none, or is damaged.
const DAMAGED: [&str; 2] = ["11", "26"];

fn code_of(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error().and_then(|error| error.code())
}

fn lost(error: sqlx::Error) -> Failure {
    match code_of(&error).as_deref() {
        Some(code) if BUSY.contains(&code) => Failure::Conflict,
        _ => Failure::Lost(error.to_string()),
    }
}

/// The connection, to which nobody else comes meanwhile; a transaction begins with the first change.
struct Alone<'w>(MutexGuard<'w, Writer>);

impl Connection for Alone<'_> {
    fn rows(&mut self, statement: Statement) -> BoxFuture<'_, Result<Vec<(String, String)>, Failure>> {
        async move {
            let (text, arguments) = statement.parts::<sqlx::Sqlite>()?;
            let query = sqlx::query_as_with(AssertSqlSafe(text), arguments);
            query.fetch_all(&mut self.0.connection).await.map_err(lost)
        }
        .boxed()
    }

    fn execute(&mut self, statement: Statement) -> BoxFuture<'_, Result<u64, Failure>> {
        async move {
            let (text, arguments) = statement.parts::<sqlx::Sqlite>()?;
            if !self.0.is_open {
                self.0.is_open = true;
                sqlx::query("BEGIN IMMEDIATE").execute(&mut self.0.connection).await.map_err(lost)?;
            }
            let query = sqlx::query_with(AssertSqlSafe(text), arguments);
            query.execute(&mut self.0.connection).await.map(|done| done.rows_affected()).map_err(lost)
        }
        .boxed()
    }

    fn commit<'a>(mut self: Box<Self>) -> BoxFuture<'a, Result<(), Failure>>
    where
        Self: 'a,
    {
        async move {
            if self.0.is_open {
                sqlx::query("COMMIT").execute(&mut self.0.connection).await.map_err(lost)?;
                self.0.is_open = false;
            }
            Ok(())
        }
        .boxed()
    }
}

impl Engine for Sqlite {
    fn connect(&self, _: Isolation) -> BoxFuture<'_, Result<Box<dyn Connection + '_>, Failure>> {
        async move { Ok(Box::new(Alone(self.writer().await?)) as Box<dyn Connection>) }.boxed()
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn read_all<'a>(&'a self, sandbox: &'a SandboxTag) -> BoxFuture<'a, Result<Box<dyn Reading>, Failure>> {
        async move {
            let reading = FileReading::begin(&self.path, self.contents.clone(), sandbox).await?;
            Ok(Box::new(reading) as Box<dyn Reading>)
        }
        .boxed()
    }

    fn keep_content<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        content: &'a Content,
    ) -> BoxFuture<'a, Result<Content, Failure>> {
        async move {
            let (id, length) = (sandbox.mint(), content.len());
            if length > LARGEST_IN_MEMORY as u64 {
                let (folder, large, named) = (self.contents.clone(), content.clone(), id.clone());
                let written = tokio::task::spawn_blocking(move || folder.write(&named, &large)).await;
                written.map_err(|error| Failure::Lost(error.to_string()))?.map_err(unwritten)?;
            } else {
                let bytes = content.piece(0, LARGEST_IN_MEMORY).map_err(unwritten)?.into_owned();
                let statement =
                    Statement::of("INSERT INTO contents (sandbox, id, bytes) VALUES ($1, $2, $3)");
                let mut connection = self.connect(Isolation::Committed).await?;
                connection.execute(statement.with(sandbox).with(id.as_str()).with(bytes)).await?;
                connection.commit().await?;
            }
            Ok(Content::kept(id, length))
        }
        .boxed()
    }

    fn fetch_content<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        id: &'a str,
        length: u64,
    ) -> BoxFuture<'a, Result<Content, Failure>> {
        async move {
            if length > LARGEST_IN_MEMORY as u64 {
                return self.contents.read(id, length).map_err(unwritten);
            }
            let mut writer = self.writer().await?;
            let query = sqlx::query_as("SELECT bytes FROM contents WHERE sandbox = $1 AND id = $2");
            let query = query.bind(sandbox.as_str()).bind(id);
            let (bytes,): (Vec<u8>,) = query.fetch_one(&mut writer.connection).await.map_err(lost)?;
            Ok(Content::from(bytes))
        }
        .boxed()
    }

    fn forget_contents<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        ids: Vec<String>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        async move {
            for id in &ids {
                self.contents.remove(id).map_err(unwritten)?;
                let statement = Statement::of("DELETE FROM contents WHERE sandbox = $1 AND id = $2");
                let mut connection = self.connect(Isolation::Committed).await?;
                connection.execute(statement.with(sandbox).with(id.as_str())).await?;
                connection.commit().await?;
            }
            Ok(())
        }
        .boxed()
    }
}

fn unwritten(error: std::io::Error) -> Failure {
    Failure::Lost(error.to_string())
}
