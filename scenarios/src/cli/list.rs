//! `digime-scenarios list`

use clap::Args;

use super::{Exit, Paths, colours, explain_files};
use crate::load;
use crate::position::shown;

/// Lists scenarios
#[derive(Clone, Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    paths: Paths,
    /// Only scenarios with this tag; several are alternatives
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
}

pub(super) fn list(args: &ListArgs) -> Exit {
    let folder = load::load(&args.paths.paths);
    for scenario in &folder.scenarios {
        let tags = &scenario.document.tags;
        if args.tags.is_empty() || args.tags.iter().any(|tag| tags.contains(tag)) {
            println!("{}\t{}\t{}", shown(&scenario.file.path), scenario.name(), tags.join(" "));
        }
    }
    eprint!("{}", explain_files(&folder.errors, colours()));
    if folder.errors.is_empty() { Exit::Passed } else { Exit::Usage }
}
