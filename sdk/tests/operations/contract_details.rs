//! A contract as the platform knows it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use digime::{AccessType, CertificateType, ContractDetails, Error, ErrorKind, Operation};
use serde_json::{Value, json};

use crate::independent::*;
use crate::support::*;

const PATH: &str = "/v1.7/permission-access/contract";

fn certificate(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/operations/data/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

fn details(certificate: &[u8]) -> Value {
    json!({
        "id": "DemoContract01", "type": "x509", "accessType": "r", "partnerId": "partner-1",
        "expirationDate": 1_893_456_000_000_i64, "certificateContractSchemaVersion": "5.0.0",
        "certificate": STANDARD.encode(certificate),
        "application": {"id": "demoapp", "name": "Demo", "status": 1, "resources": {"icon": "x"}},
    })
}

async fn read(answer: Value) -> Result<ContractDetails, Error> {
    let server = Server::start().await;
    server.get(PATH, json_answer(answer)).await;
    let result = server.client().contract_details(&contract()).await;
    let request = only(&server, PATH).await;
    assert_eq!(api_claims(&request), json!({}));
    assert_eq!(header(&request, "accept"), Some("application/json"));
    assert_eq!(header(&request, "content-type"), Some("application/json"));
    result
}

#[tokio::test]
async fn the_certificate_is_handed_out_as_der() {
    for name in ["contract-raw.der", "contract-utf8.der"] {
        let der = certificate(name);
        let found = read(details(&der)).await.unwrap();
        assert_eq!((found.id.as_str(), &found.access_type), (CONTRACT, &AccessType::Read));
        assert_eq!(found.r#type, CertificateType::X509);
        assert_eq!(found.application.resources["icon"], "x");
        assert!(found.certificate == der);
        assert_eq!(
            found.document().unwrap(),
            json!({"name": "Demo contract", "schemaVersion": "5.0.0", "dataRequest": {"purpose": "Tests"}})
        );
    }
}

#[tokio::test]
async fn a_contract_may_be_bare_json() {
    let mut answer = details(br#"{"name":"bare"}"#);
    answer["type"] = json!("json");
    answer["accessType"] = json!("rw");
    let found = read(answer).await.unwrap();
    assert_eq!(found.document().unwrap(), json!({"name": "bare"}));
    assert_eq!(found.access_type, AccessType::Unknown("rw".to_owned()));
}

#[tokio::test]
async fn damaged_certificates_give_no_document_and_no_panic() {
    let der = certificate("contract-utf8.der");
    let mut wrong: Vec<Vec<u8>> = (0..der.len()).step_by(7).map(|end| der[..end].to_vec()).collect();
    wrong.extend((0..der.len()).step_by(5).map(|place| {
        let mut changed = der.clone();
        changed[place] ^= 0xff;
        changed
    }));
    wrong.push(pem_bytes(&data("certificate.pem")));
    let mut found = read(details(&der)).await.unwrap();
    for certificate in wrong {
        found.certificate = certificate.into();
        if let Err(error) = found.document() {
            assert_eq!(error.kind(), ErrorKind::Decode);
        }
    }
    found.certificate = pem_bytes(&data("certificate.pem")).into();
    assert!(found.document().unwrap_err().to_string().contains("holds no contract"));
}

#[tokio::test]
async fn missing_and_wrong_members_are_named() {
    for key in ["id", "type", "accessType", "partnerId", "expirationDate", "certificate", "application"] {
        let mut answer = details(b"x");
        answer.as_object_mut().unwrap().remove(key);
        let error = read(answer).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some(Operation::ContractDetails)));
        assert!(error.to_string().contains(key), "{error}");
    }
    let mut answer = details(b"x");
    answer["certificate"] = json!("*** not base64 ***");
    assert!(read(answer).await.unwrap_err().to_string().contains("certificate"));
    let mut answer = details(b"x");
    answer["application"]["resources"] = json!([]);
    assert!(read(answer).await.unwrap_err().to_string().contains("application.resources"));
}
