//! Links, byte for byte those of the official SDKs.

use std::collections::BTreeMap;

use digime::legacy::{Generation, LegacyClient, LegacySession};
use digime::{Agent, Client, ContractId, ErrorKind};
use serde_json::{Value, json};

use crate::server::{ALL, Legacy, established, legacy_contract};
use crate::support::vector_json;

/// A client that says of itself what the official one did.
fn official(inputs: &Value, version: &str, generation: Generation) -> LegacyClient {
    let client = Client::builder(inputs["applicationId"].as_str().unwrap())
        .origin(inputs["apiOrigin"].as_str().unwrap())
        .agent(Agent::new("js", version))
        .build()
        .unwrap();
    client.legacy(generation)
}

fn session(inputs: &Value) -> LegacySession {
    serde_json::from_value(json!({
        "sessionKey": inputs["sessionKey"], "sessionExchangeToken": inputs["sessionExchangeToken"], "expiry": 1,
    }))
    .unwrap()
}

/// Base and parameters of a link, in whatever order and encoding.
fn parts(link: &str) -> (String, BTreeMap<String, String>) {
    let url = reqwest::Url::parse(link).unwrap();
    (link.split('?').next().unwrap().to_owned(), url.query_pairs().into_owned().collect())
}

#[test]
fn links_without_a_request_equal_those_of_the_official_sdks() {
    let file = vector_json("legacy/deep-links.json");
    let inputs = &file["inputs"];
    let callback = inputs["callbackUrl"].as_str().unwrap();
    let contract = ContractId::new(inputs["contractId"].as_str().unwrap());
    for (version, generation) in [
        ("0.5.0", Generation::V1_0),
        ("1.0.0", Generation::V1_4),
        ("1.2.1", Generation::V1_4),
        ("2.0.3", Generation::V1_4),
        ("3.0.2", Generation::V1_4),
        ("4.0.0", Generation::V1_5),
    ] {
        let client = official(inputs, version, generation);
        let session = session(inputs);
        let mut compared = 0;
        for (kind, expected) in file["links"][version].as_object().unwrap() {
            let expected = expected.as_str().unwrap();
            let link = match kind.as_str() {
                "consent_access" => client.consent_link(&session, callback),
                "guest" => client.guest_link(&session, callback),
                "receipt" => client.receipt_link(&contract),
                "postbox_create" => client.postbox_link(&session, callback),
                "postbox_push_complete" => client.push_complete_link(&session, "postbox-1", callback),
                "postbox_import" => client.postbox_import_link(),
                // These need a preauthorization: see the tests of consent.
                "consent_access_ongoing" | "postbox_create_ongoing" => continue,
                other => panic!("{other}"),
            };
            let link = link.unwrap();
            if version == "1.0.0" && kind == "consent_access" {
                // It wrote this one link in another order and encoding than its successors.
                assert_eq!(parts(link.as_str()), parts(expected));
            } else {
                assert_eq!(link.as_str(), expected, "{version} {kind}");
            }
            compared += 1;
        }
        assert_eq!(compared, 5, "{version}");
    }
}

#[tokio::test]
async fn links_after_a_preauthorization_equal_those_of_the_official_sdks() {
    let file = vector_json("legacy/deep-links.json");
    let inputs = &file["inputs"];
    let input = |name: &str| inputs[name].as_str().unwrap();
    let contract =
        digime::legacy::LegacyContract::new(crate::support::contract(), input("redirectUri")).unwrap();
    for (version, generation) in [
        ("1.2.1", Generation::V1_4),
        ("2.0.3", Generation::V1_4),
        ("3.0.2", Generation::V1_4),
        ("4.0.0", Generation::V1_5),
    ] {
        let legacy = Legacy::start(generation).await;
        legacy.preauthorize(input("preauthorizationCode")).await;
        let client = Client::builder(input("applicationId"))
            .origin(legacy.server.origin())
            .agent(Agent::new("js", version))
            .build()
            .unwrap()
            .legacy(generation);
        let expected = &file["links"][version];
        let pending = client.start_consent(&contract, &session(inputs)).await.unwrap();
        assert_eq!(expected["consent_access_ongoing"], pending.link.as_str(), "{version}");
        if generation == Generation::V1_5 {
            let pending = client.start_postbox(&contract, &session(inputs)).await.unwrap();
            assert_eq!(expected["postbox_create_ongoing"], pending.link.as_str());
        }
    }
}

#[tokio::test]
async fn pages_of_v1_6_equal_those_of_the_official_sdks() {
    let file = vector_json("legacy/deep-links.json");
    let inputs = &file["inputs"];
    let input = |name: &str| inputs[name].as_str().unwrap();
    let contract =
        digime::legacy::LegacyContract::new(crate::support::contract(), input("redirectUri")).unwrap();
    let legacy = Legacy::start(Generation::V1_6).await;
    legacy.preauthorize(input("preauthorizationCode")).await;
    let reference = json!({
        "token": legacy.signed(&json!({"reference_code": input("referenceCode")})),
        "session": {"key": "k", "expiry": 1},
    });
    legacy.post("oauth/token/reference", crate::server::ok(reference)).await;
    let client =
        legacy.server.builder().onboard_url(input("onboardUrl")).build().unwrap().legacy(Generation::V1_6);
    for version in ["5.0.2", "7.1.0"] {
        let expected = &file["links"][version];
        let options = || digime::legacy::AuthorizeRequest::new().failure_callback(input("callbackUrl"));
        let pending = client.authorize(&contract, options()).await.unwrap();
        assert_eq!(expected["authorize"], pending.link.as_str());
        let pending = client.authorize(&contract, options().service_id(19)).await.unwrap();
        assert_eq!(expected["authorize_service"], pending.link.as_str());
        let token = crate::support::token("at-1", "rt-1");
        let onboarding =
            client.onboard_service(&contract, &token, input("callbackUrl"), 19.into()).await.unwrap();
        assert_eq!(expected["onboard"], onboarding.value.link.as_str());
    }
}

#[test]
fn a_generation_refuses_links_it_does_not_have() {
    let client = |generation| Client::builder("app").build().unwrap().legacy(generation);
    let session = established();
    for generation in ALL {
        let client = client(generation);
        let callback = "https://app.example/cb";
        let by_link = generation <= Generation::V1_5;
        let first = generation < Generation::V1_4;
        for (link, has) in [
            (client.consent_link(&session, callback), by_link),
            (client.guest_link(&session, callback), by_link),
            (client.postbox_link(&session, callback), by_link),
            (client.receipt_link(&ContractId::new("c")), by_link),
            (client.push_complete_link(&session, "p", callback), first),
            (client.postbox_import_link(), by_link && !first),
        ] {
            match link {
                Ok(_) => assert!(has, "{generation}"),
                Err(error) => {
                    assert!(!has && error.kind() == ErrorKind::Config, "{generation}: {error}");
                    assert!(error.to_string().contains(generation.path_version()), "{error}");
                }
            }
        }
    }
}

#[test]
fn callback_urls_that_could_not_be_read_are_refused() {
    let client = Client::builder("app").build().unwrap().legacy(Generation::V1_4);
    for callback in ["", "https://app.example/cb?result=SUCCESS", "app://x?CODE=1", "https://a.example/\n"] {
        let error = client.consent_link(&established(), callback).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{callback:?}");
    }
    // Mobile applications come back to names that are no web URLs.
    for callback in ["digime-ca-app", "digime-ca://callback", "quark-callback://?"] {
        client.consent_link(&established(), callback).unwrap();
    }
    assert_eq!(legacy_contract().redirect_uri(), crate::server::REDIRECT);
}
