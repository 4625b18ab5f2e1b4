//! Sequence diagrams: who sent what to whom, as it went over the wire.
//!
//! Arrows of HTTP are real traffic. Thin arrows are calls within the application, which give the
//! traffic its reason.

mod layout;

use askama::Template;

/// How diagrams look. Whoever shows one says the colours, as the style sheet's first line tells.
pub const STYLE: &str = include_str!("../../assets/console/diagram.css");

/// Who takes part in a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The application.
    Application,
    /// The client library.
    Sdk,
    /// The platform's API.
    Api,
    /// The consent web client, and the guest page of older generations.
    ConsentPage,
    /// The digi.me app on the user's phone.
    Phone,
    /// The storage host.
    Storage,
    /// The user and their browser.
    User,
}

/// What an arrow stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A call within the application.
    Call,
    /// A call that was refused.
    RefusedCall,
    /// A request.
    Request,
    /// An answer.
    Answer,
    /// An answer that refuses.
    RefusedAnswer,
}

impl Kind {
    fn class(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::RefusedCall => "call refused",
            Self::Request => "request",
            Self::Answer => "answer",
            Self::RefusedAnswer => "answer refused",
        }
    }
}

/// An arrow before it has a place.
#[derive(Clone, Debug)]
pub struct Row {
    kind: Kind,
    from: Party,
    to: Party,
    text: String,
    count: usize,
}

impl Row {
    /// An arrow with its text.
    pub fn new(kind: Kind, from: Party, to: Party, text: impl Into<String>) -> Self {
        Self { kind, from, to, text: text.into(), count: 1 }
    }

    /// Adds a request and its answer to others; a pair that is the same as the last one is only counted.
    pub fn add_exchange(rows: &mut Vec<Self>, request: Self, answer: Self) {
        if let [.., sent, answered] = rows.as_mut_slice()
            && sent.text == request.text
            && answered.text == answer.text
        {
            sent.count += 1;
            return;
        }
        rows.extend([request, answer]);
    }
}

/// A part of a diagram that belongs together.
#[derive(Clone, Debug)]
pub struct Section {
    /// What stands left of the lanes.
    pub title: String,
    /// What stands below the title.
    pub aside: String,
    /// How it ended, as a class of the style sheet.
    pub class: &'static str,
    /// Where more is told about it.
    pub link: String,
    /// Its arrows.
    pub rows: Vec<Row>,
}

/// A sequence diagram.
#[derive(Debug, Template)]
#[template(path = "diagram.svg")]
pub struct Diagram {
    title: String,
    width: i32,
    height: i32,
    lanes: Vec<Lane>,
    bands: Vec<Band>,
    arrows: Vec<Arrow>,
    /// How many arrows had no place.
    pub left_out: usize,
}

#[derive(Debug)]
struct Lane {
    x: i32,
    name: &'static str,
}

/// The place of a section.
#[derive(Debug)]
struct Band {
    y: i32,
    height: i32,
    class: &'static str,
    /// Lines with their heights.
    title: Vec<(i32, String)>,
    aside_y: i32,
    aside: String,
    link: String,
}

#[derive(Debug)]
struct Arrow {
    class: &'static str,
    /// How its section ended.
    step: &'static str,
    y: i32,
    from: i32,
    to: i32,
    /// The corners of its head.
    head: String,
    text: String,
    text_x: i32,
    anchor: &'static str,
    /// The text in full.
    whole: String,
}

impl Diagram {
    /// A diagram of sections, in which these take part besides the application, the client library, the API,
    /// the consent page and the user.
    pub fn of(title: String, parties: &[Party], sections: Vec<Section>) -> Self {
        layout::lay_out(title, parties, sections)
    }

    /// The drawing, for an HTML page: its classes are the page's to style.
    pub fn svg(&self) -> String {
        self.render().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_escapes_what_it_shows_and_counts_what_is_repeated() {
        let mut rows = Vec::new();
        for _ in 0..3 {
            let request = Row::new(Kind::Request, Party::Sdk, Party::Api, "GET /<script>");
            Row::add_exchange(&mut rows, request, Row::new(Kind::Answer, Party::Api, Party::Sdk, "200"));
        }
        assert_eq!(rows.len(), 2);
        let section = Section {
            title: "a \"title\"".to_owned(),
            aside: "1 ms".to_owned(),
            class: "passed",
            link: "#one".to_owned(),
            rows,
        };
        let many = (0..200).map(|_| section.clone()).collect();
        let diagram = Diagram::of("<all>".to_owned(), &[Party::Storage], many);
        let svg = diagram.svg();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
        assert!(!svg.contains("<script>") && !svg.contains("<all>"), "{svg}");
        assert!(svg.contains("× 3") && svg.contains("Storage"), "{svg}");
        assert_eq!(diagram.left_out, 240, "160 have a place");
    }
}
