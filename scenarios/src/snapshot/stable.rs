//! What a snapshot shows of a result: all that is the same at another server and on another day.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

/// Steps whose result tells the size of what the server wrote: it depends on dates and compression.
const SIZED_BY_THE_SERVER: [&str; 5] = ["contract", "http", "read_all", "read_file", "report"];

/// Members that tell such a size.
const SIZES: [&str; 3] = ["bytes", "certificateBytes", "content-length"];

/// A redacted result of a step.
pub(crate) fn stable(action: &str, result: &Value) -> Value {
    match SIZED_BY_THE_SERVER.contains(&action) {
        true => without_sizes(action, result),
        false => result.clone(),
    }
}

fn without_sizes(action: &str, value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let shown = match name.as_str() {
                    size if SIZES.contains(&size) => Value::from("[size]"),
                    // Sample data is that of a seed and a day; assertions tell what matters of it.
                    "content" if action == "read_file" && !value.is_null() => Value::from("[content]"),
                    _ => without_sizes(action, value),
                };
                (name.clone(), shown)
            };
            Value::Object(members.iter().map(member).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(|item| without_sizes(action, item)).collect(),
        other => other.clone(),
    }
}

/// The month in a file's name: `18_1_1_1_1_D202601_1.1.0.0.json` (protocol reference, objects §1).
static MONTH: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"_D(\d{6})_").ok());

/// A snapshot's text in which the months of file names are named, the same month by the same name.
pub(crate) fn named_months(text: &str) -> String {
    let Some(month) = MONTH.as_ref() else { return text.to_owned() };
    let mut names: HashMap<String, usize> = HashMap::new();
    let named = month.replace_all(text, |found: &regex::Captures<'_>| {
        let next = names.len() + 1;
        format!("_D[month:{}]_", names.entry(found[1].to_owned()).or_insert(next))
    });
    named.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sizes_and_contents_of_the_server_go_and_those_of_the_scenario_stay() {
        let result = json!({"bytes": 7, "content": [1], "metadata": {"objectCount": 1}});
        let expected = json!({"bytes": "[size]", "content": "[content]", "metadata": {"objectCount": 1}});
        assert_eq!(stable("read_file", &result), expected);
        assert_eq!(stable("push", &result), result);
    }

    #[test]
    fn the_same_month_has_the_same_name() {
        let text = "18_1_1_1_1_D202601_1.json 18_1_1_1_1_D202512_1.json 18_1_1_1_2_D202601_1.json";
        let named = "18_1_1_1_1_D[month:1]_1.json 18_1_1_1_1_D[month:2]_1.json 18_1_1_1_2_D[month:1]_1.json";
        assert_eq!(named_months(text), named);
    }
}
