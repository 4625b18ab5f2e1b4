//! Where settings come from: flags, variables, the configuration file.
//!
//! The file changes the defaults, variables change what the file says, flags change both. Lists of flags
//! replace those of variables; both add to what the file lists.

pub(crate) mod contracts;
pub(crate) mod file;
pub(crate) mod table;
pub(crate) mod value;

use std::ffi::OsString;
use std::path::Path;

use crate::config::SettingsError;
use crate::config::place::Place;
use crate::config::settings::{ContractSettingsError, Settings};
use crate::config::sources::table::{Read, SETTINGS, Setting};
use crate::config::sources::value::Value;

pub(crate) use file::TEMPLATE;

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// A value that cannot be used.
    #[error("{place}: {problem}")]
    Value {
        /// Where it came from.
        place: Place,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// The configuration file cannot be read.
    #[error("the configuration file {path} cannot be read: {problem} (named by {place})")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        problem: String,
        /// Who named it.
        place: Place,
    },
    /// The configuration file is not well-formed, or has a key that means nothing.
    #[error("{path}, line {line}: {problem}")]
    File {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// Values that cannot be used together.
    #[error(transparent)]
    Together(#[from] SettingsError),
    /// A committed development key is unusable, which a test excludes.
    #[error(transparent)]
    Standard(#[from] ContractSettingsError),
}

/// A flag with the values that it was given.
#[derive(Debug)]
pub(crate) struct FlagValues {
    /// Its row in the table.
    pub(crate) setting: &'static Setting,
    /// As they were written.
    pub(crate) values: Vec<OsString>,
}

/// The settings of the program.
///
/// # Errors
/// [`ConfigError`] naming where the value came from.
pub(crate) fn settings(config: Option<OsString>, flags: Vec<FlagValues>) -> Result<Settings, ConfigError> {
    let mut settings = Settings::standard()?;
    if let Some((place, path)) = chosen("config", CONFIG_VARIABLE, config)? {
        file::apply(Path::new(&path), place, &mut settings)?;
    }
    for setting in SETTINGS {
        let given = flags.iter().find(|given| std::ptr::eq(given.setting, setting));
        match given {
            Some(given) => {
                apply(setting, &Place::Flag(setting.flag.to_owned()), &given.values, &mut settings)?
            }
            None => {
                if let Some(value) = variable(setting.variable) {
                    let place = Place::Variable(setting.variable.to_owned());
                    apply(setting, &place, &[value], &mut settings)?;
                }
            }
        }
    }
    settings.check()?;
    Ok(settings)
}

/// The variable that names the configuration file.
pub(crate) const CONFIG_VARIABLE: &str = "DIGIME_MOCK_CONFIG";

/// The value of a flag, or else of its variable, with where it came from.
///
/// # Errors
/// [`ConfigError`] for a flag that is empty.
pub(crate) fn chosen(
    flag: &str,
    variable_name: &str,
    given: Option<OsString>,
) -> Result<Option<(Place, OsString)>, ConfigError> {
    match given {
        Some(value) if is_blank(&value) => {
            Err(ConfigError::Value { place: Place::Flag(flag.to_owned()), problem: value::EMPTY.to_owned() })
        }
        Some(value) => Ok(Some((Place::Flag(flag.to_owned()), value))),
        None => Ok(variable(variable_name).map(|value| (Place::Variable(variable_name.to_owned()), value))),
    }
}

/// What every variable of the program begins with.
const PREFIX: &str = "DIGIME_MOCK_";
/// Variables that are no settings of the server.
const OTHERS: [&str; 3] = [CONFIG_VARIABLE, "DIGIME_MOCK_URL", "DIGIME_MOCK_CA"];

/// Variables that look like settings and are none: a misspelt one would change nothing, and nobody would know.
pub(crate) fn unknown_variables() -> Vec<String> {
    let known =
        |name: &str| OTHERS.contains(&name) || SETTINGS.iter().any(|setting| setting.variable == name);
    let mut unknown: Vec<_> = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.starts_with(PREFIX) && !known(name))
        .collect();
    unknown.sort();
    unknown
}

/// An environment variable. One that is set but empty or blank counts as unset: compose files and CI
/// systems pass variables that nobody set as empty ones.
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !is_blank(value))
}

fn is_blank(text: &OsString) -> bool {
    text.to_str().is_some_and(|text| text.trim().is_empty())
}

/// Reads values that a flag or a variable has, whose lists are written in one text.
fn apply(
    setting: &Setting,
    place: &Place,
    texts: &[OsString],
    settings: &mut Settings,
) -> Result<(), ConfigError> {
    let values: Vec<_> = texts.iter().map(|text| Value::new(text, Path::new(""), place)).collect();
    let applied = match setting.read {
        Read::One(read) | Read::Switch(read) => {
            values.iter().try_for_each(|value| value.present().and_then(|()| read(settings, value)))
        }
        Read::Many(separator, read) => values.iter().try_for_each(|value| {
            value.present()?;
            // Such a flag is repeated instead, so that a path in it may have blanks.
            if separator == ' ' && matches!(place, Place::Flag(_)) {
                return read(settings, value);
            }
            value.split(separator)?.iter().try_for_each(|part| read(settings, &value.part(part)))
        }),
    };
    applied.map_err(|problem| ConfigError::Value { place: place.clone(), problem })
}
