//! All rows of a sandbox, read over a connection of its own, while the server goes on writing over the other.

use std::path::Path;

use futures_util::future::{BoxFuture, FutureExt as _};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, SqliteConnection};

use super::{PATIENCE, lost, unwritten};
use crate::durable::contents::{Folder, Hold};
use crate::durable::transfer::Reading;
use crate::durable::{Failure, sql};
use crate::payload::content::{Content, LARGEST_IN_MEMORY};
use crate::random::SandboxTag;

/// A transaction that sees the file as it was when it began.
pub(super) struct FileReading {
    connection: SqliteConnection,
    contents: Folder,
    sandbox: String,
    /// Files of contents are outside of the transaction.
    _hold: Hold,
}

impl FileReading {
    pub(super) async fn begin(path: &Path, contents: Folder, sandbox: &SandboxTag) -> Result<Self, Failure> {
        let hold = contents.hold();
        let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(PATIENCE);
        let mut connection = options.disable_statement_logging().connect().await.map_err(lost)?;
        sqlx::query("BEGIN").execute(&mut connection).await.map_err(lost)?;
        // It begins to see one state with the first look.
        sqlx::query(sql::VERSION_OF).execute(&mut connection).await.map_err(lost)?;
        Ok(Self { connection, contents, sandbox: sandbox.as_str().to_owned(), _hold: hold })
    }
}

impl Reading for FileReading {
    fn page<'a>(
        &'a mut self,
        table: &'static str,
        after: Option<&'a str>,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<(String, String)>, Failure>> {
        async move {
            // SQLite compares the bytes of texts.
            let text = format!(
                "SELECT key, body FROM {table} WHERE sandbox = $1 AND ($2 IS NULL OR key > $2) \
                 ORDER BY key LIMIT $3"
            );
            let query = sqlx::query_as(AssertSqlSafe(text)).bind(&self.sandbox).bind(after);
            query.bind(i64::from(most)).fetch_all(&mut self.connection).await.map_err(lost)
        }
        .boxed()
    }

    fn fetch<'a>(&'a mut self, id: &'a str, length: u64) -> BoxFuture<'a, Result<Content, Failure>> {
        async move {
            if length > LARGEST_IN_MEMORY as u64 {
                return self.contents.read(id, length).map_err(unwritten);
            }
            let query = sqlx::query_as("SELECT bytes FROM contents WHERE sandbox = $1 AND id = $2");
            let query = query.bind(&self.sandbox).bind(id);
            let (bytes,): (Vec<u8>,) = query.fetch_one(&mut self.connection).await.map_err(lost)?;
            Ok(Content::from(bytes))
        }
        .boxed()
    }
}
