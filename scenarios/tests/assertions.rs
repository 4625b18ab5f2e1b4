//! Assertions that would hold for nothing, and requests that are refused unnoticed.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/folders.rs"]
mod folders;
#[path = "support/process.rs"]
mod process;

use folders::{folder, logged_in};
use process::run_in;

#[test]
fn what_is_said_of_all_fails_where_a_path_finds_nothing() {
    for operator in ["each: 1", "sorted: ascending", "distinct: true"] {
        let expecting = |more: &str| {
            let steps = format!("\n  - accounts:\n    expect: {{ '$.typo[*]': {{ {operator}{more} }} }}\n");
            folder(&[("all", &logged_in(&steps))])
        };
        run_in(expecting("").path(), &["run", "."]).ends(1, &["$.typo[*]: the path finds nothing"]);
        run_in(expecting(", min_count: 0").path(), &["run", "."]).ends(0, &["1 passed"]);
    }
}

#[test]
fn requests_at_once_fail_if_one_is_refused_unless_that_is_expected() {
    let request = "\n  - http: { request: GET permission-access/accounts, jwt: none, at_once: 3 }\n";
    run_in(folder(&[("at_once", request)]).path(), &["run", "."])
        .ends(1, &["a request was refused with 401"]);
    let expected = format!("{request}    expect: {{ $.statuses: [401, 401, 401] }}\n");
    run_in(folder(&[("at_once", &expected)]).path(), &["run", "."]).ends(0, &["1 passed"]);
    let none = request.replace('3', "0");
    run_in(folder(&[("at_once", &none)]).path(), &["check", "."]).ends(2, &["at least 1"]);
}
