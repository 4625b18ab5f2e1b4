//! The configuration file, `digime-mock.toml`.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::place::Place;
use crate::config::settings::Settings;
use crate::config::sources::ConfigError;
use crate::config::sources::contracts::{self, ApplicationTable};
use crate::config::sources::table::{Read, SETTINGS};
use crate::config::sources::value::{EMPTY, Problem, Value, quote};

/// What `digime-mock init` writes: every setting with its default.
pub(crate) const TEMPLATE: &str = include_str!("../../../digime-mock.toml");

/// The table that is not read by rows.
const APPLICATIONS: &str = "applications";

/// Reads the file at `path` over `settings`; `named` says who named it.
pub(super) fn apply(path: &Path, named: Place, settings: &mut Settings) -> Result<(), ConfigError> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: shown.clone(),
        problem: error.to_string(),
        place: named,
    })?;
    read(&shown, &text, path.parent().unwrap_or(Path::new("")), settings)
}

/// Reads the text of a file over `settings`; paths in it are relative to `folder`.
pub(crate) fn read(
    path: &str,
    text: &str,
    folder: &Path,
    settings: &mut Settings,
) -> Result<(), ConfigError> {
    File { path, text, folder }.apply(settings)
}

struct File<'a> {
    path: &'a str,
    text: &'a str,
    /// What paths in it are relative to.
    folder: &'a Path,
}

/// The one table that serde reads, because it nests.
#[derive(Deserialize)]
struct Applications {
    applications: Option<Vec<ApplicationTable>>,
}

impl File<'_> {
    fn apply(&self, settings: &mut Settings) -> Result<(), ConfigError> {
        let table = DeTable::parse(self.text).map_err(|error| self.syntax(&error))?;
        self.apply_table(table.get_ref(), "", settings)?;
        let nested: Applications = toml::from_str(self.text).map_err(|error| self.syntax(&error))?;
        if let Some(tables) = nested.applications {
            let place = |start: usize, key: &str| self.place(start, key);
            settings.applications = contracts::from_tables(tables, self.folder, &place)?;
            if settings.applications.is_empty() {
                let start = table.get_ref().iter().find(|(key, _)| key.get_ref() == APPLICATIONS);
                return Err(ConfigError::Value {
                    place: self.place(start.map_or(0, |(key, _)| key.span().start), APPLICATIONS),
                    problem: "the list is empty: name an application, or leave it out".to_owned(),
                });
            }
        }
        Ok(())
    }

    fn apply_table(
        &self,
        table: &DeTable<'_>,
        prefix: &str,
        settings: &mut Settings,
    ) -> Result<(), ConfigError> {
        let mut entries: Vec<_> = table.iter().collect();
        // In the order of the file, so that the first mistake is told first.
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let path = format!("{prefix}{}", key.get_ref());
            let is_table =
                SETTINGS.iter().filter_map(|it| it.key).any(|it| it.starts_with(&format!("{path}.")));
            match value.get_ref() {
                _ if path == APPLICATIONS => {}
                DeValue::Table(inner) if is_table => {
                    self.apply_table(inner, &format!("{path}."), settings)?;
                }
                _ if is_table => {
                    let problem = format!("{path} is a table: write [{path}] and its keys below");
                    return Err(self.wrong(value.span().start, &path, problem));
                }
                _ => self.apply_value(&path, key.span().start, value, settings)?,
            }
        }
        Ok(())
    }

    fn apply_value(
        &self,
        path: &str,
        key_start: usize,
        value: &Spanned<DeValue<'_>>,
        settings: &mut Settings,
    ) -> Result<(), ConfigError> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == Some(path)) else {
            return Err(ConfigError::File {
                path: self.path.to_owned(),
                line: self.line(key_start),
                problem: unknown_key(path),
            });
        };
        let read_one =
            |value: &Spanned<DeValue<'_>>, read: fn(&mut Settings, &Value<'_>) -> _, settings: &mut _| {
                let place = self.place(value.span().start, path);
                let text = scalar(value.get_ref()).map_err(|it| self.wrong(value.span().start, path, it))?;
                let given = Value::new(&text, self.folder, &place);
                let applied: Result<(), Problem> = given.present().and_then(|()| read(settings, &given));
                applied.map_err(|problem| ConfigError::Value { place: place.clone(), problem })
            };
        match (setting.read, value.get_ref()) {
            (Read::One(read) | Read::Switch(read), _) => read_one(value, read, settings),
            (Read::Many(_, read), DeValue::Array(values)) => {
                values.iter().try_for_each(|value| read_one(value, read, settings))
            }
            (Read::Many(..), _) => Err(self.wrong(
                value.span().start,
                path,
                "expected a list, such as [\"a\", \"b\"]".to_owned(),
            )),
        }
    }

    fn place(&self, start: usize, key: &str) -> Place {
        Place::File { path: self.path.to_owned(), line: self.line(start), key: key.to_owned() }
    }

    fn wrong(&self, start: usize, key: &str, problem: Problem) -> ConfigError {
        ConfigError::Value { place: self.place(start, key), problem }
    }

    fn line(&self, start: usize) -> usize {
        self.text.get(..start).map_or(1, |before| before.matches('\n').count() + 1)
    }

    /// The reader's own errors quote the line, which may hold the admin token: only its words are kept.
    fn syntax(&self, error: &toml::de::Error) -> ConfigError {
        ConfigError::File {
            path: self.path.to_owned(),
            line: self.line(error.span().map_or(0, |span| span.start)),
            problem: error.message().trim().replace('\n', ", "),
        }
    }
}

