//! What servers tell each other, in a database that several can use.

use futures_util::future::{BoxFuture, FutureExt as _};

use super::Failure;
use super::engine::{Engine, changed, found};
use super::shared::{Shared, ToldPage, ToldPlace, ToldRequest};
use super::statement::Statement;
use crate::clock::Moment;
use crate::random::SandboxTag;

/// The tables, which no other database has. What is in them is no state: without it, requests are answered
/// all the same.
pub(super) const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS cuts (lifeline TEXT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now());
    CREATE INDEX IF NOT EXISTS cuts_by_time ON cuts (at);
    CREATE TABLE IF NOT EXISTS journal (sandbox TEXT NOT NULL, at BIGINT NOT NULL, server TEXT NOT NULL,
        sequence BIGINT NOT NULL, reference TEXT, body TEXT NOT NULL,
        PRIMARY KEY (sandbox, at, server, sequence));
    CREATE INDEX IF NOT EXISTS journal_by_reference ON journal (sandbox, reference);
    CREATE TABLE IF NOT EXISTS client_reports (sandbox TEXT NOT NULL, server TEXT NOT NULL,
        at TIMESTAMPTZ NOT NULL DEFAULT now(), body TEXT NOT NULL, PRIMARY KEY (sandbox, server));";

/// Forgets what nobody asks for any more: what was cut long ago, and what was told of sandboxes that are gone. One
/// that is not noted yet is no older than an hour.
pub(super) const TIDY: &str = "
    DELETE FROM cuts WHERE at < now() - interval '1 hour';
    DELETE FROM journal WHERE at < EXTRACT(EPOCH FROM now() - interval '1 hour') * 1000
        AND sandbox <> 'default0' AND sandbox NOT IN (SELECT tag FROM sandboxes);
    DELETE FROM client_reports WHERE at < now() - interval '1 hour'
        AND sandbox <> 'default0' AND sandbox NOT IN (SELECT tag FROM sandboxes);";

const TIME: &str = "SELECT CAST(CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS TEXT), ''";

/// What was cut within longer than any transaction takes.
const CUTS: &str = "SELECT lifeline, '' FROM cuts WHERE at > now() - interval '30 seconds'";

/// Takes all requests as one text of JSON.
const TELL_REQUESTS: &str = "INSERT INTO journal (sandbox, at, server, sequence, reference, body) \
    SELECT sandbox, at, server, sequence, reference, body FROM json_to_recordset(CAST($1 AS json)) \
    AS told (sandbox TEXT, at BIGINT, server TEXT, sequence BIGINT, reference TEXT, body TEXT) \
    ON CONFLICT DO NOTHING";

const TOLD_REQUESTS: &str = "SELECT body, '' FROM (SELECT * FROM journal WHERE sandbox = $1 \
    ORDER BY at DESC, server DESC, sequence DESC LIMIT $2) AS last ORDER BY at, server, sequence";

const TOLD_REQUEST: &str = "SELECT body, '' FROM journal WHERE sandbox = $1 AND reference = $2";

/// A place as one text, whose parts have no spaces.
const TOLD_AFTER: &str = "SELECT at || ' ' || server || ' ' || sequence, body FROM journal WHERE sandbox = $1 \
    AND (at, server, sequence) > ($2, $3, $4) ORDER BY at, server, sequence LIMIT $5";

const TOLD_BEFORE: &str = "SELECT at || ' ' || server || ' ' || sequence, body FROM journal WHERE sandbox = $1 \
    AND (at, server, sequence) < ($2, $3, $4) ORDER BY at DESC, server DESC, sequence DESC LIMIT $5";

const TOLD_WITH_SEQUENCE: &str = "SELECT body, '' FROM journal WHERE sandbox = $1 AND sequence = $2 \
    AND ($3 = '' OR server = $3) ORDER BY at DESC LIMIT 1";

const TRIM_REQUESTS: &str = "DELETE FROM journal WHERE sandbox = $1 AND (at, server, sequence) <= \
    (SELECT at, server, sequence FROM journal WHERE sandbox = $1 \
    ORDER BY at DESC, server DESC, sequence DESC OFFSET $2 LIMIT 1)";

const FORGET_REQUESTS: &str = "DELETE FROM journal WHERE sandbox = $1 AND at <= $2";

const TELL_REPORT: &str = "INSERT INTO client_reports (sandbox, server, body) VALUES ($1, $2, $3) \
    ON CONFLICT (sandbox, server) DO UPDATE SET body = excluded.body, at = now()";

/// Servers come and go: the reports of the last hundred that saw something.
const TOLD_REPORTS: &str =
    "SELECT server, body FROM client_reports WHERE sandbox = $1 ORDER BY at DESC LIMIT 100";

const FORGET_REPORTS: &str = "DELETE FROM client_reports WHERE sandbox = $1";

