//! All rows of a sandbox, read in one transaction.

use futures_util::future::{BoxFuture, FutureExt as _};
use sqlx::{AssertSqlSafe, PgPool};

use super::lost;
use crate::durable::Failure;
use crate::durable::transfer::Reading;
use crate::payload::content::Content;
use crate::random::SandboxTag;

/// A transaction that sees the database as it was when it began, and hinders nobody.
pub(super) struct DatabaseReading {
    transaction: sqlx::Transaction<'static, sqlx::Postgres>,
    sandbox: String,
}

impl DatabaseReading {
    pub(super) async fn begin(pool: &PgPool, sandbox: &SandboxTag) -> Result<Self, Failure> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut transaction = pool.begin_with(begin).await.map_err(lost)?;
        // It begins to see one state with the first look.
        sqlx::query("SELECT 1").execute(&mut *transaction).await.map_err(lost)?;
        Ok(Self { transaction, sandbox: sandbox.as_str().to_owned() })
    }
}

impl Reading for DatabaseReading {
    /// A database sorts as its language does: the bytes of the keys are sorted once, and then read on from where
    /// the reading was, instead of looked for.
    fn page<'a>(
        &'a mut self,
        table: &'static str,
        after: Option<&'a str>,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<(String, String)>, Failure>> {
        async move {
            if after.is_none() {
                let declare = format!(
                    "DECLARE {table}_rows NO SCROLL CURSOR FOR SELECT key, body FROM {table} \
                     WHERE sandbox = $1 ORDER BY key COLLATE \"C\""
                );
                let declared = sqlx::query(AssertSqlSafe(declare)).bind(&self.sandbox);
                declared.execute(&mut *self.transaction).await.map_err(lost)?;
            }
            let fetch = format!("FETCH {most} FROM {table}_rows");
            sqlx::query_as(AssertSqlSafe(fetch)).fetch_all(&mut *self.transaction).await.map_err(lost)
        }
        .boxed()
    }

    fn fetch<'a>(&'a mut self, id: &'a str, length: u64) -> BoxFuture<'a, Result<Content, Failure>> {
        async move { super::fetch(&mut *self.transaction, &self.sandbox, id, length).await }.boxed()
    }
}
