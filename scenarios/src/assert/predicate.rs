//! Whether a predicate holds for a value.

use std::cmp::Ordering;

use serde_json::{Number, Value, json};

use super::AssertionFailure;
use crate::format::template::{self, Values};
use crate::format::{Field, JsonType, Operators, Order, Pattern, Predicate};
use crate::report::FailureKind;

/// What of a predicate does not hold for a value, or for its absence.
pub(crate) fn holds(
    predicate: &Predicate,
    actual: Option<&Value>,
    values: &dyn Values,
) -> Option<AssertionFailure> {
    let checked = match predicate {
        Predicate::Equals(wanted) => equals(wanted, actual, values),
        Predicate::Operators(operators) => all(operators, actual, values),
    };
    checked.err().map(|failure| *failure)
}

type Checked = Result<(), Box<AssertionFailure>>;

fn unlike(message: impl Into<String>, expected: Value, actual: Option<&Value>) -> Box<AssertionFailure> {
    Box::new(AssertionFailure::new(FailureKind::Assertion, message).values(expected, actual.cloned()))
}

fn resolve(value: &Value, values: &dyn Values) -> Result<Value, Box<AssertionFailure>> {
    template::json(value, values)
        .map_err(|message| Box::new(AssertionFailure::new(FailureKind::Misuse, message)))
}

fn require(holds: bool, failure: impl FnOnce() -> Box<AssertionFailure>) -> Checked {
    if holds { Ok(()) } else { Err(failure()) }
}

fn equals(wanted: &Value, actual: Option<&Value>, values: &dyn Values) -> Checked {
    let wanted = resolve(wanted, values)?;
    match actual {
        Some(actual) => {
            require(same(&wanted, actual), || unlike("it is another value", wanted.clone(), Some(actual)))
        }
        None => Err(unlike("it is not there", wanted, None)),
    }
}

/// Equality in which `1` and `1.0` are the same number.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => compared(one, other).is_some_and(Ordering::is_eq),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| same(value, other)))
        }
        _ => one == other,
    }
}

fn all(operators: &Operators, actual: Option<&Value>, values: &dyn Values) -> Checked {
    if let Some(wanted) = operators.exists {
        let found = actual.is_some_and(|value| !value.is_null());
        let message = if wanted { "it is not there" } else { "it is there" };
        require(found == wanted, || unlike(message, json!({ "exists": wanted }), actual))?;
        if !wanted {
            return Ok(());
        }
    }
    let Some(actual) = actual else {
        return Err(Box::new(AssertionFailure::new(FailureKind::Assertion, "it is not there")));
    };
    equality(operators, actual, values)?;
    size(operators, actual, values)?;
    content(operators, actual, values)?;
    items(operators, actual, values)
}

fn equality(operators: &Operators, actual: &Value, values: &dyn Values) -> Checked {
    if let Some(wanted) = &operators.equals {
        equals(wanted, Some(actual), values)?;
    }
    if let Some(unwanted) = &operators.not {
        let unwanted = resolve(unwanted, values)?;
        require(!same(&unwanted, actual), || {
            unlike("it is what it must not be", json!({ "not": unwanted }), Some(actual))
        })?;
    }
    if let Some(wanted) = &operators.one_of {
        let wanted = resolve(&json!(wanted), values)?;
        let found = wanted.as_array().is_some_and(|wanted| wanted.iter().any(|wanted| same(wanted, actual)));
        require(found, || unlike("it is none of these", wanted, Some(actual)))?;
    }
    if let Some(kind) = operators.kind {
        require(JsonType::of(actual) == kind, || {
            unlike("it is of another type", format!("{kind:?}").to_lowercase().into(), Some(actual))
        })?;
    }
    Ok(())
}

fn size(operators: &Operators, actual: &Value, values: &dyn Values) -> Checked {
    let counted = operators.count.is_some() || operators.min_count.is_some();
    let count = match count(actual) {
        Some(count) => count,
        None if counted => {
            return Err(unlike("it has no items", "a list, a mapping or a text".into(), Some(actual)));
        }
        None => 0,
    };
    let number = |field: &Field<u64>| {
        template::field(field, values)
            .map_err(|message| Box::new(AssertionFailure::new(FailureKind::Misuse, message)))
    };
    if let Some(wanted) = &operators.count {
        let wanted = number(wanted)?;
        require(count == wanted, || {
            unlike(format!("there are {count}"), json!({ "count": wanted }), Some(actual))
        })?;
    }
    if let Some(least) = &operators.min_count {
        let least = number(least)?;
        require(count >= least, || {
            unlike(format!("there are {count}"), json!({ "min_count": least }), Some(actual))
        })?;
    }
    if let Some(least) = &operators.at_least {
        let least = resolve(least, values)?;
        require(order(actual, &least).is_some_and(|order| order.is_ge()), || {
            unlike("it is less", json!({ "at_least": least }), Some(actual))
        })?;
    }
    if let Some(most) = &operators.at_most {
        let most = resolve(most, values)?;
        require(order(actual, &most).is_some_and(|order| order.is_le()), || {
            unlike("it is more", json!({ "at_most": most }), Some(actual))
        })?;
    }
    if let Some(near) = &operators.near {
        let value = resolve(&near.value, values)?;
        let off = actual.as_f64().zip(value.as_f64()).map(|(actual, value)| (actual - value).abs());
        require(off.is_some_and(|off| off <= near.by), || {
            unlike("it is too far off", json!({ "near": value, "by": near.by }), Some(actual))
        })?;
    }
    Ok(())
}

