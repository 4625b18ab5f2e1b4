//! `digime-mock dataset`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use digime_fixtures::catalogue;
use digime_fixtures::{Dataset, DatasetError, GenerateOptions, Progress};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;

use super::failure::Failure;
use super::output::print;

#[derive(Debug, Subcommand)]
pub(super) enum DatasetCommand {
    /// Write a folder of sample data, which `serve --dataset` offers; the same seed gives the same bytes.
    Generate(GenerateArgs),
}

#[derive(Args, Debug)]
pub(super) struct GenerateArgs {
    /// Folder to write.
    folder: PathBuf,
    /// Source that the data comes from, by id.
    #[arg(long, default_value_t = crate::consent::decision::DEFAULT_SOURCE)]
    source: u32,
    /// Which of the source's datasets to write.
    #[arg(long, value_name = "ID", default_value = crate::consent::decision::DEFAULT_DATASET)]
    dataset: String,
    /// Seed.
    #[arg(long, default_value_t = GenerateOptions::default().seed)]
    seed: u64,
    /// Last day that the data covers.
    #[arg(long, value_name = "YYYY-MM-DD", default_value_t = GenerateOptions::default().until)]
    until: Date,
    /// Months that the data covers.
    #[arg(long, default_value_t = GenerateOptions::default().months)]
    months: u32,
    /// Exactly this many files, at most a million.
    #[arg(long, value_name = "COUNT")]
    files: Option<usize>,
    /// Size of each file, in bytes. Files are written as a stream; they may be larger than the memory, but
    /// serve reads what it offers into memory.
    #[arg(long, value_name = "BYTES")]
    size: Option<usize>,
    /// Write into a folder that is not empty, too.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(command: DatasetCommand) -> Result<(), Failure> {
    let DatasetCommand::Generate(args) = command;
    if !args.force && std::fs::read_dir(&args.folder).is_ok_and(|mut entries| entries.next().is_some()) {
        let folder = args.folder.display();
        return Err(Failure::usage(format!(
            "{folder} is not empty; --force replaces what has the same name"
        )));
    }
    let source = catalogue::source(args.source).ok_or_else(|| {
        let known: Vec<_> = catalogue::sources().iter().map(|it| format!("{} {}", it.id, it.name)).collect();
        Failure::usage(format!("there is no source {}; there are:\n{}", args.source, known.join("\n")))
    })?;
    let options = GenerateOptions {
        seed: args.seed,
        until: args.until,
        months: args.months,
        files: args.files,
        file_size: args.size,
    };
    let bar = progress_bar();
    let mut show = |progress: Progress| {
        bar.set_length(progress.of_files as u64);
        bar.set_position(progress.files as u64);
        bar.set_message(format!("{} MB", progress.bytes / 1_000_000));
    };
    let written = Dataset::generate_into(source, &args.dataset, &options, &args.folder, &mut show);
    bar.finish_and_clear();
    let count = written.map_err(|error| match error {
        DatasetError::Io { .. } => Failure::new(error),
        _ => Failure::usage(error),
    })?;
    let folder = args.folder.display();
    print(format!("{count} files written; offer them with: digime-mock serve --dataset {folder}\n"))
}

/// A bar on the standard error, where that is a terminal.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    // A template that does not parse leaves the standard one.
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} files, {msg} in {elapsed}") {
        bar.set_style(style);
    }
    bar
}
