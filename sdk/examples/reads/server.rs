//! A server that does as little as it can: a list of files, and their containers as they are.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Path as Segments;
use axum::http::Response;
use axum::routing::get;
use tokio_util::io::ReaderStream;

use crate::support;

/// Containers that are larger stay on disk.
const IN_MEMORY: u64 = 10 << 20;

pub(crate) async fn serve(folder: &Path) {
    let mut small = HashMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.metadata().unwrap().len() < IN_MEMORY {
            let name = entry.file_name().into_string().unwrap();
            small.insert(name, Bytes::from(std::fs::read(entry.path()).unwrap()));
        }
    }
    let names: Vec<(&str, i64)> = small.keys().map(|name| (name.as_str(), 1)).collect();
    let list = support::list("completed", &names).to_string();
    let (small, folder) = (Arc::new(small), folder.to_owned());
    let file = move |Segments((_, name)): Segments<(String, String)>| {
        let (small, folder) = (Arc::clone(&small), folder.clone());
        async move { container(&small, &folder, &name).await }
    };
    let router = Router::new()
        .route("/v1.7/permission-access/query/{session}", get(move || async move { list.clone() }))
        .route("/v1.7/permission-access/query/{session}/{name}", get(file));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    axum::serve(listener, router).await.unwrap();
}

async fn container(small: &HashMap<String, Bytes>, folder: &Path, name: &str) -> Response<Body> {
    if let Some(container) = small.get(name) {
        let head = Response::builder().header("x-metadata", support::x_metadata(Some("gzip")));
        return head.body(Body::from(container.clone())).unwrap();
    }
    let head = Response::builder().header("x-metadata", support::x_metadata(Some(name)));
    let file = tokio::fs::File::open(folder.join(name)).await.unwrap();
    head.body(Body::from_stream(ReaderStream::with_capacity(file, 256 * 1024))).unwrap()
}
