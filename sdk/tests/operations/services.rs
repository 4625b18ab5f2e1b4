//! The older list of services.

use digime::discovery::{PublishedStatus, ServicesQuery};
use digime::{ErrorKind, Operation};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::independent::*;
use crate::support::*;

const SERVICES: &str = "/v1.7/discovery/services";

fn answer() -> Value {
    json!({"data": {
        "countries": [{"id": 10, "code": "nl", "name": "Netherland", "resources": []}],
        "serviceGroups": [{"id": 5, "categoryTypeId": 1, "name": "Entertainment", "reference": "entertainment"}],
        "services": [{
            "id": 16, "serviceId": 19, "name": "Spotify", "reference": "spotify",
            "publishedDate": 1_518_092_967_000_i64, "publishedStatus": "approved",
            "serviceGroups": [{"id": 5}], "countries": [],
            "authorisation": {"mode": "browser", "reauthType": "normal"},
            "resources": [{"type": 0, "url": "https://mock.example/25.png", "mimetype": "image/png",
                           "width": 25, "height": 25}],
        }],
    }})
}

#[tokio::test]
async fn the_list_needs_no_signature() {
    let server = Server::start().await;
    server.get(SERVICES, json_answer(answer())).await;
    let available = server.client().services(&ServicesQuery::new()).await.unwrap();
    let spotify = &available.services[0];
    assert_eq!((spotify.id.0, spotify.service_id.unwrap().0), (16, 19));
    assert_eq!(spotify.published_status, Some(PublishedStatus::Approved));
    assert_eq!(spotify.resources.as_ref().unwrap()[0].other["width"], 25);
    assert_eq!(serde_json::to_value(&available).unwrap(), answer()["data"]);
    let request = only(&server, SERVICES).await;
    assert_eq!(header(&request, "authorization"), None);
    assert_eq!(header(&request, "contractid"), None);
    assert_eq!(request.url.query(), None);
}

#[tokio::test]
async fn a_contract_narrows_it() {
    let server = Server::start().await;
    server.times(1, "GET", SERVICES, ResponseTemplate::new(500)).await;
    server.get(SERVICES, json_answer(json!({"data": {"services": []}}))).await;
    let query = ServicesQuery::new().contract(CONTRACT).include_sample_data_only_sources(true);
    let available = server.client().services(&query).await.unwrap();
    assert!(available.services.is_empty());
    let requests = server.requests(SERVICES).await;
    assert_eq!(requests.len(), 2, "retried");
    assert_eq!(header(&requests[1], "contractid"), Some(CONTRACT));
    assert_eq!(requests[1].url.query(), Some("includeSampleDataOnlySources=true"));
}

#[tokio::test]
async fn wrong_contracts_and_answers_are_errors() {
    let server = Server::start().await;
    let error = server.client().services(&ServicesQuery::new().contract("a\nb")).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Config, Some(Operation::ReadServices)));
    for wrong in [json!({}), json!({"data": {}}), json!({"data": {"services": [{"id": "x"}]}})] {
        let server = Server::start().await;
        server.get(SERVICES, json_answer(wrong.clone())).await;
        let error = server.client().services(&ServicesQuery::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{wrong}");
    }
}
