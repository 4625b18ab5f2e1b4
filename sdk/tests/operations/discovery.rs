//! Sources and the lists they are sorted by.

use digime::discovery::{
    AuthorisationKind, ListQuery, PublishedStatus, SearchField, SortOrder, SourcesQuery,
};
use digime::{ErrorKind, Operation, SourceId, SourceTypeId};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use crate::independent::*;
use crate::support::*;

const SOURCES: &str = "/v1.7/discovery/sources";

/// The example of the protocol reference (objects §5.1).
fn spotify() -> Value {
    json!({
        "id": 16, "name": "Spotify", "reference": "spotify",
        "publishedStatus": "approved", "publishedDate": "2018-02-08T12:29:27.000Z",
        "dynamic": false, "onboardable": true,
        "resource": { "url": "https://mock.example/spotify/icon.svg", "mimetype": "image/svg+xml" },
        "service": { "id": 19, "name": "Spotify", "reference": "spotify", "serviceTypeId": 1,
            "publishedStatus": "approved", "publishedDate": "2018-02-08T12:29:27.000Z", "dynamic": false,
            "json": {} },
        "category": [ { "id": 5, "categoryTypeId": 1, "name": "Entertainment", "reference": "entertainment",
            "json": { "title": "Add…", "subTitle": "See…", "expandedTitle": "Select…",
                      "expandedSubTitle": "You will…" } } ],
        "country": [],
        "platform": [ { "id": 3, "name": "iOS", "reference": "ios" } ],
        "type": [ { "id": 1, "name": "PULL", "reference": "pull" } ],
        "json": { "authorisation": { "type": "saas", "mode": "browser", "reauthType": "normal" },
                  "sync": { "type": { "options": ["auto", "manual"] } },
                  "homepageURL": "https://www.spotify.com" }
    })
}

fn page(data: &[Value], offset: u64, total: u64) -> Value {
    json!({"data": data, "limit": 10, "offset": offset, "total": total})
}

#[tokio::test]
async fn the_default_query_is_that_of_the_official_sdk() {
    let server = Server::start().await;
    server.post(SOURCES, json_answer(page(&[spotify()], 0, 1))).await;
    server.client().query_sources(&contract(), &SourcesQuery::new()).await.unwrap();
    let request = only(&server, SOURCES).await;
    assert_eq!(api_claims(&request), json!({}), "no access token");
    assert_eq!(
        String::from_utf8(request.body.clone()).unwrap(),
        r#"{"query":{"filter":{"publishedStatus":["approved"],"type":{"id":[1]}}}}"#
    );
    assert_eq!(header(&request, "accept"), Some("application/json"));
    assert_eq!(header(&request, "content-type"), Some("application/json"));
}

#[tokio::test]
async fn every_documented_element_of_a_query_is_sent() {
    let server = Server::start().await;
    server.post(SOURCES, json_answer(page(&[], 0, 0))).await;
    let query = SourcesQuery::new()
        .limit(20)
        .offset(40)
        .sort(SortOrder::Descending)
        .query_string("heart")
        .search(SearchField::Name, ["a", "b"])
        .search(SearchField::Abbreviation, ["c"])
        .search(SearchField::Alias, ["d"])
        .search(SearchField::MedicalCenter, ["e"])
        .search(SearchField::Practitioner, ["f"])
        .search(SearchField::AddressCity, ["g"])
        .search(SearchField::AddressZipCode, ["h"])
        .search(SearchField::Other("new".to_owned()), ["i"])
        .include(["id", "name", "resource.url"])
        .ids([16, 281])
        .published_statuses([PublishedStatus::SampleDataOnly, PublishedStatus::Unknown("new".to_owned())])
        .services([19])
        .countries([10])
        .categories([5])
        .platforms([3])
        .types([SourceTypeId::PULL, SourceTypeId::PUSH])
        .source_id(16)
        .references(["spotify"])
        .aliases(["sp"]);
    server.client().query_sources(&contract(), &query).await.unwrap();
    assert_eq!(
        body(&only(&server, SOURCES).await),
        json!({
            "limit": 20, "offset": 40, "sort": {"name": "desc"},
            "query": {
                "queryString": "heart",
                "search": {
                    "name": ["a", "b"], "abbreviation": ["c"], "alias": ["d"], "medicalCenter": ["e"],
                    "practitioner": ["f"], "address.city": ["g"], "address.zipCode": ["h"], "new": ["i"],
                },
                "include": ["id", "name", "resource.url"],
                "filter": {
                    "id": [16, 281], "publishedStatus": ["sampledataonly", "new"],
                    "service": {"id": [19]}, "country": {"id": [10]}, "category": {"id": [5]},
                    "platform": {"id": [3]}, "type": {"id": [1, 2]}, "sourceId": 16,
                    "reference": ["spotify"], "alias": ["sp"],
                },
            },
        })
    );
}