fn content(operators: &Operators, actual: &Value, values: &dyn Values) -> Checked {
    let text = actual.as_str().unwrap_or_default();
    let resolved = |template: &str| -> Result<String, Box<AssertionFailure>> {
        match resolve(&Value::String(template.to_owned()), values)? {
            Value::String(text) => Ok(text),
            other => Ok(other.to_string()),
        }
    };
    if let Some(pattern) = &operators.matches {
        let misuse = |message| Box::new(AssertionFailure::new(FailureKind::Misuse, message));
        let regex = match pattern.compiled() {
            Some(regex) => regex.clone(),
            None => Pattern::compile(&resolved(pattern.as_str())?).map_err(misuse)?,
        };
        require(actual.is_string() && regex.is_match(text), || {
            unlike("it does not match", json!({ "matches": regex.as_str() }), Some(actual))
        })?;
    }
    if let Some(start) = &operators.starts_with {
        let start = resolved(start)?;
        require(text.starts_with(&start), || {
            unlike("it begins otherwise", json!({ "starts_with": start }), Some(actual))
        })?;
    }
    if let Some(end) = &operators.ends_with {
        let end = resolved(end)?;
        require(text.ends_with(&end), || {
            unlike("it ends otherwise", json!({ "ends_with": end }), Some(actual))
        })?;
    }
    if let Some(part) = &operators.contains {
        let part = resolve(part, values)?;
        require(contains(actual, &part), || {
            unlike("it does not contain this", json!({ "contains": part }), Some(actual))
        })?;
    }
    if let Some(part) = &operators.lacks {
        let part = resolve(part, values)?;
        require(!contains(actual, &part), || {
            unlike("it contains this", json!({ "lacks": part }), Some(actual))
        })?;
    }
    Ok(())
}

fn items(operators: &Operators, actual: &Value, values: &dyn Values) -> Checked {
    let asked = operators.each.is_some()
        || operators.any.is_some()
        || operators.sorted.is_some()
        || operators.distinct.is_some();
    let items: Vec<&Value> = match actual {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        // Whatever is asserted about the items of a value without any would hold.
        _ if asked => return Err(unlike("it has no items", "a list or a mapping".into(), Some(actual))),
        _ => return Ok(()),
    };
    if let Some(each) = &operators.each {
        for (number, item) in items.iter().enumerate() {
            if let Some(failure) = holds(each, Some(item), values) {
                return Err(Box::new(failure.about(&format!("item {number}"))));
            }
        }
    }
    if let Some(any) = &operators.any {
        let found = items.iter().any(|item| holds(any, Some(item), values).is_none());
        require(found, || unlike("no item is as it says", "any".into(), Some(actual)))?;
    }
    if let Some(wanted) = operators.sorted {
        let in_order = |pair: &[&Value]| match (order(pair[0], pair[1]), wanted) {
            (Some(order), Order::Ascending) => order.is_le(),
            (Some(order), Order::Descending) => order.is_ge(),
            (None, _) => false,
        };
        require(items.windows(2).all(in_order), || {
            unlike(
                "the items are in another order",
                format!("{wanted:?}").to_lowercase().into(),
                Some(actual),
            )
        })?;
    }
    if let Some(wanted) = operators.distinct {
        let distinct =
            items.iter().enumerate().all(|(i, item)| !items[..i].iter().any(|other| same(item, other)));
        require(distinct == wanted, || unlike("its items", json!({ "distinct": wanted }), Some(actual)))?;
    }
    Ok(())
}

/// The number of items, members or characters; none for what has none.
fn count(value: &Value) -> Option<u64> {
    let count = match value {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        Value::String(text) => text.chars().count(),
        _ => return None,
    };
    Some(count as u64)
}

fn contains(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Array(items), part) => items.iter().any(|item| same(item, part)),
        (Value::Object(members), Value::String(name)) => members.contains_key(name),
        (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
        _ => false,
    }
}

