//! The sequence diagram of a scenario: who sent what to whom, as it went over the wire.
//!
//! Arrows of HTTP are real traffic. Thin arrows are calls within the application, which give the
//! traffic its reason.

use super::view::{class, took};
use crate::report::{Exchange, Party, Status, StepReport};

const WIDTH: i32 = 1120;
/// Height of the lanes' names.
const HEAD: i32 = 44;
/// Space above the first arrow of a step.
const TOP: i32 = 4;
/// Height of a line of a step's title, which stands left of the lanes.
const LINE: i32 = 15;
/// Characters of such a line.
const TITLE_WIDTH: usize = 20;
/// Height of an arrow with its text.
const ROW: i32 = 28;
/// Width of a character of an arrow's text.
const CHARACTER: f64 = 6.4;
/// How far a text may run, at least: beyond its arrow, if that is short.
const REACH: i32 = 340;
/// How many rows a diagram has at most.
const MOST: usize = 160;

/// Steps that act on the server or the clock, not as the application.
const CONTROLS: [&str; 8] =
    ["client", "clock", "expect_requests", "fault", "prepare", "reset", "use", "wait"];

pub(super) struct Diagram {
    pub(super) title: String,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) lanes: Vec<Lane>,
    pub(super) bands: Vec<Band>,
    pub(super) arrows: Vec<Arrow>,
    /// How many rows had no place.
    pub(super) left_out: usize,
}

pub(super) struct Lane {
    pub(super) x: i32,
    pub(super) name: &'static str,
}

/// The place of a step.
pub(super) struct Band {
    pub(super) y: i32,
    pub(super) height: i32,
    pub(super) class: &'static str,
    /// Lines with their heights.
    pub(super) title: Vec<(i32, String)>,
    pub(super) aside_y: i32,
    pub(super) aside: String,
    /// Where the page tells more about the step.
    pub(super) link: String,
}

pub(super) struct Arrow {
    pub(super) class: &'static str,
    /// How its step ended.
    pub(super) step: &'static str,
    pub(super) y: i32,
    pub(super) from: i32,
    pub(super) to: i32,
    /// The corners of its head.
    pub(super) head: String,
    pub(super) text: String,
    pub(super) text_x: i32,
    pub(super) anchor: &'static str,
    /// The text in full.
    pub(super) whole: String,
}

/// An arrow before it has a place.
struct Row {
    class: &'static str,
    from: Party,
    to: Party,
    text: String,
    count: usize,
}

impl Row {
    fn new(class: &'static str, from: Party, to: Party, text: impl Into<String>) -> Self {
        Self { class, from, to, text: text.into(), count: 1 }
    }
}

impl Diagram {
    /// The diagram of some steps; none if nothing was sent.
    pub(super) fn of(steps: &[StepReport], scenario_id: &str, name: &str) -> Option<Self> {
        let exchanges = || steps.iter().flat_map(|step| &step.exchanges);
        exchanges().next()?;
        let parties = exchanges().flat_map(|exchange| [exchange.from, exchange.to]).collect::<Vec<_>>();
        let consent = match (parties.contains(&Party::ConsentPage), parties.contains(&Party::Phone)) {
            (_, false) => "Consent page",
            (false, true) => "digi.me app",
            (true, true) => "Page or app",
        };
        let lanes = Lanes { storage: parties.contains(&Party::Storage), consent };
        let mut diagram = Self {
            title: format!("What {name} put on the wire"),
            width: WIDTH,
            height: HEAD,
            lanes: lanes.all(),
            bands: Vec::new(),
            arrows: Vec::new(),
            left_out: 0,
        };
        for (at, step) in steps.iter().enumerate() {
            diagram.step(step, at + 1, scenario_id, &lanes);
        }
        diagram.height += 12;
        Some(diagram)
    }

    fn step(&mut self, step: &StepReport, number: usize, scenario_id: &str, lanes: &Lanes) {
        let top = self.height;
        self.height += TOP;
        for row in rows(step) {
            if self.arrows.len() >= MOST {
                self.left_out += 1;
                continue;
            }
            self.height += ROW;
            self.arrows.push(arrow(&row, class(&step.status), self.height - 6, lanes));
        }
        let user = step.user.as_ref().map(|user| format!(" as {user}")).unwrap_or_default();
        let lines = wrap(&format!("{number}  {}{user}", step.name));
        let aside_y = top + 17 + LINE * i32::try_from(lines.len()).unwrap_or_default();
        self.height = (self.height + TOP + 2).max(aside_y + 9);
        let moved = match step.virtual_wait.is_zero() {
            true => String::new(),
            false => format!(" · clock +{}", took(step.virtual_wait)),
        };
        let aside = match &step.status {
            Status::Skipped(_) => "skipped".to_owned(),
            _ => format!("{}{moved}", took(step.duration)),
        };
        self.bands.push(Band {
            y: top,
            height: self.height - top,
            class: class(&step.status),
            title: (0..).map(|line| top + 18 + LINE * line).zip(lines).collect(),
            aside_y,
            aside,
            link: format!("#{scenario_id}-{number}"),
        });
    }
}