#[tokio::test]
async fn a_whole_source_is_read_and_written_back() {
    let server = Server::start().await;
    server.post(SOURCES, json_answer(page(&[spotify()], 0, 1))).await;
    let found = server.client().query_sources(&contract(), &SourcesQuery::new()).await.unwrap();
    assert_eq!((found.limit, found.offset, found.total), (10, 0, 1));
    let source = &found.data[0];
    assert_eq!(source.id, SourceId(16));
    assert_eq!(source.published_status, Some(PublishedStatus::Approved));
    assert_eq!(source.authorisation().unwrap().kind, Some(AuthorisationKind::Saas));
    assert_eq!(source.country.as_deref(), Some(&[][..]), "worldwide, not left out");
    let category = &source.category.as_ref().unwrap()[0];
    assert_eq!(category.json.as_ref().unwrap().expanded_title.as_deref(), Some("Select…"));
    assert_eq!(serde_json::to_value(source).unwrap(), spotify());
}

#[tokio::test]
async fn projected_unknown_and_null_members_are_no_failure() {
    let server = Server::start().await;
    let sources = [
        json!({"id": 1}),
        json!({"id": 2, "publishedStatus": "haunted", "later": {"x": 1}, "name": null, "category": null}),
        json!({"id": 3, "json": {"authorisation": {"type": "psychic"}}, "address": {"city": "Delft"}}),
    ];
    server.post(SOURCES, json_answer(page(&sources, 0, 3))).await;
    let found = server.client().query_sources(&contract(), &SourcesQuery::new()).await.unwrap().data;
    assert_eq!((&found[0].name, &found[0].category), (&None, &None));
    assert_eq!(found[1].published_status, Some(PublishedStatus::Unknown("haunted".to_owned())));
    assert_eq!(found[1].other["later"], json!({"x": 1}));
    let kind = found[2].authorisation().unwrap().kind;
    assert_eq!(kind, Some(AuthorisationKind::Unknown("psychic".to_owned())));
    assert_eq!(found[2].address.as_ref().unwrap().city.as_deref(), Some("Delft"));
}

#[tokio::test]
async fn wrong_pages_name_the_field() {
    for (answer, field) in [
        (json!({"data": [{"id": "16"}], "limit": 1, "offset": 0, "total": 1}), "data[0].id"),
        (json!({"data": [{"id": -1}], "limit": 1, "offset": 0, "total": 1}), "data[0].id"),
        (json!({"data": [{}], "limit": 1, "offset": 0, "total": 1}), "id"),
        (json!({"data": {}, "limit": 1, "offset": 0, "total": 1}), "data"),
        (json!({"data": [], "limit": 1, "offset": 0}), "total"),
        (json!({"data": [], "limit": "1", "offset": 0, "total": 1}), "limit"),
    ] {
        let server = Server::start().await;
        server.post(SOURCES, json_answer(answer.clone())).await;
        let error = server.client().query_sources(&contract(), &SourcesQuery::new()).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some(Operation::QuerySources)));
        assert!(error.to_string().contains(field), "{answer}: {error}");
    }
}

#[tokio::test]
async fn queries_are_retried_although_they_are_posts() {
    let server = Server::start().await;
    server.times(2, "POST", SOURCES, ResponseTemplate::new(503)).await;
    server.post(SOURCES, json_answer(page(&[], 0, 0))).await;
    server.client().query_sources(&contract(), &SourcesQuery::new()).await.unwrap();
    let requests = server.requests(SOURCES).await;
    assert_eq!(requests.len(), 3);
    assert_ne!(claims(&requests[0])["nonce"], claims(&requests[1])["nonce"]);
    assert_eq!(requests[0].body, requests[2].body);
}

fn paged(total: u64) -> impl Fn(&Request) -> ResponseTemplate {
    move |request| {
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        let (offset, limit) = (asked["offset"].as_u64().unwrap(), asked["limit"].as_u64().unwrap());
        let data: Vec<Value> = (offset..total.min(offset + limit)).map(|id| json!({"id": id})).collect();
        json_answer(page(&data, offset, total))
    }
}

#[tokio::test]
async fn all_pages_are_one_stream() {
    for (total, limit, start, requests) in
        [(25, 10, 0, 3), (20, 10, 0, 2), (0, 10, 0, 1), (25, 10, 20, 1), (5, 1, 3, 2), (5, 10, 9, 1)]
    {
        let server = Server::start().await;
        server.post(SOURCES, paged(total)).await;
        let query = SourcesQuery::new().limit(limit).offset(start);
        let sources: Vec<_> = server.client().all_sources(&contract(), query).try_collect().await.unwrap();
        let ids: Vec<u64> = sources.iter().map(|source| source.id.0).collect();
        assert_eq!(ids, (start..total).collect::<Vec<_>>());
        assert_eq!(server.count(SOURCES).await, requests, "{total} {limit} {start}");
    }
}

