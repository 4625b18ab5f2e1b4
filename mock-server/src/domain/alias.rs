//! Second ids of contracts, which every client accepts.
//!
//! Some clients take contract ids of `A-Z a-z 0-9 _` alone, 6 to 63 of them (protocol reference, legacy
//! §2, rule 25). Each contract has such an id besides its own.

use sha2::{Digest as _, Sha256};

/// The fewest characters that all clients accept.
const FEWEST: usize = 6;
/// The most that all clients accept, without the tag of a fresh sandbox and what parts them.
const MOST: usize = 63 - 9;

/// The second id of a contract: its own id, if all clients accept it, else what comes closest. In a fresh
/// sandbox it ends in `_` and the tag, as the contract's own id ends in `-` and the tag.
pub(crate) fn alias(contract_id: &str, tag: Option<&str>) -> String {
    let accepted = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let mut alias: String = contract_id.chars().map(accepted).collect();
    if alias.len() < FEWEST {
        alias = format!("contract_{alias}");
    }
    if alias.len() > MOST {
        let hash = Sha256::digest(contract_id);
        alias.truncate(MOST - 9);
        alias.push('_');
        hash.iter().take(4).for_each(|byte| alias.push_str(&format!("{byte:02x}")));
    }
    match tag {
        Some(tag) => format!("{alias}_{tag}"),
        None => alias,
    }
}

/// Why an application id cannot be part of a URI scheme, as clients for phones use it: their callbacks begin
/// with `digime-ca-<applicationId>` (RFC 3986 §3.1).
pub(crate) fn scheme_problem(application_id: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if application_id.chars().all(fits) {
        return None;
    }
    Some(format!(
        "the application id \"{application_id}\" cannot be part of a URI scheme, so phones cannot open callbacks \
         that begin with digime-ca-{application_id}: use letters, digits, + - . alone"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alias_is_one_that_all_clients_accept() {
        let long = "a-".repeat(31);
        for (id, expected) in [
            ("mock-read-contract", "mock_read_contract"),
            ("fits_already", "fits_already"),
            ("c", "contract_c"),
            ("a.b-c_d", "a_b_c_d"),
        ] {
            assert_eq!(alias(id, None), expected);
            assert_eq!(alias(id, Some("ab12cd34")), format!("{expected}_ab12cd34"));
        }
        for id in ["c", "mock-read-contract", long.as_str(), &"x".repeat(63)] {
            for tag in [None, Some("ab12cd34")] {
                let alias = alias(id, tag);
                assert!((6..=63).contains(&alias.len()), "{alias}");
                assert!(alias.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{alias}");
            }
        }
        assert_ne!(alias(&format!("{long}1"), None), alias(&format!("{long}2"), None), "their ends count");
    }

    #[test]
    fn ids_that_fit_into_a_scheme_are_told_from_others() {
        assert_eq!(scheme_problem("mock-app.A+1"), None);
        assert!(scheme_problem("my_app").is_some_and(|it| it.contains("digime-ca-my_app")));
    }
}
