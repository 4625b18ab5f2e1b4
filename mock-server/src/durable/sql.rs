//! Statements that every engine understands, and the versions of the schema.

/// What brings a database from each version to the next, from an empty one on.
pub(super) const MIGRATIONS: [&str; 1] = [include_str!("schema/1.sql")];

/// The version that this program reads and writes.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// Where a database says that it is one of this program, and of which version.
pub(super) const META: &str =
    "CREATE TABLE IF NOT EXISTS digime_mock (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL)";

/// The version of a database.
pub(super) const VERSION_OF: &str = "SELECT value FROM digime_mock WHERE name = 'version'";

/// The version of a database, as text.
pub(super) const VERSION_TEXT: &str =
    "SELECT CAST(value AS TEXT), '' FROM digime_mock WHERE name = 'version'";

/// Notes the version of a database.
pub(super) const SET_VERSION: &str = "INSERT INTO digime_mock (name, value) VALUES ('version', $1) \
                                      ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// The rows with some keys.
pub(super) fn by_keys(table: &str, keys: usize) -> String {
    format!("SELECT key, body FROM {table} WHERE sandbox = $1 AND key IN ({})", places(2, keys))
}

/// The rows with a value in a column, in any order: SQLite would look through all rows of the sandbox for those that are
/// wanted by their keys.
pub(super) fn by_column(table: &str, column: &str) -> String {
    format!("SELECT key, body FROM {table} WHERE sandbox = $1 AND {column} = $2")
}

/// Some of the rows after a key.
pub(super) fn page(table: &str) -> String {
    format!("SELECT key, body FROM {table} WHERE sandbox = $1 AND key > $2 ORDER BY key LIMIT $3")
}

/// Writes rows in the place of those with their keys.
pub(super) fn upsert(table: &str, columns: &[&str], rows: usize) -> String {
    let names: String = columns.iter().map(|column| format!(", {column}")).collect();
    let sets: String = columns.iter().map(|column| format!(", {column} = excluded.{column}")).collect();
    let width = columns.len() + 3;
    let values: Vec<_> = (0..rows).map(|row| format!("($1, {})", places(2 + row * width, width))).collect();
    format!(
        "INSERT INTO {table} (sandbox, key, body, expires{names}) VALUES {} \
         ON CONFLICT (sandbox, key) DO UPDATE SET body = excluded.body, expires = excluded.expires{sets}",
        values.join(", ")
    )
}

/// Deletes the rows with some keys.
pub(super) fn delete(table: &str, keys: usize) -> String {
    format!("DELETE FROM {table} WHERE sandbox = $1 AND key IN ({})", places(2, keys))
}

/// The places of some values, from a number on.
fn places(from: usize, count: usize) -> String {
    let places: Vec<_> = (from..from + count).map(|place| format!("${place}")).collect();
    places.join(", ")
}

/// A row of a table, if there is any.
pub(super) fn any(table: &str) -> String {
    format!("SELECT key, '' FROM {table} WHERE sandbox = $1 LIMIT 1")
}

/// Empties a table of a sandbox.
pub(super) fn clear(table: &str) -> String {
    format!("DELETE FROM {table} WHERE sandbox = $1")
}

/// Deletes some of the rows that ended before a moment.
pub(super) fn delete_expired(table: &str) -> String {
    format!(
        "DELETE FROM {table} WHERE sandbox = $1 AND key IN \
         (SELECT key FROM {table} WHERE sandbox = $1 AND expires <= $2 ORDER BY expires LIMIT $3)"
    )
}

/// Some of the libraries that nothing leads to. A session that may push without a token is all that leads
/// to its user.
pub(super) const UNREACHABLE: &str = "SELECT key, '' FROM libraries WHERE sandbox = $1 \
    AND NOT EXISTS (SELECT 1 FROM access_tokens t WHERE t.sandbox = $1 AND t.library = libraries.key) \
    AND NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.sandbox = $1 AND t.library = libraries.key) \
    AND NOT EXISTS (SELECT 1 FROM codes t WHERE t.sandbox = $1 AND t.library = libraries.key) \
    AND NOT EXISTS (SELECT 1 FROM consents t WHERE t.sandbox = $1 AND t.library = libraries.key) \
    AND NOT EXISTS (SELECT 1 FROM sessions t WHERE t.sandbox = $1 AND t.library = libraries.key) \
    AND NOT EXISTS (SELECT 1 FROM facts t WHERE t.sandbox = $1 AND t.library = libraries.key) \
    AND NOT EXISTS (SELECT 1 FROM postboxes p JOIN sessions s ON s.sandbox = p.sandbox AND s.key = p.session \
        WHERE p.sandbox = $1 AND p.library = libraries.key) \
    LIMIT $2";

