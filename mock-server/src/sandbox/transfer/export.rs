//! A whole sandbox becomes a file.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::domain::table::Shares;
use crate::domain::unavailable::Unavailable;
use crate::payload::content::Content;
use crate::sandbox::Sandbox;
use crate::sandbox::store::Snapshot;
use crate::state_file::{Header, PIECE, SandboxFacts, Writer};

/// How much is handed out at once, at least.
const PORTION: usize = 64 * 1024;

/// The file of a sandbox on its way, as the sandbox was when it was begun.
#[derive(Debug)]
pub(crate) struct StateExport {
    writer: Writer,
    snapshot: Snapshot,
    lines: VecDeque<Bytes>,
    /// The content that is written, and how much of it is.
    content: Option<(Content, u64)>,
    stage: Stage,
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    Rows,
    Ended,
}

impl StateExport {
    /// Begins the file of a sandbox.
    ///
    /// # Errors
    /// [`Unavailable`] if the sandbox cannot be read, or there is no room for a copy of its rows.
    pub(crate) async fn begin(sandbox: &Sandbox, shares: Shares) -> Result<Self, Unavailable> {
        let (header, snapshot) = sandbox.frozen(shares).await?;
        let mut writer = Writer::default();
        let first = writer.header(&header).map_err(|error| {
            tracing::error!("the state cannot be exported: {error}");
            Unavailable
        })?;
        Ok(Self { writer, snapshot, lines: VecDeque::from([first]), content: None, stage: Stage::Rows })
    }

    /// Some more of the file; none after its end.
    ///
    /// # Errors
    /// If the rest cannot be read any more. The file is not whole then, and says so by what it lacks.
    pub(crate) async fn next(&mut self) -> std::io::Result<Option<Bytes>> {
        let mut portion = Vec::new();
        while portion.len() < PORTION {
            match self.next_line().await? {
                Some(line) => portion.extend_from_slice(&line),
                None => break,
            }
        }
        Ok(Some(Bytes::from(portion)).filter(|portion| !portion.is_empty()))
    }

    async fn next_line(&mut self) -> std::io::Result<Option<Bytes>> {
        if let Some(line) = self.lines.pop_front() {
            return Ok(Some(line));
        }
        if let Some((content, position)) = &mut self.content {
            let piece = content.piece(*position, PIECE)?;
            if !piece.is_empty() {
                *position += piece.len() as u64;
                return self.writer.piece(&piece).map(Some);
            }
            if *position != content.len() {
                return Err(std::io::Error::new(
                    std::io::ErrorKind::UnexpectedEof,
                    "a content is shorter than its row says",
                ));
            }
            self.content = None;
        }
        if self.stage == Stage::Ended {
            return Ok(None);
        }
        match self.snapshot.next().await? {
            Some((table, row)) => {
                self.content = row.content.map(|content| (content, 0));
                self.writer.row(table, &row.key, &row.body).map(Some)
            }
            None => {
                self.stage = Stage::Ended;
                Ok(Some(self.writer.end()))
            }
        }
    }
}

impl Sandbox {
    /// What it is now: what a file says of it, and its rows.
    async fn frozen(&self, shares: Shares) -> Result<(Header, Snapshot), Unavailable> {
        // Nobody moves its clock or changes its applications in between.
        let record = self.record.lock().await;
        let applications = serde_json::to_value(self.applications.all_changes(&record.applications));
        let header = Header::new(
            &self.tag,
            shares,
            SandboxFacts {
                moved: self.clock.offset(),
                lifetimes: record.lifetimes,
                timeline: record.timeline,
                applications: applications.map_err(|_| Unavailable)?,
                faults: self.faults.list(),
            },
        );
        Ok((header, self.store.snapshot(shares).await?))
    }
}
