//! Sample datasets of a source (protocol reference, http-api §6.7 and objects §9).

use digime_fixtures::catalogue;
use digime_mock_server::ContractKind;
use digime_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

fn path(source: impl std::fmt::Display) -> String {
    format!("permission-access/sample/datasets/{source}")
}

#[tokio::test]
async fn every_source_offers_datasets_named_by_their_ids() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    for source in catalogue::sources() {
        let answer = raw.call(Method::GET, &path(source.id), json!({})).await;
        assert_eq!(answer.status, 200);
        let datasets = answer.json();
        for id in ["default", "test"] {
            assert_eq!(datasets[id]["name"], id);
        }
        for (id, dataset) in datasets.as_object().unwrap() {
            assert_eq!(dataset["name"], Value::from(id.as_str()));
            assert!(dataset["description"].is_string());
        }
    }
}

#[tokio::test]
async fn what_is_offered_can_be_chosen_on_the_consent_page() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let offered = raw.call(Method::GET, &path(16), json!({})).await.json();
    for id in offered.as_object().unwrap().keys() {
        let (code, _) = raw.authorize().await;
        let page = raw.page(&code, &format!("&service=16&sampleDataSet={id}&sampleDataAutoOnboard=true"));
        assert_eq!(raw.get(&page).await.location_parameter("success").as_deref(), Some("true"), "{id}");
    }
}

#[tokio::test]
async fn an_unknown_source_is_not_found_and_no_number_is_refused() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    for (source, status, code) in [
        ("19", 404, "SourceNotFound"),
        ("4294967295", 404, "SourceNotFound"),
        ("4294967296", 400, "ValidationErrors"),
        ("spotify", 400, "ValidationErrors"),
        ("-1", 400, "ValidationErrors"),
    ] {
        let answer = raw.call(Method::GET, &path(source), json!({})).await;
        assert_eq!(answer.error(), (status, code.to_owned()), "{source}");
    }
}

#[tokio::test]
async fn sample_datasets_require_a_jwt_of_a_known_contract() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let full = format!("/v1.7/{}", path(16));
    let unsigned = raw.send(Method::GET, &full, None, None).await;
    assert_eq!(unsigned.error(), (401, "InvalidJWT".to_owned()));
    let stranger = raw.call(Method::GET, &path(16), json!({"client_id": "no_such-contract"})).await;
    assert_eq!(stranger.error(), (403, "InvalidClient".to_owned()));
    let stale = raw.call(Method::GET, &path(16), json!({"timestamp": 1})).await;
    assert_eq!(stale.error(), (400, "InvalidRequest".to_owned()));
}
