//! `digime-scenarios list`

use clap::Args;

use super::{Exit, Paths, colours, explain_files, print, tell};
use crate::document;
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
    let folder = document::load(&args.paths.paths);
    let mut text = String::new();
    for scenario in &folder.scenarios {
        let tags = &scenario.document.tags;
        if args.tags.is_empty() || args.tags.iter().any(|tag| tags.contains(tag)) {
            text.push_str(&format!(
                "{}\t{}\t{}\n",
                shown(&scenario.file.path),
                scenario.name(),
                tags.join(" ")
            ));
        }
    }
    tell(&explain_files(&folder.errors, colours()));
    print(&text, if folder.errors.is_empty() { Exit::Passed } else { Exit::Usage })
}
