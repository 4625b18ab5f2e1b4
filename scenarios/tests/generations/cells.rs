//! Every generation before today's does and refuses in the shipped scenarios what it is documented to.

use std::collections::BTreeSet;

use digime_mock_server::routes;
use digime_scenarios::report::{Exchange, Report, ScenarioReport};
use serde_json::Value;

use super::REPORT;

/// What an operation answers in a generation: `success`, or status and code of a refusal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    generation: String,
    operation: String,
    outcome: String,
}

impl Cell {
    fn new(generation: &str, operation: &str, outcome: impl Into<String>) -> Self {
        Self { generation: generation.to_owned(), operation: operation.to_owned(), outcome: outcome.into() }
    }

    fn told(&self) -> String {
        format!("{} {} {}", self.generation, self.operation, self.outcome)
    }
}

/// Why no scenario shows a cell.
struct Exception {
    generations: &'static [&'static str],
    operations: &'static [&'static str],
    outcomes: &'static [&'static str],
    why: &'static str,
}

const UP_TO_V1_4: &[&str] = &["v1", "v1.0", "v1.1", "v1.3", "v1.4"];
const V1_4_AND_V1_5: &[&str] = &["v1.4", "v1.5"];
const ALL: &[&str] = &["v1", "v1.0", "v1.1", "v1.3", "v1.4", "v1.5", "v1.6"];
const READING: &[&str] = &["readFileList", "readFile", "readFileMetadata"];
const SIGNED: &[&str] = &["401 InvalidJWT", "403 InvalidClient", "400 InvalidRequest", "401 InvalidToken"];

/// The cells that are none: what an operation is documented to refuse, it does not refuse in each generation.
const EXCEPTIONS: &[Exception] = &[
    Exception {
        generations: ALL,
        operations: &[],
        outcomes: &["413 ValidationErrors", "415 ValidationErrors"],
        why: "bodies are refused by their heads before the path is looked at; contract tests show it of each route",
    },
    Exception {
        generations: ALL,
        operations: &[
            "readFileList",
            "readFile",
            "readFileMetadata",
            "jwks",
            "availableServices",
            "token",
            "deleteUser",
        ],
        outcomes: &["400 ValidationErrors"],
        why: "they read no body, so only a request that breaks off is refused; contract tests show it of each route",
    },
    Exception {
        generations: ALL,
        operations: READING,
        outcomes: SIGNED,
        why: "the session's key is all that a reader shows",
    },
    Exception {
        generations: UP_TO_V1_4,
        operations: &["pushToPostbox"],
        outcomes: &[
            "401 InvalidJWT",
            "403 InvalidClient",
            "400 InvalidRequest",
            "401 InvalidToken",
            "404 InvalidRedirectUri",
        ],
        why: "a push by headers is not signed",
    },
    Exception {
        generations: &["v1.1"],
        operations: &["pushToPostbox"],
        outcomes: &["success"],
        why: "the SDK does not speak v1.1, and no official client pushed there; a contract test pushes",
    },
    Exception {
        generations: &["v1.6"],
        operations: &["pushToPostbox", "readSession"],
        outcomes: &["404 SessionInvalid"],
        why: "v1.6 names no session",
    },
    Exception {
        generations: V1_4_AND_V1_5,
        operations: &["readSession"],
        outcomes: &[
            "400 ValidationErrors",
            "400 SDKInvalid",
            "403 SDKVersionInvalid",
            "400 ScopeOutOfBounds",
        ],
        why: "the trigger has no body: the session has been opened before",
    },
];

impl Exception {
    fn is_for(&self, cell: &Cell) -> bool {
        let operations = self.operations;
        self.generations.contains(&cell.generation.as_str())
            && (operations.is_empty() || operations.contains(&cell.operation.as_str()))
            && self.outcomes.contains(&cell.outcome.as_str())
    }
}

/// All that the route table documents of generations before today's.
fn documented() -> BTreeSet<Cell> {
    let mut cells = BTreeSet::new();
    for route in routes::all() {
        for path in route.paths() {
            let generation = path.split('/').nth(1).unwrap();
            if !ALL.contains(&generation) || route.is_for_cloud() {
                continue;
            }
            cells.insert(Cell::new(generation, route.name(), "success"));
            for refusal in route.refusals() {
                let outcome = format!("{} {}", refusal.status, refusal.code);
                cells.insert(Cell::new(generation, route.name(), outcome));
            }
        }
    }
    cells
}

