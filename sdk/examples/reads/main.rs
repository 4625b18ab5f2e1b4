//! What reading costs, over real sockets against a server that is a process of its own:
//! `cargo run --release -p digime --example reads` reads 600 files of 100 KB, then files of 1 GiB
//! in gzip and in brotli to disk, each in a process of its own so that its memory is its own.
//! `-- many` and `-- one` run one part; `--mib N` makes the large files smaller; `--client PROGRAM`
//! has another build of this program read, at the same server. docs/performance.md has the figures.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::disallowed_methods)]

mod content;
mod many;
mod one;
mod parts;
mod process;
mod server;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};

use process::Server;

/// Of the large files, unless told otherwise.
const MIB: usize = 1024;
const FILES: usize = 600;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let texts: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match texts[..] {
        ["role", "serve", folder] => run(server::serve(Path::new(folder))),
        ["role", "many", folder, origin] => run(many::read(Path::new(folder), origin)),
        ["role", "one", folder, origin, name] => run(one::read(Path::new(folder), origin, name)),
        _ => measure(&texts),
    }
}

fn run(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work);
}

fn measure(arguments: &[&str]) {
    let after = |flag: &str| Some(arguments[arguments.iter().position(|it| *it == flag)? + 1]);
    let wanted =
        |part: &str| arguments.contains(&part) || !["many", "one"].iter().any(|it| arguments.contains(it));
    let mib = after("--mib").map_or(MIB, |count| count.parse().unwrap());
    let client = after("--client").map_or_else(|| std::env::current_exe().unwrap(), PathBuf::from);
    let folder = process::Folder::make();
    if wanted("many") {
        content::write_many(&folder.0);
        let server = Server::start(&folder.0);
        process::client(&client, &["many", folder.text(), &server.origin]);
        println!("  the server took {:.2} s of the processors for it, its start included", server.cpu());
    }
    if wanted("one") {
        for name in ["gzip", "brotli"] {
            content::write_one(&folder.0, name, mib);
            let server = Server::start(&folder.0);
            process::client(&client, &["one", folder.text(), &server.origin, name]);
            println!("  the server took {:.2} s of the processors for it", server.cpu());
            std::fs::remove_file(folder.0.join(name)).unwrap();
        }
    }
}
