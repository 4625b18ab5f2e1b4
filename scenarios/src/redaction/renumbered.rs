//! Names that do not depend on what came before.

use super::Redaction;

/// Names that redaction gives with a number.
const KINDS: [&str; 11] = [
    "account",
    "certificate",
    "challenge",
    "code",
    "id",
    "key",
    "nonce",
    "secret",
    "state",
    "token",
    "verifier",
];

/// Counts the names of redacted values anew, from the first that stands in the text: else one value more,
/// such as the nonce of one more poll, would change all names after it.
pub(crate) fn renumbered(text: &str) -> String {
    let mut redaction = Redaction::new();
    let mut counted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        let (before, from) = rest.split_at(start);
        counted.push_str(before);
        let end = from.find(']').map_or(from.len(), |end| end + 1);
        let named = from[1..end.max(2) - 1].split_once(':');
        let kind =
            named.filter(|(_, number)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
        match kind.and_then(|(kind, _)| KINDS.iter().find(|known| **known == kind)) {
            Some(kind) => {
                counted.push_str(&redaction.name(kind, &from[..end]));
                rest = &from[end..];
            }
            None => {
                counted.push('[');
                rest = &from[1..];
            }
        }
    }
    counted + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_anew_and_nothing_else_changes() {
        let text = "[id:7] [1,2] {\"a\":[]} [token:3] [id:9] [id:7] [time] [id:x] [other:1] [";
        let expected = "[id:1] [1,2] {\"a\":[]} [token:1] [id:2] [id:1] [time] [id:x] [other:1] [";
        assert_eq!(renumbered(text), expected);
    }
}