/// Numbers by their size: whole ones exactly, as a float beyond 2^53 is not.
fn compared(one: &Number, other: &Number) -> Option<Ordering> {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}

fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => compared(one, other),
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize as _;

    struct Two;

    impl Values for Two {
        fn value(&self, name: &str) -> Option<Value> {
            (name == "two").then(|| json!(2))
        }

        fn names(&self) -> Vec<String> {
            Vec::new()
        }
    }

    fn check(yaml: &str, actual: Option<Value>) -> bool {
        let node = crate::yaml::parse(yaml).unwrap();
        let predicate = Predicate::deserialize(&node).unwrap();
        holds(&predicate, actual.as_ref(), &Two).is_none()
    }

    #[test]
    fn each_operator_holds_and_does_not() {
        for (yaml, holds, fails) in [
            ("1", json!(1.0), json!("1")),
            ("${two}", json!(2), json!(3)),
            ("[1, a]", json!([1, "a"]), json!(["a", 1])),
            ("{equals: {a: 1}}", json!({"a": 1}), json!({"a": 1, "b": 2})),
            ("{not: 1}", json!(2), json!(1)),
            ("{one_of: [1, 2]}", json!(2), json!(3)),
            ("{count: 2}", json!([1, 2]), json!([1])),
            ("{count: 2}", json!("ab"), json!({"a": 1})),
            ("{min_count: 1}", json!([1, 2]), json!([])),
            ("{at_least: 2}", json!(2), json!(1)),
            ("{at_most: b}", json!("a"), json!("c")),
            ("{near: {value: 10, by: 2}}", json!(12), json!(13)),
            ("{matches: '^a.c$'}", json!("abc"), json!("abcd")),
            ("{contains: 2}", json!([1, 2]), json!([1])),
            ("{contains: b}", json!("abc"), json!("ac")),
            ("{lacks: b}", json!({"a": 1}), json!({"b": 1})),
            ("{starts_with: a}", json!("ab"), json!("ba")),
            ("{ends_with: a}", json!("ba"), json!("ab")),
            ("{exists: true}", json!(0), json!(null)),
            ("{type: array}", json!([]), json!({})),
            ("{each: {at_least: 2}}", json!([2, 3]), json!([1, 2])),
            ("{any: 2}", json!([1, 2]), json!([1, 3])),
            ("{sorted: ascending}", json!([1, 1, 2]), json!([2, 1])),
            ("{sorted: descending}", json!(["b", "a"]), json!(["a", "b"])),
            ("{distinct: true}", json!([1, 2]), json!([1, 1])),
            ("{each: 1}", json!([]), json!(2)),
            ("{distinct: true}", json!({}), json!(null)),
            ("{sorted: ascending}", json!([]), json!("ba")),
            ("{count: 0}", json!([]), json!(0)),
            ("{min_count: 0}", json!(""), json!(null)),
            ("{equals: null}", json!(null), json!("a")),
            ("{not: null}", json!("a"), json!(null)),
            ("{contains: null}", json!([1, null]), json!([1])),
            ("{lacks: null}", json!([1]), json!([null])),
            ("{each: null}", json!([null]), json!([1])),
            ("{any: null}", json!([1, null]), json!([1])),
            ("{type: null}", json!(null), json!("null")),
            ("{equals: {}}", json!({}), json!("a")),
            ("9007199254740993", json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64)),
            (
                "{not: 1700000000000000000}",
                json!(1_700_000_000_000_000_001_u64),
                json!(1_700_000_000_000_000_000_u64),
            ),
            (
                "{at_least: 1700000000000000001}",
                json!(1_700_000_000_000_000_001_u64),
                json!(1_700_000_000_000_000_000_u64),
            ),
            (
                "{at_most: -1700000000000000001}",
                json!(-1_700_000_000_000_000_001_i64),
                json!(-1_700_000_000_000_000_000_i64),
            ),
        ] {
            assert!(check(yaml, Some(holds.clone())), "{yaml} {holds}");
            assert!(!check(yaml, Some(fails.clone())), "{yaml} {fails}");
        }
    }

    #[test]
    fn what_would_hold_for_everything_is_a_mistake() {
        for yaml in
            ["{}", "{count: null}", "{starts_with: null}", "{exists: null}", "{sorted: null}", "{each: {}}"]
        {
            let node = crate::yaml::parse(yaml).unwrap();
            assert!(Predicate::deserialize(&node).is_err(), "{yaml}");
        }
    }

    #[test]
    fn what_is_not_there_equals_nothing_not_even_null() {
        assert!(check("{exists: false}", None));
        assert!(!check("null", None));
        assert!(!check("{count: 0}", None));
    }
}
