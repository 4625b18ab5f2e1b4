//! `digime-mock state`: a whole sandbox of a server that is running as a file, and back.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::{Args, Subcommand};
use futures_util::stream;
use http::{Method, StatusCode};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use tempfile::NamedTempFile;

use super::client::{Client, Message, outgoing};
use super::failure::Failure;
use super::output::{is_stream, print};
use super::server_args::ServerArgs;
use crate::state_file::{Lines, Sealed};

/// How much of a file is read at once.
const PORTION: usize = 64 * 1024;

#[derive(Args, Debug)]
pub(super) struct StateArgs {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write all of a sandbox into a file, which `state import` reads on any server.
    Export(ExportArgs),
    /// Make the sandbox that a file has the state of, all of it or nothing.
    Import(ImportArgs),
}

#[derive(Args, Debug)]
struct ExportArgs {
    /// The file, which only its owner may read; - is the output.
    file: PathBuf,
    /// Leave the contents of files out: imported, they are zeros of the same length.
    #[arg(long)]
    without_contents: bool,
    /// Take in keys, codes, sessions and tokens, so that clients go on with those that they have.
    #[arg(long)]
    with_secrets: bool,
}

#[derive(Args, Debug)]
struct ImportArgs {
    /// The file; - is the input.
    file: PathBuf,
    /// Forget what the sandbox has; otherwise it must be empty.
    #[arg(long)]
    replace: bool,
}

pub(super) fn run(args: StateArgs) -> Result<(), Failure> {
    let StateArgs { command, mut server } = args;
    let sandbox = server.sandbox.take();
    let client = server.client()?;
    match command {
        Command::Export(args) => export(&client, sandbox, &args),
        Command::Import(args) => import(&client, sandbox, &args),
    }
}

fn query(sandbox: Option<String>, choices: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(choices);
    query.extend_pairs(sandbox.map(|id| ("sandbox", id)));
    query.finish()
}

fn export(client: &Client, sandbox: Option<String>, args: &ExportArgs) -> Result<(), Failure> {
    let contents = if args.without_contents { "leftOut" } else { "included" };
    let secrets = if args.with_secrets { "included" } else { "leftOut" };
    let query = query(sandbox, &[("contents", contents), ("secrets", secrets)]);
    let mut target = Target::open(&args.file)?;
    let rows = client.converse(async {
        let path = format!("state?{query}");
        let mut response = client.request(Method::GET, &path, None, Message::default()).await?;
        let status = response.status();
        if status != StatusCode::OK {
            let body = response.into_body().collect().await?.to_bytes();
            return Ok(Err(refused(status, &body)));
        }
        let (bar, mut lines, mut sealed) = (bytes_bar(None), Lines::default(), Sealed::default());
        while let Some(Ok(frame)) = response.body_mut().frame().await {
            let Ok(bytes) = frame.into_data() else { continue };
            bar.inc(bytes.len() as u64);
            if let Err(failure) = target.write(&bytes) {
                return Ok(Err(failure));
            }
            lines.feed(&bytes);
            while let Some(line) = lines.next()? {
                sealed.see(&line);
            }
        }
        bar.finish_and_clear();
        Ok(sealed
            .rows()
            .ok_or_else(|| Failure::new("the server broke off: the file is not whole; its log says why")))
    })??;
    target.keep(&args.file)?;
    match is_stream(&args.file) {
        true => Ok(()),
        false => print(format!("{}: {rows} rows\n", args.file.display())),
    }
}

fn import(client: &Client, sandbox: Option<String>, args: &ImportArgs) -> Result<(), Failure> {
    let query = query(sandbox, &[("replace", if args.replace { "true" } else { "false" })]);
    let file = args.file.display();
    let unreadable = |error: io::Error| Failure::usage(format!("{file} cannot be read: {error}"));
    let (from, length): (Box<dyn Read + Send + Sync>, _) = match is_stream(&args.file) {
        true => (Box::new(io::stdin()), None),
        false => {
            let file = File::open(&args.file).map_err(unreadable)?;
            let length = file.metadata().map_err(unreadable)?.len();
            (Box::new(file), Some(length))
        }
    };
    let bar = bytes_bar(length);
    let shown = bar.clone();
    let portions = stream::try_unfold(from, move |mut from| {
        let mut portion = vec![0; PORTION];
        let read = from.read(&mut portion).map(|length| {
            shown.inc(length as u64);
            portion.truncate(length);
            (length > 0).then(|| (Frame::data(Bytes::from(portion)), from))
        });
        std::future::ready(read)
    });
    let (status, body) = client.converse(async {
        let body = outgoing(StreamBody::new(portions));
        let path = format!("state?{query}");
        let response = client.request(Method::POST, &path, Some("application/x-ndjson"), body).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    })?;
    bar.finish_and_clear();
    if status != StatusCode::OK {
        return Err(refused(status, &body));
    }
    let answer: Value = serde_json::from_slice(&body).map_err(Failure::new)?;
    let (sandbox, rows) = (answer["sandbox"].as_str().unwrap_or_default(), &answer["rows"]);
    print(format!("{sandbox}: {rows} rows\n"))
}

fn refused(status: StatusCode, body: &[u8]) -> Failure {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let problem = answer["error"]["message"].as_str().unwrap_or("an unexpected answer");
    match status {
        StatusCode::BAD_REQUEST => Failure::usage(problem),
        _ => Failure::new(problem),
    }
}

/// Where a file is written: beside its place until it is whole.
enum Target {
    Output,
    /// What is no file of a folder, such as a pipe.
    Special(File),
    File(NamedTempFile),
}

impl Target {
    fn open(file: &Path) -> Result<Self, Failure> {
        let unwritable =
            |error: io::Error| Failure::usage(format!("{} cannot be written: {error}", file.display()));
        if is_stream(file) {
            return Ok(Self::Output);
        }
        if file.metadata().is_ok_and(|it| !it.is_file()) {
            return File::options().write(true).open(file).map(Self::Special).map_err(unwritable);
        }
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map(Self::File).map_err(unwritable)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = match self {
            Self::Output => return print(bytes),
            Self::Special(file) => file.write_all(bytes),
            Self::File(file) => file.write_all(bytes),
        };
        written.map_err(|error| Failure::new(format!("the file cannot be written: {error}")))
    }

    fn keep(self, place: &Path) -> Result<(), Failure> {
        let Self::File(file) = self else { return Ok(()) };
        let kept = file.persist(place).map(|_| ());
        kept.map_err(|error| Failure::new(format!("{} cannot be written: {}", place.display(), error.error)))
    }
}

/// How much has gone by, on the standard error, where that is a terminal.
fn bytes_bar(length: Option<u64>) -> ProgressBar {
    let (bar, template) = match length {
        Some(length) => (ProgressBar::new(length), "{bar:40} {bytes} of {total_bytes} in {elapsed}"),
        None => (ProgressBar::no_length(), "{spinner} {bytes} in {elapsed}"),
    };
    // A template that does not parse leaves the standard one.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
