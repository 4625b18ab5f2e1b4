//! The sequence diagram of a flow.

use std::sync::Arc;

use crate::diagram::{Diagram, Kind, Party, Row, Section};
use crate::journal::Entry;
use crate::operations::Operation;

/// The diagram of requests, oldest first.
pub(super) fn draw(entries: &[Arc<Entry>]) -> Diagram {
    let mut sections: Vec<Section> = Vec::new();
    let mut before: Option<&Entry> = None;
    for entry in entries.iter().map(AsRef::as_ref) {
        match (before, sections.last_mut()) {
            (Some(before), Some(section)) if repeats(before, entry) => add(&mut section.rows, entry),
            _ => sections.push(section(entry)),
        }
        before = Some(entry);
    }
    let parties: Vec<_> = entries.iter().map(|entry| ends(entry).1).collect();
    Diagram::of("What the requests of this flow put on the wire".to_owned(), &parties, sections)
}

/// Whether a request is the one before once more, as polling is.
fn repeats(before: &Entry, entry: &Entry) -> bool {
    let asked = |entry: &Entry| (entry.operation, entry.status);
    asked(before) == asked(entry) && before.path == entry.path && before.method == entry.method
}

fn section(entry: &Entry) -> Section {
    let mut rows = Vec::new();
    add(&mut rows, entry);
    Section {
        title: entry.operation.map_or("nothing there", Operation::name).to_owned(),
        aside: format!("{} · {} ms", entry.sequence, entry.millis),
        class: if entry.status >= 400 { "failed" } else { "passed" },
        link: match &entry.server {
            Some(server) => format!("#{server}.{}", entry.sequence),
            None => format!("#{}", entry.sequence),
        },
        rows,
    }
}

fn add(rows: &mut Vec<Row>, entry: &Entry) {
    let (from, to) = ends(entry);
    let outcome = match &entry.refusal {
        Some(refusal) => format!("{} {}", entry.status, refusal.code),
        None => entry.status.to_string(),
    };
    let kind = if entry.status >= 400 { Kind::RefusedAnswer } else { Kind::Answer };
    let request = Row::new(Kind::Request, from, to, format!("{} {}", entry.method, entry.path));
    Row::add_exchange(rows, request, Row::new(kind, to, from, outcome));
    if let Some(location) = entry.location.as_ref().filter(|_| from == Party::User) {
        let row = Row::new(Kind::Call, Party::User, Party::Application, location.clone());
        rows.push(row);
    }
}

/// Who asked, and who was asked.
fn ends(entry: &Entry) -> (Party, Party) {
    let path = entry.path.as_str();
    if path.starts_with("/apps/phone") {
        (Party::User, Party::Phone)
    } else if path.starts_with("/apps/") {
        (Party::User, Party::ConsentPage)
    } else if path.starts_with("/v1/clouds/") {
        (Party::Sdk, Party::Storage)
    } else {
        (Party::Sdk, Party::Api)
    }
}
