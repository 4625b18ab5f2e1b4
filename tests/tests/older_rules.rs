//! The rules for a server that serves all generations (protocol reference, legacy §2), and the tests that prove
//! them: the page docs/older-rules.md.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The number of a rule in the reference, what it asks for, and the tests: file of the workspace, and name.
type Rule = (u8, &'static str, &'static [(&'static str, &'static str)]);

const GENERATIONS: &str = "tests/tests/contract/generations.rs";
const OLDER: &str = "tests/tests/contract/older_rules.rs";
const LINKS: &str = "tests/tests/contract/app_links.rs";
const POSTBOX: &str = "tests/tests/contract/postbox.rs";
const MOBILE: &str = "tests/tests/contract/mobile_clients.rs";
const RECORDED: &str = "tests/tests/contract/recorded_clients.rs";
const LINK_FORMS: &str = "mock-server/src/domain/app_link/tests.rs";
const X_METADATA: &str = "mock-server/src/payload/x_metadata.rs";

const RULES: &[Rule] = &[
    (
        1,
        "every path version, each in its own form",
        &[(GENERATIONS, "each_generation_reads_a_session_in_its_own_form")],
    ),
    (
        2,
        "keys are good in every version",
        &[
            (OLDER, "sessions_and_tokens_of_one_generation_are_good_in_every_other"),
            (POSTBOX, "every_generation_pushes_in_its_own_form_and_the_file_is_read_back"),
        ],
    ),
    (
        3,
        "lists of names, later of entries",
        &[(GENERATIONS, "each_generation_reads_a_session_in_its_own_form")],
    ),
    (
        4,
        "`details` is always an object",
        &[(OLDER, "the_details_of_a_list_are_always_an_object_and_nothing_in_it_is_null")],
    ),
    (
        5,
        "no `compression` where nothing is compressed",
        &[
            (GENERATIONS, "each_generation_reads_a_session_in_its_own_form"),
            (
                "mock-server/src/payload/envelope.rs",
                "an_envelope_is_json_whatever_its_containers_length_and_knows_its_own",
            ),
        ],
    ),
    (
        6,
        "gzip only for who asks, up to v1.6",
        &[(GENERATIONS, "gzip_is_sent_up_to_v1_6_only_to_who_asks_and_never_for_the_accounts")],
    ),
    (
        7,
        "`accounts.json` encrypted, never compressed",
        &[
            (GENERATIONS, "gzip_is_sent_up_to_v1_6_only_to_who_asks_and_never_for_the_accounts"),
            (MOBILE, "every_session_has_an_unlisted_encrypted_file_of_the_accounts"),
        ],
    ),
    (
        8,
        "`x-metadata` in both alphabets, with every binary file",
        &[
            (X_METADATA, "the_value_is_valid_in_both_alphabets_and_decodes_to_the_same_json"),
            (X_METADATA, "the_reference_vector_for_both_alphabets_is_met"),
            (MOBILE, "every_session_has_an_unlisted_encrypted_file_of_the_accounts"),
        ],
    ),
    (9, "errors in body and headers", &[(OLDER, "every_error_is_in_the_body_and_in_the_headers")]),
    (
        10,
        "no 204 but for the deletion of a user",
        &[
            (OLDER, "only_the_deletion_of_a_user_is_answered_without_a_body"),
            (POSTBOX, "every_generation_pushes_in_its_own_form_and_the_file_is_read_back"),
        ],
    ),
    (
        11,
        "empty and unknown bodies, whatever their type",
        &[
            (OLDER, "bodies_that_are_empty_or_beside_the_point_are_taken_whatever_their_type_is"),
            (GENERATIONS, "every_body_that_a_trigger_was_ever_sent_is_understood"),
        ],
    ),
    (
        12,
        "the path chooses the form, not `Accept`",
        &[(OLDER, "the_path_chooses_the_form_of_a_file_whatever_is_accepted")],
    ),
    (
        13,
        "timestamps in every notation",
        &[("mock-server/src/jwt/timestamp.rs", "every_form_that_official_clients_send_is_understood")],
    ),
    (
        14,
        "PS512 with a salt of 64 bytes; the key by `client_id`",
        &[
            (OLDER, "signatures_have_a_salt_of_64_bytes_in_both_directions"),
            (RECORDED, "every_recorded_request_of_every_javascript_client_is_understood"),
        ],
    ),
    (
        15,
        "`jku`, `kid`, `pem`; the signing key first",
        &[(OLDER, "the_signing_key_is_first_in_the_set_with_its_pem_and_tokens_name_it")],
    ),
    (
        16,
        "no `code_verifier` up to v1.5, required from v1.6",
        &[
            (GENERATIONS, "a_code_is_exchanged_without_verifier_only_where_it_was_authorized_so"),
            (GENERATIONS, "an_exchange_without_verifier_still_checks_one_that_is_sent"),
        ],
    ),
    (
        17,
        "a trigger is idempotent and tolerant",
        &[
            (GENERATIONS, "a_trigger_opens_the_session_that_it_names_for_its_user_and_again_without_harm"),
            (GENERATIONS, "every_body_that_a_trigger_was_ever_sent_is_understood"),
        ],
    ),
    (18, "`running` for `pending`", &[(GENERATIONS, "a_list_never_says_pending_to_clients_that_would_stop")]),
    (
        19,
        "404 for a file that is not there yet",
        &[(OLDER, "a_file_is_there_as_soon_as_it_is_listed_and_not_found_before")],
    ),
    (
        20,
        "states and errors of accounts",
        &[(OLDER, "the_details_of_a_list_are_always_an_object_and_nothing_in_it_is_null")],
    ),
    (
        21,
        "a callback in the words of its link",
        &[
            (LINKS, "what_the_user_declines_stays_closed_and_is_answered_in_the_words_of_the_generation"),
            (LINKS, "phones_get_their_answers_at_their_scheme_or_as_extras"),
            (LINK_FORMS, "the_guest_page_answers_android_in_the_first_words_for_ever"),
        ],
    ),
    (
        22,
        "lenient multipart",
        &[
            (POSTBOX, "the_forms_of_all_clients_carry_files_of_any_size"),
            (
                "mock-server/src/http/form_file.rs",
                "the_forms_of_official_clients_are_understood_in_pieces_of_any_size",
            ),
        ],
    ),
    (
        23,
        "no content coding, always a length",
        &[
            (OLDER, "the_path_chooses_the_form_of_a_file_whatever_is_accepted"),
            (GENERATIONS, "each_generation_reads_a_session_in_its_own_form"),
        ],
    ),
    (
        24,
        "`contenttype` means nothing",
        &[
            (OLDER, "a_header_contenttype_means_nothing"),
            (RECORDED, "every_recorded_request_of_every_javascript_client_is_understood"),
        ],
    ),
    (
        25,
        "a `client_id` is looked up whole",
        &[
            (
                "tests/tests/contract/contract_ids.rs",
                "every_contract_of_every_sandbox_has_an_id_that_all_clients_accept",
            ),
            ("mock-server/src/domain/alias.rs", "every_alias_is_one_that_all_clients_accept"),
        ],
    ),
    (
        26,
        "redirect URIs that are no web URLs",
        &[
            (GENERATIONS, "a_callback_in_a_jwt_must_be_registered_wherever_a_generation_sends_it"),
            (LINKS, "an_ongoing_consent_of_a_phone_returns_to_the_scheme_of_its_app"),
        ],
    ),
];

