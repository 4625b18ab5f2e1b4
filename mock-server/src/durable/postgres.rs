//! A PostgreSQL database, which several servers share and answer from as one.
//!
//! Units of work are serialisable transactions: of two that could not have run one after the other, the
//! database refuses one, which runs again.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::{StreamExt as _, TryStreamExt as _};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection, PgPool};

use super::{Database, Failure, Transaction, sql};
use crate::clock::Moment;
use crate::config::state_place::{DatabaseUrl, StateError};
use crate::domain::library::LibraryId;
use crate::domain::table::{By, Change, Loaded, Wanted};
use crate::payload::content::{Content, ContentWriter};
use crate::random::SandboxTag;

/// How many connections a server has at most.
const MOST_CONNECTIONS: u32 = 16;
/// How long a request waits for a connection before it is told to come again.
const PATIENCE: Duration = Duration::from_secs(3);
/// How much of a content is in one row.
const CHUNK: usize = 256 * 1024;
/// What servers lock that are about to bring the schema to their version; any number that no other program
/// takes.
const MIGRATION_LOCK: i64 = 0x6469_6769_6d65;

/// What this engine has besides the tables of all: contents in pieces, and what ended lately.
const EXTRA: &str = "
    CREATE TABLE IF NOT EXISTS content_chunks (sandbox TEXT NOT NULL, id TEXT NOT NULL, number BIGINT NOT NULL,
        bytes BYTEA NOT NULL, written TIMESTAMPTZ NOT NULL DEFAULT now(), PRIMARY KEY (sandbox, id, number));
    CREATE TABLE IF NOT EXISTS cuts (lifeline TEXT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now());
    CREATE INDEX IF NOT EXISTS cuts_by_time ON cuts (at);";

/// Contents that nothing names and that nobody can be about to name.
const SWEEP_CONTENTS: &str =
    "DELETE FROM content_chunks WHERE written < now() - interval '1 hour' AND id NOT IN (";

/// What ended lately, longer than any transaction takes.
const CUTS: &str = "SELECT lifeline FROM cuts WHERE at > now() - interval '30 seconds'";

/// A database that other servers may use too.
#[derive(Debug)]
pub(crate) struct Postgres {
    pool: PgPool,
}

impl Postgres {
    /// Connects to a database, and brings its schema to the present version if no other server has.
    ///
    /// # Errors
    /// [`StateError`] if it cannot be reached or is newer.
    pub(crate) async fn open(url: &DatabaseUrl) -> Result<Self, StateError> {
        let place = url.to_string();
        // The error of a URL may quote it, with the password in it.
        let problem = "is no URL such as postgres://user@host:5432/database".to_owned();
        let options: PgConnectOptions =
            url.secret().parse().map_err(|_| StateError::Unusable { place: place.clone(), problem })?;
        let pool = PgPoolOptions::new().max_connections(MOST_CONNECTIONS).acquire_timeout(PATIENCE);
        let wrong =
            |error: sqlx::Error| StateError::Unusable { place: place.clone(), problem: error.to_string() };
        let pool = pool.connect_with(options.disable_statement_logging()).await.map_err(wrong)?;
        let version = migrate(&pool).await.map_err(wrong)?;
        if version > sql::VERSION {
            return Err(StateError::Newer { place, version, known: sql::VERSION });
        }
        let orphans = format!("{SWEEP_CONTENTS}{})", sql::NAMED_CONTENTS);
        sqlx::query(AssertSqlSafe(orphans)).execute(&pool).await.map_err(wrong)?;
        let old = sqlx::query("DELETE FROM cuts WHERE at < now() - interval '1 hour'");
        old.execute(&pool).await.map_err(wrong)?;
        Ok(Self { pool })
    }
}

/// Brings the schema to the present version, and gives the one that it then has: a newer one stays.
async fn migrate(pool: &PgPool) -> Result<i64, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let connection = &mut *transaction;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut *connection).await?;
    sqlx::query(sql::META).execute(&mut *connection).await?;
    let version: Option<(i64,)> = sqlx::query_as(sql::VERSION_OF).fetch_optional(&mut *connection).await?;
    let version = version.map_or(0, |(version,)| version);
    if version > sql::VERSION {
        return Ok(version);
    }
    for migration in sql::MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or_default()) {
        let migration = migration.replace(" BYTES ", " BYTEA ");
        sqlx::raw_sql(AssertSqlSafe(migration)).execute(&mut *connection).await?;
    }
    sqlx::raw_sql(EXTRA).execute(&mut *connection).await?;
    sqlx::query(sql::SET_VERSION).bind(sql::VERSION).execute(&mut *connection).await?;
    transaction.commit().await?;
    Ok(sql::VERSION)
}

