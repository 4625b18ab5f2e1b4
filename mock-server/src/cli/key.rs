//! `digime-mock key`.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use super::output::{is_stream, print};
use crate::config::settings::Settings;
use crate::config::sources::settings;
use crate::domain::alias::alias;
use crate::own_files;
use crate::payload::key_format::{KeyFormat, P12_PASSWORD};
use crate::sandbox::own_keys;

#[derive(Args, Debug)]
pub(super) struct KeyArgs {
    /// The contract, by its id or the one that every client accepts, such as mock-read-contract.
    contract: String,
    /// pem (PKCS#1), pkcs8 (PEM), der (PKCS#1), der-hex or p12 (PKCS#12 in the encryption that old clients open).
    #[arg(long, value_name = "FORMAT", default_value_t = KeyFormat::Pem)]
    format: KeyFormat,
    /// Password of a p12 file.
    #[arg(long, value_name = "PASSWORD", default_value = P12_PASSWORD)]
    password: String,
    /// File to write, readable by its owner alone; the output if absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Configuration file [env: DIGIME_MOCK_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<OsString>,
}

pub(super) fn run(args: KeyArgs) -> Result<(), Failure> {
    if args.format == KeyFormat::P12 && args.password.is_empty() {
        return Err(Failure::usage(
            "--password: the password is empty, and clients open no p12 file without one",
        ));
    }
    let settings = settings(args.config, Vec::new())?;
    let pem = private_key(&settings, &args.contract)?;
    let key = args.format.write(pem, &args.contract, &args.password).map_err(Failure::new)?;
    let is_text = !matches!(args.format, KeyFormat::Der | KeyFormat::P12);
    match args.out.as_deref().filter(|file| !is_stream(file)) {
        Some(file) => write_file(file, &key)
            .map_err(|error| Failure::new(format!("{} cannot be written: {error}", file.display()))),
        None if !is_text && io::stdout().is_terminal() => {
            Err(Failure::usage(format!("{} is no text: write it to a file by --out FILE", args.format)))
        }
        None if args.format == KeyFormat::DerHex => print([key, b"\n".to_vec()].concat()),
        None => print(key),
    }
}

fn private_key<'a>(settings: &'a Settings, contract: &str) -> Result<&'a str, Failure> {
    let contracts = || settings.applications.iter().flat_map(|application| &application.contracts);
    let found = contracts().find(|it| it.id == contract || alias(&it.id, None) == contract);
    let found = found.ok_or_else(|| {
        let known: Vec<_> = contracts().map(|it| it.id.as_str()).collect();
        Failure::usage(format!(
            "there is no contract \"{contract}\"; there are {}. Contracts of sandboxes have the keys of these",
            known.join(", ")
        ))
    })?;
    if found.keys.are_committed() && own_keys::are_wanted(settings) {
        return Err(Failure::usage(format!(
            "a server with --state or --admin-token makes the key of {contract} itself: ask it, by \
             GET /__admin/credentials?keyFormat=…, or start it with --development-keys"
        )));
    }
    found
        .keys
        .private_pem()
        .ok_or_else(|| Failure::usage(format!("the server was given only the public key of {contract}")))
}

pub(super) fn write_file(path: &Path, key: &[u8]) -> io::Result<()> {
    let mut file = own_files::options().truncate(true).open(path)?;
    // A file that was there before has the mode that it had.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    file.write_all(key)
}