fn rendered() -> String {
    let mut page = String::from(
        "# Rules of the older generations\n\nThe rules of the protocol reference (legacy §2) for a server that serves all \
         generations, and the tests that\nprove them. Written by a test \
         (`UPDATE_DOCS=1 cargo test -p digime-tests --test older_rules`).\n\n| | Rule | Proven by |\n|---|---|---|\n",
    );
    for (number, rule, tests) in RULES {
        let tests: Vec<_> = tests.iter().map(|(file, name)| format!("[{name}](../{file})")).collect();
        writeln!(page, "| {number} | {rule} | {} |", tests.join(", ")).unwrap();
    }
    page
}

#[test]
fn each_rule_is_proven_by_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let numbers: Vec<_> = RULES.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=26).collect::<Vec<_>>());
    for (number, rule, tests) in RULES {
        assert!(!tests.is_empty(), "rule {number}, {rule}, has no test");
        for (file, name) in *tests {
            let source = fs::read_to_string(root.join(file)).unwrap();
            let (before, _) = source
                .split_once(&format!("fn {name}()"))
                .unwrap_or_else(|| panic!("rule {number}: {file} has no `{name}`"));
            assert!(
                before.trim_end().trim_end_matches("async").trim_end().ends_with("test]"),
                "{name} is no test"
            );
        }
    }
    let page = root.join("docs/older-rules.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&page, rendered()).unwrap();
    }
    let written = fs::read_to_string(page).unwrap_or_default();
    assert!(written == rendered(), "docs/older-rules.md is stale: run with UPDATE_DOCS=1");
}
