//! The server in a process that counts what it allocates.

use std::alloc::System;
use std::sync::Arc;

use digime_mock_server::{MockServer, Timeline, settings};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use crate::Fallible;
use crate::phases::datasets;
use crate::process::Process;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many users are made at once.
const AT_ONCE: usize = 10_000;

/// Reads how many users there are to be, and serves until its input ends; to each further line it answers how often it allocated so far, and how many bytes.
pub(crate) fn serve() -> Fallible<()> {
    let datasets: Vec<_> = datasets()?.into_iter().map(Arc::new).collect();
    let settings = |settings: &mut settings::Settings| settings.datasets.extend(datasets);
    let server = MockServer::builder().timeline(Timeline::INSTANT).settings(settings).try_start()?;
    let mut lines = std::io::stdin().lines();
    let users: usize = lines.next().ok_or("no number of users")??.parse()?;
    let mut made = 0;
    while made < users {
        made += server.default_sandbox().make_users((users - made).min(AT_ONCE));
        eprint!("\r{made} users");
    }
    println!("http://{}", server.address());
    for line in lines {
        line?;
        let stats = ALLOCATOR.stats();
        println!("{} {}", stats.allocations + stats.reallocations, stats.bytes_allocated);
    }
    Ok(())
}

/// How often the process allocated so far, and how many bytes.
pub(crate) fn counted(process: &mut Process) -> Fallible<(f64, f64)> {
    let answer = process.ask("count")?;
    let (times, bytes) = answer.split_once(' ').ok_or("no count")?;
    Ok((times.parse()?, bytes.parse()?))
}
