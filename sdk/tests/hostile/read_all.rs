//! `read_all_files`: what is read when, how many at a time, and how it ends.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use digime::{ErrorKind, Operation, ReadAllOptions, ReadEvent, SyncState};
use futures_util::{FutureExt, StreamExt};
use serde_json::Value;
use tokio::io::AsyncReadExt;
use wiremock::{Request, Respond, ResponseTemplate};

use crate::support::*;

fn quickly() -> ReadAllOptions {
    ReadAllOptions::new().poll_interval(Duration::from_millis(5)).deadline(Duration::from_secs(30))
}

/// Answers with one list after the other, the last one for ever.
struct Lists(Vec<Value>, AtomicUsize);

impl Respond for Lists {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let turn = self.1.fetch_add(1, Ordering::SeqCst).min(self.0.len() - 1);
        ResponseTemplate::new(200).set_body_json(&self.0[turn])
    }
}

async fn serving(lists: Vec<Value>) -> Server {
    let server = Server::start().await;
    server.file_list(Lists(lists, AtomicUsize::new(0))).await;
    for file in ["a", "b", "c"] {
        server.file(file, file_answer(seal(b"[]"), None)).await;
    }
    server
}

/// The events of a read, in short.
async fn events(server: &Server, options: ReadAllOptions) -> Vec<String> {
    let events = server.user().read_all_files(&session(), options);
    let short = events.map(|event| match event {
        ReadEvent::File(Ok(file)) => format!("{}@{}", file.name, file.updated_date.unwrap()),
        ReadEvent::File(Err(failure)) => format!("{} failed: {:?}", failure.name, failure.error.kind()),
        ReadEvent::Status(status) => format!("now {}", status.state),
        ReadEvent::Finished(status) => format!("finished {}", status.state),
        ReadEvent::Failed(error) => format!("failed {:?}", error.kind()),
        other => panic!("{other:?}"),
    });
    short.collect().await
}

async fn downloads(server: &Server) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for request in server.mock.received_requests().await.unwrap() {
        if let Some(file) = request.url.path().strip_prefix(&format!("{}/", list_path())) {
            *counts.entry(file.to_owned()).or_default() += 1;
        }
    }
    counts
}

fn counts(expected: &[(&str, usize)]) -> HashMap<String, usize> {
    expected.iter().map(|(file, count)| ((*file).to_owned(), *count)).collect()
}

#[tokio::test]
async fn every_file_is_read_once_and_the_final_status_comes_last() {
    let server = serving(vec![
        list("pending", &[("a", 1)]),
        list("running", &[("a", 1)]),
        list("running", &[("a", 1), ("b", 1)]),
        list("completed", &[("a", 1), ("b", 1), ("c", 1)]),
    ])
    .await;
    let events = events(&server, quickly()).await;
    assert_eq!(events.last().unwrap(), "finished completed");
    let statuses: Vec<_> = events.iter().filter(|event| event.starts_with("now")).collect();
    assert_eq!(statuses, ["now running", "now completed"], "each change once");
    assert_eq!(downloads(&server).await, counts(&[("a", 1), ("b", 1), ("c", 1)]));
    assert_eq!(server.count(&list_path()).await, 4, "no list after the final one");
}

#[tokio::test]
async fn a_newer_revision_is_read_again_an_older_one_is_not() {
    let server = serving(vec![
        list("running", &[("a", 5), ("b", 5), ("c", 0)]),
        list("running", &[("a", 7), ("b", 4), ("c", 0)]),
        list("running", &[("a", 6), ("b", 5), ("c", -3)]),
        list("completed", &[("a", 7), ("b", 5)]),
    ])
    .await;
    let events = events(&server, quickly()).await;
    for expected in ["a@5", "a@7", "b@5", "c@0"] {
        assert_eq!(events.iter().filter(|event| *event == expected).count(), 1, "{events:?}");
    }
    assert_eq!(downloads(&server).await, counts(&[("a", 2), ("b", 1), ("c", 1)]));
}

#[tokio::test]
async fn a_file_that_is_listed_before_it_is_there_is_asked_for_again() {
    let running = list("running", &[("a", 1), ("gone", 2), ("late", 3)]);
    let server =
        serving(vec![running.clone(), running.clone(), running, list("completed", &[("a", 1), ("gone", 2)])])
            .await;
    let missing = || api_error(404, "FileNotFound");
    server.once("GET", &file_path("late"), missing()).await;
    server.file("late", file_answer(seal(b"[]"), None)).await;
    server.file("gone", missing()).await;
    let events = events(&server, quickly()).await;
    let about =
        |name: &str| events.iter().filter(|event| event.starts_with(name)).cloned().collect::<Vec<_>>();
    assert_eq!(about("late"), ["late@3"]);
    assert_eq!(about("gone"), ["gone failed: Api"], "told once, when no further list comes");
    assert_eq!(about("a@"), ["a@1"]);
}

