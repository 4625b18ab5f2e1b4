//! YAML as a tree in which every value and key knows its place. The only file that knows which
//! library reads YAML.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_saphyr::{Location, Spanned, options};

use super::mistake::Mistake;
use crate::position::Place;

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(Number, Written),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// How a number is written, which its value does not tell: `1.10`, `007`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    /// Where: of an alias, the place of what it stands for.
    place: Place,
    text: String,
}

impl Written {
    /// The text of a number.
    pub(crate) fn text_of(&self, number: &Number) -> String {
        if self.text.is_empty() { number.to_string() } else { self.text.clone() }
    }

    /// Whether the number is written as JSON and `record` write it, so that nothing of it is lost.
    pub(crate) fn is_as(&self, number: &Number) -> bool {
        let short = |text: String| text.replace(".0e", "e").replace("e+", "e");
        short(self.text_of(number)) == short(number.to_string())
    }

    fn read_from(&mut self, file: &str) {
        let Place { offset, length, .. } = self.place;
        let text = file.get(offset..offset.saturating_add(length)).unwrap_or_default().trim_end();
        // A tag makes a number of a quoted text, too.
        let is_number = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
        text.chars().all(is_number).then(|| text.clone_into(&mut self.text));
    }
}

/// A key and its place.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) place: Place,
    pub(crate) name: String,
}

/// Reads a document.
///
/// # Errors
/// A [`Mistake`] if the text is no YAML, or has more than one document.
pub(crate) fn parse(text: &str) -> Result<Node, Mistake> {
    let root: Spanned<Kind> =
        serde_saphyr::from_str_with_options(text, options! { strict_booleans: true }).map_err(|error| {
            let error = error.without_snippet();
            let place = error.location().map(place);
            let message = error.to_string();
            // The library ends its message with the position, which ours begins with, or with the option
            // that would allow it, which nobody has here.
            let message = message.split(" at line ").next().unwrap_or(&message);
            let message = message.split(", set ").next().unwrap_or(message);
            let mistake = match message.starts_with("multiple YAML documents") {
                true => Mistake::new("a file has one document")
                    .help("write what follows `---` to a file of its own"),
                false => Mistake::new(message.lines().next().unwrap_or_default()),
            };
            mistake.at(place.unwrap_or_default())
        })?;
    let mut root = Node::from(root);
    root.complete(text);
    Ok(root)
}

impl Node {
    /// The value as JSON.
    #[cfg(test)]
    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;

        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(number, _) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => items.iter().map(Self::to_json).collect(),
            Kind::Map(pairs) => pairs.iter().map(|(key, node)| (key.name.clone(), node.to_json())).collect(),
        }
    }

    /// The value under a key of a map.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Map(pairs) => pairs.iter().find(|(key, _)| key.name == name).map(|(_, node)| node),
            _ => None,
        }
    }

    /// All texts below, with their places.
    pub(crate) fn texts<'a>(&'a self, into: &mut Vec<(&'a str, Place)>) {
        match &self.kind {
            Kind::Text(text) => into.push((text, self.place)),
            Kind::List(items) => items.iter().for_each(|item| item.texts(into)),
            Kind::Map(pairs) => pairs.iter().for_each(|(_, node)| node.texts(into)),
            Kind::Null | Kind::Bool(_) | Kind::Number(..) => {}
        }
    }

    /// What errors call it.
    pub(crate) fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Bool(value) => format!("`{value}`"),
            Kind::Number(number, written) => format!("the number {}", written.text_of(number)),
            Kind::Text(text) => format!("\"{text}\""),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a mapping".to_owned(),
        }
    }

    /// Adds what the file's text alone tells: how numbers are written, and where lines end. A place that
    /// covers lines of YAML would be underlined whole: its first line is enough.
    fn complete(&mut self, text: &str) {
        shorten(&mut self.place, text);
        match &mut self.kind {
            Kind::Number(_, written) => written.read_from(text),
            Kind::List(items) => items.iter_mut().for_each(|item| item.complete(text)),
            Kind::Map(pairs) => pairs.iter_mut().for_each(|(key, node)| {
                shorten(&mut key.place, text);
                node.complete(text);
            }),
            Kind::Null | Kind::Bool(_) | Kind::Text(_) => {}
        }
    }
}