/// PostgreSQL's codes for what another transaction was quicker with.
const CONFLICTS: [&str; 3] = ["40001", "40P01", "23505"];

fn lost(error: sqlx::Error) -> Failure {
    match error.as_database_error().and_then(|error| error.code()) {
        Some(code) if CONFLICTS.contains(&code.as_ref()) => Failure::Conflict,
        _ => Failure::Lost(error.to_string()),
    }
}

/// The rows of a sandbox as they were when the transaction began. Dropped before its end, it is rolled back.
struct Serialised<'a> {
    transaction: sqlx::Transaction<'static, sqlx::Postgres>,
    sandbox: &'a str,
}

impl Transaction for Serialised<'_> {
    fn load<'a>(&'a mut self, wanted: &'a [Wanted]) -> BoxFuture<'a, Result<Vec<Loaded>, Failure>> {
        async move {
            let mut loaded = Vec::with_capacity(wanted.len());
            for wanted in wanted {
                let (text, value) = match &wanted.by {
                    By::Key(key) => (sql::by_key(wanted.table), key),
                    By::Column(column, value) => (sql::by_column(wanted.table, column), value),
                };
                let query = sqlx::query_as(AssertSqlSafe(text)).bind(self.sandbox).bind(value);
                let rows = query.fetch_all(&mut *self.transaction).await.map_err(lost)?;
                loaded.push(Loaded { wanted: wanted.clone(), rows });
            }
            Ok(loaded)
        }
        .boxed()
    }

    fn commit<'a>(
        mut self: Box<Self>,
        changes: Vec<Change>,
        cut: Vec<String>,
    ) -> BoxFuture<'a, Result<(), Failure>>
    where
        Self: 'a,
    {
        async move {
            for change in changes {
                write(&mut self.transaction, self.sandbox, change).await.map_err(lost)?;
            }
            for lifeline in cut {
                let query = sqlx::query("INSERT INTO cuts (lifeline) VALUES ($1)").bind(lifeline);
                query.execute(&mut *self.transaction).await.map_err(lost)?;
            }
            // What was only read is certain at the end, too.
            self.transaction.commit().await.map_err(lost)
        }
        .boxed()
    }
}

async fn write(connection: &mut PgConnection, sandbox: &str, change: Change) -> Result<(), sqlx::Error> {
    let Some(row) = change.row else {
        let query = sqlx::query(AssertSqlSafe(sql::delete(change.table)));
        return query.bind(sandbox).bind(change.key).execute(connection).await.map(|_| ());
    };
    let columns: Vec<_> = row.columns.iter().map(|(name, _)| *name).collect();
    let query = sqlx::query(AssertSqlSafe(sql::upsert(change.table, &columns)));
    let mut query = query.bind(sandbox).bind(change.key).bind(row.body).bind(row.expires.map(Moment::millis));
    for (_, value) in row.columns {
        query = query.bind(value);
    }
    query.execute(connection).await.map(|_| ())
}

