//! `digime-mock ca`.

use std::ffi::OsString;
use std::io;

use clap::Args;

use super::failure::Failure;
use super::output::print;
use crate::config::sources::table::SETTINGS;
use crate::config::sources::{FlagValues, settings};
use crate::serve::https::{TlsError, authority};

#[derive(Args, Debug)]
pub(super) struct CaArgs {
    /// Folder of the development CA [default: as serve has it] [env: DIGIME_MOCK_TLS_CA]
    #[arg(long, value_name = "FOLDER")]
    tls_ca: Option<OsString>,
    /// Configuration file [env: DIGIME_MOCK_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<OsString>,
}

pub(super) fn run(args: CaArgs) -> Result<(), Failure> {
    let flag = SETTINGS.iter().find(|setting| setting.flag == "tls-ca").zip(args.tls_ca);
    let flags = flag.map(|(setting, value)| FlagValues { setting, values: vec![value] });
    let settings = settings(args.config, flags.into_iter().collect())?;
    let (_, trust) = authority(&settings.tls).map_err(|error| match error {
        TlsError::Authority { .. } => Failure::usage(error),
        _ => Failure::new(error),
    })?;
    if let Some(file) = &trust.file {
        // Beside the certificate, so that the output can be piped to what installs it.
        let told = format!("digime-mock: this CA is kept in {}\n", file.display());
        let _ = io::Write::write_all(&mut io::stderr(), told.as_bytes());
    }
    print(trust.pem)
}
