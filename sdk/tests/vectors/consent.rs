//! Links: the consent page of today and those of older SDKs.

use digime::{AuthorizeOptions, SourcesScope};
use reqwest::Url;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::read_json;
use crate::support::{SESSION, Server, sign};
use crate::tokens::contract;

/// The consent page that follows from a preauthorization code and options.
async fn page(code: &str, storage_reference: &str, options: AuthorizeOptions) -> Url {
    let server = Server::start().await;
    let token = sign(&server.jku(), &json!({"preauthorization_code": code}));
    let answer = json!({"token": token, "session": {"key": SESSION, "expiry": 1}});
    server.post("/v1.7/oauth/authorize", ResponseTemplate::new(200).set_body_json(answer)).await;
    let reference = ResponseTemplate::new(200).set_body_json(json!({"id": storage_reference}));
    server.post("/v1.7/reference", reference).await;
    let client = server.builder().onboard_url("https://onboard.example.test/apps/saas/").build().unwrap();
    client.authorize_url(&contract(), options).await.unwrap().url
}

pub(crate) async fn the_consent_page_has_the_query_of_the_vectors() {
    let consent = read_json("vectors.json")["consent_url"].clone();
    let scope = &consent["sources_scope"];
    let mut sources = SourcesScope::new().organization_type(scope["organizationType"].as_str().unwrap());
    for data_type in scope["dataType"].as_array().unwrap() {
        sources = sources.data_type(data_type.as_str().unwrap());
    }
    let options = AuthorizeOptions::new("https://client.example/callback")
        .service_id(16)
        .sample_data("default")
        .auto_onboard(true)
        .locale("en")
        .include_sample_data_only_sources(true)
        .storage_id("storage-1")
        .trigger_query(false)
        .sources_scope(sources);
    let url = page("demo-preauthorization-code", "demo ref/1", options).await;
    assert_eq!(consent["query"], url.query().unwrap());
    let last = url.query_pairs().last().unwrap().1.into_owned();
    assert_eq!(consent["inner_percent_encoded"], last, "decoded once");
}

pub(crate) async fn links_of_older_sdks_carry_their_inputs() {
    let file = read_json("legacy/deep-links.json");
    let inputs = &file["inputs"];
    let input = |name: &str| inputs[name].as_str().unwrap();
    for (version, links) in file["links"].as_object().unwrap() {
        for (link, url) in links.as_object().unwrap() {
            let url = Url::parse(url.as_str().unwrap()).unwrap();
            for (name, value) in url.query_pairs() {
                let expected = match name.to_ascii_lowercase().as_str() {
                    "callbackurl" => input("callbackUrl"),
                    "sessionkey" => input("sessionKey"),
                    "sessionexchangetoken" => input("sessionExchangeToken"),
                    "appid" => input("applicationId"),
                    "contractid" => input("contractId"),
                    "preauthorizationcode" => input("preauthorizationCode"),
                    "code" if link == "onboard" || link == "reauthorize" => input("referenceCode"),
                    "code" => input("preauthorizationCode"),
                    "sdkversion" => version,
                    _ => continue,
                };
                assert_eq!(value, expected, "{version} {link} {name}");
            }
        }
    }
    let newest = &file["links"]["12.2.3"];
    let code = input("preauthorizationCode");
    let options = || AuthorizeOptions::new("https://app.example.test/cb");
    assert_eq!(newest["authorize"], text(page(code, "", options()).await));
    assert_eq!(newest["authorize_service"], text(page(code, "", options().service_id(19)).await));
}

fn text(url: Url) -> Value {
    Value::String(url.into())
}