/// A title in at most three lines.
fn wrap(title: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in title.split(' ') {
        let count = lines.len();
        let Some(line) = lines.last_mut() else { break };
        match line.chars().count() + word.chars().count() {
            length if length < TITLE_WIDTH || line.is_empty() => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.extend(word.chars().take(TITLE_WIDTH));
            }
            _ if count == 3 => {
                line.push('…');
                break;
            }
            _ => lines.push(word.chars().take(TITLE_WIDTH).collect()),
        }
    }
    lines
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
            rows.push(Row::new("call", Party::Application, Party::User, text));
        }
        _ if called => rows.push(Row::new("call", Party::Application, Party::Sdk, step.action)),
        _ => {}
    }
    for exchange in &step.exchanges {
        add(&mut rows, exchange);
    }
    match step.action {
        "consent" => {
            let location = step.result["location"].as_str().unwrap_or("comes back");
            rows.push(Row::new("call", Party::User, Party::Application, location));
        }
        _ if called => {
            let refused = step.result.get("kind").and_then(|kind| kind.as_str());
            let (class, text) = match refused {
                Some(kind) => ("call refused", format!("refused: {kind}")),
                None => ("call", "result".to_owned()),
            };
            rows.push(Row::new(class, Party::Sdk, Party::Application, text));
        }
        _ => {}
    }
    rows
}

/// Adds an exchange; one that was sent again with the same outcome is only counted.
fn add(rows: &mut Vec<Row>, exchange: &Exchange) {
    let (request, outcome) = (exchange.request_line(), exchange.outcome());
    if let [.., sent, answered] = rows.as_mut_slice()
        && sent.text == request
        && answered.text == outcome
    {
        sent.count += 1;
        return;
    }
    let refused = exchange.status.is_none_or(|status| status >= 400) || exchange.broken.is_some();
    rows.push(Row::new("request", exchange.from, exchange.to, request));
    let class = if refused { "answer refused" } else { "answer" };
    rows.push(Row::new(class, exchange.to, exchange.from, outcome));
}

/// Where the parties stand.
struct Lanes {
    storage: bool,
    /// What stands between the API and the user.
    consent: &'static str,
}

impl Lanes {
    fn x(&self, party: Party) -> i32 {
        match (party, self.storage) {
            (Party::Application, _) => 220,
            (Party::Sdk, _) => 365,
            (Party::Api, false) => 730,
            (Party::Api, true) => 660,
            (Party::Storage, _) => 785,
            (Party::ConsentPage | Party::Phone, _) => 910,
            (Party::User, _) => 1055,
        }
    }

    fn all(&self) -> Vec<Lane> {
        let mut named = vec![
            (Party::Application, "Application"),
            (Party::Sdk, "SDK"),
            (Party::Api, "API"),
            (Party::ConsentPage, self.consent),
            (Party::User, "User"),
        ];
        if self.storage {
            named.insert(3, (Party::Storage, "Storage"));
        }
        named.into_iter().map(|(party, name)| Lane { x: self.x(party), name }).collect()
    }
}

fn arrow(row: &Row, step: &'static str, y: i32, lanes: &Lanes) -> Arrow {
    let (from, to) = (lanes.x(row.from), lanes.x(row.to));
    let right = to > from;
    let direction = if right { 1 } else { -1 };
    let times = if row.count > 1 { format!("  × {}", row.count) } else { String::new() };
    let room = (((to - from).abs() - 28).max(REACH) as f64 / CHARACTER) as usize;
    let whole = format!("{}{times}", row.text);
    let text = match whole.chars().count() > room {
        true => {
            let kept = room.saturating_sub(1 + times.chars().count());
            format!("{}…{times}", row.text.chars().take(kept).collect::<String>())
        }
        false => whole.clone(),
    };
    let tip = to - 2 * direction;
    let back = tip - 8 * direction;
    Arrow {
        class: row.class,
        step,
        y,
        from: from + 2 * direction,
        to: back,
        head: format!("{tip},{y} {back},{} {back},{}", y - 4, y + 4),
        text,
        text_x: from + 10 * direction,
        anchor: if right { "start" } else { "end" },
        whole,
    }
}
