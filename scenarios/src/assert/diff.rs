//! In which lines two texts differ.

use similar::{ChangeTag, TextDiff};

/// The lines in which two texts differ, with three lines around them; `-`, `+` or a space before
/// each. Empty if they are equal.
pub(crate) fn diff(expected: &str, actual: &str) -> String {
    let diff = TextDiff::from_lines(expected, actual);
    let mut text = String::new();
    for (number, group) in diff.grouped_ops(3).iter().enumerate() {
        if number > 0 {
            text.push_str("  ...\n");
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            text.push(sign);
            text.push(' ');
            text.push_str(change.value().trim_end_matches('\n'));
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown_with_its_neighbours() {
        let before = "a\nb\nc\nd\ne\nf\ng\nh\ni\n";
        assert_eq!(diff(before, &before.replace('e', "E")), "  b\n  c\n  d\n- e\n+ E\n  f\n  g\n  h\n");
        assert_eq!(diff(before, before), "");
    }
}