/// Deletes the postboxes whose users are gone.
pub(super) const DELETE_POSTBOXES: &str = "DELETE FROM postboxes WHERE sandbox = $1 AND NOT EXISTS \
    (SELECT 1 FROM libraries l WHERE l.sandbox = $1 AND l.key = postboxes.library)";

/// The sandboxes.
pub(super) const RECORDS: &str = "SELECT tag, body FROM sandboxes ORDER BY tag";

/// What is noted of a sandbox.
pub(super) const RECORD: &str = "SELECT tag, body FROM sandboxes WHERE tag = $1";

/// Notes a sandbox of which nothing is noted.
pub(super) const NOTE: &str =
    "INSERT INTO sandboxes (tag, body) VALUES ($1, $2) ON CONFLICT (tag) DO NOTHING";

/// Notes something else of a sandbox, unless somebody did so meanwhile.
pub(super) const NOTE_AGAIN: &str = "UPDATE sandboxes SET body = $2 WHERE tag = $1 AND body = $3";

/// Notes a sandbox, whatever was noted of it.
pub(super) const NOTE_ANYHOW: &str = "INSERT INTO sandboxes (tag, body) VALUES ($1, $2) \
                                      ON CONFLICT (tag) DO UPDATE SET body = excluded.body";

/// Forgets a sandbox.
pub(super) const FORGET: &str = "DELETE FROM sandboxes WHERE tag = $1";

/// Tells other servers what is cut.
pub(super) const CUT: &str = "INSERT INTO cuts (lifeline) VALUES ($1)";

/// The ids of the contents that rows of a sandbox name.
pub(super) const CONTENTS_OF: &str = "SELECT content, '' FROM pushed_files WHERE sandbox = $1 AND content IS NOT NULL \
    UNION ALL SELECT content, '' FROM pending_pushes WHERE sandbox = $1 AND content IS NOT NULL \
    UNION ALL SELECT content, '' FROM storage_files WHERE sandbox = $1 AND content IS NOT NULL";

/// The ids of all contents that rows name.
pub(super) const NAMED_CONTENTS: &str = "SELECT content FROM pushed_files WHERE content IS NOT NULL \
    UNION ALL SELECT content FROM pending_pushes WHERE content IS NOT NULL \
    UNION ALL SELECT content FROM storage_files WHERE content IS NOT NULL";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::state::State;

    #[test]
    fn the_schema_has_every_table_with_its_columns() {
        for (table, columns) in State::schema() {
            let created = format!("CREATE TABLE {table} (sandbox TEXT NOT NULL, key TEXT NOT NULL, ");
            let lines: Vec<_> = MIGRATIONS.iter().flat_map(|text| text.lines()).collect();
            let line = lines.iter().find(|line| line.starts_with(&created)).expect(table);
            for column in columns {
                assert!(line.contains(&format!(", {column} TEXT")), "{table} has no {column}");
            }
        }
    }

    #[cfg(feature = "sqlite")]
    #[tokio::test]
    async fn sqlite_finds_rows_by_the_index_of_what_they_are_looked_up_by() {
        use sqlx::{Connection as _, Row as _, SqliteConnection};
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        for text in MIGRATIONS {
            sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
        }
        let mut found = 0;
        for (table, columns) in State::schema() {
            for column in columns {
                let index = format!("{table}_of_{column}");
                if !MIGRATIONS.concat().contains(&format!("CREATE INDEX {index} ")) {
                    continue;
                }
                let explain = format!("EXPLAIN QUERY PLAN {}", by_column(table, column));
                let explain = sqlx::query(sqlx::AssertSqlSafe(explain)).bind("sandbox").bind("value");
                let plan: String = explain.fetch_one(&mut connection).await.unwrap().get("detail");
                assert!(plan.contains(&index), "{table} by {column}: {plan}");
                found += 1;
            }
        }
        assert_eq!(found, 11);
    }
}