impl Database for Postgres {
    fn begin<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
    ) -> BoxFuture<'a, Result<Box<dyn Transaction + 'a>, Failure>> {
        async move {
            let transaction =
                self.pool.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await.map_err(lost)?;
            Ok(Box::new(Serialised { transaction, sandbox: sandbox.as_str() }) as Box<dyn Transaction>)
        }
        .boxed()
    }

    fn clear<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        tables: &'a [&'static str],
    ) -> BoxFuture<'a, Result<(), Failure>> {
        async move {
            let mut transaction = self.pool.begin().await.map_err(lost)?;
            for table in tables {
                let query = sqlx::query(AssertSqlSafe(sql::clear(table))).bind(sandbox.as_str());
                query.execute(&mut *transaction).await.map_err(lost)?;
            }
            transaction.commit().await.map_err(lost)
        }
        .boxed()
    }

    fn records(&self) -> BoxFuture<'_, Result<Vec<(String, String)>, Failure>> {
        async move { sqlx::query_as(sql::RECORDS).fetch_all(&self.pool).await.map_err(lost) }.boxed()
    }

    fn note<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        body: Option<String>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        async move {
            let query = match body {
                Some(body) => sqlx::query(sql::NOTE).bind(sandbox.as_str()).bind(body),
                None => sqlx::query(sql::FORGET).bind(sandbox.as_str()),
            };
            query.execute(&self.pool).await.map(|_| ()).map_err(lost)
        }
        .boxed()
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn cuts(&self) -> BoxFuture<'_, Result<Vec<String>, Failure>> {
        async move {
            let found: Vec<(String,)> = sqlx::query_as(CUTS).fetch_all(&self.pool).await.map_err(lost)?;
            Ok(found.into_iter().map(|(lifeline,)| lifeline).collect())
        }
        .boxed()
    }

    fn keep<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        content: &'a Content,
    ) -> BoxFuture<'a, Result<Content, Failure>> {
        async move {
            let (id, length) = (sandbox.mint(), content.len());
            let mut transaction = self.pool.begin().await.map_err(lost)?;
            let (mut position, mut number) = (0, 0_i64);
            while position < length || number == 0 {
                let bytes = content.piece(position, CHUNK).map_err(unreadable)?.into_owned();
                position += bytes.len() as u64;
                let text = "INSERT INTO content_chunks (sandbox, id, number, bytes) VALUES ($1, $2, $3, $4)";
                let query = sqlx::query(text).bind(sandbox.as_str()).bind(&id).bind(number).bind(bytes);
                query.execute(&mut *transaction).await.map_err(lost)?;
                number += 1;
            }
            transaction.commit().await.map_err(lost)?;
            Ok(Content::kept(id, length))
        }
        .boxed()
    }

    fn fetch<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        id: &'a str,
        length: u64,
    ) -> BoxFuture<'a, Result<Content, Failure>> {
        async move {
            let text = "SELECT bytes FROM content_chunks WHERE sandbox = $1 AND id = $2 ORDER BY number";
            let chunks = sqlx::query_as(text).bind(sandbox.as_str()).bind(id).fetch(&self.pool).boxed();
            let write = |mut writer: ContentWriter, (bytes,): (Vec<u8>,)| async move {
                writer.write(&bytes).map_err(sqlx::Error::Io)?;
                Ok(writer)
            };
            let content = chunks.try_fold(ContentWriter::new(), write).await.map_err(lost)?.finish();
            match content.len() == length {
                true => Ok(content),
                false => Err(Failure::Lost(format!("the content {id} is gone"))),
            }
        }
        .boxed()
    }

    fn forget<'a>(&'a self, sandbox: &'a SandboxTag, ids: Vec<String>) -> BoxFuture<'a, Result<(), Failure>> {
        async move {
            let query = sqlx::query("DELETE FROM content_chunks WHERE sandbox = $1 AND id = ANY($2)");
            query.bind(sandbox.as_str()).bind(ids).execute(&self.pool).await.map(|_| ()).map_err(lost)
        }
        .boxed()
    }

    fn delete_expired<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        table: &'static str,
        before: Moment,
        most: u32,
    ) -> BoxFuture<'a, Result<u64, Failure>> {
        async move {
            let query = sqlx::query(AssertSqlSafe(sql::delete_expired(table)));
            let query = query.bind(sandbox.as_str()).bind(before.millis()).bind(i64::from(most));
            query.execute(&self.pool).await.map(|done| done.rows_affected()).map_err(lost)
        }
        .boxed()
    }

    fn unreachable<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<LibraryId>, Failure>> {
        async move {
            let postboxes = sqlx::query(sql::DELETE_POSTBOXES).bind(sandbox.as_str());
            postboxes.execute(&self.pool).await.map_err(lost)?;
            let query = sqlx::query_as(sql::UNREACHABLE).bind(sandbox.as_str()).bind(i64::from(most));
            let found: Vec<(String,)> = query.fetch_all(&self.pool).await.map_err(lost)?;
            Ok(found.into_iter().map(|(id,)| id).collect())
        }
        .boxed()
    }
}

fn unreadable(error: std::io::Error) -> Failure {
    Failure::Lost(error.to_string())
}