/// The text of a value, as a flag would have it.
fn scalar(value: &DeValue<'_>) -> Result<String, Problem> {
    match value {
        DeValue::String(text) if text.trim().is_empty() => Err(EMPTY.to_owned()),
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => match number.radix() {
            10 => Ok(number.as_str().to_owned()),
            radix => u128::from_str_radix(number.as_str(), radix)
                .map(|number| number.to_string())
                .map_err(|_| format!("{} is too large", quote(&number.to_string()))),
        },
        DeValue::Float(number) => Ok(number.as_str().to_owned()),
        DeValue::Boolean(yes) => Ok(yes.to_string()),
        DeValue::Datetime(time) => Ok(time.to_string()),
        DeValue::Array(_) => Err("expected one value, not a list".to_owned()),
        DeValue::Table(_) => Err("expected one value, not a table".to_owned()),
    }
}

fn unknown_key(path: &str) -> String {
    let near = SETTINGS
        .iter()
        .filter_map(|setting| setting.key)
        .chain([APPLICATIONS])
        .map(|known| (strsim::jaro_winkler(known, path), known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match near {
        Some((_, known)) => format!("unknown key {path}; did you mean {known}?"),
        None => format!("unknown key {path}; digime-mock init writes a file with all keys"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, ConfigError> {
        let mut settings = Settings::standard().unwrap();
        super::read("digime-mock.toml", text, Path::new("."), &mut settings)?;
        Ok(settings)
    }

    /// Without what tells where it was set.
    fn shown(mut settings: Settings) -> String {
        for application in &mut settings.applications {
            application.place = Place::Default;
            application.contracts.iter_mut().for_each(|contract| contract.place = Place::Default);
        }
        format!("{settings:#?}")
    }

    #[test]
    fn the_template_says_what_is_so_without_it() {
        assert_eq!(shown(read(TEMPLATE).unwrap()), shown(Settings::standard().unwrap()));
    }

    #[test]
    fn the_template_has_every_key() {
        for key in SETTINGS.iter().filter_map(|setting| setting.key) {
            let last = key.rsplit('.').next().unwrap_or(key);
            let written = |line: &str| line.trim_start_matches("# ").starts_with(&format!("{last} = "));
            assert!(TEMPLATE.lines().any(written), "{key} is missing");
        }
    }

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_do_no_harm() {
        let settings = read("\u{feff}port = 9\r\n[lifetimes]\r\ncode = \"3s\"\r\n").unwrap();
        assert_eq!((settings.port, settings.lifetimes.code.as_secs()), (9, 3));
    }

    #[test]
    fn a_list_adds_and_a_value_replaces() {
        let text = "[agents]\nrefused = [\"a\", \"b\"]\n[sample_data]\nuntil = 2026-01-31\nseed = 0x10\n";
        let settings = read(text).unwrap();
        assert_eq!(settings.agents.refused, ["a", "b"]);
        assert_eq!(settings.sample_data.until.unwrap().to_string(), "2026-01-31");
        assert_eq!(settings.sample_data.seed, 16);
    }

    #[test]
    fn an_unknown_key_or_a_bad_value_names_its_line() {
        for (text, line, mentions) in [
            ("port = 1\nprot = 2\n", "line 2", "did you mean port?"),
            ("\n\nport = 99999\n", "line 3, key port", "99999"),
            ("[lifetimes]\ncode = \"soon\"\n", "line 2, key lifetimes.code", "soon"),
            ("[lifetimes]\ncoed = \"1m\"\n", "line 2", "lifetimes.code"),
            ("lifetimes = 5\n", "line 1", "[lifetimes]"),
            ("port = [1]\n", "line 1, key port", "not a list"),
            ("datasets = \"here\"\n", "line 1, key datasets", "a list"),
            ("public_url = \"http://a/b?c\"\n", "line 1", "http://a/b?c"),
            ("datasets = [\"no-such-folder\"]\n", "line 1", "no-such-folder"),
            ("admin_token = \"\"\n", "line 1, key admin_token", "empty"),
            ("applications = []\n", "line 1, key applications", "empty"),
            ("[[applications]]\nid = \"a b\"\ncontracts = []\n", "line 2", "a b"),
            ("[[applications]]\nid = \"a\"\nname = \" \"\ncontracts = []\n", "line 3", "empty"),
            ("[[applications]]\nid = \"a\"\ncolour = \"red\"\ncontracts = []\n", "line 3", "six"),
            ("[[applications]]\nid = \"a\"\nlogo = \"no.png\"\ncontracts = []\n", "line 3", "no.png"),
            (
                "[[applications]]\nid = \"a\"\n[[applications.contracts]]\nid = \"c\"\nkind = \"raed\"\n",
                "line 5",
                "raed",
            ),
            (
                "[[applications]]\nid = \"a\"\n[[applications.contracts]]\nid = \"c\"\nkind = \"read\"\nkey = \"none.pem\"\n",
                "line 6",
                "none.pem",
            ),
            (
                "[[applications]]\nid = \"a\"\n[[applications.contracts]]\nid = \"c\"\nkind = \"read\"\nredirect_uris = [\"*\"]\n",
                "line 6",
                "redirect",
            ),
            (
                "[[applications]]\nid = \"a\"\n[[applications.contracts]]\nid = \"c\"\nkind = \"read\"\nservice_groups = [1, 99]\n",
                "line 6",
                "no service group 99",
            ),
            (
                "[[applications]]\nid = \"a\"\n[[applications.contracts]]\nid = \"c\"\nkind = \"read\"\nkeys = \"x\"\n",
                "line 6",
                "keys",
            ),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(line) && error.contains(mentions), "{text}\n{error}");
        }
    }

    #[test]
    fn an_error_never_shows_the_admin_token() {
        for text in ["admin_token = \"sec\\nret\"\n", "admin_token = \"secret\n", "admin_token = secret\n"] {
            let error = read(text).unwrap_err().to_string();
            assert!(!error.contains("secret") && error.contains("line 1"), "{error}");
        }
    }
}
