//! Where everything of a diagram stands.

use super::{Arrow, Band, Diagram, Lane, Party, Row, Section};

const WIDTH: i32 = 1120;
/// Height of the lanes' names.
const HEAD: i32 = 44;
/// Space above the first arrow of a section.
const TOP: i32 = 4;
/// Height of a line of a section's title, which stands left of the lanes.
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

pub(super) fn lay_out(title: String, parties: &[Party], sections: Vec<Section>) -> Diagram {
    let consent = match (parties.contains(&Party::ConsentPage), parties.contains(&Party::Phone)) {
        (_, false) => "Consent page",
        (false, true) => "digi.me app",
        (true, true) => "Page or app",
    };
    let lanes = Lanes { storage: parties.contains(&Party::Storage), consent };
    let mut diagram = Diagram {
        title,
        width: WIDTH,
        height: HEAD,
        lanes: lanes.all(),
        bands: Vec::new(),
        arrows: Vec::new(),
        left_out: 0,
    };
    for section in sections {
        add(&mut diagram, section, &lanes);
    }
    diagram.height += 12;
    diagram
}

fn add(diagram: &mut Diagram, section: Section, lanes: &Lanes) {
    let top = diagram.height;
    diagram.height += TOP;
    for row in section.rows {
        if diagram.arrows.len() >= MOST {
            diagram.left_out += 1;
            continue;
        }
        diagram.height += ROW;
        diagram.arrows.push(arrow(&row, section.class, diagram.height - 6, lanes));
    }
    let lines = wrap(&section.title);
    let aside_y = top + 17 + LINE * i32::try_from(lines.len()).unwrap_or_default();
    diagram.height = (diagram.height + TOP + 2).max(aside_y + 9);
    diagram.bands.push(Band {
        y: top,
        height: diagram.height - top,
        class: section.class,
        title: (0..).map(|line| top + 18 + LINE * line).zip(lines).collect(),
        aside_y,
        aside: section.aside,
        link: section.link,
    });
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
        class: row.kind.class(),
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
