//! What the server does under load, on real sockets: requests a second, how long they take, what they cost.
//!
//! `cargo run --release -p digime-tests --example load`
//!
//! The server is a process of its own: `digime-mock` beside this program, or `--server PROGRAM`. What clients sign is
//! signed beforehand, so that this program takes little of the processors; each figure also stands as a ratio to the
//! signatures or verifications that aws-lc makes on one core in the same run. Allocations are counted in another process,
//! which runs the library with a counting allocator.

// A load measures real time.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::unwrap_used)]

mod app;
mod bare;
#[path = "../../../mock-server/examples/soak/client.rs"]
mod client;
mod counting;
mod cryptography;
mod driver;
mod figures;
mod phases;
mod process;

use std::path::PathBuf;

use clap::Parser;

/// Any failure ends the run.
type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures the server under load.
#[derive(Parser)]
pub(crate) struct Arguments {
    /// The program `digime-mock`; the one beside this program, if absent.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Connections that ask at once.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Requests with a signature of each kind; tokens are a quarter of that.
    #[arg(long, default_value_t = 24_000)]
    requests: usize,
    /// The names of the figures that are wanted, such as `accounts,list`; all, if absent.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Measures the library instead, in a sandbox that has so many users already, each with a session.
    #[arg(long)]
    users: Option<usize>,
    /// How many further sessions they have.
    #[arg(long, default_value_t = 0, requires = "users")]
    sessions: usize,
    /// Leaves out the counting of allocations.
    #[arg(long)]
    no_allocations: bool,
    /// Is the server whose allocations are counted, or a server of nothing but one answer.
    #[arg(long, hide = true)]
    role: Option<process::Role>,
}

impl Arguments {
    /// Whether a figure is wanted.
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|it| it == name)
    }
}

fn main() -> Fallible<()> {
    let arguments = Arguments::parse();
    match arguments.role {
        Some(process::Role::Counted) => counting::serve(),
        Some(process::Role::Bare) => bare::serve(),
        None => phases::run(&arguments),
    }
}
