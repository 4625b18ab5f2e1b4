//! `digime-mock completions` and `digime-mock man`.

use clap::{Args, Command};
use clap_complete::Shell;

use super::failure::Failure;
use super::output::print;

#[derive(Args, Debug)]
pub(super) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

#[derive(Args, Debug)]
pub(super) struct ManArgs {
    /// The command, such as serve; the program itself if absent.
    command: Vec<String>,
}

pub(super) fn completions(args: &CompletionsArgs, mut program: Command) -> Result<(), Failure> {
    // The generator panics when its output is closed, so it writes into memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "digime-mock", &mut script);
    print(script)
}

pub(super) fn man(args: &ManArgs, mut program: Command) -> Result<(), Failure> {
    program.build();
    let mut command = &program;
    for name in &args.command {
        let known: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
        command = command.find_subcommand(name).ok_or_else(|| {
            Failure::usage(format!("there is no command \"{name}\"; there are {}", known.join(", ")))
        })?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page).map_err(Failure::new)?;
    print(page)
}
