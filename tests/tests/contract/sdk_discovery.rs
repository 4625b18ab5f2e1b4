//! What can be connected, and what a contract is.

use std::collections::HashSet;

use digime::SourceId;
use digime::discovery::{ListQuery, ServicesQuery, SortOrder, SourcesQuery};
use digime_mock_server::ContractKind;
use digime_tests::World;
use futures_util::{StreamExt, TryStreamExt};

#[tokio::test]
async fn all_pages_together_name_every_source_once_and_in_order() {
    let world = World::new().await;
    let (client, contract) = (world.client(), world.contract(ContractKind::Read));
    let first = client.query_sources(&contract, &SourcesQuery::new()).await.unwrap();
    assert_eq!(first.data.len(), 10);
    for limit in [1, 7, 1000] {
        let query = SourcesQuery::new().limit(limit).sort(SortOrder::Ascending).include(["name"]);
        let sources: Vec<_> = client.all_sources(&contract, query).try_collect().await.unwrap();
        assert_eq!(sources.len() as i64, first.total);
        assert_eq!(sources.iter().map(|source| source.id).collect::<HashSet<_>>().len(), sources.len());
        assert!(sources.iter().map(|source| source.name.as_ref().unwrap().to_lowercase()).is_sorted());
        assert!(sources.iter().all(|source| source.country.is_none()), "only what was asked for");
    }
}

#[tokio::test]
async fn icons_come_from_the_server_itself() {
    let world = World::new().await;
    let (client, contract) = (world.client(), world.contract(ContractKind::Read));
    let sources = client.all_sources(&contract, SourcesQuery::new());
    let mut urls = HashSet::new();
    let mut sources = sources;
    while let Some(source) = sources.next().await {
        let source = source.unwrap();
        let url = source.resource.and_then(|resource| resource.url).unwrap();
        assert!(url.starts_with(&world.server.url()), "{url}");
        urls.insert(url);
    }
    for url in urls.iter().take(5) {
        let icon = reqwest::get(url).await.unwrap();
        assert_eq!(icon.status(), 200);
        assert!(icon.headers()["content-type"].to_str().unwrap().starts_with("image/"), "{url}");
    }
}

#[tokio::test]
async fn filters_narrow_and_lists_name_what_they_filter_by() {
    let world = World::new().await;
    let (client, contract) = (world.client(), world.contract(ContractKind::Read));
    let countries = client.query_countries(&contract, &ListQuery::new()).await.unwrap();
    let platforms = client.query_platforms(&contract, &ListQuery::new()).await.unwrap();
    let categories = client.query_categories(&contract, &ListQuery::new()).await.unwrap();
    let types = client.query_source_types(&contract, &ListQuery::new()).await.unwrap();
    assert!(countries.len() > 3 && !platforms.is_empty() && categories.len() >= 6 && types.len() == 2);
    let mut in_categories = HashSet::new();
    for category in &categories {
        let query = SourcesQuery::new().categories([category.id]).limit(200);
        let page = client.query_sources(&contract, &query).await.unwrap();
        for source in page.data {
            assert!(source.category.unwrap().iter().any(|it| it.id == category.id));
            in_categories.insert(source.id);
        }
    }
    let total = client.query_sources(&contract, &SourcesQuery::new()).await.unwrap().total;
    assert_eq!(in_categories.len() as i64, total, "every source is of some category");
}

#[tokio::test]
async fn a_source_is_onboarded_with_any_of_its_data_sets() {
    let world = World::new().await;
    let sets =
        world.client().sample_data_sets(&world.contract(ContractKind::Read), SourceId(1)).await.unwrap();
    assert!(sets.len() > 2 && sets.contains_key("default"));
    for id in sets.keys() {
        let (user, session) = world.user_with(ContractKind::Read, World::sample(id.as_str())).await;
        let all = World::read_all(&user, &session.key).await;
        assert_eq!(all.files.is_empty(), id.as_str() == "empty", "{id}");
    }
}

#[tokio::test]
async fn the_older_list_of_services_needs_no_contract() {
    let world = World::new().await;
    let services = world.client().services(&ServicesQuery::new()).await.unwrap();
    assert!(services.services.len() >= 60 - 10 && !services.countries.is_empty());
    assert!(services.services.iter().any(|service| service.name.as_deref() == Some("Spotify")));
}

#[tokio::test]
async fn contract_details_hold_a_certificate_with_the_contract_in_it() {
    let world = World::new().await;
    for (kind, access) in [(ContractKind::Read, "r"), (ContractKind::Write, "w")] {
        let details = world.client().contract_details(&world.contract(kind)).await.unwrap();
        assert_eq!(details.id.as_str(), world.credentials(kind).contract_id);
        assert_eq!(details.access_type.as_str(), access);
        let (_, certificate) = x509_parser::parse_x509_certificate(&details.certificate).unwrap();
        assert!(certificate.subject().to_string().contains(details.id.as_str()));
        assert!(details.document().unwrap().is_object());
    }
}
