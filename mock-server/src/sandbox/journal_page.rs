//! The journal of a sandbox, page by page: what nobody asks for is neither copied nor held.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::Sandbox;
use crate::domain::unavailable::Unavailable;
#[cfg(any(test, feature = "durable"))]
use crate::durable::shared::{Shared, ToldPlace};
use crate::journal::Entry;
use crate::journal::filter::Filter;
#[cfg(any(test, feature = "durable"))]
use crate::sandbox::telling::entry;

/// How many entries are looked at before others get their turn.
const SLICE: usize = 250;

/// A place in a journal, which a page begins at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// In the journal of one server, by the number of an entry.
    Own(u64),
    /// In the journal that servers share.
    Shared {
        /// When it was answered, in milliseconds since 1970.
        at: i64,
        /// The server that answered it.
        server: String,
        /// Its number on that server.
        sequence: u64,
    },
}

/// A text is no place in a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the number of a request, or what \"next\" of a page says")]
pub(crate) struct NoPosition;

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(sequence) => write!(f, "{sequence}"),
            Self::Shared { at, server, sequence } => write!(f, "{at}.{server}.{sequence}"),
        }
    }
}

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('.');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(sequence), None, None, None) => sequence.parse().map(Self::Own).map_err(|_| NoPosition),
            (Some(at), Some(server), Some(sequence), None) => {
                let (at, sequence) = (at.parse(), sequence.parse());
                let server = server.to_owned();
                at.ok()
                    .zip(sequence.ok())
                    .map(|(at, sequence)| Self::Shared { at, server, sequence })
                    .ok_or(NoPosition)
            }
            _ => Err(NoPosition),
        }
    }
}

/// In which direction a journal is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From a place on; from the first entry if there is none.
    After(Option<Position>),
    /// From a place back; from the last entry if there is none.
    Before(Option<Position>),
}

/// Some entries of a journal, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) entries: Vec<Arc<Entry>>,
    /// Where the next page begins in the same direction; none if there is none.
    pub(crate) next: Option<Position>,
}

impl Sandbox {
    /// Up to `most` entries that a filter admits.
    ///
    /// # Errors
    /// [`Unavailable`] if the requests of the other servers are not known.
    pub(crate) async fn page(
        &self,
        direction: Direction,
        filter: &Filter,
        most: usize,
    ) -> Result<Page, Unavailable> {
        let is_forwards = matches!(direction, Direction::After(_));
        let (mut direction, mut page, mut last) = (direction, Page::default(), None);
        'slices: loop {
            let slice = self.slice(&direction, SLICE).await?;
            let Some((end, _)) = slice.last().cloned() else { break };
            direction = match is_forwards {
                true => Direction::After(Some(end)),
                false => Direction::Before(Some(end)),
            };
            for (position, entry) in slice.into_iter().filter(|(_, entry)| filter.admits(entry)) {
                if page.entries.len() == most {
                    page.next = last;
                    break 'slices;
                }
                page.entries.push(entry);
                last = Some(position);
            }
            tokio::task::yield_now().await;
        }
        if !is_forwards {
            page.entries.reverse();
        }
        Ok(page)
    }

    /// Whether other servers answer for it too.
    pub(crate) fn is_shared(&self) -> bool {
        self.home.is_shared()
    }

    /// The entry with a number, of a server or of any.
    pub(crate) async fn request_with(&self, sequence: u64, server: Option<&str>) -> Option<Arc<Entry>> {
        let is_own = server.is_none_or(|server| server == self.journal.name());
        let own = self.journal.get(sequence).filter(|_| is_own);
        #[cfg(any(test, feature = "durable"))]
        if own.is_none()
            && let Some((shared, _)) = self.home.shared()
        {
            match shared.told_with_sequence(&self.tag, sequence, server).await {
                Ok(told) => return entry(&told?).map(Arc::new),
                Err(failure) => tracing::warn!("the requests of the other servers are not known: {failure}"),
            }
        }
        own
    }

    /// Some entries in the order of a direction, each with its place.
    async fn slice(
        &self,
        direction: &Direction,
        most: usize,
    ) -> Result<Vec<(Position, Arc<Entry>)>, Unavailable> {
        #[cfg(any(test, feature = "durable"))]
        if let Some((shared, _)) = self.home.shared() {
            if matches!(direction, Direction::After(None) | Direction::Before(None)) {
                self.tell().await;
            }
            return shared_slice(shared, &self.tag, direction, most).await;
        }
        let own = |position: &Option<Position>| match position {
            Some(Position::Own(sequence) | Position::Shared { sequence, .. }) => Some(*sequence),
            None => None,
        };
        let entries = match direction {
            Direction::After(after) => self.journal.after(own(after).unwrap_or(0), most),
            Direction::Before(before) => self.journal.before(own(before).unwrap_or(u64::MAX), most),
        };
        Ok(entries.into_iter().map(|entry| (Position::Own(entry.sequence), entry)).collect())
    }
}

#[cfg(any(test, feature = "durable"))]
async fn shared_slice(
    shared: &dyn Shared,
    tag: &crate::random::SandboxTag,
    direction: &Direction,
    most: usize,
) -> Result<Vec<(Position, Arc<Entry>)>, Unavailable> {
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    let place = |position: &Option<Position>, otherwise: i64| match position {
        Some(Position::Shared { at, server, sequence }) => {
            ToldPlace { at: *at, server: server.clone(), sequence: *sequence }
        }
        Some(Position::Own(_)) | None => ToldPlace::before(otherwise),
    };
    let told = match direction {
        Direction::After(after) => shared.told_after(tag, place(after, i64::MIN), most).await,
        Direction::Before(before) => shared.told_before(tag, place(before, i64::MAX), most).await,
    };
    let told = told.map_err(|failure| {
        tracing::warn!("the requests of the other servers are not known: {failure}");
        Unavailable
    })?;
    let read = told.into_iter().filter_map(|(place, body)| {
        let ToldPlace { at, server, sequence } = place;
        Some((Position::Shared { at, server, sequence }, Arc::new(entry(&body)?)))
    });
    Ok(read.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back_from_its_text() {
        let shared = Position::Shared { at: -7, server: "one".to_owned(), sequence: 9 };
        for position in [Position::Own(0), Position::Own(u64::MAX), shared] {
            assert_eq!(position.to_string().parse(), Ok(position));
        }
        for text in ["", "x", "-1", "1.2", "1.a.x", "x.a.1", "1.a.1.b"] {
            assert_eq!(text.parse::<Position>(), Err(NoPosition), "{text}");
        }
    }
}
