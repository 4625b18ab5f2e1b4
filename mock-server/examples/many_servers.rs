//! Starts a hundred servers in one process and asks each of them something: how long that takes, and how much
//! memory it needs.
//!
//! `cargo run --release -p digime-mock-server --no-default-features --example many_servers`

#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use digime_mock_server::MockServer;

const SERVERS: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let before = resident()?;
    let begun = Instant::now();
    let servers = (0..SERVERS).map(|_| MockServer::builder().try_start()).collect::<Result<Vec<_>, _>>()?;
    let started = begun.elapsed();
    for server in &servers {
        let mut stream = TcpStream::connect(server.address())?;
        stream.write_all(b"GET /v1.7/jwks/oauth HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if !answer.starts_with("HTTP/1.1 200") {
            return Err(answer.into());
        }
    }
    println!(
        "{SERVERS} servers started in {:.0?}, {:.0?} each; {} KiB resident a server",
        started,
        started / SERVERS as u32,
        (resident()? - before) / SERVERS as u64
    );
    Ok(())
}

/// Resident memory of this process in KiB, as Linux tells it.
fn resident() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("there is no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("VmRSS has no value")?.parse()?)
}
