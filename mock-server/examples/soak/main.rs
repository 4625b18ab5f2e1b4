//! Drives complete flows over real sockets and watches the memory of the server, which runs in the
//! same process: `cargo run --release -p digime-mock-server --example soak -- --flows 100000`
//!
//! The sandbox's clock moves with every flow, so that users expire as they would over months. The
//! run fails if a flow fails, or if the process has grown by more than 64 MiB since flow 1,000.

// A soak measures real time.
#![allow(clippy::disallowed_methods)]

mod client;
mod flow;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use digime_mock_server::{Lifetimes, MockServer, SandboxHandle, Timeline};

/// Any failure ends the run.
type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// After this many flows caches are warm and as many users expire as come.
const WARM: u64 = 1000;
/// How much the process may grow after that, in KiB.
const MOST_GROWTH: u64 = 64 * 1024;
/// How far the sandbox's clock moves with every flow.
const STEP: Duration = Duration::from_secs(10);
/// How long everything lives on that clock: 360 flows, and as many again until it is forgotten.
const LIFETIME: Duration = Duration::from_secs(3600);

/// Drives complete flows and watches the memory of the server.
#[derive(Parser)]
struct Arguments {
    /// How many flows to drive.
    #[arg(long, default_value_t = 100_000)]
    flows: u64,
    /// Ends earlier, after this many seconds.
    #[arg(long)]
    seconds: Option<u64>,
    /// How many flows are under way at once.
    #[arg(long, default_value_t = 4)]
    workers: u64,
}

fn main() -> Fallible<()> {
    let arguments = Arguments::parse();
    let lifetimes = Lifetimes {
        code: LIFETIME,
        access_token: LIFETIME,
        refresh_token: LIFETIME,
        session: LIFETIME,
        ..Lifetimes::default()
    };
    let server = MockServer::builder()
        .lifetimes(lifetimes)
        .timeline(Timeline::INSTANT)
        .sample_data_until("2026-01-31".parse()?)
        .try_start()?;
    let sandbox = server.default_sandbox().clone();
    let (started, begun, done) = (Instant::now(), AtomicU64::new(0), AtomicU64::new(0));
    let is_over = || arguments.seconds.is_some_and(|seconds| started.elapsed().as_secs() >= seconds);
    let warm = thread::scope(|scope| -> Fallible<Option<u64>> {
        let workers: Vec<_> = (0..arguments.workers)
            .map(|_| {
                scope.spawn(|| {
                    let mut flows = flow::Flows::new(&sandbox)?;
                    while !is_over() {
                        let number = begun.fetch_add(1, Ordering::SeqCst);
                        if number >= arguments.flows {
                            break;
                        }
                        flows.run(number).map_err(|problem| explained(&sandbox, number, problem))?;
                        sandbox.clock().advance(STEP);
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                    Fallible::Ok(())
                })
            })
            .collect();
        let (mut warm, mut shown) = (None, 0);
        while !workers.iter().all(|worker| worker.is_finished()) {
            thread::sleep(Duration::from_millis(20));
            let count = done.load(Ordering::SeqCst);
            if count >= WARM && warm.is_none() {
                warm = Some(resident()?);
            }
            if count >= shown + arguments.flows.div_ceil(20) {
                shown = count;
                report(count, started)?;
            }
        }
        for worker in workers {
            worker.join().map_err(|_| "a worker panicked")??;
        }
        Ok(warm)
    })?;
    let count = done.load(Ordering::SeqCst);
    report(count, started)?;
    let warm = warm.ok_or_else(|| format!("fewer than {WARM} flows say nothing about growth"))?;
    let grown = resident()?.saturating_sub(warm);
    println!("{} KiB after {WARM} flows, {grown} KiB more after {count}", warm);
    match grown <= MOST_GROWTH {
        true => Ok(()),
        false => Err(format!("grown by {grown} KiB, more than {MOST_GROWTH}").into()),
    }
}

fn report(count: u64, started: Instant) -> Fallible<()> {
    let seconds = started.elapsed().as_secs_f64();
    let (rate, memory) = (count as f64 / seconds, resident()?);
    println!("{count:>8} flows  {seconds:>6.1} s  {rate:>6.1} flows/s  {memory:>8} KiB resident");
    Ok(())
}

/// A failure with what the server's journal knows about it.
fn explained(
    sandbox: &SandboxHandle,
    number: u64,
    problem: Box<dyn std::error::Error + Send + Sync>,
) -> Box<dyn std::error::Error + Send + Sync> {
    let refused: String = sandbox.requests().refused().iter().map(ToString::to_string).collect();
    format!("flow {number}: {problem}\n{refused}").into()
}

/// The memory of this process that is resident, in KiB.
fn resident() -> Fallible<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
