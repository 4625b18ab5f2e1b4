//! The server in a process that counts what it allocates.

use std::alloc::System;
use std::sync::Arc;

use digime_mock_server::{MockServer, Timeline, settings};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use crate::Fallible;
use crate::phases::datasets;
use crate::process::{Process, resident};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many users, or sessions, are made at once.
const AT_ONCE: usize = 10_000;

/// Reads how many users and further sessions there are to be, and serves until its input ends; to each further line it
/// answers how often it allocated so far, and how many bytes.
pub(crate) fn serve() -> Fallible<()> {
    let datasets: Vec<_> = datasets()?.into_iter().map(Arc::new).collect();
    let settings = |settings: &mut settings::Settings| settings.datasets.extend(datasets);
    let server = MockServer::builder().timeline(Timeline::INSTANT).settings(settings).try_start()?;
    let mut lines = std::io::stdin().lines();
    let sandbox = server.default_sandbox();
    make("users", lines.next().ok_or("no number of users")??.parse()?, |some| sandbox.make_users(some))?;
    make("sessions", lines.next().ok_or("no number of sessions")??.parse()?, |some| {
        sandbox.make_sessions(some)
    })?;
    println!("http://{}", server.address());
    for line in lines {
        line?;
        let stats = ALLOCATOR.stats();
        println!("{} {}", stats.allocations + stats.reallocations, stats.bytes_allocated);
    }
    Ok(())
}

/// Makes so many, and says what memory each of them takes.
fn make(what: &str, wanted: usize, some: impl Fn(usize) -> usize) -> Fallible<()> {
    let (mut made, before) = (0, resident(std::process::id())?);
    while made < wanted {
        made += some((wanted - made).min(AT_ONCE));
        eprint!("\r{made} {what}");
    }
    if made > 0 {
        let each = (resident(std::process::id())? - before) * 1024.0 * 1024.0 / made as f64;
        eprintln!(": {each:.0} bytes each");
    }
    Ok(())
}

/// How often the process allocated so far, and how many bytes.
pub(crate) fn counted(process: &mut Process) -> Fallible<(f64, f64)> {
    let answer = process.ask("count")?;
    let (times, bytes) = answer.split_once(' ').ok_or("no count")?;
    Ok((times.parse()?, bytes.parse()?))
}
