//! What reading many files takes: threads and connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use digime::{AllRead, Client, ReadAllOptions, User};
use tokio::runtime::{Builder, Runtime};

use crate::support::*;

const FILES: usize = 40;

/// A runtime of one thread, and how many others it has started.
fn counted() -> (Runtime, Arc<AtomicUsize>) {
    let started = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&started);
    let count = move || {
        counting.fetch_add(1, Ordering::SeqCst);
    };
    (Builder::new_current_thread().enable_all().on_thread_start(count).build().unwrap(), started)
}

async fn read_all(user: &User, at_a_time: usize) -> AllRead {
    let options = ReadAllOptions::new().concurrency(at_a_time).poll_interval(Duration::from_millis(5));
    let all = user.read_all_files(&session(), options).collect_all().await.unwrap();
    assert_eq!((all.files.len(), all.failures.len()), (FILES, 0));
    all
}

fn names() -> Vec<String> {
    (0..FILES).map(|number| format!("f-{number}.json")).collect()
}

fn list_of(names: &[String]) -> serde_json::Value {
    list("completed", &names.iter().map(|name| (name.as_str(), 1)).collect::<Vec<_>>())
}

#[test]
fn signatures_and_files_leave_the_runtimes_thread_to_the_network_but_take_no_more_threads_than_cores() {
    let cores = std::thread::available_parallelism().unwrap().get();
    let (runtime, started) = counted();
    runtime.block_on(async {
        let server = Server::start().await;
        server.file_list(wiremock::ResponseTemplate::new(200).set_body_json(list_of(&names()))).await;
        for name in names() {
            server.file(&name, file_answer(seal(&[7; 10_000]), None)).await;
        }
        read_all(&server.user(), FILES).await;
    });
    let started = started.load(Ordering::SeqCst);
    // A thread counts as free a moment after its work is done; on a busy machine some more have been started by then.
    assert!((1..=2 * cores + 8).contains(&started), "{started} threads for {cores} cores and {FILES} files");
}

#[tokio::test]
async fn connections_are_used_again() {
    let connections = Arc::new(AtomicUsize::new(0));
    let (opened, names) = (Arc::clone(&connections), names());
    let origin = raw_server(move |mut socket, mut head| {
        opened.fetch_add(1, Ordering::SeqCst);
        let list = list_of(&names).to_string().into_bytes();
        async move {
            loop {
                let file = head.starts_with(&format!("GET {}/", list_path()));
                let body = if file { seal(b"[]") } else { list.clone() };
                let (length, metadata) = (body.len(), x_metadata(None));
                let answer =
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nx-metadata: {metadata}\r\n\r\n");
                if !write_all(&mut socket, answer).await || !write_all(&mut socket, body).await {
                    return;
                }
                let Some(next) = read_head(&mut socket).await else { return };
                head = next;
            }
        }
    })
    .await;
    let client = Client::builder(APP).origin(origin).retry(quick()).build().unwrap();
    read_all(&client.user(&contract(), token("at-1", "rt-1")), 10).await;
    // A connection is free a moment after its answer; on a busy machine others have been opened by then.
    let connections = connections.load(Ordering::SeqCst);
    assert!(
        (1..=FILES - 10).contains(&connections),
        "{connections} connections for {FILES} files, ten at a time"
    );
}
