//! What a test run proves about each operation: the outcomes that the server really answered,
//! written down by every test that passes, for the ledger that is made of them all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use digime_mock_server::requests::Entry;

/// Operation and outcome (`success`, or status and code of a refusal) → tests that saw it.
pub type Evidence = BTreeMap<(String, String), BTreeSet<String>>;

/// The outcome of a request, unless an injected fault answered it.
fn outcome(entry: &Entry) -> Option<(String, String)> {
    if entry.fault.is_some() {
        return None;
    }
    let outcome = match &entry.refusal {
        Some(refusal) => format!("{} {}", entry.status, refusal.code),
        None if entry.status < 400 => "success".to_owned(),
        // A page that says so is no refusal of the API's kind.
        None => return None,
    };
    Some((entry.operation?.name().to_owned(), outcome))
}

/// Writes down what the test that runs on this thread has seen. Tests in a browser count for nothing: the ledger is
/// the same where there is none. Nor do tests on a database, whose journal shows what other tests asked for.
pub fn record<'a>(entries: impl IntoIterator<Item = &'a Entry>) {
    let program = std::env::current_exe().unwrap();
    if program.file_stem().is_some_and(|name| name.to_string_lossy().starts_with("browser-")) {
        return;
    }
    if std::env::var_os("DIGIME_TEST_STATE").is_some() {
        return;
    }
    let seen: BTreeSet<_> = entries.into_iter().filter_map(outcome).collect();
    let thread = std::thread::current();
    let Some(test) = thread.name().filter(|name| name.contains("::")) else { return };
    std::fs::create_dir_all(folder()).unwrap();
    // A test may use several worlds: each adds lines.
    let lines: String =
        seen.iter().map(|(operation, outcome)| format!("{operation}\t{outcome}\t{test}\n")).collect();
    let file = folder().join(format!("{}.tsv", test.replace("::", "-")));
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
    std::io::Write::write_all(&mut file, lines.as_bytes()).unwrap();
}

/// Takes all that was written down since the last time.
pub fn take() -> Evidence {
    let mut evidence = Evidence::new();
    let Ok(files) = std::fs::read_dir(folder()) else { return evidence };
    for file in files {
        let path = file.unwrap().path();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let mut parts = line.split('\t').map(str::to_owned);
            let [Some(operation), Some(outcome), Some(test)] = [parts.next(), parts.next(), parts.next()]
            else {
                panic!("{}: {line}", path.display());
            };
            evidence.entry((operation, outcome)).or_default().insert(test);
        }
        std::fs::remove_file(path).unwrap();
    }
    std::fs::remove_dir(folder()).unwrap();
    evidence
}

/// Beside the test binaries of the build; runs that share one, at the same time, have one each.
fn folder() -> PathBuf {
    let ledgers = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("ledger");
    ledgers.join(run().to_string())
}

/// What all tests of one `cargo test` have in common.
#[cfg(unix)]
fn run() -> u32 {
    std::os::unix::process::parent_id()
}

#[cfg(not(unix))]
fn run() -> u32 {
    0
}
