//! Discovery over the socket (protocol reference, http-api §6 and objects §5).

use std::collections::BTreeSet;

use digime_fixtures::catalogue::{self, PublishedStatus};
use digime_mock_server::ContractKind;
use digime_tests::{Answer, RawClient, World};
use reqwest::Method;
use serde_json::{Value, json};

const TABLES: [&str; 4] = ["countries", "platforms", "categories", "sourceTypes"];

async fn query(raw: &RawClient, what: &str, body: Option<Value>) -> Answer {
    let jwt = raw.sign(&raw.claims(json!({})));
    raw.send(Method::POST, &format!("/v1.7/discovery/{what}"), Some(&jwt), body).await
}

fn ids(answer: &Answer) -> Vec<u64> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    json["data"].as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn the_official_default_query_is_answered_with_a_page_of_approved_pull_sources() {
    let world = World::new().await;
    let body = json!({"query": {"filter": {"type": {"id": [1]}, "publishedStatus": ["approved"]}}});
    let answer = query(&world.raw(ContractKind::Read), "sources", Some(body)).await;
    assert_eq!(ids(&answer).len(), 10);
    let json = answer.json();
    assert_eq!((&json["limit"], &json["offset"]), (&json!(10), &json!(0)));
    let approved = catalogue::sources()
        .iter()
        .filter(|source| source.status == PublishedStatus::Approved && !source.is_push_only());
    assert_eq!(json["total"], approved.count());
    for source in json["data"].as_array().unwrap() {
        assert_eq!(source["publishedStatus"], "approved");
        assert_eq!(source["type"][0], json!({"id": 1, "name": "PULL", "reference": "pull"}));
        // What iOS requires.
        assert!(source["category"][0]["id"].is_u64() && source["name"].is_string());
        assert!(source["service"]["id"].is_u64() && source["service"]["publishedStatus"].is_string());
    }
}

#[tokio::test]
async fn a_source_has_every_documented_member() {
    let world = World::new().await;
    let body = json!({"query": {"filter": {"id": {"id": [16]}}}});
    let answer = query(&world.raw(ContractKind::Read), "sources", Some(body)).await;
    let url = format!("{}/__assets/sources/spotify.svg", world.server.url());
    assert_eq!(
        answer.json()["data"][0],
        json!({
            "id": 16, "name": "Spotify", "reference": "spotify",
            "publishedStatus": "approved", "publishedDate": "2018-02-08T12:29:27.000Z",
            "dynamic": false, "onboardable": true,
            "resource": {"url": url, "mimetype": "image/svg+xml"},
            "service": {
                "id": 19, "name": "Spotify", "reference": "spotify", "serviceTypeId": 1,
                "publishedStatus": "approved", "publishedDate": "2018-02-08T12:29:27.000Z",
                "dynamic": false, "json": {},
            },
            "category": [{
                "id": 5, "categoryTypeId": 1, "name": "Entertainment", "reference": "entertainment",
                "json": {
                    "title": "Add your entertainment accounts",
                    "subTitle": "See what you watch and listen to in one place",
                    "expandedTitle": "Select an entertainment service",
                    "expandedSubTitle": "You will be prompted to login",
                },
            }],
            "country": [],
            "platform": [
                {"id": 3, "name": "iOS", "reference": "ios"},
                {"id": 4, "name": "Android", "reference": "android"},
                {"id": 5, "name": "Web", "reference": "web"},
            ],
            "type": [{"id": 1, "name": "PULL", "reference": "pull"}],
            "json": {
                "authorisation": {"type": "saas", "mode": "browser", "reauthType": "normal"},
                "sync": {"type": {"options": ["auto", "manual"]}},
                "homepageURL": "https://www.spotify.com",
            },
        })
    );
}

#[tokio::test]
async fn paging_sorting_searching_and_projecting_work_together() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let body = json!({
        "limit": 2, "offset": 1, "sort": {"name": "desc"},
        "query": {
            "queryString": "hospital", "search": {"address.city": ["bluewater", "cedar", "granite"]},
            "include": ["name", "service.name"],
            "filter": {"country": {"id": [1]}, "category": {"id": [2]}},
        },
    });
    let answer = query(&raw, "sources", Some(body)).await;
    let service = json!({"id": 20, "name": "Open Epic"});
    assert_eq!(
        answer.json(),
        json!({
            "data": [
                {"id": 30003, "name": "Cedar Hollow Children's Hospital", "service": service},
                {"id": 30002, "name": "Bluewater Community Hospital", "service": service},
            ],
            "limit": 2, "offset": 1, "total": 3,
        })
    );
}

