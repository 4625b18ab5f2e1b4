//! Templates: `${name}` in a text becomes the value of that name.

use jiff::Span;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Field, HumanDuration};
use crate::yaml::{Key, Kind, Mistake, Node, Written, did_you_mean};

/// Where the values of names come from.
pub(crate) trait Values {
    /// The value of a name, if there is one now.
    fn value(&self, name: &str) -> Option<Value>;

    /// The names that have a value now.
    fn names(&self) -> Vec<String>;
}

/// A part of a text.
#[derive(Debug, PartialEq)]
enum Part<'a> {
    Plain(&'a str),
    Name(&'a str),
    /// What begins with `${` and has no `}`.
    Open(&'a str),
}

/// The parts; `$${` stands for the text `${` itself.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if rest[..start].ends_with('$') {
            parts.extend((start > 1).then(|| Part::Plain(&rest[..start - 1])));
            parts.push(Part::Plain("${"));
            rest = &rest[start + 2..];
            continue;
        }
        if start > 0 {
            parts.push(Part::Plain(&rest[..start]));
        }
        let Some(length) = rest[start..].find('}') else {
            parts.push(Part::Open(&rest[start..]));
            return parts;
        };
        parts.push(Part::Name(rest[start + 2..start + length].trim()));
        rest = &rest[start + length + 1..];
    }
    if !rest.is_empty() {
        parts.push(Part::Plain(rest));
    }
    parts
}

/// A text that gives `text` when it is resolved.
#[cfg(any(feature = "cli", test))]
pub(crate) fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

/// The names that a text asks for; of `now-5m` the name is `now`.
pub(crate) fn names_in(text: &str) -> Vec<&str> {
    let names = parts(text).into_iter().filter_map(|part| match part {
        Part::Name(name) => Some(without_offset(name).0),
        Part::Plain(_) | Part::Open(_) => None,
    });
    names.collect()
}

/// Whether a text has a `${` that no `}` follows.
pub(crate) fn is_open(text: &str) -> bool {
    matches!(parts(text).last(), Some(Part::Open(_)))
}

/// Whether `${name}` asks for this name: `${x-5m}` does not ask for `x-5m`.
pub(crate) fn can_ask_for(name: &str) -> bool {
    !name.is_empty() && names_in(&format!("${{{name}}}")) == [name]
}

/// Splits `now-5m` into a name, and a sign with a span.
fn without_offset(name: &str) -> (&str, Option<(i64, &str)>) {
    let Some(at) = name.rfind(['+', '-']).filter(|at| *at > 0) else { return (name, None) };
    let (base, span) = (name[..at].trim_end(), name[at + 1..].trim());
    let is_span =
        span.starts_with(|c: char| c.is_ascii_digit()) && span.ends_with(|c: char| c.is_ascii_lowercase());
    let sign = if name.as_bytes()[at] == b'+' { 1 } else { -1 };
    if is_span { (base, Some((sign, span))) } else { (name, None) }
}

/// The value of a text: of any type if the text is one template alone.
///
/// # Errors
/// A message naming the name that has no value.
pub(crate) fn text(text: &str, values: &dyn Values) -> Result<Value, String> {
    let parts = parts(text);
    if let [Part::Name(name)] = parts[..] {
        return named(name, values);
    }
    let mut joined = String::new();
    for part in parts {
        match part {
            Part::Plain(plain) | Part::Open(plain) => joined.push_str(plain),
            Part::Name(name) => match named(name, values)? {
                Value::String(text) => joined.push_str(&text),
                other => joined.push_str(&other.to_string()),
            },
        }
    }
    Ok(Value::String(joined))
}

