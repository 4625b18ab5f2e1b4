//! A PostgreSQL database, which several servers share and answer from as one.
//!
//! Units of work are serialisable transactions: of two that could not have run one after the other, the
//! database refuses one, which runs again.

mod reading;

use std::time::Duration;

use futures_util::TryStreamExt as _;
use futures_util::future::{BoxFuture, FutureExt as _};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgPool};

use super::engine::{Connection, Engine, Isolation};
use super::statement::Statement;
use super::transfer::Reading;
use super::{Failure, sql, telling};
use crate::config::state_place::{DatabaseUrl, StateError};
use crate::payload::content::{Content, ContentWriter};
use crate::random::SandboxTag;
use reading::DatabaseReading;

/// How many connections a server has at most.
const MOST_CONNECTIONS: u32 = 16;
/// How long a request waits for a connection before it is told to come again.
const PATIENCE: Duration = Duration::from_secs(3);
/// How much of a content is in one row.
const CHUNK: usize = 256 * 1024;
/// What servers lock that are about to bring the schema to their version; any number that no other program
/// takes.
const MIGRATION_LOCK: i64 = 0x6469_6769_6d65;

/// Contents in pieces, which this engine alone has.
const CONTENTS: &str = "
    CREATE TABLE IF NOT EXISTS content_chunks (sandbox TEXT NOT NULL, id TEXT NOT NULL, number BIGINT NOT NULL,
        bytes BYTEA NOT NULL, written TIMESTAMPTZ NOT NULL DEFAULT now(), PRIMARY KEY (sandbox, id, number));";

/// Contents that nothing names and that nobody can be about to name.
const SWEEP_CONTENTS: &str =
    "DELETE FROM content_chunks WHERE written < now() - interval '1 hour' AND id NOT IN (";

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
        sqlx::raw_sql(telling::TIDY).execute(&pool).await.map_err(wrong)?;
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
    sqlx::raw_sql(CONTENTS).execute(&mut *connection).await?;
    sqlx::raw_sql(telling::TABLES).execute(&mut *connection).await?;
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

/// A transaction on a connection of the pool.
struct Held(sqlx::Transaction<'static, sqlx::Postgres>);

impl Connection for Held {
    fn rows(&mut self, statement: Statement) -> BoxFuture<'_, Result<Vec<(String, String)>, Failure>> {
        async move {
            let (text, arguments) = statement.parts::<sqlx::Postgres>()?;
            let query = sqlx::query_as_with(AssertSqlSafe(text), arguments);
            query.fetch_all(&mut *self.0).await.map_err(lost)
        }
        .boxed()
    }

    fn execute(&mut self, statement: Statement) -> BoxFuture<'_, Result<u64, Failure>> {
        async move {
            let (text, arguments) = statement.parts::<sqlx::Postgres>()?;
            let query = sqlx::query_with(AssertSqlSafe(text), arguments);
            query.execute(&mut *self.0).await.map(|done| done.rows_affected()).map_err(lost)
        }
        .boxed()
    }

    fn commit<'a>(self: Box<Self>) -> BoxFuture<'a, Result<(), Failure>>
    where
        Self: 'a,
    {
        async move { self.0.commit().await.map_err(lost) }.boxed()
    }
}

impl Engine for Postgres {
    fn connect(&self, isolation: Isolation) -> BoxFuture<'_, Result<Box<dyn Connection + '_>, Failure>> {
        let begin = match isolation {
            Isolation::Committed => "BEGIN",
            Isolation::Serialisable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        };
        async move {
            let transaction = self.pool.begin_with(begin).await.map_err(lost)?;
            Ok(Box::new(Held(transaction)) as Box<dyn Connection>)
        }
        .boxed()
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn read_all<'a>(&'a self, sandbox: &'a SandboxTag) -> BoxFuture<'a, Result<Box<dyn Reading>, Failure>> {
        async move {
            let reading = DatabaseReading::begin(&self.pool, sandbox).await?;
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
            let mut connection = self.connect(Isolation::Committed).await?;
            let (mut position, mut number) = (0, 0_i64);
            while position < length || number == 0 {
                let bytes = content.piece(position, CHUNK).map_err(unreadable)?.into_owned();
                position += bytes.len() as u64;
                let text = "INSERT INTO content_chunks (sandbox, id, number, bytes) VALUES ($1, $2, $3, $4)";
                let statement = Statement::of(text).with(sandbox).with(id.as_str()).with(number).with(bytes);
                connection.execute(statement).await?;
                number += 1;
            }
            connection.commit().await?;
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
        async move { fetch(&self.pool, sandbox.as_str(), id, length).await }.boxed()
    }

    fn forget_contents<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        ids: Vec<String>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        async move {
            let query = sqlx::query("DELETE FROM content_chunks WHERE sandbox = $1 AND id = ANY($2)");
            query.bind(sandbox.as_str()).bind(ids).execute(&self.pool).await.map(|_| ()).map_err(lost)
        }
        .boxed()
    }
}

/// A content, piece by piece.
async fn fetch<'c>(
    from: impl sqlx::PgExecutor<'c>,
    sandbox: &str,
    id: &str,
    length: u64,
) -> Result<Content, Failure> {
    let text = "SELECT bytes FROM content_chunks WHERE sandbox = $1 AND id = $2 ORDER BY number";
    let chunks = sqlx::query_as(text).bind(sandbox).bind(id).fetch(from);
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

fn unreadable(error: std::io::Error) -> Failure {
    Failure::Lost(error.to_string())
}