#[tokio::test]
async fn pages_of_any_size_visit_every_source_once() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    for limit in [7, 74, 500] {
        let mut visited = Vec::new();
        loop {
            let body = json!({"limit": limit, "offset": visited.len()});
            let page = ids(&query(&raw, "sources", Some(body)).await);
            if page.is_empty() {
                break;
            }
            visited.extend(page);
        }
        assert_eq!(visited.len(), catalogue::sources().len());
        assert_eq!(visited.iter().collect::<BTreeSet<_>>().len(), visited.len());
    }
}

#[tokio::test]
async fn tables_answer_without_a_body_and_with_an_empty_one() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let expected = [11, 3, 6, 2];
    for (what, count) in TABLES.into_iter().zip(expected) {
        for body in [None, Some(json!({})), Some(json!({"query": {}}))] {
            assert_eq!(ids(&query(&raw, what, body).await).len(), count, "{what}");
        }
    }
    let types = query(&raw, "sourceTypes", None).await.json();
    assert_eq!(
        types,
        json!({"data": [
            {"id": 1, "name": "PULL", "reference": "pull"},
            {"id": 2, "name": "PUSH", "reference": "push"},
        ]})
    );
}

#[tokio::test]
async fn tables_filter_by_id_and_project() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    for what in TABLES {
        let body = json!({"query": {"include": ["name"], "filter": {"id": [1, 3, 5]}}});
        let answer = query(&raw, what, Some(body)).await;
        let found = ids(&answer);
        assert!(!found.is_empty() && found.iter().all(|id| [1, 3, 5].contains(id)), "{what}: {found:?}");
        for row in answer.json()["data"].as_array().unwrap() {
            let members: Vec<_> = row.as_object().unwrap().keys().cloned().collect();
            assert_eq!(members, ["id", "name"], "{what}");
        }
    }
    let body = json!({"query": {"filter": {"id": {"id": [10]}}}});
    let country = query(&raw, "countries", Some(body)).await.json()["data"][0].clone();
    assert_eq!((&country["code"], &country["name"]), (&json!("nl"), &json!("Netherland")));
    assert!(country["json"].is_string(), "iOS reads it as text: {country}");
    let body = json!({"query": {"filter": {"id": [4]}}});
    let category = query(&raw, "categories", Some(body)).await.json()["data"][0].clone();
    assert_eq!(category["title"], category["json"]["title"]);
    assert_eq!(category["categoryTypeId"], 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_its_place() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    for (what, body, place) in [
        ("sources", json!({"limit": "ten"}), "limit"),
        ("sources", json!({"limit": -1}), "limit"),
        ("sources", json!({"sort": {"name": "up"}}), "sort.name"),
        ("sources", json!({"query": {"filter": {"country": {"id": "nl"}}}}), "query.filter.country"),
        ("sources", json!({"query": {"search": {"name": "x"}}}), "query.search.name"),
        ("countries", json!({"query": {"include": "name"}}), "query.include"),
        ("platforms", json!({"query": {"filter": {"id": 3}}}), "query.filter.id"),
        ("categories", json!([]), ""),
        ("sourceTypes", json!({"query": 1}), "query"),
    ] {
        let answer = query(&raw, what, Some(body)).await;
        assert_eq!(answer.error(), (400, "ValidationErrors".to_owned()), "{what} {place}");
        assert!(answer.text().contains(place), "{what} {place}: {}", answer.text());
    }
}

#[tokio::test]
async fn discovery_requires_a_jwt_of_a_known_contract() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let mut stranger = raw.clone();
    stranger.client_id = "no_such-contract".to_owned();
    let huge = json!({"query": {"queryString": "x".repeat(2 * 1024 * 1024)}});
    for what in TABLES.into_iter().chain(["sources"]) {
        let path = format!("/v1.7/discovery/{what}");
        let unsigned = raw.send(Method::POST, &path, None, None).await;
        assert_eq!(unsigned.error(), (401, "InvalidJWT".to_owned()));
        assert_eq!(query(&stranger, what, None).await.error(), (403, "InvalidClient".to_owned()));
        let jwt = raw.sign(&raw.claims(json!({})));
        assert_eq!(raw.send(Method::POST, &path, Some(&jwt), None).await.status, 200);
        let replayed = raw.send(Method::POST, &path, Some(&jwt), None).await;
        assert_eq!(replayed.error(), (400, "InvalidRequest".to_owned()));
        let too_large = query(&raw, what, Some(huge.clone())).await;
        assert_eq!(too_large.error(), (413, "ValidationErrors".to_owned()));
    }
}