fn shorten(place: &mut Place, text: &str) {
    let rest = text.get(place.offset..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    place.length = place.length.min(line.trim_end().len());
}

fn place(location: Location) -> Place {
    let size = |number: u64| usize::try_from(number).unwrap_or_default();
    let span = location.span();
    Place {
        line: size(location.line()).max(1),
        column: size(location.column()).max(1),
        offset: size(span.byte_offset().unwrap_or_else(|| span.offset())),
        length: size(span.byte_len().unwrap_or_else(|| span.len())),
    }
}

impl From<Spanned<Kind>> for Node {
    fn from(spanned: Spanned<Kind>) -> Self {
        let mut kind = spanned.value;
        if let Kind::Number(_, written) = &mut kind {
            written.place = place(spanned.defined);
        }
        Self { place: place(spanned.referenced), kind }
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KindVisitor;

        impl<'de> Visitor<'de> for KindVisitor {
            type Value = Kind;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Kind, E> {
                Ok(Kind::Null)
            }

            fn visit_none<E>(self) -> Result<Kind, E> {
                Ok(Kind::Null)
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
                Kind::deserialize(deserializer)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
                Ok(Kind::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
                Ok(Kind::Number(value.into(), Written::default()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
                Ok(Kind::Number(value.into(), Written::default()))
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Kind, E> {
                let number = Number::from_f64(value);
                let number = number.ok_or_else(|| E::custom("infinity and NaN have no place here"))?;
                Ok(Kind::Number(number, Written::default()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
                Ok(Kind::Text(value.to_owned()))
            }

            fn visit_string<E>(self, value: String) -> Result<Kind, E> {
                Ok(Kind::Text(value))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Kind, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element::<Spanned<Kind>>()? {
                    list.push(item.into());
                }
                Ok(Kind::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Kind, A::Error> {
                let mut map = Vec::new();
                while let Some(key) = pairs.next_key::<Spanned<String>>()? {
                    let key = Key { place: place(key.referenced), name: key.value };
                    map.push((key, pairs.next_value::<Spanned<Kind>>()?.into()));
                }
                Ok(Kind::Map(map))
            }
        }

        deserializer.deserialize_any(KindVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_place() {
        let text = "a: 1\nb:\n  - {c: ×, d: 'two words'}\n  - null\n  - 1.5\n  - yes\n";
        let root = parse(text).unwrap();
        assert_eq!(
            root.to_json(),
            serde_json::json!({"a": 1, "b": [{"c": "×", "d": "two words"}, null, 1.5, "yes"]})
        );
        let Kind::List(items) = &root.get("b").unwrap().kind else { panic!() };
        let two_words = items[0].get("d").unwrap().place;
        assert_eq!((two_words.line, two_words.column), (3, 15));
        assert!(text[two_words.offset..][..two_words.length].contains("two words"));
        let Kind::Map(pairs) = &items[0].kind else { panic!() };
        assert_eq!((pairs[1].0.place.line, pairs[1].0.place.column), (3, 12));
    }

    #[test]
    fn numbers_know_how_they_are_written() {
        let text =
            "ü: [1.10, 007, &a 0x1F, *a, +5, 123456789012345678901, 1.5, -1, !!float \"1.50\"]\nb: 1.0  # 2";
        let root = parse(text).unwrap();
        let Kind::List(items) = &root.get("ü").unwrap().kind else { panic!() };
        let numbers = items.iter().chain(root.get("b")).map(|node| match &node.kind {
            Kind::Number(number, written) => (written.text_of(number), written.is_as(number)),
            other => panic!("{other:?}"),
        });
        let texts = [
            ("1.10", false),
            ("007", false),
            ("0x1F", false),
            ("0x1F", false),
            ("+5", false),
            ("123456789012345678901", false),
            ("1.5", true),
            ("-1", true),
            ("1.5", true),
            ("1.0", true),
        ];
        assert_eq!(numbers.collect::<Vec<_>>(), texts.map(|(text, as_json)| (text.to_owned(), as_json)));
    }

    #[test]
    fn what_is_no_yaml_is_told_with_its_place() {
        for (text, line) in [("a: [1,\n", 1), ("a: 1\nb: [\n", 2), ("a: 1\na: 2\n", 2)] {
            let mistake = parse(text).unwrap_err();
            assert!(mistake.place.unwrap().line >= line, "{text}: {mistake:?}");
        }
    }
}
