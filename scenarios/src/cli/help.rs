//! `digime-scenarios completions` and `digime-scenarios man`

use clap::{Args, Command};
use clap_complete::Shell;

use super::Exit;
use super::output::{fail, print};

/// Writes completions for a shell
#[derive(Clone, Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn completions(args: &CompletionsArgs, mut command: Command) -> Exit {
    let name = command.get_name().to_owned();
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut text);
    print(&String::from_utf8_lossy(&text), Exit::Passed)
}

/// Writes the manual page: the program, and then each of its commands.
pub(super) fn man(mut command: Command) -> Exit {
    // Names each command with its program, as its usage does.
    command.build();
    let subcommands = command.get_subcommands().filter(|it| it.get_name() != "help").cloned();
    let pages: Vec<_> = std::iter::once(command.clone()).chain(subcommands).collect();
    let mut text = Vec::new();
    for page in pages {
        if let Err(error) = clap_mangen::Man::new(page).render(&mut text) {
            return fail(&format!("the manual page cannot be written: {error}"), Exit::Usage);
        }
    }
    print(&String::from_utf8_lossy(&text), Exit::Passed)
}