/// A JSON value whose texts are resolved.
///
/// # Errors
/// As [`text`].
pub(crate) fn json(value: &Value, values: &dyn Values) -> Result<Value, String> {
    Ok(match value {
        Value::String(template) => text(template, values)?,
        Value::Array(items) => items.iter().map(|item| json(item, values)).collect::<Result<_, _>>()?,
        Value::Object(map) => {
            let pairs = map.iter().map(|(name, value)| Ok((name.clone(), json(value, values)?)));
            Value::Object(pairs.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

/// The value of a field.
///
/// # Errors
/// As [`text`], and if the value is not of the field's type.
pub(crate) fn field<T: DeserializeOwned + Clone>(field: &Field<T>, values: &dyn Values) -> Result<T, String> {
    match field {
        Field::Value(value) => Ok(value.clone()),
        Field::Template(template) => {
            let node = node_of(&text(template, values)?);
            T::deserialize(&node).map_err(|mistake: Mistake| format!("`{template}`: {}", mistake.message))
        }
    }
}

fn named(name: &str, values: &dyn Values) -> Result<Value, String> {
    let (base, offset) = without_offset(name);
    let Some(value) = values.value(base) else {
        let known = values.names();
        let near = did_you_mean(base, &known.iter().map(String::as_str).collect::<Vec<_>>());
        return Err(match near {
            Some(near) => format!("nothing is called `{base}` here; did you mean `{near}`?"),
            None => format!("nothing is called `{base}` here; known are: {}", known.join(", ")),
        });
    };
    let Some((sign, span)) = offset else { return Ok(value) };
    if let Value::String(text) = &value {
        return moved(text, sign, span).map(Value::from).ok_or_else(|| {
            format!("`{name}`: \"{text}\" is no day or month that could be moved, such as 2026-01-31 or 202601, or {span} is no span such as 2mo")
        });
    }
    let span: HumanDuration = span.parse()?;
    let by = match base {
        "now_seconds" => i64::try_from(span.0.as_secs()),
        _ => i64::try_from(span.0.as_millis()),
    };
    let by = by.map_err(|_| format!("`{name}`: the duration is too long"))?;
    Ok(Value::from(value.as_i64().unwrap_or_default().saturating_add(sign * by)))
}

/// A day (`2026-01-31`) or month (`202601`) some days, months or years later or earlier.
fn moved(text: &str, sign: i64, span: &str) -> Option<String> {
    let span: Span = span.parse::<Span>().ok()?.checked_mul(sign).ok()?;
    let is_month = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    let day: Date = if is_month { format!("{text}01").parse().ok()? } else { text.parse().ok()? };
    let moved = day.checked_add(span).ok()?;
    Some(if is_month { moved.strftime("%Y%m").to_string() } else { moved.to_string() })
}

/// A JSON value as the tree that typed values are read from.
fn node_of(value: &Value) -> Node {
    let kind = match value {
        Value::Null => Kind::Null,
        Value::Bool(value) => Kind::Bool(*value),
        Value::Number(number) => Kind::Number(number.clone(), Written::default()),
        Value::String(text) => Kind::Text(text.clone()),
        Value::Array(items) => Kind::List(items.iter().map(node_of).collect()),
        Value::Object(map) => {
            let pair = |(name, value): (&String, &Value)| {
                (Key { place: Default::default(), name: name.clone() }, node_of(value))
            };
            Kind::Map(map.iter().map(pair).collect())
        }
    };
    Node { place: Default::default(), kind }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Fixed;

    impl Values for Fixed {
        fn value(&self, name: &str) -> Option<Value> {
            json!({"source": 16, "name": "a", "now": 10_000, "list": [1], "month": "202601", "day": "2026-01-31"}).get(name).cloned()
        }

        fn names(&self) -> Vec<String> {
            ["source", "name", "now", "list"].map(str::to_owned).to_vec()
        }
    }

    #[test]
    fn a_template_alone_keeps_its_type_and_within_a_text_it_is_text() {
        assert_eq!(text("${source}", &Fixed).unwrap(), json!(16));
        assert_eq!(text("/${name}/${source}?", &Fixed).unwrap(), json!("/a/16?"));
        assert_eq!(text("plain $ {x} ${", &Fixed).unwrap(), json!("plain $ {x} ${"));
        assert_eq!(json(&json!({"a": ["${list}"]}), &Fixed).unwrap(), json!({"a": [[1]]}));
        assert_eq!(field(&Field::<u64>::Template("${source}".into()), &Fixed), Ok(16));
        assert!(field(&Field::<u64>::Template("${name}".into()), &Fixed).is_err());
    }

    #[test]
    fn time_can_be_moved() {
        assert_eq!(text("${now+1s}", &Fixed).unwrap(), json!(11_000));
        assert_eq!(text("${now-5m}", &Fixed).unwrap(), json!(-290_000));
        assert_eq!(names_in("${now-5m} ${name}"), ["now", "name"]);
    }

    #[test]
    fn days_and_months_can_be_moved() {
        for (template, moved) in [
            ("${month-2mo}", "202511"),
            ("${month+1y}15", "20270115"),
            ("${day-1d}", "2026-01-30"),
            ("${day+1mo}", "2026-02-28"),
        ] {
            assert_eq!(text(template, &Fixed).unwrap(), json!(moved), "{template}");
        }
        assert!(text("${name-2mo}", &Fixed).unwrap_err().contains("no day or month"));
    }

    #[test]
    fn the_sign_of_a_template_can_be_written() {
        for (written, meant) in [
            ("$${HOME}", "${HOME}"),
            ("a $${b} ${source}", "a ${b} 16"),
            ("$$${name}", "$${name}"),
            ("$$", "$$"),
        ] {
            assert_eq!(text(written, &Fixed).unwrap(), json!(meant), "{written}");
        }
        assert!(names_in("$${HOME}").is_empty());
        for (written, open) in [("$${HOME", false), ("$${", false), ("a ${b", true), ("${b} $${c ${", true)] {
            assert_eq!(is_open(written), open, "{written}");
        }
        for literal in ["${HOME}", "$${a}", "plain", "${"] {
            assert_eq!(text(&escaped(literal), &Fixed).unwrap(), json!(literal));
        }
    }

    #[test]
    fn a_name_is_one_that_a_template_can_ask_for() {
        for (name, can) in [
            ("x", true),
            ("first-name", true),
            ("größe 2", true),
            ("x-5m", false),
            ("x+1y", false),
            ("a}b", false),
            (" x", false),
            ("", false),
        ] {
            assert_eq!(can_ask_for(name), can, "{name:?}");
        }
    }

    #[test]
    fn a_name_without_a_value_is_told_with_the_nearest() {
        assert!(text("${sorce}", &Fixed).unwrap_err().contains("did you mean `source`?"));
    }
}
