//! `digime-mock dataset`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use digime_fixtures::catalogue;
use digime_fixtures::{Dataset, GenerateOptions};
use jiff::civil::Date;

use super::Failure;

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
    /// Exactly this many files.
    #[arg(long, value_name = "COUNT")]
    files: Option<usize>,
    /// Size of each file, in bytes.
    #[arg(long, value_name = "BYTES")]
    size: Option<usize>,
}

pub(super) fn run(command: DatasetCommand) -> Result<(), Failure> {
    let DatasetCommand::Generate(args) = command;
    let source = catalogue::source(args.source).ok_or_else(|| {
        let known: Vec<_> = catalogue::sources().iter().map(|it| format!("{} {}", it.id, it.name)).collect();
        Failure(format!("there is no source {}; there are:\n{}", args.source, known.join("\n")))
    })?;
    let options = GenerateOptions {
        seed: args.seed,
        until: args.until,
        months: args.months,
        files: args.files,
        file_size: args.size,
    };
    let dataset = Dataset::generate(source, &args.dataset, &options).map_err(Failure::new)?;
    dataset.write(&args.folder).map_err(Failure::new)?;
    let folder = args.folder.display();
    println!("{} files written; offer them with: digime-mock serve --dataset {folder}", dataset.files.len());
    Ok(())
}
