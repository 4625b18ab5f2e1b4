//! Contract details, and what clients report about themselves.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digime_mock_server::ContractKind;
use digime_tests::{Answer, World};
use reqwest::Method;
use serde_json::{Value, json};
use x509_parser::parse_x509_certificate;

#[tokio::test]
async fn a_contract_is_described_with_a_certificate_that_parses() {
    let world = World::new().await;
    for (kind, access) in [(ContractKind::Read, "r"), (ContractKind::Write, "w"), (ContractKind::OneOff, "r")]
    {
        let (client, credentials) = (world.raw(kind), world.credentials(kind));
        let details = client.call(Method::GET, "permission-access/contract", json!({})).await.json();
        assert_eq!(details["id"], credentials.contract_id);
        assert_eq!((&details["type"], &details["accessType"]), (&json!("x509"), &json!(access)));
        assert_eq!(details["application"]["id"], credentials.application_id);
        assert!(details["application"]["resources"].is_object() && details["application"]["status"].is_u64());
        for text in ["partnerId", "certificateContractSchemaVersion"] {
            assert!(details[text].is_string(), "{text}");
        }
        let der = STANDARD.decode(details["certificate"].as_str().unwrap()).unwrap();
        let (rest, certificate) = parse_x509_certificate(&der).unwrap();
        assert!(rest.is_empty());
        assert_eq!(certificate.subject().to_string(), format!("CN={}", credentials.contract_id));
        let expires = certificate.validity().not_after.timestamp() * 1000;
        assert_eq!(details["expirationDate"].as_i64(), Some(expires));
        let extension = certificate
            .extensions()
            .iter()
            .find(|extension| extension.oid.to_id_string() == "1.2.826.0.1.6861219.1")
            .unwrap();
        let start = extension.value.iter().position(|byte| *byte == b'{').unwrap();
        let document: Value = serde_json::from_slice(&extension.value[start..]).unwrap();
        assert_eq!(document["schemaVersion"], "5.0.0");

        let path = format!(
            "/v1.7/permission-access/contract/{}/{}?schemaVersion=5.0.0",
            credentials.contract_id, credentials.application_id
        );
        assert_eq!(client.send(Method::GET, &path, None, None).await.json(), details);
    }
}

#[tokio::test]
async fn a_contract_that_does_not_exist_is_refused() {
    let world = World::new().await;
    let client = world.raw(ContractKind::Read);
    let unsigned = client.send(Method::GET, "/v1.7/permission-access/contract", None, None).await;
    assert_eq!(unsigned.error(), (401, "InvalidJWT".to_owned()));
    let unknown = client.send(Method::GET, "/v1.7/permission-access/contract/none/none", None, None).await;
    assert_eq!(unknown.error(), (403, "InvalidClient".to_owned()));
}

#[tokio::test]
async fn events_of_a_client_are_taken() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let events = json!({ "agent": { "sdk": { "name": "ios", "version": "5.1.0" } }, "events": [] });
    let answer = Answer::of(user.request(Method::POST, "tracking/sdk").body(events.to_string())).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({})));
    let refused = Answer::of(user.request(Method::POST, "tracking/sdk").body("[")).await;
    assert_eq!(refused.error(), (400, "ValidationErrors".to_owned()));
}