/// What the server answered of its own accord while the scenarios ran: by its journal, and by what arrived
/// of requests that name no sandbox, which are in no scenario's journal.
fn shown(report: &Report) -> BTreeSet<Cell> {
    let entries = report.scenarios.iter().flat_map(|scenario| &scenario.journal);
    let journalled = entries.filter(|entry| entry["fault"].is_null()).filter_map(of_entry);
    let faultless = |scenario: &&ScenarioReport| scenario.steps.iter().all(|step| step.action != "fault");
    let steps = report.scenarios.iter().filter(faultless).flat_map(|scenario| &scenario.steps);
    journalled.chain(steps.flat_map(|step| &step.exchanges).filter_map(of_exchange)).collect()
}

fn of_entry(entry: &Value) -> Option<Cell> {
    let generation = entry["path"].as_str()?.split('/').nth(1)?;
    let (status, operation) = (entry["status"].as_u64()?, entry["operation"].as_str()?);
    let outcome = match entry["refusal"]["code"].as_str() {
        Some(code) => format!("{status} {code}"),
        None if status < 400 => "success".to_owned(),
        None => return None,
    };
    Some(Cell::new(generation, operation, outcome))
}

fn of_exchange(exchange: &Exchange) -> Option<Cell> {
    let (generation, status) = (exchange.generation.as_deref()?, exchange.status?);
    let outcome = match exchange.answer.as_ref().and_then(|answer| answer["error"]["code"].as_str()) {
        Some(code) => format!("{status} {code}"),
        None if status < 400 => "success".to_owned(),
        None => return None,
    };
    let path = exchange.path.split('?').next()?;
    let asked: Vec<_> = path.split('/').collect();
    let is_at = |template: &str| {
        let parts: Vec<_> = template.split('/').collect();
        parts.len() == asked.len()
            && parts.iter().zip(&asked).all(|(part, asked)| part.starts_with('{') || part == asked)
    };
    let route = routes::all().filter(|route| !route.is_for_cloud()).find(|route| {
        route.method.as_str() == exchange.method && route.paths().iter().any(|template| is_at(template))
    })?;
    Some(Cell::new(generation, route.name(), outcome))
}

#[test]
fn every_cell_of_generation_operation_and_refusal_has_a_scenario() {
    let (documented, shown) = (documented(), shown(&REPORT));
    assert!(documented.len() > 200, "the route table is read: {}", documented.len());
    let excepted = |cell: &Cell| EXCEPTIONS.iter().find(|exception| exception.is_for(cell));
    let missing: Vec<_> =
        documented.difference(&shown).filter(|cell| excepted(cell).is_none()).map(Cell::told).collect();
    assert!(missing.is_empty(), "no scenario in flows/generations shows:\n{}", missing.join("\n"));
    let needless: Vec<_> = documented
        .intersection(&shown)
        .filter_map(|cell| excepted(cell).map(|exception| format!("{}: {}", cell.told(), exception.why)))
        .collect();
    assert!(needless.is_empty(), "excepted, although a scenario shows it:\n{}", needless.join("\n"));
    for exception in EXCEPTIONS {
        assert!(documented.iter().any(|cell| exception.is_for(cell)), "excepts nothing: {}", exception.why);
    }
    let undocumented: Vec<_> = shown
        .difference(&documented)
        .filter(|cell| ALL.contains(&cell.generation.as_str()))
        .map(Cell::told)
        .collect();
    assert!(undocumented.is_empty(), "not documented, but answered:\n{}", undocumented.join("\n"));
    let excepted = documented.iter().filter(|cell| excepted(cell).is_some()).count();
    println!("{} cells, {} of them excepted", documented.len(), excepted);
}

#[test]
fn every_scenario_of_a_generation_is_in_its_folder_and_tagged() {
    let of_generations = REPORT
        .scenarios
        .iter()
        .filter(|it| it.file.components().any(|part| part.as_os_str() == "generations"));
    for scenario in of_generations {
        let folder = scenario.file.parent().unwrap().file_name().unwrap().to_str().unwrap();
        assert_eq!(scenario.generation, folder, "{}", scenario.file.display());
        assert!(scenario.tags.iter().any(|tag| tag == folder), "{} has no tag", scenario.file.display());
        let asked = scenario.steps.iter().flat_map(|step| &step.exchanges);
        let generations: BTreeSet<_> = asked.filter_map(|exchange| exchange.generation.as_deref()).collect();
        assert!(generations.iter().all(|it| *it == folder), "{}: {generations:?}", scenario.file.display());
    }
}
