//! The report for people, on a terminal.

use std::fmt::Write as _;

use super::{Exchange, Failure, Report, ScenarioReport, Status, StepReport};
use crate::format::Generation;
use crate::position::shown;

/// How the report looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConsoleStyle {
    /// Whether colours are used.
    pub colours: bool,
    /// Whether passed scenarios are listed.
    pub verbose: bool,
}

/// How much of a long value is shown.
const SHOWN_LINES: usize = 40;

/// The report as text.
pub fn render(report: &Report, style: ConsoleStyle) -> String {
    let mut page = Page { style, text: String::new() };
    for scenario in &report.scenarios {
        page.scenario(scenario, report);
    }
    for path in &report.unreferenced_snapshots {
        let line = format!("{} is a snapshot that no scenario takes: remove it", shown(path));
        page.line(&page.red(&line));
    }
    for defect in &report.server_defects {
        page.line(&page.red(defect));
    }
    page.summary(report);
    page.text
}

/// A text in which terminals find nothing to obey: a control character is written as its number.
pub(crate) fn printable(text: &str) -> String {
    let is_plain = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    let written = |c: char| if is_plain(c) { String::from(c) } else { c.escape_default().to_string() };
    if text.chars().all(is_plain) { text.to_owned() } else { text.chars().map(written).collect() }
}

/// Why a scenario failed, as text; nothing of one that did not.
pub fn why(scenario: &ScenarioReport) -> String {
    let mut page = Page { style: ConsoleStyle::default(), text: String::new() };
    if let Some(step) = scenario.failed_step() {
        page.step(step);
    }
    page.text
}

struct Page {
    style: ConsoleStyle,
    text: String,
}

impl Page {
    /// A line of which all is printable, or made so by `paint`.
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A line of what servers, files and people have written.
    fn plain(&mut self, line: &str) {
        self.line(&printable(line));
    }

    fn scenario(&mut self, scenario: &ScenarioReport, report: &Report) {
        let turn =
            if report.is_repeated() { format!(" (run {})", scenario.repetition) } else { String::new() };
        let generation = match scenario.generation == Generation::default().as_str() {
            true => String::new(),
            false => format!(" ({})", scenario.generation),
        };
        let name = printable(&scenario.name);
        let title = format!("{name}{generation}{turn}  {}", self.dim(&shown(&scenario.file)));
        match &scenario.status {
            Status::Passed if self.style.verbose => {
                let took = format!("{:.2}s", scenario.duration.as_secs_f64());
                self.line(&format!("{} {title} {}", self.green("passed "), self.dim(&took)));
            }
            Status::Passed => {}
            Status::NotRun if self.style.verbose => self.line(&format!("{} {title}", self.yellow("not run"))),
            Status::NotRun => {}
            Status::Skipped(reason) => {
                self.line(&format!("{} {title}", self.yellow("skipped")));
                self.plain(&format!("        {reason}"));
            }
            Status::Failed => {
                self.line(&format!("{} {title}", self.red("FAILED ")));
                if let Some(step) = scenario.failed_step() {
                    self.step(step);
                }
            }
        }
    }

    fn step(&mut self, step: &StepReport) {
        let user = step.user.as_ref().map(|user| printable(&format!(" as {user}"))).unwrap_or_default();
        self.line(&format!(
            "  step {}{user}  {}",
            self.bold(&step.path()),
            self.dim(&step.position.to_string())
        ));
        for failure in &step.failures {
            self.failure(failure);
        }
        if let Some((last, earlier)) = step.exchanges.split_last() {
            if !earlier.is_empty() {
                self.line(
                    &self.dim(&format!("    {} earlier requests of this step are not shown", earlier.len())),
                );
            }
            self.exchange(last);
        }
        self.line("");
    }

