//! File lists and metadata of older versions, as far as today's SDK reads them.

use digime::{Compression, ErrorKind, FileMetadata, SyncState, User};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::support::{Server, name, session, token};
use crate::tokens::contract;
use crate::{all_files, read, read_json, read_text};

async fn user_of(server: &Server) -> User {
    server.client().user(&contract(), token("a", "r"))
}

pub(crate) async fn file_lists_of_older_versions() {
    for (file, state, updated) in [
        ("v1.4-file-list-running.json", SyncState::Running, 1_614_945_600_123),
        ("v1.4-file-list-completed.json", SyncState::Completed, 1_614_945_609_999),
    ] {
        let server = Server::without_keys().await;
        let body = read(&format!("legacy/{file}"));
        server.file_list(ResponseTemplate::new(200).set_body_bytes(body)).await;
        let list = user_of(&server).await.read_file_list(&session()).await.unwrap();
        assert_eq!(list.status.state, state, "{file}");
        assert_eq!(list.status.details.len(), 2, "{file}");
        let entry = &list.files[0];
        assert_eq!(entry.name, "18_4_28_2_2_D202101_4_3.json");
        assert_eq!((entry.updated_date, entry.object_version.as_deref()), (updated, Some("1.0.0")));
    }
    // Before v1.4 lists had names only: not today's protocol, and said so.
    let server = Server::without_keys().await;
    let body = read("legacy/v1.0-file-list.json");
    server.file_list(ResponseTemplate::new(200).set_body_bytes(body)).await;
    let error = user_of(&server).await.read_file_list(&session()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

pub(crate) async fn metadata_in_every_base64() {
    let cases = read_json("legacy/v1.5-x-metadata.json");
    for (case, vector) in cases.as_object().unwrap() {
        for form in ["base64url_nopad", "base64_padded", "both_alphabets"] {
            let server = Server::without_keys().await;
            // A header may promise gzip; the content is then that of the gzip vector.
            let gzip = vector["json"]["compression"] == "gzip";
            let container = if gzip { "file-gzip.enc" } else { "file-none.enc" };
            let answer = ResponseTemplate::new(200)
                .insert_header("x-metadata", vector[form].as_str().unwrap())
                .set_body_bytes(read(container));
            server.file("f.json", answer).await;
            let result = user_of(&server).await.read_file(&session(), &name("f.json")).await;
            if case == "empty" {
                assert_eq!(result.unwrap_err().kind(), ErrorKind::Metadata, "{form}");
                continue;
            }
            let file = result.unwrap_or_else(|error| panic!("{case} {form}: {error}"));
            assert_eq!(file.compression == Compression::Gzip, gzip);
            assert_eq!(matches!(file.metadata, FileMetadata::Raw(_)), case == "raw");
            let metadata = serde_json::to_value(&file.metadata).unwrap();
            assert_eq!(json!({"metadata": metadata})["metadata"], vector["json"]["metadata"], "{case}");
        }
    }
}

pub(crate) async fn the_readme_names_every_file() {
    let readme = read_text("legacy/README.md");
    let rows = readme.lines().filter(|line| line.starts_with("| `"));
    let mut named = Vec::new();
    for row in rows {
        // "`container-hash-none.bin`, `-gzip`": the first in full, then endings.
        let cell = row.split('|').nth(1).unwrap();
        let (mut stem, mut extension) = (String::new(), String::new());
        for text in cell.split('`').skip(1).step_by(2) {
            if !text.starts_with('-') {
                let (start, end) = text.rsplit_once('.').unwrap();
                (stem, extension) =
                    (start.rsplit_once('-').unwrap_or((start, "")).0.to_owned(), end.to_owned());
                named.push(format!("legacy/{text}"));
            } else {
                named.push(format!("legacy/{stem}{text}.{extension}"));
            }
        }
    }
    named.push("legacy/README.md".to_owned());
    named.sort();
    let present: Vec<_> = all_files().into_iter().filter(|file| file.starts_with("legacy/")).collect();
    assert_eq!(named, present);
}
