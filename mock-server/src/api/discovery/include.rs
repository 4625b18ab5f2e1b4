//! `query.include`: which fields of an answer come back (protocol reference, objects §5.2).

use serde::Serialize;
use serde_json::Value;

use crate::domain::refusal::Refusal;
use crate::http::reply::unwritable;

/// A row with the fields that were asked for.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Projected(Value);

impl Projected {
    /// The rows with the fields at these paths, such as `service.name`; with all if there are none.
    ///
    /// # Errors
    /// A defect, if a row cannot be written as JSON.
    pub(crate) fn all<T: Serialize>(
        include: &[String],
        rows: impl Iterator<Item = T>,
    ) -> Result<Vec<Self>, Refusal> {
        let paths: Vec<&str> = include.iter().map(String::as_str).collect();
        let project = |row| {
            let row = serde_json::to_value(row).map_err(unwritable)?;
            Ok(Self(if paths.is_empty() { row } else { projected(row, &paths) }))
        };
        rows.map(project).collect()
    }
}

/// Ids stay wherever a path leads through, because clients require them in every element.
fn projected(value: Value, paths: &[&str]) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| projected(item, paths)).collect(),
        Value::Object(members) => {
            let kept = members.into_iter().filter_map(|(name, value)| {
                if name == "id" || paths.contains(&name.as_str()) {
                    return Some((name, value));
                }
                let below: Vec<&str> =
                    paths.iter().filter_map(|path| path.strip_prefix(&name)?.strip_prefix('.')).collect();
                let leads_on = !below.is_empty() && (value.is_object() || value.is_array());
                leads_on.then(|| (name, projected(value, &below)))
            });
            kept.collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn source() -> Value {
        json!({
            "id": 16, "name": "Spotify",
            "service": {"id": 19, "name": "Spotify", "json": {"a": 1}},
            "category": [{"id": 5, "name": "Entertainment", "json": {"title": "t"}}, {"id": 6, "name": "x"}],
            "resource": {"url": "u", "mimetype": "m"},
        })
    }

    #[test]
    fn paths_choose_fields_and_ids_stay() {
        for (paths, expected) in [
            (&["name"][..], json!({"id": 16, "name": "Spotify"})),
            (&["service"], json!({"id": 16, "service": {"id": 19, "name": "Spotify", "json": {"a": 1}}})),
            (&["service.name"], json!({"id": 16, "service": {"id": 19, "name": "Spotify"}})),
            (&["resource.url"], json!({"id": 16, "resource": {"url": "u"}})),
            (
                &["category.json.title", "category.name"],
                json!({"id": 16, "category": [
                    {"id": 5, "name": "Entertainment", "json": {"title": "t"}}, {"id": 6, "name": "x"}]}),
            ),
            (&["id"], json!({"id": 16})),
            (&["", ".", "nothing", "name.first", "servic"], json!({"id": 16})),
        ] {
            assert_eq!(projected(source(), paths), expected, "{paths:?}");
        }
    }

    #[test]
    fn without_paths_everything_comes_back() {
        let all = Projected::all(&[], std::iter::once(source())).unwrap_or_else(|it| panic!("{it:?}"));
        assert_eq!(all[0].0, source());
    }
}