#[tokio::test]
async fn a_server_that_ignores_the_offset_does_not_loop() {
    let server = Server::start().await;
    server.post(SOURCES, json_answer(page(&[json!({"id": 1})], 0, 1_000))).await;
    let results: Vec<_> = server.client().all_sources(&contract(), SourcesQuery::new()).collect().await;
    assert_eq!(results.len(), 2);
    assert_eq!(results[1].as_ref().unwrap_err().kind(), ErrorKind::UnexpectedResponse);
    assert_eq!(server.count(SOURCES).await, 2);
}

#[tokio::test]
async fn empty_pages_and_absurd_totals_end_the_stream() {
    for (offset, total) in [(0, json!(9e300)), (0, json!(u64::MAX)), (0, json!(-5))] {
        let server = Server::start().await;
        server
            .post(SOURCES, json_answer(json!({"data": [], "limit": 10, "offset": offset, "total": total})))
            .await;
        let results: Vec<_> = server.client().all_sources(&contract(), SourcesQuery::new()).collect().await;
        assert!(results.is_empty());
    }
}

#[tokio::test]
async fn an_ended_stream_may_be_polled_again() {
    let server = Server::start().await;
    server.post(SOURCES, json_answer(page(&[], 0, 0))).await;
    let mut sources = server.client().all_sources(&contract(), SourcesQuery::new());
    for _ in 0..3 {
        assert!(sources.next().await.is_none());
    }
}

#[tokio::test]
async fn a_failing_page_ends_the_stream_with_its_error() {
    let server = Server::start().await;
    server.once("POST", SOURCES, json_answer(page(&[json!({"id": 0})], 0, 2))).await;
    server.post(SOURCES, api_error(400, "InvalidRequest")).await;
    let results: Vec<_> = server.client().all_sources(&contract(), SourcesQuery::new()).collect().await;
    assert_eq!(results.len(), 2);
    assert_eq!(results[1].as_ref().unwrap_err().status(), Some(400));
}

#[tokio::test]
async fn lists_without_parameters_have_no_body_but_a_type() {
    let server = Server::start().await;
    for list in ["countries", "platforms", "categories", "sourceTypes"] {
        let entries = json!({"data": [{"id": 1}, {"id": 2, "name": "N", "reference": "r", "later": [1]}]});
        server.post(&format!("/v1.7/discovery/{list}"), json_answer(entries)).await;
    }
    let (client, contract, query) = (server.client(), contract(), ListQuery::new());
    let countries = client.query_countries(&contract, &query).await.unwrap();
    assert_eq!((countries[1].id.0, countries[1].name.as_deref()), (2, Some("N")));
    assert_eq!(countries[1].other["later"], json!([1]));
    let platforms = client.query_platforms(&contract, &query).await.unwrap();
    assert_eq!(platforms[1].reference.as_deref(), Some("r"));
    assert_eq!(client.query_categories(&contract, &query).await.unwrap().len(), 2);
    assert_eq!(client.query_source_types(&contract, &query).await.unwrap()[0].id, SourceTypeId::PULL);
    for request in server.mock.received_requests().await.unwrap() {
        assert_eq!(api_claims(&request), json!({}));
        assert_eq!(header(&request, "content-type"), Some("application/json"));
        assert_eq!(header(&request, "content-length"), Some("0"));
        assert!(request.body.is_empty());
    }
}

#[tokio::test]
async fn lists_send_their_parameters_and_are_retried() {
    let server = Server::start().await;
    let path = "/v1.7/discovery/countries";
    server.once("POST", path, ResponseTemplate::new(429).insert_header("retry-after", "0")).await;
    server.post(path, json_answer(json!({"data": []}))).await;
    let query = ListQuery::new().ids([1, 10]).include(["id", "name"]);
    server.client().query_countries(&contract(), &query).await.unwrap();
    let requests = server.requests(path).await;
    assert_eq!(requests.len(), 2);
    let expected = json!({"query": {"include": ["id", "name"], "filter": {"id": [1, 10]}}});
    assert_eq!(body(&requests[1]), expected);

    let only_include = ListQuery::new().include(["id"]);
    server.client().query_countries(&contract(), &only_include).await.unwrap();
    assert_eq!(body(&server.requests(path).await[2]), json!({"query": {"include": ["id"]}}));
}

#[tokio::test]
async fn sample_data_sets_are_a_map() {
    let server = Server::start().await;
    let path = "/v1.7/permission-access/sample/datasets/16";
    let answer = json!({
        "default": {"name": "default", "description": ""},
        "busy-user": {"name": "busy-user", "description": "A year of data"},
    });
    server.get(path, json_answer(answer)).await;
    let sets = server.client().sample_data_sets(&contract(), SourceId(16)).await.unwrap();
    assert_eq!(sets["busy-user"].description, "A year of data");
    assert_eq!(sets.len(), 2);
    let request = only(&server, path).await;
    assert_eq!(api_claims(&request), json!({}));
    assert_eq!(header(&request, "content-type"), None);

    let server = Server::start().await;
    server.get(path, json_answer(json!({"default": {"name": "default"}}))).await;
    let error = server.client().sample_data_sets(&contract(), SourceId(16)).await.unwrap_err();
    assert!(error.to_string().contains("description"), "{error}");
}