#[tokio::test]
async fn a_name_listed_twice_is_read_once_in_its_newest_revision() {
    let server = serving(vec![list("completed", &[("a", 1), ("a", 3), ("a", 2), ("a", 3)])]).await;
    let events = events(&server, quickly()).await;
    assert_eq!(events, ["now completed", "a@3", "finished completed"]);
}

#[tokio::test]
async fn collecting_keeps_the_newest_revision() {
    let server = serving(vec![
        list("running", &[("a", 1)]),
        list("running", &[("a", 2)]),
        list("partial", &[("a", 3), ("b", 1)]),
    ])
    .await;
    let all = server.user().read_all_files(&session(), quickly()).collect_all().await.unwrap();
    let mut kept: Vec<_> = all.files.iter().map(|f| (f.name.as_str(), f.updated_date.unwrap())).collect();
    kept.sort_unstable();
    assert_eq!(kept, [("a", 3), ("b", 1)]);
    assert_eq!(all.status.state, SyncState::Partial);
}

#[tokio::test]
async fn states_may_go_back_and_be_unknown() {
    let server = serving(vec![
        list("running", &[("a", 1)]),
        list("pending", &[("b", 1)]),
        list("paused", &[("a", 1), ("c", 1)]),
        list("running", &[]),
        list("completed", &[("a", 1)]),
    ])
    .await;
    let events = events(&server, quickly()).await;
    assert_eq!(events.last().unwrap(), "finished completed");
    assert_eq!(downloads(&server).await, counts(&[("a", 1), ("c", 1)]), "nothing of a pending list");
}

#[tokio::test]
async fn a_session_that_never_completes_ends_at_the_deadline() {
    for state in ["running", "pending", "unheard-of"] {
        let server = serving(vec![list(state, &[("a", 1)])]).await;
        let options = quickly().deadline(Duration::from_millis(500));
        let mut stream = server.user().read_all_files(&session(), options);
        let mut last = None;
        while let Some(event) = stream.next().await {
            last = Some(event);
        }
        let Some(ReadEvent::Failed(error)) = last else { panic!("{state}: {last:?}") };
        assert_eq!(error.kind(), ErrorKind::Deadline);
        assert_eq!(error.operation(), Some(Operation::ReadAllFiles));
        assert!(error.is_retryable() && error.to_string().contains(state), "{error}");
    }
}

#[tokio::test]
async fn the_deadline_also_ends_downloads_that_hang() {
    let server = serving(vec![list("completed", &[("slow", 1)])]).await;
    server.file("slow", file_answer(seal(b"[]"), None).set_delay(Duration::from_secs(600))).await;
    let events = events(&server, quickly().deadline(Duration::from_millis(500))).await;
    assert_eq!(events, ["now completed", "failed Deadline"]);
}

#[tokio::test]
async fn a_failed_file_does_not_end_the_read() {
    let server = serving(vec![list("completed", &[("gone", 1), ("bad", 1), ("odd", 1), ("a", 1)])]).await;
    server.file("gone", api_error(404, "FileNotFound")).await;
    server.file("bad", file_answer(vec![0; 288], None)).await;
    server.file("odd", ResponseTemplate::new(200).set_body_bytes(seal(b"[]"))).await;
    let mut events = events(&server, quickly()).await;
    assert_eq!(events.pop().unwrap(), "finished completed");
    events.sort_unstable();
    let expected =
        ["a@1", "bad failed: Decrypt", "gone failed: Api", "now completed", "odd failed: Metadata"];
    assert_eq!(events, expected);
}

#[tokio::test]
async fn a_failed_list_ends_the_read_after_the_downloads_under_way() {
    let server = Server::start().await;
    let first = ResponseTemplate::new(200).set_body_json(list("running", &[("a", 1)]));
    server.once("GET", &list_path(), first).await;
    server.file_list(api_error(403, "InvalidSession")).await;
    server.file("a", file_answer(seal(b"[]"), None).set_delay(Duration::from_millis(60))).await;
    let events = events(&server, quickly()).await;
    assert_eq!(events, ["now running", "a@1", "failed Api"]);
}