impl<E: Engine> Shared for E {
    fn time(&self) -> BoxFuture<'_, Result<Moment, Failure>> {
        async move {
            let found = found(self, Statement::of(TIME)).await?;
            let millis = found.first().and_then(|(millis, _)| millis.parse().ok());
            let unreadable = || Failure::Lost("the database does not tell the time".to_owned());
            millis.map(Moment::from_millis).ok_or_else(unreadable)
        }
        .boxed()
    }

    fn cuts(&self) -> BoxFuture<'_, Result<Vec<String>, Failure>> {
        firsts(self, Statement::of(CUTS))
    }

    fn tell_requests(&self, requests: Vec<ToldRequest>) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            let told = serde_json::to_string(&requests).map_err(|error| Failure::Lost(error.to_string()))?;
            changed(self, Statement::of(TELL_REQUESTS).with(told)).await.map(|_| ())
        }
        .boxed()
    }

    fn told_requests<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<String>, Failure>> {
        firsts(self, Statement::of(TOLD_REQUESTS).with(sandbox).with(i64::from(most)))
    }

    fn told_request<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<Option<String>, Failure>> {
        let found = firsts(self, Statement::of(TOLD_REQUEST).with(sandbox).with(reference));
        found.map(|rows| Ok(rows?.into_iter().next())).boxed()
    }

    fn told_after<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        place: ToldPlace,
        most: u32,
    ) -> BoxFuture<'a, Result<ToldPage, Failure>> {
        page(self, TOLD_AFTER, sandbox, place, most)
    }

    fn told_before<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        place: ToldPlace,
        most: u32,
    ) -> BoxFuture<'a, Result<ToldPage, Failure>> {
        page(self, TOLD_BEFORE, sandbox, place, most)
    }

    fn told_with_sequence<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        sequence: u64,
        server: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Option<String>, Failure>> {
        let statement = Statement::of(TOLD_WITH_SEQUENCE).with(sandbox).with(number(sequence));
        let found = firsts(self, statement.with(server.unwrap_or_default()));
        found.map(|rows| Ok(rows?.into_iter().next())).boxed()
    }

    fn trim_requests<'a>(&'a self, sandbox: &'a SandboxTag, kept: u32) -> BoxFuture<'a, Result<(), Failure>> {
        done(self, Statement::of(TRIM_REQUESTS).with(sandbox).with(i64::from(kept)))
    }

    fn forget_requests<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        until: Moment,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        done(self, Statement::of(FORGET_REQUESTS).with(sandbox).with(until.millis()))
    }

    fn tell_report<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        server: &'a str,
        body: String,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        done(self, Statement::of(TELL_REPORT).with(sandbox).with(server).with(body))
    }

    fn told_reports<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
    ) -> BoxFuture<'a, Result<Vec<(String, String)>, Failure>> {
        found(self, Statement::of(TOLD_REPORTS).with(sandbox))
    }

    fn forget_told<'a>(&'a self, sandbox: &'a SandboxTag) -> BoxFuture<'a, Result<(), Failure>> {
        async move {
            let all = Moment::from_millis(i64::MAX);
            self.forget_requests(sandbox, all).await?;
            changed(self, Statement::of(FORGET_REPORTS).with(sandbox)).await.map(|_| ())
        }
        .boxed()
    }
}

/// Some requests beside a place.
fn page<'a>(
    engine: &'a impl Engine,
    text: &'static str,
    sandbox: &'a SandboxTag,
    place: ToldPlace,
    most: u32,
) -> BoxFuture<'a, Result<ToldPage, Failure>> {
    let ToldPlace { at, server, sequence } = place;
    let statement = Statement::of(text).with(sandbox).with(at).with(server).with(number(sequence));
    let found = found(engine, statement.with(i64::from(most)));
    found.map(|rows| rows?.into_iter().map(|(key, body)| Ok((place_of(&key)?, body))).collect()).boxed()
}

fn place_of(text: &str) -> Result<ToldPlace, Failure> {
    let mut parts = text.splitn(3, ' ');
    let mut part = || parts.next().unwrap_or_default();
    let (at, server, sequence) = (part().parse(), part().to_owned(), part().parse());
    match (at, sequence) {
        (Ok(at), Ok(sequence)) => Ok(ToldPlace { at, server, sequence }),
        _ => Err(Failure::Lost(format!("{text} is no place in the journal"))),
    }
}

fn number(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

/// The first text of each row that a statement finds.
fn firsts(engine: &impl Engine, statement: Statement) -> BoxFuture<'_, Result<Vec<String>, Failure>> {
    found(engine, statement).map(|rows| Ok(rows?.into_iter().map(|(first, _)| first).collect())).boxed()
}

/// A statement on its own, however many rows it changes.
fn done(engine: &impl Engine, statement: Statement) -> BoxFuture<'_, Result<(), Failure>> {
    changed(engine, statement).map(|changed| changed.map(|_| ())).boxed()
}
