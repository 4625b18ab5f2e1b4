//! The SDK against the vectors of the protocol reference (crypto §8): through
//! its public API where it implements the format, through independent
//! cryptography where the format is of an older generation.

// Test code outside `#[test]` functions, which the lints would not know as such.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod consent;
mod files;
mod independent;
mod legacy_containers;
mod legacy_json;
mod legacy_tokens;
mod requests;
mod tokens;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

thread_local! {
    /// What the checks on this thread have read.
    static READ: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// A vector; remembers that it was read.
fn read(name: &str) -> Vec<u8> {
    READ.with_borrow_mut(|read| read.insert(name.to_owned()));
    support::vector(name)
}

fn read_text(name: &str) -> String {
    String::from_utf8(read(name)).unwrap()
}

fn read_json(name: &str) -> Value {
    serde_json::from_slice(&read(name)).unwrap()
}

/// Runs a check on this thread.
fn run(check: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(check);
}

fn files_below(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            files_below(&entry.path(), &format!("{name}/"), found);
        } else {
            found.insert(name);
        }
    }
}

fn all_files() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/vectors");
    files_below(Path::new(folder), "", &mut found);
    found
}

/// Makes a test of every check, and one that runs them all to see what they read.
macro_rules! checks {
    ($($module:ident: $($check:ident),+;)+) => {
        $($(
            #[test]
            fn $check() {
                run($module::$check());
            }
        )+)+

        #[test]
        fn no_vector_is_unread() {
            $($(run($module::$check());)+)+
            let read = READ.with_borrow(Clone::clone);
            assert_eq!(all_files().difference(&read).collect::<Vec<_>>(), Vec::<&String>::new());
        }
    };
}

checks! {
    independent: checksums_hold, key_pairs_belong_together;
    tokens:
        signed_tokens_verify_independently,
        server_tokens_are_accepted_by_the_sdk,
        requests_of_the_sdk_equal_the_vectors,
        code_verifiers_have_the_challenge_of_the_vectors;
    files:
        containers_open_independently_to_the_manifest,
        containers_open_with_the_contracts_key,
        files_are_downloaded_decrypted_and_decompressed,
        metadata_headers_are_read;
    consent: the_consent_page_has_the_query_of_the_vectors, links_of_older_sdks_carry_their_inputs;
    requests: the_sdk_sends_what_the_official_sdk_sends;
    legacy_containers:
        containers_with_a_hash_open_to_the_manifest,
        broken_containers_are_refused,
        envelopes_hold_the_containers,
        a_pushed_file_opens_with_the_postboxes_key;
    legacy_json:
        file_lists_of_older_versions,
        metadata_in_every_base64,
        the_readme_names_every_file;
    legacy_tokens: requests_verify, answers_verify_and_are_read, code_verifiers_of_every_client;
}
