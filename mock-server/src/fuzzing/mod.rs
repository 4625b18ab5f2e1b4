//! What the fuzz targets in `fuzz/` run: each takes any bytes, and asserts what must hold whatever they
//! are. It exists in fuzzed and in tested builds alone; a test runs the committed inputs.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod payloads;
mod request;
mod rules;
mod state;
mod tokens;

/// The name of a target, and what it runs.
type Target = (&'static str, fn(&[u8]));

const TARGETS: &[Target] = &[
    ("server_app_link", rules::app_link),
    #[cfg(feature = "cli")]
    ("server_configuration", state::configuration),
    ("server_container", payloads::container),
    ("server_jwt", tokens::jwt),
    ("server_key_file", tokens::key_file),
    ("server_multipart", payloads::multipart),
    ("server_pull_options", rules::pull_options),
    ("server_redirect", rules::redirect),
    ("server_request", request::request),
    ("server_state_file", state::state_file),
    ("server_storage_path", rules::storage_path),
    ("server_x_metadata", payloads::x_metadata),
];

/// Runs a target.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    target.expect("a target of this crate").1(data);
}

/// The first byte, which chooses, and the others.
fn choice(data: &[u8]) -> Option<(u8, &[u8])> {
    data.split_first().map(|(first, rest)| (*first, rest))
}

/// What stands before the first line end, and what after it.
fn two(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_inputs_of_each_target_find_nothing() {
        super::replay::replay(super::TARGETS);
    }
}
