//! The sequence diagram of a scenario: the server draws it, and here is what it shows.

use digime_mock_server::diagram::{Diagram, Kind, Party as Lane, Row, Section};

use super::view::{class, took};
use crate::report::{Exchange, Party, Status, StepReport};

/// Steps that act on the server or the clock, not as the application.
const CONTROLS: [&str; 8] =
    ["client", "clock", "expect_requests", "fault", "prepare", "reset", "use", "wait"];

/// The diagram of some steps; none if nothing was sent.
pub(super) fn of(steps: &[StepReport], scenario_id: &str, name: &str) -> Option<Diagram> {
    let exchanges = || steps.iter().flat_map(|step| &step.exchanges);
    exchanges().next()?;
    let parties: Vec<_> = exchanges().flat_map(|exchange| [lane(exchange.from), lane(exchange.to)]).collect();
    let sections = steps.iter().enumerate().map(|(at, step)| section(step, at + 1, scenario_id));
    Some(Diagram::of(format!("What {name} put on the wire"), &parties, sections.collect()))
}

fn lane(party: Party) -> Lane {
    match party {
        Party::Application => Lane::Application,
        Party::Sdk => Lane::Sdk,
        Party::Api => Lane::Api,
        Party::ConsentPage => Lane::ConsentPage,
        Party::Phone => Lane::Phone,
        Party::Storage => Lane::Storage,
        Party::User => Lane::User,
    }
}

fn section(step: &StepReport, number: usize, scenario_id: &str) -> Section {
    let user = step.user.as_ref().map(|user| format!(" as {user}")).unwrap_or_default();
    let moved = match step.virtual_wait.is_zero() {
        true => String::new(),
        false => format!(" · clock +{}", took(step.virtual_wait)),
    };
    Section {
        title: format!("{number}  {}{user}", step.name),
        aside: match &step.status {
            Status::Skipped(_) => "skipped".to_owned(),
            _ => format!("{}{moved}", took(step.duration)),
        },
        class: class(&step.status),
        link: format!("#{scenario_id}-{number}"),
        rows: rows(step),
    }
}

/// What a step sent, with the calls that it began and ended with.
fn rows(step: &StepReport) -> Vec<Row> {
    let mut rows = Vec::new();
    let by_sdk = step.exchanges.iter().any(|exchange| exchange.from == Party::Sdk);
    let silent = step.exchanges.is_empty() && !matches!(step.status, Status::Skipped(_));
    let called = by_sdk || silent && !CONTROLS.contains(&step.action) && step.action != "http";
    match step.action {
        "consent" => {
            let by_app = step.exchanges.iter().any(|exchange| exchange.to == Party::Phone);
            let text = if by_app { "opens the digi.me app" } else { "opens the consent page" };
            rows.push(Row::new(Kind::Call, Lane::Application, Lane::User, text));
        }
        _ if called => rows.push(Row::new(Kind::Call, Lane::Application, Lane::Sdk, step.action)),
        _ => {}
    }
    for exchange in &step.exchanges {
        add(&mut rows, exchange);
    }
    match step.action {
        "consent" => {
            let location = step.result["location"].as_str().unwrap_or("comes back");
            rows.push(Row::new(Kind::Call, Lane::User, Lane::Application, location));
        }
        _ if called => {
            let refused = step.result.get("kind").and_then(|kind| kind.as_str());
            let (kind, text) = match refused {
                Some(kind) => (Kind::RefusedCall, format!("refused: {kind}")),
                None => (Kind::Call, "result".to_owned()),
            };
            rows.push(Row::new(kind, Lane::Sdk, Lane::Application, text));
        }
        _ => {}
    }
    rows
}

/// Adds an exchange; one that was sent again with the same outcome is only counted.
fn add(rows: &mut Vec<Row>, exchange: &Exchange) {
    let (from, to) = (lane(exchange.from), lane(exchange.to));
    let refused = exchange.status.is_none_or(|status| status >= 400) || exchange.broken.is_some();
    let kind = if refused { Kind::RefusedAnswer } else { Kind::Answer };
    let request = Row::new(Kind::Request, from, to, exchange.request_line());
    Row::add_exchange(rows, request, Row::new(kind, to, from, exchange.outcome()));
}
