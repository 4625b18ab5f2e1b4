//! One step: what it does, and what is done with what it comes to.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use crate::format::{Capture, Expectations, HumanDuration, SnapshotOf};
use crate::position::Place;
use crate::step::{ACTION_NAMES, Action};
use crate::yaml::At;

/// One step.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// What it does.
    pub(crate) kind: At<StepKind>,
    /// What goes with any action.
    pub(crate) options: StepOptions,
}

/// What goes with any action.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepOptions {
    /// What reports call the step, if not by what it does.
    pub(crate) name: Option<String>,
    /// The user who acts, if the scenario has several.
    pub(crate) user: Option<String>,
    /// What is kept of the result for later steps.
    pub(crate) capture: BTreeMap<String, At<Capture>>,
    /// What it is expected to come to.
    pub(crate) expect: Expectations,
    /// What is waited for by repeating it.
    pub(crate) until: Option<At<Expectations>>,
    /// How long that may take, on the server's clock where it has one.
    pub(crate) within: Option<At<HumanDuration>>,
    /// How long to wait between two attempts.
    pub(crate) every: Option<At<HumanDuration>>,
    /// What of it goes into the snapshot.
    pub(crate) snapshot: Option<SnapshotOf>,
}

/// What a step does.
#[derive(Clone, Debug)]
pub(crate) enum StepKind {
    /// One action.
    Act(Box<Action>),
    /// The steps of another file.
    Reuse(Reuse),
}

/// The steps of another file, and what they are given.
#[derive(Clone, Debug)]
pub(crate) struct Reuse {
    /// The file, relative to this one.
    pub(crate) file: At<String>,
    /// What its parameters are.
    pub(crate) with: BTreeMap<String, At<Value>>,
}

/// The keys that go with any action.
const COMMON: [&str; 9] = ["name", "as", "capture", "expect", "until", "within", "every", "snapshot", "with"];

enum Key {
    Common(&'static str),
    Use,
    Action(&'static str),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = |names: &[&'static str]| names.iter().copied().find(|name| *name == text);
        if let Some(name) = known(&COMMON) {
            return Ok(Self::Common(name));
        }
        if text == "use" {
            return Ok(Self::Use);
        }
        known(ACTION_NAMES).map(Self::Action).ok_or_else(|| D::Error::unknown_field(&text, all_keys()))
    }
}

