//! Reads typed values from a YAML tree, so that every mistake has the place of the value or key
//! that causes it.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::mistake::Mistake;
use super::tree::{Key, Kind, Node, Written};
use crate::position::Place;

/// The newtype name by which [`super::At`] asks for the place of a value.
pub(crate) const AT: &str = "$at";
/// The newtype name by which `format::Field` asks whether a value is a template.
pub(crate) const FIELD: &str = "$field";

/// Where a number or a truth value is wanted, a text that is one serves: quoted, or captured as text.
macro_rules! read_from_text {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
            let text = match &self.kind {
                Kind::Text(text) => text,
                Kind::Number(..) => return self.number(visitor),
                _ => return self.deserialize_any(visitor),
            };
            match meant(text) {
                Some(Kind::Bool(value)) => visitor.visit_bool(value),
                Some(kind) => return Node { place: self.place, kind }.number(visitor),
                None => return self.deserialize_any(visitor),
            }
            .map_err(|mistake: Mistake| mistake.at(self.place))
        }
    )*};
}

/// The number or truth value that a text is.
fn meant(text: &str) -> Option<Kind> {
    match text {
        "true" => Some(Kind::Bool(true)),
        "false" => Some(Kind::Bool(false)),
        // JSON's form of numbers, so that neither `1_0` nor ` 1` is one.
        _ if text.trim() == text => {
            let number = serde_json::from_str(text).ok()?;
            Some(Kind::Number(number, Written::default()))
        }
        _ => None,
    }
}

impl Node {
    /// The value of a number.
    fn number<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Mistake> {
        let Kind::Number(number, _) = &self.kind else { return visitor.visit_unit() };
        match (number.as_u64(), number.as_i64()) {
            (Some(value), _) => visitor.visit_u64(value),
            (None, Some(value)) => visitor.visit_i64(value),
            (None, None) => visitor.visit_f64(number.as_f64().unwrap_or_default()),
        }
        .map_err(|mistake: Mistake| mistake.at(self.place))
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let read = match &self.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(*value),
            // It may be meant as a text, whose form would be lost.
            Kind::Number(number, written) if !written.is_as(number) => {
                let message = format!("{} would become the number {number} here", written.text_of(number));
                Err(Mistake::new(message).help(format!("quote it if it is a text, else write {number}")))
            }
            Kind::Number(..) => self.number(visitor),
            Kind::Text(text) => visitor.visit_borrowed_str(text),
            Kind::List(items) => visitor.visit_seq(Items(items.iter())),
            Kind::Map(pairs) => visitor.visit_map(Pairs { rest: pairs.iter(), value: None }),
        };
        read.map_err(|mistake| mistake.at(self.place))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.kind {
            Kind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// Where text is wanted, a number is taken as it is written: `locale: 1`, `scenario: 007`.
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.kind {
            Kind::Number(number, written) => visitor.visit_string(written.text_of(number)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_string(visitor)
    }

    /// An empty value is an empty struct: `list:` alone.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match self.kind {
            Kind::Null => visitor.visit_map(Pairs { rest: [].iter(), value: None }),
            _ => self.deserialize_any(visitor),
        }
        .map_err(|mistake| mistake.at(self.place))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match (&self.kind, name) {
            (_, AT) => visitor.visit_seq(Placed { node: self, next: 0 }),
            (Kind::Text(text), FIELD) if text.contains("${") => visitor.visit_borrowed_str(text),
            _ => visitor.visit_newtype_struct(self),
        }
        .map_err(|mistake| mistake.at(self.place))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        let read = match &self.kind {
            Kind::Text(text) => visitor.visit_enum(Variant { name: text, place: self.place, node: &NOTHING }),
            Kind::Map(pairs) if pairs.len() == 1 => {
                let (key, node) = &pairs[0];
                visitor.visit_enum(Variant { name: &key.name, place: key.place, node })
            }
            Kind::Map(_) => Err(Mistake::new("expected a mapping of one key")),
            _ => Err(Mistake::new(format!("expected a word, found {}", self.describe()))),
        };
        read.map_err(|mistake| mistake.at(self.place))
    }

    read_from_text! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64 deserialize_bool
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mistake> {
        let read = |node: &'de Node| seed.deserialize(node).map_err(|mistake| mistake.at(node.place));
        self.0.next().map(read).transpose()
    }
}

struct Pairs<'de> {
    rest: std::slice::Iter<'de, (Key, Node)>,
    value: Option<&'de Node>,
}

impl<'de> MapAccess<'de> for Pairs<'de> {
    type Error = Mistake;

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mistake> {
        let Some((key, node)) = self.rest.next() else { return Ok(None) };
        self.value = Some(node);
        seed.deserialize(KeyReader(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mistake> {
        let node = self.value.take().ok_or_else(|| Mistake::custom("a key without a value"))?;
        seed.deserialize(node).map_err(|mistake| mistake.at(node.place))
    }
}

struct KeyReader<'de>(&'de Key);

impl<'de> Deserializer<'de> for KeyReader<'de> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_borrowed_str(&self.0.name).map_err(|mistake: Mistake| mistake.at(self.0.place))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        if name != AT {
            return visitor.visit_newtype_struct(self);
        }
        let node = Node { place: self.0.place, kind: Kind::Text(self.0.name.clone()) };
        let read = visitor.visit_seq(PlacedKey { key: self.0, node, next: 0 });
        read.map_err(|mistake| mistake.at(self.0.place))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// Line, column, offset, length, and then the value.
struct Placed<'de> {
    node: &'de Node,
    next: usize,
}

impl<'de> SeqAccess<'de> for Placed<'de> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mistake> {
        self.next += 1;
        match part(self.node.place, self.next) {
            Some(number) => seed.deserialize(number.into_deserializer()).map(Some),
            None => seed.deserialize(self.node).map(Some),
        }
    }
}

/// As [`Placed`], for a key.
struct PlacedKey<'de> {
    key: &'de Key,
    node: Node,
    next: usize,
}

impl<'de> SeqAccess<'de> for PlacedKey<'de> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mistake> {
        self.next += 1;
        match part(self.node.place, self.next) {
            Some(number) => seed.deserialize(number.into_deserializer()).map(Some),
            None => seed.deserialize(KeyReader(self.key)).map(Some),
        }
    }
}

fn part(place: Place, which: usize) -> Option<usize> {
    [place.line, place.column, place.offset, place.length].get(which - 1).copied()
}

/// The value of a word that stands alone.
static NOTHING: Node = Node { place: Place { line: 0, column: 0, offset: 0, length: 0 }, kind: Kind::Null };

struct Variant<'de> {
    name: &'de str,
    place: Place,
    node: &'de Node,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Mistake;
    type Variant = &'de Node;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, &'de Node), Mistake> {
        let name: StrDeserializer<'_, Mistake> = self.name.into_deserializer();
        let variant = seed.deserialize(name).map_err(|mistake| mistake.at(self.place))?;
        Ok((variant, self.node))
    }
}

impl<'de> VariantAccess<'de> for &'de Node {
    type Error = Mistake;

    fn unit_variant(self) -> Result<(), Mistake> {
        match self.kind {
            Kind::Null => Ok(()),
            _ => Err(Mistake::new("this word takes no value").at(self.place)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Mistake> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        self.deserialize_struct("", fields, visitor)
    }
}