#[tokio::test]
async fn older_clients_find_services_under_their_versions_without_a_jwt() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    for version in ["v1.5", "v1.6", "v1.7"] {
        let answer = raw.send(Method::GET, &format!("/{version}/discovery/services"), None, None).await;
        assert_eq!(answer.status, 200);
        let data = &answer.json()["data"];
        assert_eq!(data["countries"].as_array().unwrap().len(), 11);
        assert_eq!(data["serviceGroups"].as_array().unwrap().len(), 6);
        let services = data["services"].as_array().unwrap();
        let spotify = services.iter().find(|service| service["id"] == 16).unwrap();
        assert_eq!(spotify["serviceId"], 19);
        assert_eq!(spotify["publishedDate"], 1_518_092_967_000_u64);
        assert_eq!(spotify["serviceGroups"], json!([{"id": 5}]));
        let windows = json!({"availability": "production", "currentStatus": "available"});
        assert_eq!(spotify["platform"]["windows"], windows, "iOS hides the service otherwise");
        let sides: Vec<_> = spotify["resources"].as_array().unwrap().iter().map(|it| &it["width"]).collect();
        assert_eq!(sides, [25, 50, 75]);
        assert!(services.iter().all(|service| service["publishedStatus"] != "sampledataonly"));
    }
    let older = raw.send(Method::GET, "/v1.4/discovery/services", None, None).await;
    assert_eq!(older.error(), (404, "NotFound".to_owned()));
}

#[tokio::test]
async fn services_are_narrowed_by_a_contract_and_widened_by_sample_data() {
    let world = World::new().await;
    let origin = world.server.url();
    let references = async |contract: &str, query: &str| {
        let url = format!("{origin}/v1.7/discovery/services{query}");
        let answer = reqwest::Client::new().get(url).header("contractId", contract).send().await.unwrap();
        let json: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let services = json["data"]["services"].as_array().unwrap().iter();
        services.map(|it| it["reference"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let read = references(&world.credentials(ContractKind::Read).contract_id, "").await;
    let write = references(&world.credentials(ContractKind::Write).contract_id, "").await;
    assert!(read.contains("spotify") && !read.contains("carepost"));
    assert!(write.contains("carepost") && !write.contains("spotify"));
    // A client that sends a broken header is served as if it sent none.
    let all = references("undefined", "").await;
    assert_eq!(all, read.union(&write).cloned().collect());
    let samples = references("undefined", "?includeSampleDataOnlySources=true").await;
    let added: Vec<_> = samples.difference(&all).cloned().collect();
    assert_eq!(added, ["facebook", "instagrambasic"]);
    world.sandbox.requests().of(digime_mock_server::Operation::AVAILABLE_SERVICES).expect(2);
}

#[tokio::test]
async fn every_icon_that_discovery_names_is_served_by_the_mock() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let mut found = BTreeSet::new();
    for (what, body) in [("sources", Some(json!({"limit": 500}))), ("countries", None), ("categories", None)]
    {
        collect_urls(&query(&raw, what, body).await.json(), &mut found);
    }
    collect_urls(&raw.send(Method::GET, "/v1.7/discovery/services", None, None).await.json(), &mut found);
    assert!(found.len() > 2 * 75);
    for (url, mimetype) in found {
        assert!(url.starts_with(&format!("{}/", world.server.url())), "{url}");
        let icon = raw.get(&url).await;
        assert_eq!((icon.status.as_u16(), icon.header("content-type")), (200, mimetype.as_str()), "{url}");
        let start: &[u8] = if mimetype == "image/png" { b"\x89PNG\r\n\x1a\n" } else { b"<svg " };
        assert!(icon.body.starts_with(start), "{url}");
    }
}

fn collect_urls(value: &Value, urls: &mut BTreeSet<(String, String)>) {
    match value {
        Value::Object(members) => {
            if let (Some(url), Some(mimetype)) = (members.get("url"), members.get("mimetype")) {
                urls.insert((url.as_str().unwrap().to_owned(), mimetype.as_str().unwrap().to_owned()));
            }
            members.values().for_each(|member| collect_urls(member, urls));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_urls(item, urls)),
        _ => {}
    }
}

#[tokio::test]
async fn an_icon_that_does_not_exist_is_not_found() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    for path in [
        "sources/none.svg",
        "sources/spotify-26.png",
        "sources/spotify.gif",
        "planets/spotify.svg",
        "countries/x",
    ] {
        let answer = raw.get(&format!("{}/__assets/{path}", world.server.url())).await;
        assert_eq!(answer.error(), (404, "NotFound".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn urls_follow_the_name_that_the_client_uses_for_the_server() {
    let world = World::new().await;
    let by_name = world.server.url().replace("127.0.0.1", "localhost");
    let mut raw = world.raw(ContractKind::Read);
    raw.origin.clone_from(&by_name);
    let answer = query(&raw, "sources", Some(json!({"limit": 1}))).await;
    let url = answer.json()["data"][0]["resource"]["url"].clone();
    assert!(url.as_str().unwrap().starts_with(&by_name), "{url}");
}

#[tokio::test]
async fn a_path_that_is_not_text_is_refused_in_the_platforms_shape() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let answer = raw.send(Method::GET, "/v1.7/permission-access/query/%FF", None, None).await;
    assert_eq!(answer.error(), (400, "ValidationErrors".to_owned()));
}
