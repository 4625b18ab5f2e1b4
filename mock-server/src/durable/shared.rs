//! What servers that share a database tell each other besides rows.

use futures_util::future::BoxFuture;

use super::Failure;
use crate::clock::Moment;
use crate::random::SandboxTag;

/// A request, as the journal that servers share has it.
#[derive(Debug, serde::Serialize)]
pub(crate) struct ToldRequest {
    pub(crate) sandbox: String,
    /// When it was answered, in milliseconds since 1970.
    pub(crate) at: i64,
    /// The server that answered it.
    pub(crate) server: String,
    /// Its number on that server.
    pub(crate) sequence: u64,
    /// The reference of its refusal.
    pub(crate) reference: Option<String>,
    /// The entry as JSON.
    pub(crate) body: String,
}

/// The place of a request in the journal that servers share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToldPlace {
    /// When it was answered, in milliseconds since 1970.
    pub(crate) at: i64,
    /// The server that answered it.
    pub(crate) server: String,
    /// Its number on that server.
    pub(crate) sequence: u64,
}

impl ToldPlace {
    /// Before all requests that were answered at a moment or later.
    pub(crate) fn before(at: i64) -> Self {
        Self { at, server: String::new(), sequence: 0 }
    }
}

/// The entries of requests, each with its place.
pub(crate) type ToldPage = Vec<(ToldPlace, String)>;

/// What servers that share a database tell each other. Nothing of it is part of a unit of work.
pub(crate) trait Shared: Send + Sync {
    /// The clock that all servers go by.
    fn time(&self) -> BoxFuture<'_, Result<Moment, Failure>>;

    /// What was cut lately, on any server.
    fn cuts(&self) -> BoxFuture<'_, Result<Vec<String>, Failure>>;

    /// Adds requests to the journal.
    fn tell_requests(&self, requests: Vec<ToldRequest>) -> BoxFuture<'_, Result<(), Failure>>;

    /// The last requests of a sandbox, in the order in which they were answered.
    fn told_requests<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<String>, Failure>>;

    /// The refused request with a reference.
    fn told_request<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<Option<String>, Failure>>;

    /// Some requests of a sandbox after a place, in the order in which they were answered.
    fn told_after<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        place: ToldPlace,
        most: u32,
    ) -> BoxFuture<'a, Result<ToldPage, Failure>>;

    /// Some requests of a sandbox before a place, the last one first.
    fn told_before<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        place: ToldPlace,
        most: u32,
    ) -> BoxFuture<'a, Result<ToldPage, Failure>>;

    /// The last request with this number, of a server or of any.
    fn told_with_sequence<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        sequence: u64,
        server: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Option<String>, Failure>>;

    /// Forgets the requests of a sandbox but for the last ones.
    fn trim_requests<'a>(&'a self, sandbox: &'a SandboxTag, kept: u32) -> BoxFuture<'a, Result<(), Failure>>;

    /// Forgets the requests of a sandbox up to a moment.
    fn forget_requests<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        until: Moment,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Tells what a server saw of a sandbox's clients, in place of what it told before.
    fn tell_report<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        server: &'a str,
        body: String,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// What servers saw of a sandbox's clients, each with its server.
    fn told_reports<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
    ) -> BoxFuture<'a, Result<Vec<(String, String)>, Failure>>;

    /// Forgets what was told of a sandbox's requests and clients.
    fn forget_told<'a>(&'a self, sandbox: &'a SandboxTag) -> BoxFuture<'a, Result<(), Failure>>;
}
