//! What the page shows: texts, and nothing to decide.

use std::time::Duration;

use askama::Template;
use serde_json::Value;

use crate::position::shown;
use crate::report::{Exchange, Failure, Report, ScenarioReport, SnapshotReport, Status, StepReport};

/// How many characters of a value are shown.
const SHOWN: usize = 4_000;

#[derive(Template)]
#[template(path = "report.html")]
pub(super) struct Page {
    target: String,
    started: String,
    took: String,
    seed: Option<u64>,
    success: bool,
    counts: Vec<Count>,
    groups: Vec<Group>,
    unreferenced: Vec<String>,
    diagram_style: &'static str,
}

struct Count {
    class: &'static str,
    word: &'static str,
    number: usize,
    /// Of all scenarios, in percent.
    share: f64,
}

struct Group {
    folder: String,
    scenarios: Vec<Scenario>,
}

struct Scenario {
    id: String,
    name: String,
    file: String,
    proves: Option<String>,
    tags: Vec<String>,
    generation: String,
    repetition: Option<u32>,
    class: &'static str,
    word: &'static str,
    reason: Option<String>,
    open: bool,
    took: String,
    snapshot: Option<&'static str>,
    diagram: Option<Drawing>,
    steps: Vec<Step>,
}

/// The sequence diagram.
struct Drawing {
    svg: String,
    /// How many arrows had no place.
    left_out: usize,
}

impl Drawing {
    #[cfg(feature = "embedded")]
    const STYLE: &str = digime_mock_server::diagram::STYLE;
    #[cfg(not(feature = "embedded"))]
    const STYLE: &str = "";

    #[cfg(feature = "embedded")]
    fn of(report: &ScenarioReport, id: &str) -> Option<Self> {
        let diagram = super::diagram::of(&report.steps, id, &report.name)?;
        Some(Self { svg: diagram.svg(), left_out: diagram.left_out })
    }

    /// The server draws it.
    #[cfg(not(feature = "embedded"))]
    fn of(_: &ScenarioReport, _: &str) -> Option<Self> {
        None
    }
}

struct Step {
    number: usize,
    name: String,
    within: String,
    action: &'static str,
    user: Option<String>,
    position: String,
    class: &'static str,
    word: &'static str,
    reason: Option<String>,
    took: String,
    /// Where it begins in the scenario's time, in percent.
    begins: f64,
    /// How much of the scenario's time it took, in percent.
    lasts: f64,
    notes: Vec<String>,
    captures: Vec<(String, String)>,
    failures: Vec<Broken>,
    exchanges: Vec<Traffic>,
    result: Option<String>,
}

