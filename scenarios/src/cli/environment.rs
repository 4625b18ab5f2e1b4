//! Environment variables that give options.
//!
//! A variable that is set but empty counts as unset: that is how Compose and CI systems pass variables
//! that nobody has set.

use std::ffi::{OsStr, OsString};

use clap::Command;
use clap::builder::Resettable;

/// The value of a variable; none if it is unset, empty or blank.
pub(super) fn variable(name: impl AsRef<OsStr>) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !is_blank(value))
}

fn is_blank(value: &OsStr) -> bool {
    value.to_str().is_some_and(|text| text.trim().is_empty())
}

/// The command with blank variables left out.
pub(super) fn without_blank(command: Command) -> Command {
    command
        .mut_args(|arg| match arg.get_env().map(OsStr::to_owned) {
            Some(name) if std::env::var_os(&name).is_some_and(|value| is_blank(&value)) => {
                arg.env(Resettable::Reset)
            }
            _ => arg,
        })
        .mut_subcommands(without_blank)
}

/// The options of a command that variables give, as errors name them: `--base-url is the value of
/// DIGIME_BASE_URL`. Those whose option is in `args` count for nothing.
pub(super) fn given(command: &Command, args: &[OsString]) -> Vec<String> {
    let mut chosen = command;
    while let Some(sub) = args.iter().skip(1).find_map(|arg| chosen.find_subcommand(arg)) {
        chosen = sub;
    }
    let in_args = |flag: &str| {
        args.iter()
            .filter_map(|arg| arg.to_str())
            .any(|arg| arg.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
    };
    let given = chosen.get_arguments().filter_map(|arg| {
        let (name, flag) = (arg.get_env()?, format!("--{}", arg.get_long()?));
        variable(name)?;
        (!in_args(&flag)).then(|| format!("{flag} is the value of {}", name.to_string_lossy()))
    });
    given.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_is_unset() {
        for (value, blank) in [("", true), (" \t\n", true), ("x", false), (" x ", false), ("\u{a0}", true)] {
            assert_eq!(is_blank(OsStr::new(value)), blank, "{value:?}");
        }
    }
}