/// A server that counts how many downloads are open at once.
async fn counting(files: usize) -> (String, Arc<Mutex<(usize, usize)>>) {
    let names: Vec<String> = (0..files).map(|number| format!("f{number}")).collect();
    let entries: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    let body = Arc::new(list("completed", &entries).to_string());
    let open = Arc::new(Mutex::new((0, 0)));
    let seen = Arc::clone(&open);
    let origin = raw_server(move |mut socket, head| {
        let (body, open) = (Arc::clone(&body), Arc::clone(&open));
        async move {
            if !head.contains(&format!("{SESSION}/")) {
                return respond(&mut socket, 200, &[], body.as_bytes()).await;
            }
            {
                let mut open = open.lock().unwrap();
                open.0 += 1;
                open.1 = open.1.max(open.0);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            open.lock().unwrap().0 -= 1;
            respond(&mut socket, 200, &[("x-metadata", &x_metadata(None))], &seal(b"[]")).await;
        }
    })
    .await;
    (origin, seen)
}

#[tokio::test]
async fn no_more_downloads_run_at_once_than_asked_for() {
    for (asked, expected) in [(0, 1), (1, 1), (4, 4)] {
        let (origin, open) = counting(12).await;
        let client = digime::Client::builder(APP).origin(origin).retry(quick()).build().unwrap();
        let user = client.user(&contract(), token("a", "r"));
        let all = user.read_all_files(&session(), quickly().concurrency(asked)).collect_all().await.unwrap();
        assert_eq!(all.files.len(), 12);
        assert_eq!(open.lock().unwrap().1, expected, "asked for {asked}");
    }
}

#[tokio::test]
async fn an_unused_stream_sends_nothing() {
    let server = serving(vec![list("completed", &[("a", 1)])]).await;
    drop(server.user().read_all_files(&session(), quickly()));
    assert_eq!(server.mock.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_finished_stream_stays_finished() {
    let server = serving(vec![list("completed", &[])]).await;
    let mut stream = server.user().read_all_files(&session(), quickly());
    while stream.next().await.is_some() {}
    assert!(stream.next().await.is_none());
    assert_eq!(server.count(&list_path()).await, 1);
}

#[tokio::test]
async fn dropping_the_stream_closes_its_downloads() {
    let (closed, mut all_closed) = tokio::sync::mpsc::unbounded_channel();
    let (started, mut all_started) = tokio::sync::mpsc::unbounded_channel();
    let body = list("running", &[("a", 1), ("b", 1)]).to_string();
    let origin = raw_server(move |mut socket, head| {
        let (body, closed, started) = (body.clone(), closed.clone(), started.clone());
        async move {
            if !head.contains(&format!("{SESSION}/")) {
                return respond(&mut socket, 200, &[], body.as_bytes()).await;
            }
            started.send(()).unwrap();
            // Never answers; the end of the connection is the client's doing.
            let end = socket.read(&mut [0; 16]).await;
            let _ = closed.send(matches!(end, Ok(0) | Err(_)));
        }
    })
    .await;
    let client = digime::Client::builder(APP).origin(origin).retry(quick()).build().unwrap();
    let user = client.user(&contract(), token("a", "r"));
    let mut stream = user.read_all_files(&session(), quickly());
    assert!(matches!(stream.next().await, Some(ReadEvent::Status(_))));
    tokio::select! {
        event = stream.next() => panic!("{event:?}"),
        () = async { for _ in 0..2 { all_started.recv().await; } } => {}
    }
    assert!(all_closed.recv().now_or_never().is_none(), "both are still open");
    drop(stream);
    for _ in 0..2 {
        let closing = tokio::time::timeout(Duration::from_secs(10), all_closed.recv()).await;
        assert_eq!(closing.unwrap(), Some(true));
    }
}

#[test]
fn a_read_whose_runtime_ended_fails_in_the_next_one() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (serving_runtime, first, second) = (runtime(), runtime(), runtime());
    let server = serving_runtime.block_on(async {
        let server = serving(vec![list("completed", &[("slow", 1)])]).await;
        server.file("slow", file_answer(seal(b"[]"), None).set_delay(Duration::from_secs(600))).await;
        server
    });
    let mut stream = first.block_on(async {
        let mut stream = server.user().read_all_files(&session(), quickly().no_deadline());
        assert!(matches!(stream.next().await, Some(ReadEvent::Status(_))));
        assert!(stream.next().now_or_never().is_none(), "the file is under way");
        stream
    });
    drop(first);
    match second.block_on(stream.next()) {
        Some(ReadEvent::Failed(error)) => assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}"),
        other => panic!("{other:?}"),
    }
    assert!(second.block_on(stream.next()).is_none());
}