    fn failure(&mut self, failure: &Failure) {
        self.line(&format!("  {} {}", self.red("✗"), printable(&failure.message)));
        let position = &failure.position;
        if let Some(line) = position.file.line(position.place.line) {
            let number = position.place.line;
            self.line(&format!("    {} {}", self.dim(&format!("{number:>4} |")), printable(line)));
        }
        if let Some(diff) = &failure.diff {
            for line in diff.lines() {
                let line = match line.as_bytes().first() {
                    Some(b'-') => self.red(line),
                    Some(b'+') => self.green(line),
                    _ => self.dim(line),
                };
                self.line(&format!("    {line}"));
            }
        } else {
            self.value("expected", failure.expected.as_deref());
            self.value("actual", failure.actual.as_deref());
        }
        if let Some(explanation) = &failure.explanation {
            self.value("why the server refused", Some(explanation));
        }
    }

    fn value(&mut self, what: &str, value: Option<&str>) {
        let Some(value) = value else { return };
        if !value.contains('\n') {
            return self.plain(&format!("    {what}: {value}"));
        }
        self.line(&format!("    {what}:"));
        for line in value.lines().take(SHOWN_LINES) {
            self.plain(&format!("      {line}"));
        }
        if value.lines().nth(SHOWN_LINES).is_some() {
            self.line(&self.dim("      (and more)"));
        }
    }

    fn exchange(&mut self, exchange: &Exchange) {
        let request = printable(&format!("{} {}", exchange.method, exchange.path));
        self.line(&format!("    {} {request}", self.bold("request")));
        if !exchange.claims.is_empty() {
            self.plain(&format!("      claims {}", serde_json::Value::from(exchange.claims.clone())));
        }
        if let Some(body) = &exchange.body {
            self.plain(&format!("      body {body}"));
        }
        let status = exchange.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        self.line(&format!("    {} {status}", self.bold("answer")));
        if let Some(location) = &exchange.location {
            self.plain(&format!("      to {location}"));
        }
        if let Some(answer) = &exchange.answer {
            let text = answer.to_string();
            let short: String = text.chars().take(2_000).collect();
            self.plain(&format!("      {short}"));
        }
        if let Some(broken) = &exchange.broken {
            self.line(&format!("      {}", self.red(broken)));
        }
    }

    fn summary(&mut self, report: &Report) {
        let count = |wanted: fn(&Status) -> bool| report.count(wanted);
        let numbers = [
            (count(|status| *status == Status::Passed), "passed"),
            (count(|status| *status == Status::Failed), "failed"),
            (count(|status| matches!(status, Status::Skipped(_))), "skipped"),
            (count(|status| *status == Status::NotRun), "not run"),
        ];
        let shown: Vec<_> = numbers
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{number} {what}"))
            .collect();
        let shown = if shown.is_empty() { "0 scenarios".to_owned() } else { shown.join(", ") };
        let mut line = format!("{shown} in {:.1}s at {}", report.duration.as_secs_f64(), report.target);
        if let Some(seed) = report.seed {
            // Writing to a string cannot fail.
            let _ = write!(line, ", order of seed {seed}");
        }
        let line = if report.passed() { self.green(&line) } else { self.red(&line) };
        self.line(&line);
    }

    /// What is coloured is made printable before, so that the colours are all that a terminal obeys.
    fn paint(&self, code: &str, text: &str) -> String {
        let text = printable(text);
        if self.style.colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text }
    }

    fn red(&self, text: &str) -> String {
        self.paint("31", text)
    }

    fn green(&self, text: &str) -> String {
        self.paint("32", text)
    }

    fn yellow(&self, text: &str) -> String {
        self.paint("33", text)
    }

    fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }

    fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        for (text, told) in [
            ("plain ü ✗ \t\n", "plain ü ✗ \t\n"),
            ("X\u{1b}[31mRED", "X\\u{1b}[31mRED"),
            ("\r\u{7}\u{7f}\u{9b}2J", "\\r\\u{7}\\u{7f}\\u{9b}2J"),
        ] {
            assert_eq!(printable(text), told);
            let page = Page { style: ConsoleStyle { colours: true, verbose: true }, text: String::new() };
            assert_eq!(page.red(text), format!("\u{1b}[31m{told}\u{1b}[0m"));
        }
    }
}