/// What a step may begin with, and what goes with it.
fn all_keys() -> &'static [&'static str] {
    static KEYS: std::sync::OnceLock<Vec<&'static str>> = std::sync::OnceLock::new();
    KEYS.get_or_init(|| ACTION_NAMES.iter().copied().chain(["use"]).chain(COMMON).collect())
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StepVisitor;

        impl<'de> Visitor<'de> for StepVisitor {
            type Value = Step;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a step, such as `authorize: {}`")
            }

            /// `- refresh` alone is `- refresh: {}`.
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Step, E> {
                let name = ACTION_NAMES.iter().find(|name| **name == text);
                let name = name.ok_or_else(|| E::unknown_variant(text, ACTION_NAMES))?;
                let kind = StepKind::Act(Box::new(Action::read_empty(name).map_err(E::custom)?));
                Ok(Step {
                    kind: At { place: Place::default(), value: kind },
                    options: StepOptions::default(),
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Step, A::Error> {
                let mut kind: Option<(At<StepKind>, &'static str)> = None;
                let mut with: BTreeMap<String, At<Value>> = BTreeMap::new();
                let mut options = StepOptions::default();
                while let Some(key) = pairs.next_key::<At<Key>>()? {
                    let (name, value) = match key.value {
                        Key::Common("with") => {
                            with = pairs.next_value()?;
                            continue;
                        }
                        Key::Common(name) => {
                            options.read(name, &mut pairs)?;
                            continue;
                        }
                        Key::Use => {
                            let file = pairs.next_value()?;
                            ("use", StepKind::Reuse(Reuse { file, with: BTreeMap::new() }))
                        }
                        Key::Action(name) => (name, StepKind::Act(Box::new(Action::read(name, &mut pairs)?))),
                    };
                    if let Some((_, first)) = &kind {
                        return Err(A::Error::custom(format!(
                            "a step does one thing: it already has `{first}`, so `{name}` needs a step of its own"
                        )));
                    }
                    kind = Some((At { place: key.place, value }, name));
                }
                let Some((mut kind, name)) = kind else {
                    return Err(A::Error::custom(
                        "the step does nothing: it needs `use` or an action, such as `list`",
                    ));
                };
                match &mut kind.value {
                    StepKind::Reuse(_) if !options.suits_reuse() => {
                        return Err(A::Error::custom(
                            "`use` goes with `name`, `as` and `with`; the rest belongs to the steps of the flow",
                        ));
                    }
                    StepKind::Reuse(reuse) => reuse.with = with,
                    StepKind::Act(_) if !with.is_empty() => {
                        return Err(A::Error::custom(format!("`with` belongs to `use`, not to `{name}`")));
                    }
                    StepKind::Act(_) => {}
                }
                Ok(Step { kind, options })
            }
        }

        deserializer.deserialize_any(StepVisitor)
    }
}

impl StepOptions {
    /// Whether only what a reused flow can have is said.
    fn suits_reuse(&self) -> bool {
        self.capture.is_empty()
            && self.expect.is_empty()
            && self.until.is_none()
            && self.within.is_none()
            && self.every.is_none()
            && self.snapshot.is_none()
    }

    /// What says how to wait although nothing is waited for.
    pub(super) fn idle(&self) -> Option<(&'static str, Place)> {
        let said = [("within", &self.within), ("every", &self.every)];
        let said = said.into_iter().find_map(|(name, span)| Some((name, span.as_ref()?.place)));
        said.filter(|_| self.until.is_none())
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, pairs: &mut A) -> Result<(), A::Error> {
        match name {
            "name" => self.name = Some(pairs.next_value()?),
            "as" => self.user = Some(pairs.next_value()?),
            "capture" => self.capture = pairs.next_value()?,
            "expect" => self.expect = pairs.next_value()?,
            "until" => self.until = Some(pairs.next_value()?),
            "within" => self.within = Some(pairs.next_value()?),
            "every" => self.every = Some(pairs.next_value()?),
            _ => self.snapshot = Some(pairs.next_value()?),
        }
        Ok(())
    }
}

impl JsonSchema for Step {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = |description: &str| json!({ "type": "string", "description": description });
        let expectations = generator.subschema_for::<Expectations>();
        let span = generator.subschema_for::<HumanDuration>();
        let capture = generator.subschema_for::<Capture>();
        let mut properties = Map::new();
        properties.insert("name".to_owned(), text("What reports call the step"));
        properties.insert("as".to_owned(), text("The user who acts, if the scenario has several"));
        properties.insert(
            "capture".to_owned(),
            json!({ "type": "object", "additionalProperties": capture, "description": "What is kept for later steps" }),
        );
        properties.insert("expect".to_owned(), json!(expectations));
        properties.insert("until".to_owned(), json!(expectations));
        properties.insert("within".to_owned(), json!(span));
        properties.insert("every".to_owned(), json!(span));
        properties.insert("snapshot".to_owned(), json!(generator.subschema_for::<SnapshotOf>()));
        properties.insert("use".to_owned(), text("Another file whose steps run here"));
        properties
            .insert("with".to_owned(), json!({ "type": "object", "description": "The parameters of `use`" }));
        let mut ways = vec![json!({ "required": ["use"] })];
        for (name, schema) in Action::schemas(generator) {
            ways.push(json!({ "required": [name] }));
            properties.insert(name.to_owned(), json!(schema));
        }
        json_schema!({
            "description": "One step: an action, and what is done with what it comes to",
            "anyOf": [
                { "type": "string", "enum": ACTION_NAMES },
                { "type": "object", "properties": properties, "additionalProperties": false, "oneOf": ways },
            ],
        })
    }
}
