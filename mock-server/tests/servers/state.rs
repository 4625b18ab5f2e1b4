//! A whole sandbox moves into a database that servers share, and out of it.

use digime_mock_server::state::ExportOptions;
use digime_mock_server::{ContractKind, MockServer, SandboxHandle, Timeline};
use serde_json::json;

use crate::app::{Client, SAMPLE};
use crate::cluster::Cluster;

fn exported(sandbox: &SandboxHandle) -> String {
    let mut file = Vec::new();
    sandbox.export_state(&mut file, ExportOptions::default().with_secrets()).unwrap();
    String::from_utf8(file).unwrap()
}

fn in_memory() -> MockServer {
    MockServer::builder().timeline(Timeline::INSTANT).allow_refusals().try_start().unwrap()
}

#[test]
fn a_state_moves_into_a_database_and_out_of_it_and_clients_go_on() {
    let Some(cluster) = Cluster::start() else { return };
    let memory = in_memory();
    let (mut reader, mut writer) =
        (Client::of(&memory, ContractKind::Read), Client::of(&memory, ContractKind::Write));
    let (code, session) = reader.consent(SAMPLE, None);
    let (access, refresh) = reader.exchange(&code).unwrap();
    let (code, _) = writer.consent("", None);
    let (writing, _) = writer.exchange(&code).unwrap();
    for content in [&b"small"[..], &[7; 600_000]] {
        let metadata = json!({ "mimeType": "text/plain", "accounts": [] });
        let descriptor = writer.signer.sign(&json!({ "metadata": metadata })).unwrap();
        let jwt = writer.signer.request(json!({ "access_token": writing })).unwrap();
        let headers = [("Authorization", &*format!("Bearer {jwt}")), ("FileDescriptor", &descriptor)];
        writer.connection.send("POST /v1.7/permission-access/import", &headers, content).unwrap();
    }
    reader.admin("POST /__admin/clock", r#"{"advance": "2h"}"#).unwrap();
    let file = exported(memory.default_sandbox());

    let (first, second) = (cluster.server(), cluster.server());
    first.import_state(file.as_bytes()).unwrap();
    assert_eq!(exported(second.default_sandbox()), file, "keys stand in the order of their bytes");
    let mut elsewhere = Client::of(&second, ContractKind::Read);
    let clock = elsewhere.admin("GET /__admin/clock", "").unwrap();
    assert_eq!(clock["offset"], "2h", "every server has heard of it: {clock}");
    elsewhere.accounts(&access).unwrap();
    elsewhere.refresh(&refresh).unwrap();
    let list = format!("GET /v1.7/permission-access/query/{session}");
    let expired = elsewhere.ask(&list, json!({ "access_token": access })).err().unwrap().to_string();
    assert!(expired.contains("SessionInvalid"), "{expired}");

    // What is there is neither overwritten nor mixed with another state.
    let before = exported(second.default_sandbox());
    let refused = second.import_state(file.as_bytes()).unwrap_err().to_string();
    assert!(refused.contains("not empty"), "{refused}");
    assert_eq!(exported(first.default_sandbox()), before);
    let again = in_memory();
    assert_eq!(exported(&again.import_state(before.as_bytes()).unwrap()), before);
    let mut again = Client::of(&again, ContractKind::Read);
    again.accounts(&access).unwrap();
}

#[test]
fn an_export_is_of_one_moment_while_clients_go_on() {
    let Some(cluster) = Cluster::start() else { return };
    let (first, second) = (cluster.server(), cluster.server());
    let mut writer = Client::of(&first, ContractKind::Write);
    let (code, _) = writer.consent("", None);
    let (access, _) = writer.exchange(&code).unwrap();
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for number in 0..40_u8 {
                let metadata = json!({ "mimeType": "text/plain", "accounts": [] });
                let descriptor = writer.signer.sign(&json!({ "metadata": metadata })).unwrap();
                let jwt = writer.signer.request(json!({ "access_token": access })).unwrap();
                let headers = [("Authorization", &*format!("Bearer {jwt}")), ("FileDescriptor", &descriptor)];
                let line = "POST /v1.7/permission-access/import";
                writer.connection.send(line, &headers, &vec![number; 100_000]).unwrap();
            }
        });
        let mut seen = 0;
        while !writing.is_finished() {
            let file = exported(second.default_sandbox());
            let files = file.lines().filter(|line| line.starts_with("{\"table\":\"pushed_files\"")).count();
            let counted = format!("\"push_count\":{files},");
            assert!(file.contains(&counted), "{files} files, and not {counted}");
            assert_eq!(file.contains("PushedBytes"), files > 0);
            let memory = in_memory();
            memory.import_state(file.as_bytes()).unwrap();
            seen += 1;
        }
        assert!(seen > 1);
        writing.join().unwrap();
    });
}