struct Broken {
    kind: &'static str,
    message: String,
    position: String,
    source: Option<String>,
    values: Vec<(&'static str, String)>,
    diff: Vec<DiffLine>,
}

struct DiffLine {
    class: &'static str,
    text: String,
}

struct Traffic {
    class: &'static str,
    request: String,
    generation: Option<String>,
    outcome: String,
    took: String,
    parts: Vec<(&'static str, String)>,
}

impl Page {
    pub(super) fn of(report: &Report) -> Self {
        let repeated = report.is_repeated();
        let mut number = 0;
        let mut scenario = |scenario: &&ScenarioReport| {
            number += 1;
            Scenario::of(scenario, number, repeated)
        };
        let groups = report.groups().into_iter().map(|group| Group {
            folder: group.folder,
            scenarios: group.scenarios.iter().map(&mut scenario).collect(),
        });
        Self {
            target: report.target.clone(),
            started: report.started.clone(),
            took: took(report.duration),
            seed: report.seed,
            success: report.passed(),
            groups: groups.collect(),
            counts: counts(report),
            diagram_style: Drawing::STYLE,
            unreferenced: report.unreferenced_snapshots.iter().map(|path| shown(path)).collect(),
        }
    }
}

fn counts(report: &Report) -> Vec<Count> {
    let kinds = [Status::Passed, Status::Failed, Status::Skipped(String::new()), Status::NotRun];
    let all = report.scenarios.len().max(1);
    let count = |kind: &Status| {
        let number = report.count(|status| status.word() == kind.word());
        let share = number as f64 * 100.0 / all as f64;
        Count { class: class(kind), word: kind.word(), number, share }
    };
    kinds.iter().map(count).filter(|count| count.number > 0).collect()
}

impl Scenario {
    fn of(report: &ScenarioReport, number: usize, repeated: bool) -> Self {
        let id = format!("s{number}");
        let steps = report.steps.iter().enumerate();
        Self {
            name: report.name.clone(),
            file: shown(&report.file),
            proves: report.proves.clone(),
            tags: report.tags.clone(),
            generation: report.generation.clone(),
            repetition: repeated.then_some(report.repetition),
            class: class(&report.status),
            word: report.status.word(),
            reason: reason(&report.status),
            open: report.status == Status::Failed,
            took: took(report.duration),
            snapshot: match report.snapshot {
                SnapshotReport::None => None,
                SnapshotReport::Same => Some("snapshot as before"),
                SnapshotReport::Written => Some("snapshot written"),
                SnapshotReport::Pending => Some("snapshot waits for review"),
                SnapshotReport::Different => Some("snapshot differs"),
            },
            diagram: Drawing::of(report, &id),
            steps: steps.map(|(at, step)| Step::of(step, at + 1, report.duration)).collect(),
            id,
        }
    }
}

impl Step {
    fn of(step: &StepReport, number: usize, whole: Duration) -> Self {
        let share = |part: Duration| {
            let percent = part.as_secs_f64() * 100.0 / whole.as_secs_f64().max(f64::EPSILON);
            percent.clamp(0.0, 100.0)
        };
        let begins = share(step.started).min(99.5);
        let mut notes = Vec::new();
        if step.attempts > 1 {
            notes.push(format!("{} attempts", step.attempts));
        }
        if !step.virtual_wait.is_zero() {
            notes.push(format!("the server's clock moved by {}", took(step.virtual_wait)));
        }
        let captures = step.captures.iter();
        Self {
            number,
            name: step.name.clone(),
            within: step.within.join(" › "),
            action: step.action,
            user: step.user.clone(),
            position: step.position.to_string(),
            class: class(&step.status),
            word: step.status.word(),
            reason: reason(&step.status),
            took: took(step.duration),
            begins,
            lasts: share(step.duration).clamp(0.5, 100.0 - begins),
            notes,
            captures: captures.map(|(name, value)| (name.clone(), text(value))).collect(),
            failures: step.failures.iter().map(Broken::of).collect(),
            exchanges: step.exchanges.iter().map(Traffic::of).collect(),
            result: (!step.result.is_null()).then(|| text(&step.result)),
        }
    }
}

impl Broken {
    fn of(failure: &Failure) -> Self {
        let position = &failure.position;
        let line = position.file.line(position.place.line);
        let value = |what, value: &Option<String>| value.as_ref().map(|value| (what, short(value)));
        let compared = [value("expected", &failure.expected), value("actual", &failure.actual)];
        let mut values: Vec<_> = compared.into_iter().flatten().collect();
        if failure.diff.is_some() {
            values.clear();
        }
        values.extend(value("why the server refused", &failure.explanation));
        Self {
            kind: failure.kind.word(),
            message: failure.message.clone(),
            position: position.to_string(),
            source: line.map(|line| line.trim().to_owned()),
            values,
            diff: failure.diff.as_deref().unwrap_or_default().lines().map(DiffLine::of).collect(),
        }
    }
}

impl DiffLine {
    fn of(line: &str) -> Self {
        let class = match line.as_bytes().first() {
            Some(b'-') => "minus",
            Some(b'+') => "plus",
            _ => "same",
        };
        Self { class, text: line.to_owned() }
    }
}

impl Traffic {
    fn of(exchange: &Exchange) -> Self {
        let mut parts = Vec::new();
        let mut part = |what, value: Option<String>| parts.extend(value.map(|value| (what, value)));
        let headers = |headers: &std::collections::BTreeMap<String, String>| {
            let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            (!lines.is_empty()).then(|| lines.join("\n"))
        };
        part("claims", (!exchange.claims.is_empty()).then(|| text(&Value::from(exchange.claims.clone()))));
        part("headers", headers(&exchange.headers));
        part("body", exchange.body.as_ref().map(text));
        part("answered headers", headers(&exchange.answer_headers));
        part("answer", exchange.answer.as_ref().map(text));
        part("redirected to", exchange.location.clone());
        let refused = exchange.status.is_none_or(|status| status >= 400) || exchange.broken.is_some();
        Self {
            class: if refused { "refused" } else { "answered" },
            request: exchange.request_line(),
            generation: exchange.generation.clone(),
            outcome: exchange.outcome(),
            took: took(exchange.duration),
            parts,
        }
    }
}

pub(super) fn class(status: &Status) -> &'static str {
    match status {
        Status::Passed => "passed",
        Status::Failed => "failed",
        Status::Skipped(_) => "skipped",
        Status::NotRun => "not-run",
    }
}

fn reason(status: &Status) -> Option<String> {
    match status {
        Status::Skipped(reason) => Some(reason.clone()),
        _ => None,
    }
}

/// A duration with as many digits as mean something.
pub(super) fn took(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        _ if seconds < 0.000_95 => "< 1 ms".to_owned(),
        _ if seconds < 1.0 => format!("{:.0} ms", seconds * 1000.0),
        _ if seconds < 120.0 => format!("{seconds:.1} s"),
        _ if seconds < 7200.0 => format!("{:.0} min", seconds / 60.0),
        _ if seconds < 172_800.0 => format!("{:.0} h", seconds / 3600.0),
        _ => format!("{:.0} d", seconds / 86_400.0),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => short(text),
        other => short(&serde_json::to_string_pretty(other).unwrap_or_default()),
    }
}

fn short(text: &str) -> String {
    let count = text.chars().count();
    match count.checked_sub(SHOWN) {
        None | Some(0) => text.to_owned(),
        Some(rest) => {
            let shown: String = text.chars().take(SHOWN).collect();
            format!("{shown}\n… and {rest} more characters")
        }
    }
}
